"""The table of a split's predictions, `predictions.parquet` in its folder."""

import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.io import tables
from msk_jax.schemas import prediction_tables

FILE_NAME = "predictions.parquet"


def part_table(
  part: str, eid: np.ndarray, instance: np.ndarray, fold: np.ndarray, age_years: np.ndarray, predicted: np.ndarray
) -> pd.DataFrame:
  """Returns the rows of one part (`validation` or `test`), all arrays [n]."""
  columns = {"eid": eid, "instance": instance, "part": part, "fold": fold, "age_years": age_years}
  return pd.DataFrame({**columns, "predicted_age_years": predicted})


def write(folder: pathlib.Path, table: pd.DataFrame, fold_map_hash: str) -> None:
  """Writes the table. The hash lets later stages refuse models of different fold maps."""
  tables.write(folder / FILE_NAME, table, prediction_tables.PREDICTIONS, {"fold_map_hash": fold_map_hash})


def read(folder: pathlib.Path) -> pd.DataFrame:
  """Reads what `write` wrote."""
  return tables.read(folder / FILE_NAME, prediction_tables.PREDICTIONS)


def leave_out(folder: pathlib.Path, withdrawn: Collection[str]) -> None:
  """Removes people from the table; does not touch the file if they are not in it."""
  table = read(folder)
  is_withdrawn = table["eid"].isin(list(withdrawn))
  if is_withdrawn.any():
    write(
      folder,
      table[~is_withdrawn],
      tables.read_extra(folder / FILE_NAME, prediction_tables.PREDICTIONS)["fold_map_hash"],
    )
