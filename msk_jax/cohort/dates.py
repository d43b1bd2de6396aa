"""Dates as tables spell them: ISO, with the month's name, or as numbers whose order the column itself must show.

`11/04/2007` is a day in April or in November. The column as a whole tells: a number above 12 is a day. If no cell
tells, or cells contradict each other, the column is refused. If such cells are few, they are not read as dates.
"""

import datetime
import re

import numpy as np
import pandas as pd

from msk_jax.cohort import cell_rules, data_codings
from msk_jax.io import errors

ACCEPTED = (
  "YYYY-MM-DD, day-first or month-first numbers such as 31/12/2007 (all cells of a column alike), and months by name "
  "such as 31 Dec 2007; a time may follow"
)
_GREATEST_MONTH, _GREATEST_DAY = 12, 31

_TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?(?: ?Z| ?[+-]\d{2}:?\d{2})?)?"
_GAP = r"[ \-/.,]*"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_DIGITS = re.compile(rf"(\d{{4}})()(\d{{2}})(\d{{2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_DAY_NAME = re.compile(rf"(\d{{1,2}}){_GAP}([a-z]{{3,9}}){_GAP}(\d{{4}}){_TIME}", re.IGNORECASE)
_NAME_DAY = re.compile(rf"([a-z]{{3,9}}){_GAP}(\d{{1,2}})(?:[ \-/.,]+)(\d{{4}}){_TIME}", re.IGNORECASE)
_YEAR_NAME = re.compile(rf"(\d{{4}}){_GAP}([a-z]{{3,9}}){_GAP}(\d{{1,2}}){_TIME}", re.IGNORECASE)


def read(cells: pd.Series, place: cell_rules.Place) -> pd.Series:
  """Returns dates as `YYYY-MM-DD`.

  Args:
    cells: [n] text, missing where empty, indexed by the number of the row in the file, from 0.
    place: of the column.

  Returns:
    [n] text, missing where empty or not a date.

  Raises:
    InputError: the order of day and month can't be told, in more than `cell_rules.MAX_SHARE` of the cells.
  """
  codes, texts = pd.factorize(cells, use_na_sentinel=True)  # there are some 6,000 days, and many more people
  numbers = [_YEAR_LAST.fullmatch(str(text)) for text in texts]
  pairs = [(int(match[1]), int(match[3])) if match else None for match in numbers]
  is_day_first = _order(cells, codes, pairs, place)
  dates = [
    _parse(str(text)) if match is None else _from_numbers(match, is_day_first)
    for text, match in zip(texts, numbers, strict=True)
  ]
  spelled = np.array([None if date is None else date.isoformat() for date in dates] + [None], object)
  return pd.Series(spelled[codes], index=cells.index, dtype=cells.dtype)


def _order(
  cells: pd.Series, codes: np.ndarray, pairs: list[tuple[int, int] | None], place: cell_rules.Place
) -> bool | None:
  """Returns whether the first of two numbers is the day; None where few cells are numbers and none tells."""
  shows_day_first = [pair is not None and _GREATEST_DAY >= pair[0] > _GREATEST_MONTH >= pair[1] for pair in pairs]
  shows_month_first = [pair is not None and _GREATEST_DAY >= pair[1] > _GREATEST_MONTH >= pair[0] for pair in pairs]
  can_be_both = [pair is not None and pair[0] != pair[1] and max(pair) <= _GREATEST_MONTH for pair in pairs]
  if any(shows_day_first) != any(shows_month_first):
    return any(shows_day_first)
  num_numbers = _mark(cells, codes, [pair is not None for pair in pairs]).sum()
  if num_numbers <= cell_rules.MAX_SHARE * cells.notna().sum():
    return None
  if any(shows_day_first):
    day, month = (cell_rules.rows(_mark(cells, codes, marks)) for marks in (shows_day_first, shows_month_first))
    raise errors.InputError(
      f"{place}: some dates have the day first ({day}) and others the month ({month}), so that those between can't be "
      "told. Export the field again, as YYYY-MM-DD."
    )
  if any(can_be_both):
    is_open = _mark(cells, codes, can_be_both)
    raise errors.InputError(
      f"{place}: {int(is_open.sum())} dates of the form `{cell_rules.form(cells[is_open].iloc[0])}` "
      f"({cell_rules.rows(is_open)}) can be read with the day or with the month first, and no date of this column "
      "tells which. Export the field again, as YYYY-MM-DD."
    )
  return None


def _mark(cells: pd.Series, codes: np.ndarray, marks: list[bool]) -> pd.Series:
  """Returns bool [n]: the cells whose text is marked."""
  return pd.Series(np.array([*marks, False])[codes], index=cells.index)


def _from_numbers(match: re.Match[str], is_day_first: bool | None) -> datetime.date | None:
  first, second, year = int(match[1]), int(match[3]), int(match[4])
  if is_day_first is None:
    if first != second and max(first, second) <= _GREATEST_MONTH:
      return None
    is_day_first = first > _GREATEST_MONTH
  day, month = (first, second) if is_day_first else (second, first)
  return _date(year, month, day)


def _parse(text: str) -> datetime.date | None:
  """Returns the date of a text whose order is clear, or None."""
  if match := _YEAR_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
    return _date(int(match[1]), int(match[3]), int(match[4]))
  for pattern, (year, month, day) in ((_DAY_NAME, (3, 2, 1)), (_NAME_DAY, (3, 1, 2)), (_YEAR_NAME, (1, 2, 3))):
    if match := pattern.fullmatch(text):
      return _date(int(match[year]), data_codings.MONTH.get(match[month].lower(), 0), int(match[day]))
  return None


def _date(year: int, month: int, day: int) -> datetime.date | None:
  try:
    return datetime.date(year, month, day)
  except ValueError:
    return None
