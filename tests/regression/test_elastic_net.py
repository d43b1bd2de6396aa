"""Oracles: NumPy on the rows themselves, and scikit-learn's StandardScaler + ElasticNet."""

import numpy as np
import pytest
from sklearn import linear_model, metrics, pipeline, preprocessing

from msk_jax.cohort import ethnicity
from msk_jax.regression import elastic_net, moments, solver

_FOLDS = 5


def _data(n=600, seed=0, offset=0.0):
  """Correlated features on different scales, sex, ethnicity with parents (exactly collinear), a constant column."""
  rng = np.random.default_rng(seed)
  codes = rng.choice([1001, 1002, 3001, 4001, 6, -1], n, p=[0.7, 0.1, 0.08, 0.06, 0.04, 0.02])
  body = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 6)) + rng.normal(size=(n, 6)) * 0.2
  body = body * np.array([0.01, 1, 5, 12, 300, 2]) + np.array([1, 85, 0, 170, offset, 3])
  features = np.column_stack([body, rng.integers(0, 2, n), ethnicity.one_hot(codes), np.full(n, 0.1)])
  age = 57 + body[:, 1] - body[:, 3] / 12 + 3 * features[:, 6] + 6 * rng.normal(size=n)
  return features.astype(np.float64), age, rng.permutation(np.arange(n) % _FOLDS)


def _sklearn(features, age, alpha, l1_ratio):
  net = linear_model.ElasticNet(alpha=alpha, l1_ratio=l1_ratio, tol=1e-12, max_iter=200_000)
  return pipeline.make_pipeline(preprocessing.StandardScaler(), net).fit(features, age)


def test_moments_of_any_folds_are_those_of_the_rows():
  features, age, fold = _data(offset=1e6)
  some = moments.group_moments(features, age, fold, _FOLDS, block_rows=37).total([0, 3, 4])
  rows = np.column_stack([features, age])[np.isin(fold, [0, 3, 4])]
  assert some.count == len(rows)
  np.testing.assert_allclose(some.mean, rows.mean(0), rtol=1e-13)
  expected = (rows - rows.mean(0)).T @ (rows - rows.mean(0))
  bound = 1e-12 * np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
  assert (np.abs(some.products - expected) <= bound + 1e-12).all()


def test_empty_and_unknown_groups_count_nothing():
  features, age, fold = _data()
  result = moments.group_moments(features, age, np.where(fold == 1, -1, fold), 7)
  assert result.count[1] == result.count[5] == 0 and not result.products[1].any()
  total = result.total(range(7))
  assert total.count == (fold != 1).sum()
  np.testing.assert_allclose(total.mean[-1], age[fold != 1].mean(), rtol=1e-14)


def test_no_value_of_a_fold_enters_moments_without_it():
  features, age, fold = _data()
  before = moments.group_moments(features, age, fold, _FOLDS).total([0, 1, 3, 4])
  features[fold == 2], age[fold == 2] = np.inf, np.nan
  with np.errstate(invalid="ignore"):
    after = moments.group_moments(features, age, fold, _FOLDS).total([0, 1, 3, 4])
  assert np.array_equal(before.products, after.products) and np.array_equal(before.mean, after.mean)


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.01, 0.01), (0.01, 0.99), (0.3, 0.5), (2.0, 0.2), (50.0, 0.9)])
def test_fits_and_scores_are_scikit_learns(alpha, l1_ratio):
  features, age, fold = _data()
  by_fold = moments.group_moments(features, age, fold, _FOLDS)
  fitted = elastic_net.fit(by_fold.total([0, 1, 2, 4]), alpha, l1_ratio)
  oracle = _sklearn(features[fold != 3], age[fold != 3], alpha, l1_ratio)
  np.testing.assert_allclose(fitted.standardised, oracle[-1].coef_, atol=1e-6)
  np.testing.assert_allclose(fitted.predict(features), oracle.predict(features), atol=1e-6)
  expected = metrics.r2_score(age[fold == 3], oracle.predict(features[fold == 3]))
  np.testing.assert_allclose(elastic_net.r2(fitted, by_fold[3]), expected, atol=1e-6)
  assert fitted.coefficients[-1] == 0  # the constant column


def test_many_problems_at_once_are_the_single_ones():
  features, age, fold = _data()
  by_fold = moments.group_moments(features, age, fold, _FOLDS)
  training = moments.stack([by_fold.total(set(range(_FOLDS)) - {f}) for f in range(_FOLDS)])
  alpha, l1_ratio = np.array([0.02, 0.4, 3.0])[:, None], np.array([0.9, 0.5, 0.1])[:, None]
  many = elastic_net.fit(training, alpha, l1_ratio)
  scores = elastic_net.r2(many, by_fold)
  assert many.coefficients.shape == (3, _FOLDS, features.shape[1]) and scores.shape == (3, _FOLDS)
  single = elastic_net.fit(training[4], 0.4, 0.5)
  assert np.array_equal(many[1, 4].coefficients, single.coefficients)
  assert scores[1, 4] == elastic_net.r2(single, by_fold[4])


