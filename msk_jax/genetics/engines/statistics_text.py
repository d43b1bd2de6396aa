"""Large text tables of statistics, as the engines write them."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_NO_NUMBER = ["nan", "-nan", "NA", "inf", "-inf"]


def read_names(path: pathlib.Path, separator: str) -> list[str]:
  """Returns the names of a table's columns."""
  return list(pd.read_csv(path, sep=separator, nrows=0).columns)


def read(path: pathlib.Path, separator: str, types: Mapping[str, Any]) -> pd.DataFrame:
  """Reads some columns of a table.

  Args:
    path: plain, or gzip where it ends in `.gz`.
    separator: a character.
    types: column name to dtype. A float64 column may hold NA, nan, -nan or inf, which become NaN; texts stay as they
      are, so that a variant may be called NA.
  """
  numbers = [name for name, dtype in types.items() if dtype is np.float64]
  options: dict[str, Any] = {
    "usecols": list(types),
    "dtype": dict(types),
    "keep_default_na": False,
    "na_values": dict.fromkeys(numbers, _NO_NUMBER),
  }
  table = pd.read_csv(path, sep=separator, **options)
  for name in (name for name, dtype in types.items() if dtype == "category"):
    table[name] = table[name].cat.rename_categories(lambda level: str(level))
  return table
