"""Tables of radiographs that people write by hand: CSV in any of its spellings to columns of one meaning each."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors

UNKNOWN_SEX = -1
SIDES: Mapping[str, str] = {"right": "right", "r": "right", "left": "left", "l": "left", "": ""}
_FEMALE = frozenset({"f", "female", "woman", "w", "0", "0.0", "2", "2.0"})  # 2: surveys that code men 1, women 2
_MALE = frozenset({"m", "male", "man", "1", "1.0"})
_SHOWN = 5  # lines named in a message


def read_csv(path: pathlib.Path, required: Sequence[str], optional: Sequence[str]) -> pd.DataFrame:
  """Reads a table as stripped text, missing values as empty text; column names in lower case.

  Args:
    path: commas, semicolons or tabs between the cells.
    required: columns that must be there.
    optional: columns named in the message when one is not.

  Raises:
    InputError: no such file, no table, or missing columns (all are named).
  """
  try:
    with path.open(encoding="utf-8-sig") as file:
      header = file.readline()
    delimiter = max(",;\t", key=header.count)
    raw = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig")
  except FileNotFoundError:
    raise errors.InputError(
      f"no table {path.name} in the folder: it needs the columns {', '.join(required)}."
    ) from None
  except (OSError, UnicodeError, ValueError) as error:
    raise errors.InputError(f"{path.name} can't be read as a CSV table ({type(error).__name__}).") from None
  raw.columns = [str(column).strip().lower() for column in raw.columns]
  missing = [column for column in required if column not in raw]
  if missing:
    raise errors.InputError(
      f"{path.name} lacks the columns {', '.join(missing)}; it has {', '.join(raw.columns)}. Needed are "
      f"{', '.join(required)}; {', '.join(optional[:-1])} and {optional[-1]} are used if there."
    )
  return raw.apply(lambda column: column.str.strip())


def sexes(spelled: pd.Series) -> pd.Series:
  """Returns 0 for female, 1 for male, `UNKNOWN_SEX` for what is not understood, int8 [n]."""
  lower = spelled.str.lower()
  codes = {**dict.fromkeys(_FEMALE, 0), **dict.fromkeys(_MALE, 1)}
  return lower.map(codes).fillna(UNKNOWN_SEX).astype("int8")


def ages_years(spelled: pd.Series) -> pd.Series:
  """Returns ages in years, float64 [n]; `062Y` is 62, what is no number is NaN."""
  return pd.to_numeric(spelled.str.rstrip("Yy "), errors="coerce").astype("float64")


def mapped(raw: pd.DataFrame, name: str, meanings: Mapping[str, str]) -> pd.Series:
  """Returns the meaning of a column's values, in any case; empty text where there is no such column.

  Raises:
    InputError: values without meaning; the message names lines, not values.
  """
  if name not in raw:
    return pd.Series("", index=raw.index)
  found = raw[name].str.lower().map(meanings)
  _refuse_unread(name, found.isna(), f"one of {', '.join(filter(None, meanings))} or nothing")
  return found


def integers(raw: pd.DataFrame, name: str, missing: int, allowed: range) -> pd.Series:
  """Returns a column's whole numbers, int64; `missing` where a cell is empty or there is no such column.

  Raises:
    InputError: values that are not in `allowed`; the message names lines, not values.
  """
  if name not in raw:
    return pd.Series(missing, index=raw.index)
  found = pd.to_numeric(raw[name].where(raw[name] != "", str(missing)), errors="coerce")
  _refuse_unread(name, ~found.isin(allowed), f"a whole number from {allowed[0]} to {allowed[-1]} or nothing")
  return found.astype("int64")


def stays_inside(path: str) -> bool:
  """Whether a relative path has no step upwards. (A link that the folder's owner made is theirs to follow.)"""
  parsed = pathlib.PurePosixPath(path)
  return not (parsed.is_absolute() or ".." in parsed.parts or pathlib.PureWindowsPath(path).drive)


def _refuse_unread(name: str, bad: pd.Series, wanted: str) -> None:
  if bad.any():
    lines: Sequence[int] = (np.flatnonzero(bad)[:_SHOWN] + 2).tolist()  # the header is line 1
    raise errors.InputError(
      f"column {name}: {int(bad.sum())} values are not understood (lines {', '.join(map(str, lines))}); "
      f"each must be {wanted}."
    )
