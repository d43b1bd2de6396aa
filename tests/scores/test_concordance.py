"""The C-index against its definition, pair by pair, and against SciPy's tau."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from msk_jax.scores import concordance


def _by_pairs(age: np.ndarray, predicted: np.ndarray) -> float:
  points = pairs = 0.0
  for i in range(len(age)):
    for j in range(i):
      if age[i] != age[j]:
        pairs += 1
        same = np.sign(age[i] - age[j]) * np.sign(predicted[i] - predicted[j])
        points += 1.0 if same > 0 else 0.5 if same == 0 else 0.0
  return points / pairs if pairs else float("nan")


@given(st.lists(st.tuples(st.integers(40, 46), st.integers(40, 46)), min_size=1, max_size=30))
def test_c_index_with_ties_equals_its_definition(pairs):
  age, predicted = np.array(pairs, float).T
  assert concordance.c_index(age, predicted) == pytest.approx(_by_pairs(age, predicted), nan_ok=True)


@given(st.lists(st.integers(0, 40), max_size=40))
def test_inversions_equal_their_definition(values):
  expected = sum(values[i] > values[j] for j in range(len(values)) for i in range(j))
  assert concordance.count_inversions(np.array(values, int)) == expected


def test_large_and_untied_equals_tau():
  rng = np.random.default_rng(0)
  age = rng.uniform(40, 80, 20_000)
  predicted = age + rng.normal(0, 8, 20_000)
  tau = stats.kendalltau(age, predicted).statistic
  assert concordance.c_index(age, predicted) == pytest.approx((tau + 1) / 2, abs=1e-12)


def test_right_order_wrong_order_and_no_order():
  age = np.arange(9.0)
  assert concordance.c_index(age, age**3) == 1 and concordance.c_index(age, -age) == 0
  assert concordance.c_index(age, np.ones(9)) == 0.5 and np.isnan(concordance.c_index(np.ones(9), age))