def test_constant_target_is_predicted_and_not_scored():
  features, _, fold = _data()
  by_fold = moments.group_moments(features, np.full(len(fold), 60.0), fold, _FOLDS)
  fitted = elastic_net.fit(by_fold.total([0, 1]), 0.1, 0.5)
  assert not fitted.coefficients.any() and fitted.intercept == 60.0
  assert np.isnan(elastic_net.r2(fitted, by_fold[2]))


def test_no_rows_is_an_error():
  features, age, fold = _data()
  by_fold = moments.group_moments(features, age, fold, _FOLDS + 1)
  with pytest.raises(ValueError, match="without training rows"):
    elastic_net.fit(by_fold, 0.1, 0.5)


def _twins(l1_ratio):
  """A column twice: without the L2 penalty the minimum is not unique."""
  features, age, fold = _data()
  features = np.column_stack([features, 3 * features[:, 1]])
  training = moments.group_moments(features, age, fold, _FOLDS).total(range(_FOLDS))
  return features, age, elastic_net.fit(training, np.array([0.01, 0.2]), l1_ratio)


def test_the_minimum_is_exact_though_features_are_collinear():
  features, age, fits = _twins(0.4)
  z = (features - features.mean(0)) / fits.scale[0]
  for fit, alpha in zip(fits, (0.01, 0.2), strict=True):
    w = fit.standardised
    slope = z.T @ (age - fit.predict(features)) / len(age) - 0.6 * alpha * w
    np.testing.assert_allclose(slope[w != 0], 0.4 * alpha * np.sign(w[w != 0]), atol=1e-11)
    assert (np.abs(slope[w == 0]) <= 0.4 * alpha + 1e-11).all()
    np.testing.assert_allclose(w[1], w[-1], atol=1e-11)


def test_lasso_with_twins_predicts_as_scikit_learn():
  features, age, fits = _twins(1.0)
  oracle = _sklearn(features, age, 0.2, 1.0).predict(features)
  np.testing.assert_allclose(fits[1].predict(features), oracle, atol=1e-4)


def test_coordinate_descent_alone_comes_to_the_same(monkeypatch):
  features, age, fold = _data()
  training = moments.group_moments(features, age, fold, _FOLDS).total(range(_FOLDS))
  exact = elastic_net.fit(training, 0.05, 0.7)
  monkeypatch.setattr(solver, "solve_guessed", lambda problems, unsolved, *rest: unsolved)
  slow = elastic_net.fit(training, 0.05, 0.7, 1e-14)
  assert not np.array_equal(slow.coefficients, exact.coefficients)
  np.testing.assert_allclose(slow.standardised, exact.standardised, atol=1e-5)


def test_a_wrong_guess_of_zeros_is_not_taken(monkeypatch):
  """From a rough gap zeros and signs are guessed wrongly; the conditions of the minimum must notice."""
  monkeypatch.setattr(solver, "FIRST_GAP", 0.3)
  for alpha, l1_ratio in ((0.01, 0.5), (0.3, 0.5), (2.0, 0.2)):
    test_fits_and_scores_are_scikit_learns(alpha, l1_ratio)


def test_moments_of_linear_functions_are_those_of_their_values():
  features, age, fold = _data()
  rng = np.random.default_rng(3)
  weights, intercepts = rng.normal(size=(_FOLDS, 4, features.shape[1])), rng.normal(size=(_FOLDS, 4))
  weights[0, 1] = 0.0
  result = moments.group_moments(features, age, fold, _FOLDS).transform(weights, intercepts)
  assert result.products[0, 1, 1] == 0.0  # a constant is seen to be one
  for f in range(_FOLDS):
    values = features[fold == f] @ weights[f].T + intercepts[f]
    expected = moments.group_moments(values, age[fold == f], np.zeros(len(values)), 1)
    np.testing.assert_allclose(result.mean[f], expected.mean[0], rtol=1e-10)
    size = np.sqrt(np.outer(np.diag(expected.products[0]), np.diag(expected.products[0])))
    np.testing.assert_allclose(result.products[f], expected.products[0], atol=1e-9 * size.max())


@pytest.mark.parametrize("alpha", [0.01, 0.3])
def test_where_a_solution_begins_changes_nothing(alpha):
  """Not even where the guess is another problem's solution, or absurd."""
  features, age, fold = _data()
  training = moments.group_moments(features, age, fold, _FOLDS).total([0, 1, 2])
  cold = elastic_net.fit(training, alpha, 0.6)
  for start in (elastic_net.fit(training, 5.0, 0.6).standardised, -1e6 * cold.standardised, np.ones(features.shape[1])):
    warm = elastic_net.fit(training, alpha, 0.6, start=start)
    np.testing.assert_allclose(warm.standardised, cold.standardised, atol=1e-9)


def test_guesses_alone_solve_nearly_all_problems(monkeypatch):
  """Coordinate descent is for those that go in circles; were all left to it, the search would take minutes."""
  calls = []
  descend = solver.descend
  monkeypatch.setattr(solver, "descend", lambda *args: (calls.append(1), descend(*args))[1])
  features, age, fold = _data()
  parts = moments.group_moments(features, age, fold, _FOLDS)
  training = moments.stack([parts.total([i, j, k]) for i in range(5) for j in range(i) for k in range(j)])
  alpha = np.geomspace(0.01, 10.0, 12)
  elastic_net.fit(training[:, None], alpha, 0.5)
  assert len(calls) <= 0.05 * len(alpha) * len(training.count)
