"""Variance components: exact moments on small data, planted truth, noise."""

import itertools

import numpy as np
import pytest

from benchmarks import mixed_model_data as simulate
from msk_jax.mixed_models import failures, relationship, variance_components


def _dense(calls, basis):
  x = simulate.standardize(calls)
  x = x - basis @ (basis.T @ x)
  return x @ x.T * ((len(x) - basis.shape[1]) / (x**2).sum())


def _exact(k, projection, traits, h0):
  """MINQUE by dense matrices: genetic and residual covariances and the covariance of all estimates."""
  n = len(k)
  free = round(np.trace(projection))
  y = projection @ traits
  y = y * np.sqrt(free / (y**2).sum(0))
  v0 = h0 * k + (1 - h0) * projection
  w = np.linalg.pinv(v0, rcond=1e-9, hermitian=True)
  forms, parts = [w @ k @ w, w @ w], [k, projection]
  left = np.array([[np.trace(form @ part) for part in parts] for form in forms])
  right = np.array([y.T @ form @ y for form in forms])
  solved = np.tensordot(np.linalg.inv(left), right, 1)
  assert n == len(traits)
  return solved, forms, parts, left


def test_estimates_and_standard_errors_are_those_of_dense_matrices():
  """With many random vectors traces are nearly exact; covariances of quadratic forms are compared term by term."""
  n, h0 = 220, 0.3
  calls = simulate.draw_genotypes(1, n, 500)
  basis = simulate.draw_basis(1, n)
  traits = simulate.draw_traits(1, calls, (0.6, 0.5))
  operator = relationship.Relationship(simulate.split_chromosomes(calls, 2), basis)
  got = variance_components.estimate(operator, traits, num_probes=3000, working_h2=h0)
  (genetic, residual), forms, parts, left = _exact(_dense(calls, basis), np.eye(n) - basis @ basis.T, traits, h0)
  np.testing.assert_allclose(got.genetic, genetic, rtol=0.03, atol=0.01)
  np.testing.assert_allclose(got.residual, residual, rtol=0.03, atol=0.01)
  variance = {(a, b): genetic[a, b] * parts[0] + residual[a, b] * parts[1] for a in (0, 1) for b in (0, 1)}
  entries = ((0, 0), (0, 1), (1, 1))
  of_forms = np.zeros((2, 3, 2, 3))
  for (f, x), (h, y) in itertools.product(itertools.product((0, 1), range(3)), repeat=2):
    (a, b), (c, d) = entries[x], entries[y]
    of_forms[f, x, h, y] = np.trace(forms[f] @ variance[b, c] @ forms[h] @ variance[d, a]) + np.trace(
      forms[f] @ variance[b, d] @ forms[h] @ variance[c, a]
    )
  inverse = np.linalg.inv(left)
  covariance = np.einsum("pf,fxhy,qh->pxqy", inverse, of_forms, inverse)[0, :, 0, :]
  root = np.sqrt(genetic[0, 0] * genetic[1, 1])
  rg = genetic[0, 1] / root
  gradient = np.array([-rg / (2 * genetic[0, 0]), 1 / root, -rg / (2 * genetic[1, 1])])
  assert got.rg[0, 1] == pytest.approx(rg, rel=0.03)
  assert got.rg_se[0, 1] == pytest.approx(np.sqrt(gradient @ covariance @ gradient), rel=0.04)


@pytest.mark.slow
@pytest.mark.parametrize("num_siblings", [1, 4])
def test_planted_truth_is_covered(num_siblings):
  """Eight seeds; the long run with 100 per setting is `benchmarks/mixed_models.py`."""
  truth = np.array([0.5, 0.3, 0.6])
  errors, ses = [], []
  for seed in range(8):
    calls = simulate.draw_genotypes(seed, 800, 2000, num_siblings)
    traits = simulate.draw_traits(seed, calls, (0.5, 0.3))
    operator = relationship.Relationship(simulate.split_chromosomes(calls, 2), simulate.draw_basis(seed, 800))
    got = variance_components.estimate(operator, traits, seed=seed)
    errors.append(np.array([*got.h2, got.rg[0, 1]]) - truth)
    ses.append([*got.h2_se, got.rg_se[0, 1]])
  z = np.array(errors) / np.array(ses)
  assert np.abs(z.mean(0)).max() < 3.5 / np.sqrt(8)
  assert (np.abs(z) < 1.96).mean() > 0.75
  assert 0.6 < z.std() < 1.5


def test_noise_has_no_heritability():
  calls = simulate.draw_genotypes(5, 600, 1500)
  traits = np.random.default_rng(5).standard_normal((600, 6))
  operator = relationship.Relationship(simulate.split_chromosomes(calls, 2), simulate.draw_basis(5, 600))
  got = variance_components.estimate(operator, traits)
  assert np.abs(got.h2 / got.h2_se).max() < 3.5
  assert np.isnan(got.rg[np.ix_(got.h2 <= 0, got.h2 <= 0)][~np.eye((got.h2 <= 0).sum(), dtype=bool)]).all()


@pytest.mark.parametrize("fault", ["constant", "covariate", "few people", "all alike"])
def test_what_can_not_be_estimated_is_refused(fault):
  n = 60
  calls, basis = simulate.draw_genotypes(8, n, 200), simulate.draw_basis(8, n)
  traits = np.random.default_rng(8).standard_normal((n, 1))
  if fault == "constant":
    traits[:] = 0.1
  elif fault == "covariate":
    traits = 7 * basis[:, 1:2] + 1
  elif fault == "few people":
    calls, basis, traits = calls[:7], simulate.draw_basis(8, 7), traits[:7]
  else:
    calls = np.eye(n, dtype=np.int8)  # each has an allele that nobody else has: K is the identity
    basis = simulate.draw_basis(8, n, 1)
  with pytest.raises(failures.NotEstimableError):
    variance_components.estimate(
      relationship.Relationship(simulate.split_chromosomes(calls, 2), basis), traits, working_h2=0.3
    )


def test_a_variance_below_zero_is_no_certainty():
  """Estimated covariances of few people may be no covariances of anything: their error is unknown, not 0."""
  covariance = np.diag([-1.0, 0.5, 0.1])
  assert np.isnan(variance_components._standard_error(np.array([1.0, 0.2, 0.0]), covariance))
  assert variance_components._standard_error(np.array([0.0, 1.0, 0.0]), covariance) == pytest.approx(np.sqrt(0.5))


def test_units_and_the_order_of_people_do_not_matter():
  calls = simulate.draw_genotypes(6, 400, 900)
  traits = simulate.draw_traits(6, calls, (0.5, 0.4))
  basis = simulate.draw_basis(6, 400)
  plain = variance_components.estimate(
    relationship.Relationship(simulate.split_chromosomes(calls, 2), basis), traits, num_probes=400
  )
  order = np.random.default_rng(0).permutation(400)
  other = variance_components.estimate(
    relationship.Relationship(simulate.split_chromosomes(calls[order], 2), basis[order]),
    12 * traits[order] + 5,
    num_probes=400,
  )
  np.testing.assert_allclose(plain.h2, other.h2, atol=0.15 * plain.h2_se.max())
  np.testing.assert_allclose(plain.rg[0, 1], other.rg[0, 1], atol=0.15 * plain.rg_se[0, 1])
