"""Missing values from a person's other visits, moved by the mean slope over age of people like them.

A person with two or more values has a slope over age: their least-squares line, which for two values is the difference
quotient. Slopes are averaged within sex and ethnic group; where such a cell has nobody with a slope, within sex. A
missing visit gets the person's known values, each moved by that slope times the gap in age, averaged with weights of 1
over the gap. Binary variables are clipped to [0, 1]. Nobody without any value of a variable gets one.

In the published way (`paper`) everybody's slope counts. Out of fold, the slopes for people of a fold come from the
people of the other folds, so that no slope has seen the people to whom it is applied.

Source: the authors' repository Scalars-based-models-and-XWAS-pipeline, `InputtingNans.py`.
"""

import dataclasses

import numpy as np

NUM_GROUPS = 6
_GROUP_OF_CODE = {1: 0, 2: 1, 4: 2, 3: 3, 5: 5}  # White, Mixed, Black, Asian, (Other), Chinese
_OTHER = 4
_PARENT = 1000


@dataclasses.dataclass(frozen=True)
class Layout:
  """Whose rows these are.

  Attributes:
    person: int64 [r], ascending.
    age: float64 [r], in years, NaN where unknown.
    sex: int64 [r], 0 or 1.
    group: int64 [r], see `ethnic_group`.
    fold: int64 [r], 0 and up; None: slopes of everybody.
  """

  person: np.ndarray
  age: np.ndarray
  sex: np.ndarray
  group: np.ndarray
  fold: np.ndarray | None = None


def ethnic_group(codes: np.ndarray) -> np.ndarray:
  """Returns the group of codes of field 21000: White, Mixed, Black, Asian, Other (or unknown), Chinese; int64 [n]."""
  codes = np.asarray(codes, np.int64)
  parent = np.where(codes > _PARENT, codes // _PARENT, codes)
  group = np.full(codes.shape, _OTHER, np.int64)
  for code, number in _GROUP_OF_CODE.items():
    group[parent == code] = number
  return group


def impute(values: np.ndarray, is_binary: np.ndarray, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
  """Fills missing values from other visits of the same person.

  Args:
    values: float64 [r, v], NaN where missing.
    is_binary: bool [v].
    layout: whose rows they are.

  Returns:
    filled: float64 [r, v].
    is_imputed: bool [r, v].
  """
  is_known = ~np.isnan(values) & ~np.isnan(layout.age)[:, None]
  slope = _slopes_for_rows(values, is_known, layout)
  total, weight = np.zeros_like(values), np.zeros_like(values)
  same, num_same = np.zeros_like(values), np.zeros_like(values)  # visits at the very same age
  for gap in range(1, _most_visits(layout.person)):
    pairs = layout.person[gap:] == layout.person[:-gap]
    early, late = np.flatnonzero(pairs), np.flatnonzero(pairs) + gap
    for to, source in ((early, late), (late, early)):
      years = (layout.age[to] - layout.age[source])[:, None]
      moved = np.where(is_known[source], values[source] + slope[to] * years, np.nan)
      is_used = ~np.isnan(moved)
      is_gap = is_used & (years != 0)
      with np.errstate(divide="ignore"):
        each = np.where(is_gap, 1.0 / np.abs(years), 0.0)
      total[to] += np.where(is_gap, moved, 0.0) * each
      weight[to] += each
      at_once = is_used & (years == 0)
      same[to] += np.where(at_once, moved, 0.0)
      num_same[to] += at_once
  mean = np.full_like(values, np.nan)
  np.divide(total, weight, out=mean, where=weight > 0)
  np.divide(same, num_same, out=mean, where=num_same > 0)
  mean[:, is_binary] = np.clip(mean[:, is_binary], 0.0, 1.0)
  is_imputed = np.isnan(values) & ~np.isnan(mean)
  return np.where(is_imputed, mean, values), is_imputed


def _slopes_for_rows(values: np.ndarray, is_known: np.ndarray, layout: Layout) -> np.ndarray:
  """Returns the mean slope that each row's person gets, [r, v], NaN where nobody like them has one."""
  first = np.flatnonzero(np.diff(layout.person, prepend=-1))
  slopes = _slopes(values, is_known, layout.age, first)  # a row per person
  sex, group = layout.sex[first], layout.group[first]
  num_people = len(first)
  fold = np.zeros(num_people, np.int64) if layout.fold is None else layout.fold[first]
  by_cell = _mean_of_others(slopes, sex * NUM_GROUPS + group, 2 * NUM_GROUPS, fold, leaves_out=layout.fold is not None)
  by_sex = _mean_of_others(slopes, sex, 2, fold, leaves_out=layout.fold is not None)
  per_person = np.where(np.isnan(by_cell), by_sex, by_cell)
  return np.repeat(per_person, np.diff(np.append(first, len(layout.person))), axis=0)


def _slopes(values: np.ndarray, is_known: np.ndarray, age: np.ndarray, first: np.ndarray) -> np.ndarray:
  """Returns each person's slope over age, [p, v], NaN where it has none."""
  sizes = np.diff(np.append(first, len(age)))
  add = lambda each: np.add.reduceat(each, first, axis=0)  # noqa: E731
  count = add(is_known.astype(np.float64))
  with np.errstate(divide="ignore", invalid="ignore"):
    ages = np.where(is_known, np.nan_to_num(age)[:, None], 0.0)
    known = np.where(is_known, values, 0.0)
    age_gap = np.where(is_known, ages - np.repeat(add(ages) / count, sizes, axis=0), 0.0)
    value_gap = np.where(is_known, known - np.repeat(add(known) / count, sizes, axis=0), 0.0)
    spread = add(age_gap**2)
    return np.where((count >= 2) & (spread > 0), add(age_gap * value_gap) / spread, np.nan)


def _mean_of_others(
  slopes: np.ndarray, cell: np.ndarray, num_cells: int, fold: np.ndarray, *, leaves_out: bool
) -> np.ndarray:
  """Returns each person's cell mean of the slopes, without those of their own fold if these are left out."""
  num_folds = int(fold.max(initial=0)) + 1
  place = cell * num_folds + fold
  total = np.zeros((num_cells * num_folds, slopes.shape[1]))
  count = np.zeros_like(total)
  order = np.argsort(place, kind="stable")
  starts = np.flatnonzero(np.diff(place[order], prepend=-1))
  for sums, each in ((total, np.nan_to_num(slopes)), (count, (~np.isnan(slopes)).astype(np.float64))):
    sums[place[order][starts]] = np.add.reduceat(each[order], starts, axis=0)
  total, count = (each.reshape(num_cells, num_folds, -1) for each in (total, count))
  sums, numbers = total.sum(axis=1, keepdims=True), count.sum(axis=1, keepdims=True)
  if leaves_out:
    sums, numbers = (
      np.stack([np.delete(each, k, axis=1).sum(axis=1) for k in range(num_folds)], axis=1) for each in (total, count)
    )
  mean = np.full_like(sums, np.nan)
  np.divide(sums, numbers, out=mean, where=numbers > 0)
  return mean[cell, fold if leaves_out else 0]


def _most_visits(person: np.ndarray) -> int:
  return int(np.bincount(person).max(initial=0)) if len(person) else 0
