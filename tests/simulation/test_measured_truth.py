"""The heritability and genetic correlation of measured accelerations, from planted scores."""

import numpy as np
import pytest

from msk_jax.simulation import latent
from msk_jax.simulation.genotypes import measured

_N = 20_000


def _scores(rng: np.random.Generator) -> np.ndarray:
  return rng.standard_normal((_N, 5)) @ np.linalg.cholesky(latent.genetic_correlation()).T


def test_generating_values_are_the_published_ones():
  truth = measured.generating()
  assert truth.heritability.tolist() == [0.307, 0.329, 0.277, 0.253, 0.221]
  np.testing.assert_array_equal(truth.genetic_correlation, latent.genetic_correlation())


def test_one_score_gives_the_squared_correlation():
  rng = np.random.default_rng(0)
  score = rng.standard_normal(_N)
  acceleration = 3.0 - 2.0 * score + 4.0 * rng.standard_normal(_N)
  h2, se = measured.measured_truth(acceleration, score)
  assert h2 == pytest.approx(np.corrcoef(acceleration, score)[0, 1] ** 2)
  assert h2 == pytest.approx(0.2, abs=4 * se) and se == pytest.approx(2 * np.sqrt(0.2) * 0.8 / np.sqrt(_N), rel=0.05)


def test_the_standard_error_is_the_spread_of_replicates():
  rng = np.random.default_rng(1)
  replicates = []
  for _ in range(400):
    scores = rng.standard_normal((500, 5))
    acceleration = scores @ np.array([0.3, 0.2, 0.1, 0.2, 0.1]) + rng.standard_normal(500)
    replicates.append(measured.measured_truth(acceleration, scores))
  h2, se = np.array(replicates).T
  assert h2.mean() == pytest.approx(0.19 / 1.19, abs=4 * h2.std() / 20)  # adjusted: without bias
  assert se.mean() == pytest.approx(h2.std(), rel=0.15)


def test_errors_of_prediction_dilute_heritability_but_not_genetic_correlation():
  rng = np.random.default_rng(2)
  scores = _scores(rng)
  knee, hip = latent.DIMENSIONS.index("knee"), latent.DIMENSIONS.index("hip")
  measured_knee = scores[:, knee] + 3.0 * rng.standard_normal(_N)
  measured_hip = scores[:, hip] + 2.0 * rng.standard_normal(_N)
  assert measured.measured_truth(measured_knee, scores[:, knee])[0] == pytest.approx(0.1, abs=0.02)
  assert measured.measured_truth(measured_hip, scores[:, hip])[0] == pytest.approx(0.2, abs=0.02)
  r = measured.measured_genetic_correlation(measured_knee, measured_hip, scores)
  assert r == pytest.approx(latent.genetic_correlation()[knee, hip], abs=0.1)


def test_general_ageing_is_the_regression_on_all_scores():
  rng = np.random.default_rng(3)
  scores = _scores(rng)
  general = scores.mean(axis=1)
  acceleration = general + general.std() * np.sqrt(0.7 / 0.3) * rng.standard_normal(_N)
  h2, se = measured.measured_truth(acceleration, scores)
  assert h2 == pytest.approx(0.3, abs=4 * se)
  own = measured.measured_genetic_correlation(acceleration, scores[:, 0], scores)
  assert own == pytest.approx(np.corrcoef(general, scores[:, 0])[0, 1], abs=0.02)


@pytest.mark.parametrize(
  ("acceleration", "scores", "message"),
  [
    (np.arange(10.0), np.arange(9.0), "do not fit"),
    (np.arange(10.0), np.append(np.arange(9.0), np.nan), "finite"),
    (np.append(np.arange(9.0), np.inf), np.arange(10.0), "finite"),
    (np.ones(10), np.arange(10.0), "constant"),
    (np.arange(3.0), np.arange(3.0), "3 people"),
  ],
)
def test_what_says_nothing_is_refused(acceleration, scores, message):
  with pytest.raises(ValueError, match=message):
    measured.measured_truth(acceleration, scores)
