"""Diagnoses with dates: a person has one from the day on which the liability, which rises with age, crosses its cut."""

import dataclasses

import numpy as np

from msk_jax.simulation.exposures import items as items_lib
from msk_jax.simulation.exposures.people_arrays import Block
from msk_jax.simulation.people import DAYS_PER_YEAR

# Hospitals' records. What began earlier is dated to the first year after they begin; every visit is later.
RECORDS_BEGIN, RECORDS_END = np.datetime64("1997-04-01", "D"), np.datetime64("2021-12-31", "D")
_FIRST_YEAR_DAYS = 365
_DIGITS = np.array(["0", "1", "8", "9"])  # of subcategories


@dataclasses.dataclass(frozen=True)
class Diagnoses:
  """The diagnoses of a block of people, by person and then by code.

  Attributes:
    rows: int64 [k], the person's row in the block.
    codes: int64 [k], places among the plan's diagnoses.
    digits: str [k], the fourth characters.
    dates: datetime64[D] [k].
  """

  rows: np.ndarray
  codes: np.ndarray
  digits: np.ndarray
  dates: np.ndarray

  @property
  def places(self) -> np.ndarray:
    """The place of each diagnosis among its person's, int64 [k]."""
    starts = np.searchsorted(self.rows, self.rows)
    return np.arange(len(self.rows)) - starts


def draw(seed: int, plan: items_lib.Plan, block: Block) -> Diagnoses:
  """Draws a block's diagnoses up to RECORDS_END."""
  rows, codes, digits, dates = [], [], [], []
  for place, item in enumerate(plan.diagnoses):
    residual, uniform = block.draw(seed, item)
    onset = _onset(item, block, residual[:, 0], uniform[:, 0, 0])
    has = np.flatnonzero(onset <= RECORDS_END)
    rows.append(has)
    codes.append(np.full(len(has), place))
    digits.append(_DIGITS[(uniform[has, 0, 1] * len(_DIGITS)).astype(int)])
    dates.append(onset[has])
  row, code, digit, date = (np.concatenate(parts) for parts in (rows, codes, digits, dates))
  order = np.lexsort((code, row))
  return Diagnoses(row[order], code[order], digit[order], date[order])


def _onset(item: items_lib.Item, block: Block, residual: np.ndarray, uniform: np.ndarray) -> np.ndarray:
  """Returns the day on which the liability reaches its cut, datetime64[D] [n]."""
  at_reference = item.male * (block.sex - 0.5) + item.ethnic[block.group] + residual
  age = items_lib.REFERENCE_AGE_YEARS + 10 * (item.cuts[0] - at_reference) / item.age_per_decade
  days = np.clip(np.ceil(age * DAYS_PER_YEAR), -(10**5), 10**5).astype("timedelta64[D]")
  first = RECORDS_BEGIN + np.floor(uniform * _FIRST_YEAR_DAYS).astype("timedelta64[D]")
  return np.maximum(block.birth + days, first)
