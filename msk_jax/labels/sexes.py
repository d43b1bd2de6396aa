"""The sex of people as tables spell it: words, or numbers of a coding that is known; what is ambiguous is refused.

A column is judged as a whole. Words say what they mean. Of numbers only 0 and 1 together are taken for granted: UK
Biobank's coding, 0 female and 1 male. Others have several codings: ISO/IEC 5218 (0 not known, 1 male, 2 female, 9 not
applicable) and many surveys have 1 for men and 2 for women, others the reverse.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.io import errors
from msk_jax.labels import cells, numerals

UNKNOWN = -1
NAMES = {0: "female", 1: "male", UNKNOWN: "unknown"}
WORDS: Mapping[str, int] = {"f": 0, "female": 0, "w": 0, "woman": 0, "m": 1, "male": 1, "man": 1}
NO_ANSWER = frozenset({"", "?", "x", "u", "unknown", "not known", "na", "n/a", "nan", "null", "none", ".", "<na>"})
NUMBERS: Mapping[str, int] = {"0": 0, "1": 1}  # UK Biobank's field 31

_MOST_UNREAD = 0.02  # share of the cells with something in them
_LONGEST_SHOWN, _MOST_DIGITS_SHOWN = 12, 3  # a column named by mistake may hold names or ids


@dataclasses.dataclass(frozen=True)
class Reading:
  """How a column was read.

  Attributes:
    codes: int8 [n], 0 female, 1 male, `UNKNOWN`.
    counts: `female`, `male` and `unknown` to spelling to number of cells; the empty text is an empty cell.
  """

  codes: pd.Series
  counts: dict[str, dict[str, int]]

  def describe(self) -> str:
    """Returns one line, for people: `female 12 (f 10, woman 2), male 9 (m)`."""
    parts = []
    for name, spellings in self.counts.items():
      each = [
        f"{text or 'empty'} {count:,}" if len(spellings) > 1 else text or "empty" for text, count in spellings.items()
      ]
      parts.append(f"{name} {sum(spellings.values()):,} ({', '.join(each)})")
    return ", ".join(parts)


def read(spelled: pd.Series, column: str, values: Mapping[str, int], setting: str) -> Reading:
  """Reads a column, and logs how.

  Args:
    spelled: [n] stripped text.
    column: its name, for messages.
    values: spelling to 0 (female) or 1 (male); others are unknown then. Empty for the usual spellings.
    setting: how such values are given, for messages; `{male}` and `{female}` stand for the spellings.

  Raises:
    InputError: numbers whose coding can't be known, or more than 2% of the cells are not understood.
  """
  known = values or {**WORDS, **NUMBERS}
  if not values:
    _refuse_ambiguous_numbers(spelled, column, setting)
    _refuse_unread(spelled, column, setting)
  codes = numerals.looked_up(spelled, known).fillna(UNKNOWN).astype("int8")
  reading = Reading(codes, _count(spelled, codes))
  logging.info("column %s read as: %s", column, reading.describe())
  if lacking := [NAMES[code] for code in sorted(set(values.values())) if not (codes == code).any()]:
    logging.warning("column %s: no cell is %s by the spellings that are given", column, " or ".join(lacking))
  return reading


def from_flag(parts: Sequence[str], flag: str) -> dict[str, int]:
  """Returns spellings to 0 (female) or 1 (male) from parts like `2=female`.

  Raises:
    InputError: a part is not of this form, or one spelling is both.
  """
  codes: dict[str, int] = {}
  for part in parts:
    spelling, equals, word = part.rpartition("=")
    code = WORDS.get(word.strip().lower())
    if not equals or code is None or codes.setdefault(numerals.plain(spelling), code) != code:
      raise errors.InputError(f"{flag}: {part!r}: give each spelling once, as in 1=male,2=female.")
  return codes


def unknown(index: pd.Index) -> Reading:
  """Returns the reading of a table without such a column."""
  return Reading(pd.Series(UNKNOWN, index=index, dtype="int8"), {})


def count_spellings(spelled: pd.Series) -> dict[str, int]:
  """Returns how often each spelling is there, most frequent first; long ones together: they may be names or ids."""
  counts = spelled.str.strip().str.casefold().map(_shown).value_counts()
  return {str(text): int(count) for text, count in counts.items()}


def _refuse_ambiguous_numbers(spelled: pd.Series, column: str, setting: str) -> None:
  numbers = sorted({text for text in numerals.plain_column(spelled).unique() if re.fullmatch(r"-?\d+(\.\d+)?", text)})
  if not numbers or set(numbers) == set(NUMBERS):
    return
  shown = ", ".join(map(_shown, numbers[:5]))
  female, example = (2, "ISO/IEC 5218 and many surveys") if "2" in numbers else (0, "UK Biobank")
  this, reverse = setting.format(male=1, female=female), setting.format(male=female, female=1)
  raise errors.InputError(
    f"column {column} holds {'the number' if len(numbers) == 1 else 'the numbers'} {shown}: which is female and which "
    f"male can't be known (only 0 and 1 together are read: 0 female, 1 male). Say it: {this} where 1 is male and "
    f"{female} female, as in {example}; {reverse} where it is the reverse. Other numbers are then unknown."
  )


def _refuse_unread(spelled: pd.Series, column: str, setting: str) -> None:
  text = numerals.plain_column(spelled)
  is_unread = ~text.isin([*WORDS, *NUMBERS, *NO_ANSWER])
  is_there = ~text.isin(NO_ANSWER)
  if is_unread.sum() > _MOST_UNREAD * is_there.sum():
    spellings = ", ".join(dict.fromkeys(map(_shown, text[is_unread].value_counts().index[:3])))
    raise errors.InputError(
      f"column {column}: {cells.share(is_unread, is_there)} are not understood ({cells.lines(is_unread)}; spelled "
      f"{spellings}). Known are {', '.join(WORDS)} in any case, and 0 (female) with 1 (male). For others say "
      f"{setting.format(male='...', female='...')}; what it leaves out is then unknown."
    )


def _count(spelled: pd.Series, codes: pd.Series) -> dict[str, dict[str, int]]:
  chosen = {name: spelled[codes == code] for code, name in NAMES.items()}
  return {name: count_spellings(cells) for name, cells in chosen.items() if len(cells)}


def _shown(text: str) -> str:
  """Returns a spelling as messages and records show it."""
  num_digits = int(np.sum([letter.isdigit() for letter in text]))
  return text if len(text) <= _LONGEST_SHOWN and num_digits <= _MOST_DIGITS_SHOWN else "other text"
