"""Scores from sums against scikit-learn and SciPy, whole, by group and in bootstraps."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as oracle

from msk_jax.regression import elastic_net, moments
from msk_jax.scores import bootstrap, metrics, score_sums


def _ages(n: int, seed: int, num_models: int = 3) -> tuple[np.ndarray, np.ndarray]:
  rng = np.random.default_rng(seed)
  age = rng.uniform(45, 82, n)
  shrink = rng.uniform(0.5, 1.2, num_models)
  return age, 64 + shrink * (age[:, None] - 64) + rng.normal(0.5, 3, (n, num_models))


def _oracle(age: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
  return {
    "r2": oracle.r2_score(age, predicted),
    "rmse": oracle.root_mean_squared_error(age, predicted),
    "mae": oracle.mean_absolute_error(age, predicted),
    "pearson_r": stats.pearsonr(age, predicted).statistic,
    "calibration_slope": stats.linregress(predicted, age).slope,
  }


@pytest.mark.parametrize("n", [3, 40, 1000])
def test_scores_equal_the_oracles(n):
  age, predicted = _ages(n, n)
  scores = score_sums.scores(score_sums.row_terms(age, predicted).sum(axis=0))
  for m in range(3):
    for name, expected in _oracle(age, predicted[:, m]).items():
      assert scores[name][m] == pytest.approx(expected, rel=1e-9), name
  assert metrics.pearson_r(age, predicted[:, 0]) == pytest.approx(scores["pearson_r"][0])
  assert metrics.calibration_slope(age, predicted[:, 0]) == pytest.approx(scores["calibration_slope"][0])


@pytest.mark.parametrize("n", [3, 40, 1000])
def test_r2_is_the_same_from_rows_sums_and_moments(n):
  age, predicted = _ages(n, n)
  from_sums = score_sums.scores(score_sums.row_terms(age, predicted).sum(axis=0))["r2"]
  rows = moments.group_moments(predicted, age, np.zeros(n, int), 1)
  for m in range(3):
    from_rows = metrics.r2(age, predicted[:, m])
    same = elastic_net.LinearFit(np.zeros(1), np.eye(3)[m : m + 1], np.ones((1, 3)))
    assert from_sums[m] == pytest.approx(from_rows, rel=1e-11)
    assert elastic_net.r2(same, rows)[0] == pytest.approx(from_rows, rel=1e-11)
  assert np.isnan(metrics.r2(np.full(9, 61.3), np.linspace(60, 62, 9)))
  assert np.isnan(score_sums.r2(np.array([1.0, 1.0]), np.array([0.0, np.nan]))).all()


def test_scores_by_group_equal_the_oracles_on_each_groups_rows():
  age, predicted = _ages(300, 7)
  group = np.random.default_rng(1).choice([0, 2, 3], 300)
  scores = score_sums.scores(score_sums.group_sums(score_sums.row_terms(age, predicted), group, 5))
  for g in (0, 2, 3):
    for name, expected in _oracle(age[group == g], predicted[group == g, 1]).items():
      assert scores[name][g, 1] == pytest.approx(expected, rel=1e-9)
  assert all(np.isnan(values[[1, 4]]).all() for values in scores.values())


def test_a_calibration_slope_below_one_means_predictions_too_far_apart():
  rng = np.random.default_rng(0)
  signal = rng.normal(60, 5, 20_000)
  age = signal + rng.normal(0, 5, 20_000)  # the best prediction is the signal itself
  assert metrics.calibration_slope(age, signal) == pytest.approx(1, abs=0.03)
  assert metrics.calibration_slope(age, 60 + 2 * (signal - 60)) == pytest.approx(0.5, abs=0.02)


def test_equal_ages_or_predictions_have_no_correlation_but_an_error():
  scores = score_sums.scores(score_sums.row_terms(np.full(9, 61.3), np.linspace(60, 62, 9)[:, None]).sum(axis=0))
  assert np.isnan([scores[name][0] for name in ("r2", "pearson_r")]).all() and scores["mae"][0] > 0
  scores = score_sums.scores(score_sums.row_terms(np.linspace(50, 70, 9), np.full((9, 1), 61.3)).sum(axis=0))
  assert np.isnan(scores["pearson_r"][0]) and scores["r2"][0] < 0.01


def _loop_over_replicates(units: int, rows_of: list[np.ndarray], age, predicted, num_replicates: int, seed: int):
  """The same draws, one replicate after the other, scored by scikit-learn and SciPy."""
  rng = np.random.default_rng([seed, units])
  for _ in range(num_replicates):
    rows = np.concatenate([rows_of[unit] for unit in rng.integers(0, units, units)])
    yield _oracle(age[rows], predicted[rows])


@pytest.mark.parametrize("is_clustered", [False, True])
def test_replicates_are_scores_of_resampled_rows(is_clustered):
  age, predicted = _ages(60, 3)
  cluster = np.sort(np.random.default_rng(5).integers(0, 25, 60)) if is_clustered else None
  cluster = np.unique(cluster, return_inverse=True)[1] if is_clustered else None
  rows_of = [
    np.flatnonzero(cluster == c) if is_clustered else np.array([c])
    for c in range(cluster.max() + 1 if is_clustered else 60)
  ]
  several_blocks = 8 * 60 * 7
  sums = bootstrap.replicate_sums(score_sums.row_terms(age, predicted), 20, 11, cluster, several_blocks)
  scores = score_sums.scores(sums)
  for b, expected in enumerate(_loop_over_replicates(len(rows_of), rows_of, age, predicted[:, 2], 20, 11)):
    for name, value in expected.items():
      assert scores[name][b, 2] == pytest.approx(value, rel=1e-9)


def test_more_replicates_only_add_some():
  terms = score_sums.row_terms(*_ages(50, 4))
  few, many = (bootstrap.replicate_sums(terms, b, 2) for b in (5, 9))
  np.testing.assert_allclose(few, many[:5], rtol=1e-13)  # a product's last bits depend on its shape and the processor
  draws = [np.concatenate([c for _, c in bootstrap.draw_counts(50, b, 2, np.uint8)]) for b in (5, 9)]
  np.testing.assert_array_equal(draws[0], draws[1][:5])
  assert not np.array_equal(few, bootstrap.replicate_sums(terms, 5, 3))


def test_counts_are_those_of_drawing_with_replacement():
  counts = np.concatenate([c for _, c in bootstrap.draw_counts(300, 4000, 0, np.uint8)])
  assert counts.shape == (4000, 300) and (counts.sum(axis=1, dtype=int) == 300).all()
  assert counts.mean() == 1 and counts.var() == pytest.approx(1 - 1 / 300, abs=0.01)
  left_out = (counts == 0).mean()
  assert left_out == pytest.approx((1 - 1 / 300) ** 300, abs=0.003)


def test_sd_of_a_mean_is_sigma_over_root_n():
  rng = np.random.default_rng(2)
  age = rng.uniform(45, 80, 2000)
  error = rng.normal(0, 4, 2000)
  scores = bootstrap.score_sds(score_sums.row_terms(age, (age + error)[:, None]), 4000, 0)
  assert scores["mae"][0] == pytest.approx(np.abs(error).std() / np.sqrt(2000), rel=0.05)
  squares = np.square(error)  # delta method for the root
  assert scores["rmse"][0] == pytest.approx(squares.std() / np.sqrt(2000) / (2 * np.sqrt(squares.mean())), rel=0.05)


def test_copies_of_rows_widen_the_clustered_sd_alone():
  """Every person twice: the rows pretend to twice the information, the participants do not."""
  age, predicted = _ages(500, 9)
  twice = score_sums.row_terms(np.repeat(age, 2), np.repeat(predicted, 2, axis=0))
  once = bootstrap.score_sds(score_sums.row_terms(age, predicted), 3000, 0)
  rows = bootstrap.score_sds(twice, 3000, 0)
  people = bootstrap.score_sds(twice, 3000, 0, np.repeat(np.arange(500), 2))
  for name in score_sums.SCORES:
    np.testing.assert_allclose(people[name], once[name], rtol=1e-6)
    np.testing.assert_allclose(rows[name], once[name] / np.sqrt(2), rtol=0.12)


def test_sd_leaves_out_what_is_not_finite():
  values = np.array([[1.0, np.nan, np.nan], [2.0, 4.0, np.nan], [4.0, 6.0, 1.0]])
  scores = bootstrap.sd(values)
  assert scores[0] == pytest.approx(np.std([1, 2, 4], ddof=1)) and scores[1] == pytest.approx(np.sqrt(2))
  assert np.isnan(scores[2])
