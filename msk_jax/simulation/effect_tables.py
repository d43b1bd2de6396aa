"""Reads the tables of what age does: CSV files with a column for each field of a dataclass."""

import csv
import dataclasses
import pathlib
from typing import TypeVar

Effect = TypeVar("Effect")


def read(path: pathlib.Path, kind: type[Effect]) -> tuple[Effect, ...]:
  """Returns the rows of a table, in its order.

  Args:
    path: CSV; its columns are the fields.
    kind: a dataclass of `str` and `float` fields.
  """
  fields = {field.name: field.type for field in dataclasses.fields(kind)}  # pyrefly: ignore[bad-argument-type]
  with path.open(encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
  return tuple(
    kind(**{name: float(row[name]) if type_ is float else row[name] for name, type_ in fields.items()}) for row in rows
  )
