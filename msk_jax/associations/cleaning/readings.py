"""From several answers of a person to one value, or one per answer."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.associations.catalogue.entries import Condition, Entry
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.cohort import data_codings

_PLACES = 10_000  # more than any field has answers


@dataclasses.dataclass(frozen=True)
class Helper:
  """A further field's answers.

  Attributes:
    answers: of the field.
    codes: float64 [u], the code of each text, NaN where it is none.
  """

  answers: Answers
  codes: np.ndarray

  @property
  def num_unknown(self) -> int:
    """Number of answers that are not understood."""
    return int(np.isnan(self.codes)[self.answers.code].sum())

  def by_unit(self, num_units: int) -> np.ndarray:
    """Returns each unit's first answer as a code, float64 [n], NaN where it has none."""
    order = np.lexsort((self.answers.place, self.answers.unit))[::-1]
    return _scatter(self.answers.unit[order], self.codes[self.answers.code[order]], num_units)


def helper(answers: Answers, values: Mapping[int, str]) -> Helper:
  """Returns a further field's answers as codes.

  Args:
    answers: of the field.
    values: code to meaning of its data coding.
  """
  meanings = {"yes": 1, "no": 0, **{meaning.strip().lower(): code for code, meaning in values.items()}}
  return Helper(answers, data_codings.codes(pd.Series(answers.texts, dtype=object), meanings))


def first_of_fields(parts: Sequence[tuple[Answers, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns the values of several fields as one, the first's before the others'.

  Args:
    parts: each field's answers and their values, float64 [m], NaN where missing.

  Returns:
    unit, place: int64 [k], ordered, each pair once.
    value: float64 [k], no NaN.
  """
  unit = np.concatenate([answers.unit for answers, _ in parts])
  place = np.concatenate([answers.place for answers, _ in parts])
  value = np.concatenate([values for _, values in parts])
  known = ~np.isnan(value)
  unit, place, value = unit[known], place[known], value[known]
  key, first = np.unique(unit * _PLACES + place, return_index=True)  # the first of equal ones is the first field's
  return key // _PLACES, key % _PLACES, value[first]


def reduce(
  entry: Entry, values: tuple[np.ndarray, np.ndarray, np.ndarray], helpers: Mapping[int, Helper], num_units: int
) -> dict[str, np.ndarray]:
  """Returns the entry's values by unit, float64 [n], NaN where missing; by what a variable's name ends in.

  Args:
    entry: with readings other than `any`.
    values: from `first_of_fields`.
    helpers: further fields, by field.
    num_units: n.
  """
  unit, place, value = values
  if entry.readings == "each":
    low, high = entry.items or (0, _PLACES)
    items = [item for item in np.unique(place) if low <= item <= high]
    return {f"_{item}": _scatter(unit[place == item], value[place == item], num_units) for item in items}
  if entry.readings == "mean":
    total = np.bincount(unit, value, num_units)
    count = np.bincount(unit, minlength=num_units)
    return {"": np.divide(total, count, out=np.full(num_units, np.nan), where=count > 0)}
  if entry.readings == "accepted":
    assert entry.helper is not None
    is_good = _accepted(unit, place, helpers[entry.helper.field], entry.helper)
    unit, place, value = unit[is_good], place[is_good], value[is_good]
  if entry.readings == "picked":
    assert entry.helper is not None
    chosen = helpers[entry.helper.field].by_unit(num_units)
    is_good = place == chosen[unit]
    unit, value = unit[is_good], value[is_good]
  return {"": _scatter(unit[::-1], value[::-1], num_units)}  # reversed: the first answer is written last


def holds(condition: Condition, field: Helper, num_units: int) -> np.ndarray:
  """Returns for which units a condition on a field holds, bool [n]."""
  if condition.codes:
    return np.isin(field.by_unit(num_units), condition.codes)
  is_blank = np.ones(num_units, bool)
  is_blank[field.answers.unit] = False
  return is_blank


def _accepted(unit: np.ndarray, place: np.ndarray, field: Helper, condition: Condition) -> np.ndarray:
  is_good = np.isin(field.codes, condition.codes)[field.answers.code]
  good = field.answers.unit[is_good] * _PLACES + field.answers.place[is_good]
  return np.isin(unit * _PLACES + place, good)


def _scatter(unit: np.ndarray, value: np.ndarray, num_units: int) -> np.ndarray:
  result = np.full(num_units, np.nan)
  result[unit] = value
  return result
