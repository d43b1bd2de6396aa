"""The tables of a split's predictions in its folder: the model's, and its baseline's if it has one."""

import os
import pathlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.io import tables
from msk_jax.schemas import prediction_tables

FILE_NAME = "predictions.parquet"
RIDGE_NAME = "frozen_ridge.parquet"  # of the ridge regression that a network is compared with
FIGURES = ("predictions.png", "predictions.svg")  # with a point for each sample, drawn of the table


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
  _leave_out(folder, lambda table: table["eid"].isin(list(withdrawn)))


def leave_out_samples(folder: pathlib.Path, samples: pd.MultiIndex) -> None:
  """Removes samples, (eid, instance), from the tables; does not touch a file if they are not in it."""
  _leave_out(folder, lambda table: pd.MultiIndex.from_frame(table[["eid", "instance"]]).isin(samples))


def outdate_figures(folder: pathlib.Path) -> None:
  """Dates a split's figures before anything else: they count as older than its table, whatever the clock says.

  Called before people leave the table, so that a figure with their points is drawn again or removed.
  """
  for name in FIGURES:
    if (folder / name).exists():
      os.utime(folder / name, (0, 0))


def _leave_out(folder: pathlib.Path, find: Callable[[pd.DataFrame], pd.Series | np.ndarray]) -> None:
  """Writes the tables without the rows that `find` marks, if there are any."""
  for name in (FILE_NAME, RIDGE_NAME):
    if not (folder / name).exists():
      continue
    table = read(folder, name)
    is_left_out = np.asarray(find(table))
    if is_left_out.any():
      about = read_about(folder, name)
      outdate_figures(folder)
      write(folder, table[~is_left_out], about.pop("fold_map_hash"), name, about)
