"""The tables of a split's predictions in its folder: the model's, and its baseline's if it has one."""

import pathlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.io import tables
from msk_jax.schemas import prediction_tables

FILE_NAME = "predictions.parquet"
RIDGE_NAME = "frozen_ridge.parquet"  # of the ridge regression that a network is compared with


def part_table(
  part: str, eid: np.ndarray, instance: np.ndarray, fold: np.ndarray, age_years: np.ndarray, predicted: np.ndarray
) -> pd.DataFrame:
  """Returns the rows of one part (`validation` or `test`), all arrays [n]."""
  columns = {"eid": eid, "instance": instance, "part": part, "fold": fold, "age_years": age_years}
  return pd.DataFrame({**columns, "predicted_age_years": predicted})


def write(
  folder: pathlib.Path,
  table: pd.DataFrame,
  fold_map_hash: str,
  name: str = FILE_NAME,
  about: Mapping[str, Any] | None = None,
) -> None:
  """Writes a table.

  Args:
    folder: the split's.
    table: the predictions (schema predictions).
    fold_map_hash: lets later stages refuse models of different fold maps.
    name: of the file.
    about: more JSON values to keep with the table, for `read_about`.
  """
  extra = {"fold_map_hash": fold_map_hash, **(about or {})}
  tables.write(folder / name, table, prediction_tables.PREDICTIONS, extra)


def read(folder: pathlib.Path, name: str = FILE_NAME) -> pd.DataFrame:
  """Reads what `write` wrote."""
  return tables.read(folder / name, prediction_tables.PREDICTIONS)


def read_about(folder: pathlib.Path, name: str = FILE_NAME) -> dict[str, Any]:
  """Returns what is kept with a table, its fold map's hash included."""
  return tables.read_extra(folder / name, prediction_tables.PREDICTIONS)


def leave_out(folder: pathlib.Path, withdrawn: Collection[str]) -> None:
  """Removes people from the tables; does not touch a file if they are not in it."""
  for name in (FILE_NAME, RIDGE_NAME):
    if not (folder / name).exists():
      continue
    table = read(folder, name)
    is_withdrawn = table["eid"].isin(list(withdrawn))
    if is_withdrawn.any():
      about = read_about(folder, name)
      write(folder, table[~is_withdrawn], about.pop("fold_map_hash"), name, about)
