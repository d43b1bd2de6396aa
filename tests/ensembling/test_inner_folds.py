"""Inner folds are published ones: KFold on sorted participants, never too few people in one."""

import numpy as np
import pytest
from sklearn import model_selection

from msk_jax.ensembling import inner_folds


@pytest.mark.parametrize(
  ("people", "visits", "folds"), [(50, 2, 10), (53, 2, 10), (49, 2, 5), (99, 1, 5), (101, 1, 10)]
)
def test_inner_folds_are_those_of_kfold_on_sorted_participants(people, visits, folds):
  person = np.random.default_rng(0).permutation(np.repeat(np.arange(people) * 3, visits))
  inner = inner_folds.divide(person, 10)
  for number, (_, out) in enumerate(model_selection.KFold(folds).split(np.arange(people))):
    np.testing.assert_array_equal(np.unique(person[inner == number]), out * 3)
  assert inner.max() == folds - 1


def test_every_inner_fold_of_a_small_split_has_two_people():
  for people in range(4, 30):
    assert np.bincount(inner_folds.divide(np.arange(people), 10)).min() >= 2
  assert not inner_folds.divide(np.arange(3), 10).any()


def test_splits_are_divided_each_for_itself():
  rng = np.random.default_rng(1)
  split, person = rng.integers(-1, 3, 700), rng.permutation(700)
  inner = inner_folds.divide_splits(split, person, 10)
  assert (inner[split < 0] == inner_folds.NOWHERE).all()
  for k in range(3):
    np.testing.assert_array_equal(inner[split == k], inner_folds.divide(person[split == k], 10))
