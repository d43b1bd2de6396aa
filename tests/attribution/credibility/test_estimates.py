"""Means and correlations: right values, standard errors by people, and what is left out counted."""

import numpy as np
import pytest

from msk_jax.attribution import whose
from msk_jax.attribution.credibility import estimates


def _whose(person: np.ndarray) -> whose.Whose:
  return whose.Whose(person, np.arange(len(person)))


def test_the_mean_and_its_standard_error():
  values = np.random.default_rng(0).normal(2.0, 3.0, 400)
  estimate = estimates.mean(values, _whose(np.arange(400)))
  assert estimate.value == pytest.approx(values.mean())
  assert estimate.se == pytest.approx(values.std() / 20, rel=0.1)
  assert estimate.low < 2.0 < estimate.high and estimate.num_people == estimate.num_samples == 400


def test_two_samples_of_a_person_do_not_count_as_two_people():
  values = np.random.default_rng(1).normal(0.0, 1.0, 200)
  once = estimates.mean(values, _whose(np.arange(200)))
  twice = estimates.mean(np.repeat(values, 2), _whose(np.repeat(np.arange(200), 2)))
  assert twice.se == pytest.approx(once.se, rel=0.05) and twice.num_samples == 400 and twice.num_people == 200


def test_samples_without_a_value_are_counted():
  estimate = estimates.mean(np.array([1.0, np.nan, 3.0]), _whose(np.array([5, 6, 7])))
  assert estimate.value == 2.0 and estimate.num_left_out == 1 and np.isnan(estimate.se)
  assert np.isnan(estimates.mean(np.full(3, np.nan), _whose(np.arange(3))).value)


def test_correlations_plain_and_given_a_third_variable():
  rng = np.random.default_rng(2)
  age = rng.normal(60, 8, 3000)
  acceleration = rng.normal(0, 3, 3000)
  sums = age + acceleration + rng.normal(0, 3, 3000)
  plain = estimates.correlation(sums, acceleration, _whose(np.arange(3000)))
  given = estimates.correlation(sums, acceleration, _whose(np.arange(3000)), age[:, None])
  assert plain.value == pytest.approx(3 / np.sqrt(64 + 9 + 9), abs=0.05)
  assert given.value == pytest.approx(np.sqrt(0.5), abs=0.03) and given.low < given.value < given.high


def test_a_constant_has_no_correlation():
  assert np.isnan(estimates.correlation(np.full(20, 0.1), np.arange(20.0), _whose(np.arange(20))).value)


def test_both_sides_of_a_visit_are_one_sample():
  people = whose.Whose(np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, 2, 2, 3, 3]))
  estimate = estimates.mean(np.array([1.0, np.nan, 1, 1, 1, np.nan, np.nan]), people)
  assert (estimate.num_samples, estimate.num_people, estimate.num_left_out) == (3, 2, 1)


def test_the_interval_over_shuffles_is_that_of_single_ones():
  values = np.array([[0.5, 0.7], [-0.5, -0.7], [0.6, np.nan], [np.nan, np.nan]])
  estimate = estimates.mean_over_shuffles(values, _whose(np.arange(2)))
  assert estimate.num_shuffles == 3 and estimate.num_people == 2
  assert estimate.value == pytest.approx(0.2) and estimate.low < -0.5 and estimate.high == pytest.approx(0.6, abs=0.01)
