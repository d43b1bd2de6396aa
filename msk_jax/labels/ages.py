"""Ages as tables spell them: years, also with a decimal comma or as DICOM does (`062Y`, `018M`).

What can't be an age in years is refused where it is more than a slip: left out in silence, the oldest would be missing.
"""

import dataclasses
import re

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.io import errors
from msk_jax.labels import cells, numerals

OLDEST_YEARS = 120.0

_UNITS_PER_YEAR = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}
_DICOM = r"(\d{3})([DWMY])"
_BAND = r"\d{1,3}(?:\.\d+)?\s*(?:-|–|—|to)\s*\d{1,3}(?:\.\d+)?"  # 45-49
_OPEN = r"(?:[<>≤≥]=?\s*\d{1,3}|\d{1,3}\s*(?:\+|plus|(?:and|&|or) (?:over|above|up|more|older|under|below|younger)))"
_YEARS = r"(?i)\s*(?:y|yrs?|years?)\.?(?: old)?$"
_DATE = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_MOST_BAD, _FEWEST_BAD = 0.02, 3  # unreadable cells: more are not a slip
_MOST_BEYOND, _FEWEST_BEYOND = 0.2, 4  # numbers that are not ages in years: more are another unit
_BIRTH_YEARS = (1850, 2100)
_MOST_MONTHS = 12 * OLDEST_YEARS


@dataclasses.dataclass(frozen=True)
class Reading:
  """How a column was read.

  Attributes:
    years: float64 [n], NaN where there is none.
    is_unreadable: bool [n], cells with something that is not an age.
    num_commas: decimal commas.
  """

  years: pd.Series
  is_unreadable: pd.Series
  num_commas: int = 0


def read(spelled: pd.Series, column: str, setting: str = "") -> Reading:
  """Reads a column, and warns of values that nobody's age can be.

  Args:
    spelled: [n] stripped text, empty where there is none.
    column: its name, for messages.
    setting: where values can be declared missing, for messages; empty where they can't.

  Raises:
    InputError: bands (`45-49`), open ends (`80+`), dates, commas that may be decimal or not, more than 2% of cells
      that are not numbers, or another unit than years.
  """
  is_there = spelled != ""
  spelled = spelled.str.replace(_YEARS, "", regex=True)
  _refuse_form(spelled, is_there, column, setting)
  text, num_commas = numerals.with_points(spelled, column)
  years = pd.to_numeric(text, errors="coerce").astype("float64").fillna(_dicom_years(text))
  years = years.where(np.isfinite(years))
  is_unreadable = is_there & years.isna()
  if is_unreadable.sum() >= max(_FEWEST_BAD, _MOST_BAD * is_there.sum()):
    raise errors.InputError(
      f"column {column}: {cells.share(is_unreadable, is_there)} are not ages in years ({cells.lines(is_unreadable)}): "
      f"give numbers, or empty cells where the age is not known{_declare(setting, column, 'unknown')}."
    )
  _refuse_unit(years, column)
  return Reading(years, is_unreadable, num_commas)


def _dicom_years(text: pd.Series) -> pd.Series:
  parts = text.str.extract(_DICOM, flags=re.IGNORECASE)
  units = parts[1].str.upper().map(_UNITS_PER_YEAR).astype("float64")
  return pd.to_numeric(parts[0], errors="coerce").astype("float64") / units


def warn_beyond(years: pd.Series, column: str, limits: tuple[float, float]) -> None:
  """Says how many ages are beyond the least and the greatest, and the extremes.

  Args:
    years: from `read`.
    column: its name.
    limits: the least and the greatest.
  """
  beyond = years[(years < limits[0]) | (years > limits[1])]
  if len(beyond):
    logging.warning(
      "column %s: %s are beyond %g to %g years, the lowest is %g, the highest %g: they are not used",
      column,
      cells.share(pd.Series(years.index.isin(beyond.index)), years.notna()),
      *limits,
      beyond.min(),
      beyond.max(),
    )


def _refuse_form(spelled: pd.Series, is_there: pd.Series, column: str, setting: str) -> None:
  for form, what in ((_BAND, "bands of ages"), (_OPEN, "open-ended ages"), (_DATE, "dates")):
    is_such = spelled.str.fullmatch(form, flags=re.IGNORECASE).astype(bool)
    if form == _DATE and is_such.sum() < _FEWEST_BAD:
      continue
    if is_such.any():
      example = spelled[is_such].iloc[0] if form != _DATE else "unknown"
      raise errors.InputError(
        f"column {column}: {cells.share(is_such, is_there)} are {what} ({cells.lines(is_such)}), and leaving them out "
        f"would leave people out by their age: give each age in years{_declare(setting, column, example)}."
      )


def _declare(setting: str, column: str, example: str) -> str:
  return f"; or, to do without these rows, say {setting} = {{'{column}': ('{example}',)}}" if setting else ""


def _refuse_unit(years: pd.Series, column: str) -> None:
  known = years.dropna()
  beyond = known[(known < 0) | (known > OLDEST_YEARS)]
  if len(beyond) <= _MOST_BEYOND * len(known) or beyond.nunique() < _FEWEST_BEYOND:
    return
  raise errors.InputError(
    f"column {column}: {len(beyond):,} of {len(known):,} values ({len(beyond) / len(known):.1%}) are not ages in "
    f"years; they range from {known.min():g} to {known.max():g}: {_guess(beyond)}."
  )


def _guess(beyond: pd.Series) -> str:
  if beyond.between(*_BIRTH_YEARS).all():
    return "years of birth? Give the age at the visit"
  if (beyond > _MOST_MONTHS).mean() > 0.5:
    return "days? Divide by 365.25"
  if (beyond > OLDEST_YEARS).mean() > 0.5:
    return "months? Divide by 12"
  return "give the age in years"
