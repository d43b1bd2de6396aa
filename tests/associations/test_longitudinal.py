"""Imputation equals a slow loop over people, and a fold's people get slopes that they had no part in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msk_jax.associations import longitudinal


def _draw(seed, num_people, num_variables, *, has_folds):
  rng = np.random.default_rng(seed)
  visits = rng.integers(1, 5, num_people)
  person = np.repeat(np.arange(num_people), visits)
  age = 45.0 + 25.0 * rng.random(num_people)[person] + rng.permuted(np.round(8.0 * rng.random(len(person)), 1))
  values = rng.normal(size=(len(person), num_variables)) + 0.1 * age[:, None]
  values[rng.random(values.shape) < 0.4] = np.nan
  values[:, 0] = np.where(np.isnan(values[:, 0]), np.nan, rng.integers(0, 2, len(person)))
  age[rng.random(len(person)) < 0.03] = np.nan
  per_person = lambda high: rng.integers(0, high, num_people)[person]  # noqa: E731
  layout = longitudinal.Layout(
    person, age, per_person(2), per_person(longitudinal.NUM_GROUPS), per_person(4) if has_folds else None
  )
  return values, layout


def _loop(column, is_binary, layout):
  """The published rules, one person after the other."""
  people = np.unique(layout.person)
  known = {
    p: [r for r in np.flatnonzero(layout.person == p) if not np.isnan(column[r] + layout.age[r])] for p in people
  }
  slopes = {}
  for p, rows in known.items():
    if len(rows) >= 2 and len({layout.age[r] for r in rows}) > 1:
      slopes[p] = np.polyfit(layout.age[rows] - layout.age[rows].mean(), column[rows], 1)[0]
  of = lambda values, p: values[layout.person == p][0]  # noqa: E731
  filled = column.copy()
  for p in people:
    others = [q for q in slopes if layout.fold is None or of(layout.fold, q) != of(layout.fold, p)]
    same_sex = [q for q in others if of(layout.sex, q) == of(layout.sex, p)]
    alike = [q for q in same_sex if of(layout.group, q) == of(layout.group, p)]
    chosen = alike or same_sex
    if not chosen:
      continue
    slope = np.mean([slopes[q] for q in chosen])
    for r in np.flatnonzero(layout.person == p):
      if not np.isnan(column[r]) or np.isnan(layout.age[r]) or not known[p]:
        continue
      gaps = [layout.age[r] - layout.age[s] for s in known[p]]
      moved = [column[s] + slope * gap for s, gap in zip(known[p], gaps, strict=True)]
      if 0.0 in gaps:
        value = np.mean([each for each, gap in zip(moved, gaps, strict=True) if gap == 0.0])
      else:
        value = np.average(moved, weights=[1 / abs(gap) for gap in gaps])
      filled[r] = np.clip(value, 0, 1) if is_binary else value
  return filled


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.booleans())
def test_it_is_the_loop_over_people(seed, num_people, has_folds):
  values, layout = _draw(seed, num_people, 3, has_folds=has_folds)
  is_binary = np.array([True, False, False])
  filled, is_imputed = longitudinal.impute(values, is_binary, layout)
  expected = np.stack([_loop(values[:, i], is_binary[i], layout) for i in range(3)], axis=1)
  np.testing.assert_allclose(filled, expected, rtol=1e-8, atol=1e-8)
  np.testing.assert_array_equal(is_imputed, np.isnan(values) & ~np.isnan(filled))


def test_it_survives_large_offsets():
  values, layout = _draw(1, 200, 2, has_folds=False)
  values = np.round(values, 3)
  is_binary = np.zeros(2, bool)
  plain, _ = longitudinal.impute(values, is_binary, layout)
  moved, _ = longitudinal.impute(values + 1e8, is_binary, layout)
  np.testing.assert_allclose(moved - 1e8, plain, atol=1e-5)


def test_a_fold_gets_slopes_that_its_people_had_no_part_in():
  """Whatever happens to the values of fold 2's people with slopes, what others of fold 2 get stays to the bit."""
  values, layout = _draw(3, 300, 2, has_folds=True)
  person_has_slope = np.bincount(layout.person, ~np.isnan(values[:, 1])) >= 2
  changed = values.copy()
  is_changed = (layout.fold == 2) & person_has_slope[layout.person]
  changed[is_changed, 1] *= 100.0
  is_binary = np.zeros(2, bool)
  before, _ = longitudinal.impute(values, is_binary, layout)
  after, _ = longitudinal.impute(changed, is_binary, layout)
  kept = (layout.fold == 2) & ~is_changed
  np.testing.assert_array_equal(before[kept], after[kept])
  elsewhere = layout.fold != 2
  assert not np.array_equal(before[elsewhere], after[elsewhere], equal_nan=True)


@pytest.mark.parametrize(
  ("code", "group"), [(1, 0), (1003, 0), (2004, 1), (4001, 2), (3, 3), (3002, 3), (5, 5), (6, 4), (-1, 4), (-5, 4)]
)
def test_ethnic_groups(code, group):
  assert longitudinal.ethnic_group(np.array([code]))[0] == group
