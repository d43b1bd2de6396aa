"""The variance of scores under a model that explains too much, beside dense matrices."""

import numpy as np
import pytest

from benchmarks import mixed_model_data as simulate
from msk_jax.mixed_models import association, leave_one_out, relationship, score_variance


def _moments(n, a, b, num_siblings):
  """Returns expected moments of a trait with variance a V + b I, traces, ratios, and the scores' true variance."""
  calls = simulate.draw_genotypes(1, n, 3 * n, num_siblings)
  x = simulate.standardize(calls)
  v = 0.5 * x @ x.T / x.shape[1] + 0.5 * np.eye(n)
  w = np.linalg.inv(v)
  true = a * v + b * np.eye(n)
  others = simulate.standardize(simulate.draw_genotypes(1, n, 4000, num_siblings)[:, -900:])
  traces = np.array([[np.trace(w)], [np.trace(w @ w)]])
  norms = (others**2).sum(0)
  ratios = np.array([[((others * (m @ others)).sum(0) / norms).mean()] for m in (w, w @ w)])
  score = ((others * (w @ true @ w @ others)).sum(0) / norms).mean()
  return (np.trace(w @ true), np.trace(w @ w @ true)), traces, ratios, score


@pytest.mark.parametrize(("a", "b", "num_siblings"), [(1.0, 0.0, 1), (0.6, 0.3, 1), (0.6, 0.3, 4), (0.9, 0.05, 4)])
def test_expected_moments_give_the_true_variance(a, b, num_siblings):
  (weighted, squared), traces, ratios, score = _moments(240, a, b, num_siblings)
  got = score_variance.estimate(np.array([[weighted]]), np.array([[squared]]), traces, ratios, 240)
  assert got[0, 0] == pytest.approx(score, rel=1e-6)


def test_without_heritability_it_is_the_residual_variance():
  got = score_variance.estimate(
    np.array([[300.0]]), np.array([[300.0]]), np.full((2, 1), 240.0), np.full((2, 1), 1.0), 240
  )
  assert got[0, 0] == pytest.approx(300 / 240)


@pytest.mark.slow
def test_null_variants_between_causal_ones_are_not_inflated():
  """Half of the variants of each of three chromosomes have effects: a third of the heritability is always left out."""
  n, m, means = 800, 1800, []
  for seed in range(12):
    calls = simulate.draw_genotypes(seed, n, m)
    is_causal = np.arange(m) % 2 == 0
    traits = simulate.draw_traits(seed, calls[:, is_causal], (0.7, 0.7, 0.7), rg=0.0, re=0.0)
    chromosomes = simulate.split_chromosomes(calls, 3)
    basis = simulate.draw_basis(seed, n)
    operator = relationship.Relationship(chromosomes, basis)
    residuals = leave_one_out.make_residuals(operator, chromosomes, traits, np.full(3, 0.7), seed=seed)
    for i, chromosome in enumerate(chromosomes):
      dosages = chromosome.read(0, chromosome.num_variants).astype(float)[:, ~is_causal[i * m // 3 : (i + 1) * m // 3]]
      tests = association.test_variants(dosages, residuals.respond(basis, chromosome.name))
      means.append(((tests.beta / tests.se) ** 2).mean())
  # Standard error: sqrt(2 / (12 seeds x 3 traits x 900 variants)) = .008.
  assert np.mean(means) == pytest.approx(1.0, abs=0.03)
