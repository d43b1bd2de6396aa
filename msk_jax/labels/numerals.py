"""Numbers as people write them: compared as numbers, whatever their spelling; decimal commas where they are sure."""

import decimal
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msk_jax.io import errors

if TYPE_CHECKING:
  import pandas as pd

_NUMBER = re.compile(r"[+-]?\d{1,18}(?:[.,]\d{0,18})?(?:e[+-]?\d{1,2})?")
_WITH_COMMA = r"[+-]?\d+,\d+"
_WITH_POINT = r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?"
_THOUSANDS = (
  "[+-]?\\d{1,3}(?:(?:[ '\u2019]"  # the character itself: Arrow's regular expressions know no escape of it
  r"\d{3})+(?:[.,]\d+)?|(?:,\d{3}){2,}|(?:,\d{3})+\.\d+|(?:\.\d{3}){2,}"
  r"|(?:\.\d{3})+,\d+)"
)
_MINUS = str.maketrans("\u2212\u2010\u2011\u2013", "----")  # as word processors write it
_GROUPED = r"[+-]?[1-9]\d{0,2},\d{3}"  # 1,234: a fraction in one country, a thousand in another


def plain(text: str) -> str:
  """Returns a text in small letters without spaces around it, a number in one spelling: `1`, `1.0`, `01` are `1`."""
  text = text.strip().casefold()
  if not _NUMBER.fullmatch(text):
    return text
  value = decimal.Decimal(text.replace(",", ".")).normalize()
  return "0" if value == 0 else format(value, "f")


def plain_column(spelled: "pd.Series") -> "pd.Series":
  """Returns `plain` of each cell."""
  return spelled.map({text: plain(text) for text in spelled.unique()})


def looked_up(spelled: "pd.Series", values: Mapping[str, int]) -> "pd.Series":
  """Returns what cells mean, float64 [n], NaN where nothing; numbers count as numbers, texts in any case."""
  meanings = {plain(text): code for text, code in values.items()}
  return plain_column(spelled).map(meanings).astype("float64")


def check_sex_values(name: str, values: Mapping[str, int]) -> None:
  """Checks values of sex that a setting gives: each 0 or 1, and no value, in two spellings, both.

  Args:
    name: of the setting, for the message.
    values: spelling to 0 (female) or 1 (male).

  Raises:
    ValueError: they are not so.
  """
  if bad := sorted(set(values.values()) - {0, 1}):
    raise ValueError(f"{name} must be 0 (female) or 1 (male), got {bad}.")
  meanings: dict[str, int] = {}
  for text, code in values.items():
    if meanings.setdefault(plain(text), code) != code:
      raise ValueError(f"{name}: {text!r} is there in two spellings, as 0 (female) and as 1 (male).")


def with_points(spelled: "pd.Series", column: str) -> tuple["pd.Series", int]:
  """Returns a column with decimal commas as points, and how many there were; signs and wide digits as in ASCII.

  Args:
    spelled: [n] stripped text.
    column: its name, for the message.

  Raises:
    InputError: thousands separators (they would be no numbers, and just the great values missing), or it can't be
      known whether the commas are decimal: some cells have points, or all may be thousands.
  """
  spelled = spelled.str.normalize("NFKC").str.translate(_MINUS)
  if num_grouped := int(spelled.str.fullmatch(_THOUSANDS).sum()):
    raise errors.InputError(
      f"column {column}: {num_grouped} cells have thousands separators: export the table with decimal points and "
      "without thousands separators."
    )
  has_comma = spelled.str.fullmatch(_WITH_COMMA).astype(bool)
  if not has_comma.any():
    return spelled, 0
  num_points = int(spelled.str.fullmatch(_WITH_POINT).sum())
  if num_points:
    raise errors.InputError(
      f"column {column}: {int(has_comma.sum())} cells have a comma and {num_points} a decimal point: export the table "
      "with decimal points alone."
    )
  if spelled[has_comma].str.fullmatch(_GROUPED).all():
    raise errors.InputError(
      f"column {column}: the commas of {int(has_comma.sum())} cells may be decimal or stand before thousands: export "
      "the table with decimal points and without thousands separators."
    )
  return spelled.mask(has_comma, spelled.str.replace(",", ".")), int(has_comma.sum())
