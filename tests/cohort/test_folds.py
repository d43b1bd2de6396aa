"""Folds: everybody in exactly one, relatives together, every data set and the ages balanced, any order alike."""

import hashlib

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from scipy import stats

from msk_jax.cohort import folds
from msk_jax.io import errors

TOLERANCE = 0.10  # of a data set's tenth
FEW_PEOPLE = 3  # and never less than this: people come whole


def _people(n: int, num_data_sets: int, seed: int, related: float = 0.3) -> dict:
  """A cohort with nested and scattered patterns of data sets, and families of two to about five."""
  rng = np.random.default_rng(seed)
  imaged = rng.random(n) < 0.5
  family = np.arange(n)
  for a, b in rng.integers(0, n, (int(n * related / 2), 2)):
    if np.sum(family == family[a]) + np.sum(family == family[b]) < 6:
      family[family == family[b]] = family[a]
  return {
    "eid": (9_000_000 + rng.permutation(n)).astype(str),
    "available": imaged[:, None] & (rng.random((n, num_data_sets)) < rng.uniform(0.6, 1.0, num_data_sets)),
    "is_male": rng.random(n) < 0.46,
    "age_years": rng.normal(62, 8, n).clip(40, 85),
    "family": family,
  }


def _take(people: dict, rows: np.ndarray) -> dict:
  return {name: values[rows] for name, values in people.items()}


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(st.integers(0, 400), st.integers(1, 9), st.integers(0, 10**6), st.sampled_from([3, 5, 10]))
def test_everybody_in_one_fold_relatives_together_any_order(n, num_data_sets, seed, num_folds):
  people = _people(n, num_data_sets, seed)
  fold = folds.assign(folds.People(**people), num_folds=num_folds, seed=seed)
  assert fold.dtype == np.int8 and fold.shape == (n,)
  assert ((fold >= 0) & (fold < num_folds)).all()
  for label in np.unique(people["family"]):
    assert len(np.unique(fold[people["family"] == label])) == 1
  rows = np.random.default_rng(seed).permutation(n)
  shuffled = _take(people, rows)
  shuffled["family"] = 7 * shuffled["family"] + 3  # other labels, the same families
  np.testing.assert_array_equal(folds.assign(folds.People(**shuffled), num_folds=num_folds, seed=seed), fold[rows])


