"""Cells of a column to values of one meaning each; a message names what is not understood by its line alone."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors, missing

SIDES: Mapping[str, str] = {"right": "right", "r": "right", "left": "left", "l": "left", "": ""}
LINE = "line"  # name of an index that holds lines of the file
_SHOWN = 5  # lines named in a message


def without_placeholders(spelled: pd.Series) -> pd.Series:
  """Returns stripped text, empty where a cell says that nothing is known."""
  text = spelled.str.strip()
  return text.mask(missing.is_missing(text), "")


def mapped(raw: pd.DataFrame, name: str, meanings: Mapping[str, str]) -> pd.Series:
  """Returns the meaning of a column's values, in any case; empty text where there is no such column.

  Raises:
    InputError: values without meaning; the message names lines, not values.
  """
  if name not in raw:
    return pd.Series("", index=raw.index)
  read_values = raw[name].str.lower().map(meanings)
  _refuse_unread(name, read_values.isna(), f"one of {', '.join(filter(None, meanings))} or nothing")
  return read_values


def integers(raw: pd.DataFrame, name: str, missing: int, allowed: range) -> pd.Series:
  """Returns a column's whole numbers, int64; `missing` where a cell is empty or there is no such column.

  Raises:
    InputError: values that are not in `allowed`; the message names lines, not values.
  """
  if name not in raw:
    return pd.Series(missing, index=raw.index)
  read_values = pd.to_numeric(raw[name].where(raw[name] != "", str(missing)), errors="coerce")
  _refuse_unread(name, ~read_values.isin(allowed), f"a whole number from {allowed[0]} to {allowed[-1]} or nothing")
  return read_values.astype("int64")


def lines(chosen: pd.Series) -> str:
  """Returns where the first chosen rows stand, for messages: `lines 2, 7, ...`.

  Args:
    chosen: bool [n], of rows indexed by `LINE`, or else of all rows of a table in order.
  """
  places = chosen.index if chosen.index.name == LINE else np.arange(len(chosen)) + 2  # the header is line 1
  numbers: Sequence[int] = places[chosen.to_numpy(bool)][:_SHOWN].tolist()
  more = ", ..." if chosen.sum() > _SHOWN else ""
  return f"lines {', '.join(map(str, numbers))}{more}"


def share(chosen: pd.Series, of: pd.Series) -> str:
  """Returns how many cells are chosen, for messages: `3 of 40 cells (7.5%)`.

  Args:
    chosen: bool [n].
    of: bool [n], the cells that could be.
  """
  return f"{int(chosen.sum()):,} of {int(of.sum()):,} cells ({chosen.sum() / max(of.sum(), 1):.1%})"


def _refuse_unread(name: str, bad: pd.Series, wanted: str) -> None:
  if bad.any():
    raise errors.InputError(
      f"column {name}: {int(bad.sum())} values are not understood ({lines(bad)}); each must be {wanted}."
    )
