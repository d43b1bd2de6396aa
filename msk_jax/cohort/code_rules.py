"""Rules for columns of codes or numbers (see `cell_rules`)."""

import functools
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from msk_jax.cohort import cell_rules, data_codings, table_files


def codes(
  meanings: Mapping[str, int], allowed: Collection[int], accepted: str, count: str, *, is_needed: bool = True
) -> cell_rules.Rule:
  """Returns the rule of a column that holds codes or their meanings.

  Args:
    meanings: from meaning, in small letters, to code.
    allowed: the codes that are understood; empty for all.
    accepted: see `cell_rules.Rule`.
    count: see `cell_rules.Rule`.
    is_needed: see `cell_rules.Rule`.
  """
  read = functools.partial(_read_codes, meanings=meanings, allowed=allowed)
  return cell_rules.Rule(read, accepted, count, is_needed=is_needed)


def numbers(limits: tuple[float, float], count: str) -> cell_rules.Rule:
  """Returns the rule of a column of finite numbers within limits, both included."""
  accepted = f"numbers from {limits[0]:g} to {limits[1]:g}"
  return cell_rules.Rule(functools.partial(_read_numbers, limits=limits), accepted, count)


def _read_codes(
  cells: pd.Series, place: cell_rules.Place, meanings: Mapping[str, int], allowed: Collection[int]
) -> pd.Series:
  """Returns codes or meanings as codes, missing where a cell is neither or (if `allowed` is given) not allowed."""
  del place  # each cell can be read by itself
  values = data_codings.codes(cells, meanings)
  good = ~np.isnan(values) & (np.isin(values, list(allowed)) if allowed else True)
  text = pd.Series(np.where(good, values, 0).astype(np.int64).astype(str), index=cells.index, dtype=table_files.TEXT)
  return text.where(good)


def _read_numbers(cells: pd.Series, place: cell_rules.Place, limits: tuple[float, float]) -> pd.Series:
  del place
  values = data_codings.numbers(cells)
  return cells.where((values >= limits[0]) & (values <= limits[1]))