# of_chance: the spread of the folds' mean ages, as a part of what folds drawn at random would have. These cohorts
# are harder than real ones: every other person has a pattern of data sets of their own.
@pytest.mark.parametrize(("n", "of_chance"), [(300, 0.9), (1000, 0.75), (4000, 0.5)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_data_set_is_balanced_by_number_sex_and_age(n, of_chance, seed):
  people = _people(n, 8, seed)
  fold = folds.assign(folds.People(**people), seed=seed)
  everybody = np.ones((n, 1), bool)
  ratios = []
  for has in np.concatenate([people["available"], everybody], axis=1).T:
    expected = has.sum() / 10
    sizes = np.bincount(fold[has], minlength=10)
    assert np.abs(sizes - expected).max() <= max(TOLERANCE * expected, FEW_PEOPLE)
    men = np.bincount(fold[has & people["is_male"]], minlength=10)
    assert np.abs(men - men.mean()).max() <= max(TOLERANCE * men.mean(), FEW_PEOPLE + 2)
    ages = people["age_years"][has]
    means = np.array([ages[fold[has] == k].mean() for k in range(10)])
    ratios.append(means.std() / (ages.std() / np.sqrt(expected)))
    for k in range(10):
      assert stats.ks_2samp(ages[fold[has] == k], ages).pvalue > 0.05
  assert np.mean(ratios) < of_chance


def test_without_relatives_each_stratum_is_level_to_one_person():
  people = _people(2000, 3, 5)
  del people["family"]
  fold = folds.assign(folds.People(**people))
  key = pd.DataFrame(
    {"pattern": people["available"] @ [1, 2, 4], "male": people["is_male"], "band": people["age_years"] // 5}
  )
  for rows in key.groupby(list(key)).indices.values():
    assert np.ptp(np.bincount(fold[rows], minlength=10)) <= 1


def test_within_a_stratum_folds_are_spread_along_age():
  n = 1000
  age = np.linspace(60.0, 64.999, n)
  fold = folds.assign(folds.People((9_000_000 + np.arange(n)).astype(str), np.ones((n, 1)), np.zeros(n), age))
  blocks = fold.reshape(10, 100)
  assert all((np.bincount(block, minlength=10) >= 7).all() for block in blocks)
  assert (blocks[0] != blocks[1]).any()  # spread, not periodic


def test_seed_changes_the_map_and_only_the_seed():
  people = _people(500, 4, 0)
  assert (folds.assign(folds.People(**people), seed=1) == folds.assign(folds.People(**people), seed=1)).all()
  assert (folds.assign(folds.People(**people), seed=1) != folds.assign(folds.People(**people), seed=2)).mean() > 0.5


def test_given_folds_are_kept_and_the_rest_level_them():
  n = 400
  people = _people(n, 1, 3)
  del people["family"]
  people["available"][:] = True
  given = np.where(np.arange(n) < 20, 4, -1)  # twenty people already in fold 4
  fold = folds.assign(folds.People(**people, given=given))
  assert (fold[:20] == 4).all()
  assert np.abs(np.bincount(fold, minlength=10) - 40).max() <= 4  # 38 each, and 58, if given ones did not count


def test_level_matches_filling_one_by_one():
  rng = np.random.default_rng(0)
  for _ in range(300):
    present, crowding = rng.integers(0, 6, 5), rng.random(5)
    num_people = int(rng.integers(0, 30))
    slow = present.copy()
    for _ in range(num_people):
      slow[np.lexsort((crowding, slow))[0]] += 1
    np.testing.assert_array_equal(present + folds._level(present, num_people, crowding), slow)


def test_refuses_what_can_not_be_folded():
  people = _people(20, 2, 0)
  with pytest.raises(ValueError, match="distinct"):
    folds.People(**{**people, "eid": np.full(20, "9000001")})
  with pytest.raises(ValueError, match="finite"):
    folds.People(**{**people, "age_years": np.full(20, np.nan)})
  with pytest.raises(ValueError, match="parts relatives"):
    folds.People(**{**people, "family": np.arange(20) // 2}, given=np.arange(20) % 10)


def test_families_stay_together_beside_given_folds():
  people = _people(60, 2, 0)
  family = np.arange(60) // 3
  given = np.full(60, -1)
  given[:6] = 4  # two families
  fold = folds.assign(folds.People(**{**people, "family": family}, given=given), num_folds=5)
  assert (fold[:6] == 4).all()
  assert (fold.reshape(20, 3) == fold[::3, None]).all()
  assert np.bincount(fold, minlength=5).tolist() == [12] * 5


@pytest.mark.parametrize("num_folds", [3, 10])
def test_splits_test_and_validate_each_fold_once(num_folds):
  splits = [folds.split(k, num_folds) for k in range(num_folds)]
  assert [s.test for s in splits] == list(range(num_folds))
  assert sorted(s.validation for s in splits) == list(range(num_folds))
  for s in splits:
    assert s.validation == (s.test - 1) % num_folds
    assert sorted((*s.train, s.validation, s.test)) == list(range(num_folds))


@pytest.mark.parametrize(("k", "num_folds"), [(10, 10), (-1, 10), (0, 2)])
def test_impossible_splits_are_refused(k, num_folds):
  with pytest.raises(errors.InputError):
    folds.split(k, num_folds)


def test_hash_names_the_map_whatever_the_order():
  table = pd.DataFrame({"eid": ["9000002", "9000001"], "fold": [3, 0]})
  expected = hashlib.sha256(b"9000001,0\n9000002,3\n").hexdigest()
  assert folds.fold_map_hash(table) == expected
  assert folds.fold_map_hash(table[::-1].astype({"eid": "string", "fold": "int8"})) == expected
  assert folds.fold_map_hash(table.assign(fold=[3, 1])) != expected
