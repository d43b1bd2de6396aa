"""LD scores against a direct sum."""

import numpy as np
import pytest

from msk_jax.genetics.ld_scores import windows
from msk_jax.mixed_models import genotype_blocks


def _genotypes(n=200, m=700, seed=0):
  rng = np.random.default_rng(seed)
  z = rng.standard_normal((n, m))
  for j in range(1, m):
    if j % 10:
      z[:, j] = 0.9 * z[:, j - 1] + np.sqrt(1 - 0.81) * z[:, j]
  return ((z > 0).astype(np.int8) + (z > 1)).astype(np.int8), np.sort(rng.integers(0, 50_000_000, m))


def test_scores_are_sums_of_corrected_squared_correlations_within_the_window():
  calls, positions = _genotypes()
  r2 = np.corrcoef(calls.T) ** 2
  r2 -= (1 - r2) / (len(calls) - 2)
  near = np.abs(positions[:, None] - positions[None, :]) <= 800_000
  np.fill_diagonal(r2, 1.0)
  expected = (r2 * near).sum(1)
  chromosome = genotype_blocks.from_array("1", calls)
  np.testing.assert_allclose(windows.compute(chromosome, positions, 800_000), expected, rtol=1e-4, atol=1e-4)


def test_variants_in_equilibrium_have_a_score_of_one():
  rng = np.random.default_rng(1)
  calls = rng.binomial(2, 0.4, (500, 2000)).astype(np.int8)
  scores = windows.compute(genotype_blocks.from_array("1", calls), np.arange(2000) * 1000)
  assert scores.mean() == pytest.approx(1.0, abs=4 * scores.std() / np.sqrt(2000) + 0.02)


def test_a_variant_without_variation_has_no_score_and_adds_nothing():
  calls, positions = _genotypes(m=50)
  constant = calls.copy()
  constant[:, 20] = 1
  scores = windows.compute(genotype_blocks.from_array("1", constant), positions)
  assert np.isnan(scores[20])
  kept = np.delete(np.arange(50), 20)
  without = windows.compute(genotype_blocks.from_array("1", calls[:, kept]), positions[kept])
  np.testing.assert_allclose(scores[kept], without, rtol=1e-5)


def test_positions_must_ascend():
  calls, positions = _genotypes(m=20)
  with pytest.raises(ValueError, match="ascending"):
    windows.compute(genotype_blocks.from_array("1", calls), positions[::-1])
