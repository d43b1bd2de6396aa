"""How the cells of a column are read. Cells that are not understood are counted; too many of them are refused.

A column in another coding than expected (`F` and `M` for sex, `11/04/2007` for a date) would cost half of the cohort
unnoticed. So a column of which more than `MAX_SHARE` is not understood stops the run; the message shows its form.
"""

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.io import errors

MAX_SHARE = 0.02
_SHOWN_ROWS, _SHOWN_FORMS = 5, 3
_LOOKED_AT = 1000  # cells whose forms are compared
_LONGEST_FORM = 30


@dataclasses.dataclass(frozen=True)
class Place:
  """Where cells stand, for messages."""

  file: str
  column: str

  def __str__(self) -> str:
    return f"table {self.file}, column {self.column}"


@dataclasses.dataclass(frozen=True)
class Rule:
  """How a column is read.

  Attributes:
    read: from cells ([n] text, missing where empty) to one spelling of each value, missing where not understood. It
      may raise an InputError where a column as a whole can't be understood.
    accepted: what it understands, for messages.
    count: name of the count of cells that are not understood.
    is_needed: whether a larger share than `MAX_SHARE` is refused; otherwise it is a warning.
    at_least: number of cells not understood from which on their share counts. One is a slip, not another coding: a
      repeat visit has few cells.
    keeps_cells: whether cells stay as they are, for a later check.
  """

  read: Callable[[pd.Series, Place], pd.Series]
  accepted: str
  count: str
  is_needed: bool = True
  at_least: int = 2
  keeps_cells: bool = False


def apply(rule: Rule, cells: pd.Series, place: Place) -> tuple[pd.Series, int]:
  """Reads cells by their column's rule.

  Args:
    rule: of the column.
    cells: [n] text, missing where empty, indexed by the number of the row in the file, from 0.
    place: of the column.

  Returns:
    values: [n] text, missing where not understood.
    num_bad: number of cells that are not understood.

  Raises:
    InputError: too many cells are not understood. The message shows row numbers and forms, no value and no id.
  """
  values = rule.read(cells, place)
  is_bad = cells.notna() & values.isna()
  num_bad = int(is_bad.sum())
  if num_bad >= rule.at_least and num_bad > MAX_SHARE * cells.notna().sum():
    message = _describe(rule, cells, is_bad, place)
    if rule.is_needed:
      raise errors.InputError(f"{message} Correct these cells, or export the field again.")
    logging.warning("%s", message)
  return (cells if rule.keeps_cells else values), num_bad


def rows(is_in: pd.Series) -> str:
  """Returns the first marked rows, for messages: `rows 3, 7 and 40 more`; row 1 is the one below the header."""
  numbers = is_in.index[is_in.to_numpy(bool)] + 1
  shown = ", ".join(map(str, numbers[:_SHOWN_ROWS]))
  more = len(numbers) - _SHOWN_ROWS
  return f"row{'s' if len(numbers) > 1 else ''} {shown}" + (f" and {more} more" if more > 0 else "")


def form(text: str) -> str:
  """Returns a text with every digit as 9 and every letter as `a`, so that it shows the spelling, not the value."""
  shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text))
  return shape if len(shape) <= _LONGEST_FORM else shape[:_LONGEST_FORM] + "..."


def _describe(rule: Rule, cells: pd.Series, is_bad: pd.Series, place: Place) -> str:
  bad = cells[is_bad]
  forms = list(dict.fromkeys(f"`{form(text)}`" for text in bad.head(_LOOKED_AT)))[:_SHOWN_FORMS]
  share = len(bad) / np.count_nonzero(cells.notna())
  return (
    f"{place}: {len(bad)} cells ({share:.1%} of those that are not empty) are not understood ({rows(is_bad)}). Their "
    f"form is {' or '.join(forms)} (9: a digit, a: a letter). Understood are {rule.accepted}."
  )
