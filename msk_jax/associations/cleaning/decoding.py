"""What a text stands for: a number, a code, a meaning, nothing, or something that is not understood."""

import dataclasses
import math

import numpy as np
import pandas as pd

from msk_jax.associations.catalogue.entries import Entry
from msk_jax.cohort import cell_rules, data_codings, dates

# Meanings that many data codings share, in small letters. The codes are UK Biobank's.
_DO_NOT_KNOW, _NO_ANSWER, _NONE = -1, -3, -7
_SHARED = {
  "do not know": _DO_NOT_KNOW,
  "don't know": _DO_NOT_KNOW,
  "prefer not to answer": _NO_ANSWER,
  "none of the above": _NONE,
}
_NEVER_VALUES = {"do not know", "don't know", "prefer not to answer"}
_YES_NO = {"no": 0, "yes": 1, "false": 0, "true": 1}
_GREATEST = 1e300  # beyond it squares overflow anyhow


@dataclasses.dataclass(frozen=True)
class Decoded:
  """What texts stand for.

  Attributes:
    values: float64 [u], NaN where missing or not understood.
    levels: object [u], the level of a factor, None where missing or not understood.
    is_unknown: bool [u].
  """

  values: np.ndarray
  levels: np.ndarray
  is_unknown: np.ndarray


def decode(texts: np.ndarray, entry: Entry) -> Decoded:
  """Returns what texts stand for by an entry's rules.

  Args:
    texts: object [u], each once, not blank.
    entry: the catalogue's entry.

  Raises:
    InputError: dates of which day and month can't be told apart.
  """
  if entry.kind == "date":
    return _decode_dates(texts)
  meanings = {meaning.strip().lower(): code for code, meaning in entry.values.items()}
  if entry.kind == "binary":
    meanings = {**_YES_NO, **meanings}
  numbers = data_codings.numbers(pd.Series(list(texts), dtype=object))
  if entry.kind == "one_hot":
    return _decode_levels(texts, numbers, entry, meanings)
  is_plain = _are_plain(numbers, entry)
  values = np.where(is_plain, numbers, np.nan)
  is_unknown = np.zeros(len(texts), bool)
  for place in np.flatnonzero(~is_plain):
    value, _ = _read_text(texts[place], float(numbers[place]), entry, meanings)
    is_unknown[place] = value is None
    values[place] = math.nan if value is None else value
  return Decoded(values, np.full(len(texts), None, object), is_unknown)


def to_years(days: np.ndarray) -> np.ndarray:
  """Returns dates, days since 1970, as years: 2010.5 is the middle of 2010."""
  return 1970.0 + np.asarray(days, np.float64) / 365.2425


def to_days(texts: np.ndarray, where: str) -> np.ndarray:
  """Returns dates as days since 1970, float64 [u], NaN for what is none.

  Args:
    texts: object [u], not blank.
    where: the column, for messages.

  Raises:
    InputError: day and month can't be told apart.
  """
  spelled = dates.read(pd.Series(list(texts), dtype=object), cell_rules.Place("of the exposures", where))
  parsed = pd.to_datetime(spelled, format="%Y-%m-%d", errors="coerce").to_numpy("datetime64[D]")
  return np.where(np.isnat(parsed), np.nan, parsed.astype(np.int64).astype(np.float64))


def _decode_dates(texts: np.ndarray) -> Decoded:
  values = to_years(to_days(texts, "a date"))
  return Decoded(values, np.full(len(values), None, object), np.isnan(values))


def _decode_levels(texts: np.ndarray, numbers: np.ndarray, entry: Entry, meanings: dict[str, int]) -> Decoded:
  levels = np.full(len(texts), None, object)
  is_unknown = np.zeros(len(texts), bool)
  for place, text in enumerate(texts):
    value, level = _read_text(text, float(numbers[place]), entry, meanings)
    is_unknown[place] = value is None and level is None
    levels[place] = level or None
  return Decoded(np.full(len(texts), np.nan), levels, is_unknown)


def _are_plain(numbers: np.ndarray, entry: Entry) -> np.ndarray:
  """Returns which numbers are values as they stand, bool [u]."""
  if entry.is_closed or entry.kind == "binary":
    return np.zeros(len(numbers), bool)
  return ~np.isnan(numbers) & (np.abs(numbers) <= _GREATEST) & ~np.isin(numbers, list(entry.rules))


def _read_text(text: str, number: float, entry: Entry, meanings: dict[str, int]) -> tuple[float | None, str | None]:
  """Returns value and level of a text; both None where it is not understood, NaN and '' where it is missing."""
  missing = (math.nan, "")
  lowered = text.strip().lower()
  if math.isnan(number):
    code = meanings.get(lowered, _SHARED.get(lowered))
    if code is None:
      return (None, text) if entry.kind == "one_hot" and not entry.is_closed else (None, None)
    if lowered in _NEVER_VALUES and code not in entry.rules:
      return missing
    number = float(code)
  if number in entry.rules:
    value = entry.rules[number]
    return missing if math.isnan(value) else (value, _spell(value))
  if entry.is_closed and number not in entry.values:
    return None, None
  if abs(number) > _GREATEST or (entry.kind == "binary" and number not in (0.0, 1.0)):
    return None, None
  return number, _spell(number)


def _spell(number: float) -> str:
  return str(int(number)) if number == round(number) else f"{number:g}"
