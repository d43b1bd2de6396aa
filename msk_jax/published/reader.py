"""Reads the tables of published numbers, which lie beside this file."""

import csv
import importlib.resources
import math


def read_rows(file_name: str) -> list[dict[str, str]]:
  """Returns the rows of a table of published numbers, by column; `number` reads their cells.

  Args:
    file_name: a CSV of this package, e.g. `performance.csv`.
  """
  path = importlib.resources.files("msk_jax.published") / file_name
  return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def number(text: str) -> float:
  """Returns a cell's number, NaN where nothing is published."""
  return float(text) if text else math.nan
