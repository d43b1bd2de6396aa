"""The table of predicted ages that every model writes."""

import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.io import tables

FILE_NAME = "predictions.parquet"
PREDICTIONS = tables.Schema(
  "predictions",
  1,
  {
    "eid": "string",
    "instance": "int8",
    "part": "string",  # `validation` or `test`
    "fold": "int8",  # the sample's data fold
    "age_years": "float64",
    "predicted_age_years": "float64",
  },
)


def part_table(
  part: str, eid: np.ndarray, instance: np.ndarray, fold: np.ndarray, age_years: np.ndarray, predicted: np.ndarray
) -> pd.DataFrame:
  """Returns the rows of one part (`validation` or `test`), all arrays [n]."""
  columns = {"eid": eid, "instance": instance, "part": part, "fold": fold, "age_years": age_years}
  return pd.DataFrame({**columns, "predicted_age_years": predicted})


def write(folder: pathlib.Path, table: pd.DataFrame, fold_map_hash: str) -> None:
  """Writes a model's predictions of one split; the hash lets later stages refuse mixed fold maps."""
  tables.write(folder / FILE_NAME, table, PREDICTIONS, {"fold_map_hash": fold_map_hash})


def read(folder: pathlib.Path) -> pd.DataFrame:
  """Reads what `write` wrote."""
  return tables.read(folder / FILE_NAME, PREDICTIONS)


def leave_out(folder: pathlib.Path, withdrawn: Collection[str]) -> None:
  """Removes people from what `write` wrote; leaves the file alone where there are none of theirs."""
  table = read(folder)
  is_gone = table["eid"].isin(list(withdrawn))
  if is_gone.any():
    write(folder, table[~is_gone], tables.read_extra(folder / FILE_NAME, PREDICTIONS)["fold_map_hash"])
