"""Participants' ids as tables spell them: any text; numbers that a spreadsheet turned into decimals are whole again.

An id that is spelled in two ways would make two people of one, whose rows may then be on both sides of a split. What
is surely one id becomes one; what only may be one is refused.
"""

import re
import unicodedata
from collections.abc import Iterable

import pandas as pd
from absl import logging

from msk_jax.io import errors
from msk_jax.labels import cells

_WHOLE = re.compile(r"(\d+)(?:\.0*|,0)")  # 7.0
_FRACTION = re.compile(r"\d+[.,]\d*[1-9]\d*")  # 1.1: ids like site.person, where 1.0 is not 1
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_GROUPED = re.compile(r"\d{1,3}(?:[,' \u00a0\u2009\u202f]\d{3})+")  # 9,000,001
_UNSEEN = ("Cf", "Cc")  # categories of letters that can't be seen
_QUOTES = "\"'`´‘’“”„«»"  # a stray one is of the table, not of the id
_SEPARATORS = re.compile(r"[,'\s]")


def read(spelled: pd.Series, column: str, visit: pd.Series) -> pd.Series:
  """Reads a column of ids.

  Whole numbers written as decimals (`7.0`) or in scientific notation (`9.000001E+06`) are whole (`7`, `9000001`), and
  numbers with thousands separators are without them. Leading zeros stay: `007` and `7` are two people.

  Args:
    spelled: [n] stripped text, empty where there is none.
    column: its name, for messages.
    visit: [n] what tells rows of one person apart, e.g. the visit's number.

  Returns:
    [n] string.

  Raises:
    InputError: digits are lost in scientific notation; ids that differ in case, spaces, quotes or unseen letters alone;
      or ids that differ in leading zeros and are never there at the same visit, as if one export had dropped the zeros.
  """
  texts = [str(text) for text in spelled.unique() if text]
  _refuse_lost_digits(spelled, texts, column)
  plain_ids = spelled.map({"": "", **_plain(texts)}).astype("string")
  _refuse_look_alikes(plain_ids, column)
  _check_leading_zeros(plain_ids, column, visit)
  return plain_ids


def _plain(texts: list[str]) -> dict[str, str]:
  """Returns each spelling's id."""
  if any(_FRACTION.fullmatch(text) for text in texts):
    return {text: text for text in texts}
  are_numbers = _are_numbers(texts)
  return {text: _plain_number(text) if are_numbers else _without_point(text) for text in texts}


def _are_numbers(texts: Iterable[str]) -> bool:
  forms = (_WHOLE, _SCIENTIFIC, _GROUPED)
  return all(text.isdecimal() or any(form.fullmatch(text) for form in forms) for text in texts)


def _without_point(text: str) -> str:
  whole = _WHOLE.fullmatch(text)
  return whole[1] if whole else text


def _plain_number(text: str) -> str:
  if _GROUPED.fullmatch(text):
    return _SEPARATORS.sub("", text)
  if scientific := _SCIENTIFIC.fullmatch(text):
    first, fraction, exponent = scientific[1], scientific[2] or "", int(scientific[3])
    return first + fraction[:exponent]
  return _without_point(text)


def _refuse_lost_digits(spelled: pd.Series, texts: list[str], column: str) -> None:
  """Refuses `9.00E+06`, which may have been any of thousands of numbers; in columns of texts it is one of them."""
  if not _are_numbers(texts):
    return
  lost = {text for text in texts if (match := _SCIENTIFIC.fullmatch(text)) and not _is_exact(*match.groups())}
  if lost:
    is_lost = spelled.isin(lost)
    raise errors.InputError(
      f"column {column}: {int(is_lost.sum())} ids are in scientific notation and have lost digits "
      f"({cells.lines(is_lost)}): export the table again with the ids as text."
    )


def _is_exact(first: str, fraction: str | None, exponent: str) -> bool:
  del first
  digits = fraction or ""
  return len(digits) >= int(exponent) and not digits[int(exponent) :].strip("0")


def _refuse_look_alikes(plain_ids: pd.Series, column: str) -> None:
  ids = pd.Series(plain_ids.unique())
  is_twice = ids.map(_loose).duplicated(keep=False) & (ids != "")
  if is_twice.any():
    is_bad = plain_ids.isin(ids[is_twice])
    raise errors.InputError(
      f"column {column}: {int(is_twice.sum())} ids differ from another one in case, spaces, quotes, unseen letters, "
      f"separators or decimals alone ({cells.lines(is_bad)}): one person would be taken for several. Spell every id in "
      "one way."
    )


def _loose(text: str) -> str:
  text = unicodedata.normalize("NFKC", text).casefold()
  text = "".join(letter for letter in text if unicodedata.category(letter) not in _UNSEEN and letter not in _QUOTES)
  text = _SEPARATORS.sub("", text) if _GROUPED.fullmatch(text) else "".join(text.split())
  return _without_point(text)


def _check_leading_zeros(plain_ids: pd.Series, column: str, visit: pd.Series) -> None:
  """Refuses `007` beside `7` if they are never there at one visit; says so if they are."""
  rows = pd.DataFrame({"id": plain_ids, "visit": visit})[plain_ids.str.isdecimal().fillna(False).astype(bool)]
  rows["number"] = rows["id"].str.lstrip("0")
  rows = rows[rows.groupby("number")["id"].transform("nunique") > 1]
  if rows.empty:
    return
  numbers = rows.drop_duplicates().groupby("number")["visit"]
  num_apart = int((~numbers.agg(lambda visits: visits.duplicated().any())).sum())
  if num_apart:
    is_bad = pd.Series(plain_ids.index.isin(rows.index), index=plain_ids.index)
    raise errors.InputError(
      f"column {column}: {num_apart} ids are there with and without leading zeros, never at the same visit "
      f"({cells.lines(is_bad)}): one person seems to be spelled in two ways. Spell every id in one way."
    )
  logging.warning(
    "column %s: %d ids differ from another one in leading zeros alone: they are taken for different people",
    column,
    rows["id"].nunique(),
  )
