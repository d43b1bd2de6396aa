"""Tests of variants against direct regressions, and the mixed model's calibration with relatives."""

import numpy as np
import pytest
from scipy import stats

from benchmarks import mixed_model_data as simulate
from msk_jax.mixed_models import association, genotype_blocks, leave_one_out, relationship, variance_components


def _regress(y, x, covariates):
  """Returns beta, se, t of x in a regression of y on x and covariates among people who have all."""
  has = ~np.isnan(x)
  design = np.concatenate([x[has, None], covariates[has]], 1)
  solved, *_ = np.linalg.lstsq(design, y[has], rcond=None)
  free = has.sum() - design.shape[1]
  variance = ((y[has] - design @ solved) ** 2).sum() / free * np.linalg.inv(design.T @ design)[0, 0]
  return solved[0], np.sqrt(variance), free


@pytest.mark.parametrize("missing", [0.0, 0.02, 0.08])
def test_without_a_polygenic_part_it_is_linear_regression(missing):
  n = 300
  calls = simulate.draw_genotypes(0, n, 40, missing=missing)
  dosages = np.where(calls == genotype_blocks.MISSING, np.nan, calls.astype(float))
  basis = simulate.draw_basis(0, n)
  traits = np.random.default_rng(0).standard_normal((n, 2)) * [3.0, 0.1] + 5
  response = _plain_response(basis, traits)
  got = association.test_variants(dosages, response)
  for j, k in np.ndindex(40, 2):
    beta, se, free = _regress(traits[:, k], dosages[:, j], basis)
    assert got.beta[j, k] == pytest.approx(beta, rel=1e-8)
    assert got.se[j, k] == pytest.approx(se, rel=1e-8)
    assert got.neg_log10_p[j, k] == pytest.approx(-np.log10(2 * stats.t.sf(abs(beta / se), free)), rel=1e-8)
  assert np.array_equal(got.n, (~np.isnan(dosages)).sum(0))


def _plain_response(basis, traits):
  residual = traits - basis @ (basis.T @ traits)
  sd = np.sqrt((residual**2).sum(0) / (len(residual) - basis.shape[1]))
  return association.prepare(basis, residual / sd, np.ones(traits.shape[1]), np.ones(traits.shape[1]), sd)


def test_swapped_alleles_flip_the_effect_alone():
  calls = simulate.draw_genotypes(1, 200, 10, missing=0.05)
  dosages = np.where(calls == genotype_blocks.MISSING, np.nan, calls.astype(float))
  response = _plain_response(simulate.draw_basis(1, 200), np.random.default_rng(1).standard_normal((200, 1)))
  plain, swapped = (association.test_variants(each, response) for each in (dosages, 2 - dosages))
  np.testing.assert_allclose(swapped.beta, -plain.beta, rtol=1e-9)
  np.testing.assert_allclose(swapped.se, plain.se, rtol=1e-9)
  np.testing.assert_allclose(swapped.neg_log10_p, plain.neg_log10_p, rtol=1e-9)
  np.testing.assert_allclose(swapped.effect_allele_frequency, 1 - plain.effect_allele_frequency)


def test_variants_that_tell_nothing_have_no_effect():
  """Constant ones, those without a call, and those that follow from the covariates."""
  n = 100
  basis = simulate.draw_basis(2, n)
  dosages = np.stack([np.ones(n), np.full(n, np.nan), basis[:, 1] * 3 + 1, np.arange(n) % 3.0], 1)
  got = association.test_variants(dosages, _plain_response(basis, np.random.default_rng(2).standard_normal((n, 1))))
  assert np.isnan(got.beta[:3]).all() and np.isnan(got.se[:3]).all() and np.isnan(got.neg_log10_p[:3]).all()
  assert np.isfinite(got.beta[3]).all()


def test_a_covariate_level_without_calls_takes_no_part():
  """As where a variant is on one of two genotyping arrays: everybody of the other lacks it."""
  n = 240
  rng = np.random.default_rng(3)
  array = np.arange(n) % 3 == 0
  basis = np.linalg.qr(np.stack([np.ones(n), array, rng.standard_normal(n)], 1))[0]
  dosages = simulate.draw_genotypes(3, n, 3).astype(float)
  dosages[array, 0] = np.nan
  dosages[array, 1] = np.nan
  dosages[1:9:3, 1] = np.nan
  traits = rng.standard_normal((n, 1)) + array[:, None]
  got = association.test_variants(dosages, _plain_response(basis, traits))
  kept = np.stack([np.ones(n), basis[:, 2]], 1)
  for j in range(2):
    beta, se, free = _regress(traits[:, 0], dosages[:, j], kept)
    assert got.beta[j, 0] == pytest.approx(beta, rel=1e-8)
    assert got.se[j, 0] == pytest.approx(se, rel=1e-8)
    assert got.neg_log10_p[j, 0] == pytest.approx(-np.log10(2 * stats.t.sf(abs(beta / se), free)), rel=1e-8)


def _run(calls, traits, basis, num_chromosomes, h2):
  """Returns the tests of each chromosome and the residuals."""
  chromosomes = simulate.split_chromosomes(calls, num_chromosomes)
  operator = relationship.Relationship(chromosomes, basis)
  residuals = leave_one_out.make_residuals(operator, chromosomes, traits, np.array(h2))
  tests = [
    association.test_variants(
      chromosome.read(0, chromosome.num_variants).astype(float), residuals.respond(basis, chromosome.name)
    )
    for chromosome in chromosomes
  ]
  return tests, residuals


def test_a_single_chromosome_is_tested_by_linear_regression():
  calls = simulate.draw_genotypes(4, 200, 300)
  traits, basis = simulate.draw_traits(4, calls, (0.5,)), simulate.draw_basis(4, 200)
  (got,), residuals = _run(calls, traits, basis, 1, [0.5])
  plain = association.test_variants(calls.astype(float), _plain_response(basis, traits))
  np.testing.assert_allclose(got.beta, plain.beta, rtol=1e-4, atol=1e-6)
  np.testing.assert_allclose(got.se, plain.se, rtol=1e-4)
  other = association.test_variants(calls[:, :5].astype(float), residuals.respond(basis, "9"))
  assert np.isfinite(other.beta).all()


def test_heritability_that_is_lost_with_a_large_chromosome_does_not_inflate():
  """All but a few variants are on the first chromosome: without it, the matrix explains next to nothing."""
  n, m = 600, 900
  calls = simulate.draw_genotypes(5, n, m)
  chromosomes = [genotype_blocks.from_array("1", calls[:, : m - 5]), genotype_blocks.from_array("2", calls[:, m - 5 :])]
  traits, basis = np.random.default_rng(5).standard_normal((n, 1)), simulate.draw_basis(5, n)
  operator = relationship.Relationship(chromosomes, basis)
  residuals = leave_one_out.make_residuals(operator, chromosomes, traits, np.array([0.7]))
  tests = association.test_variants(calls[:, : m - 5].astype(float), residuals.respond(basis, "1"))
  assert ((tests.beta / tests.se) ** 2).mean() == pytest.approx(1.0, abs=4 * np.sqrt(2 / m))


def test_rare_variants_calibrate_where_there_are_no_others():
  n, m = 200, 300
  rng = np.random.default_rng(6)
  calls = np.zeros((n, m), np.int8)
  calls[rng.integers(0, n, m), np.arange(m)] = 1
  tests, residuals = _run(calls, rng.standard_normal((n, 1)), simulate.draw_basis(6, n), 3, [0.3])
  assert np.isfinite(residuals.gamma).all()
  assert np.isfinite(tests[0].beta).any()


@pytest.mark.slow
def test_tests_of_relatives_are_calibrated():
  """Null variants of other chromosomes than the causal ones, siblings in groups of four."""
  n, m = 1200, 3000
  means, plain_means = [], []
  for seed in range(4):
    calls = simulate.draw_genotypes(seed, n, m, num_siblings=4)
    traits = simulate.draw_traits(seed, calls[:, : m // 2], (0.6,))
    chromosomes = simulate.split_chromosomes(calls, 6)
    basis = simulate.draw_basis(seed, n)
    operator = relationship.Relationship(chromosomes, basis)
    h2 = variance_components.estimate(operator, traits, seed=seed).h2
    residuals = leave_one_out.make_residuals(operator, chromosomes, traits, h2, seed=seed)
    chi2, plain = [], []
    for chromosome in chromosomes[3:]:
      dosages = chromosome.read(0, chromosome.num_variants).astype(float)
      response = residuals.respond(basis, chromosome.name)
      tests = association.test_variants(dosages, response)
      chi2.append((tests.beta / tests.se) ** 2)
      tests = association.test_variants(dosages, _plain_response(basis, traits))
      plain.append((tests.beta / tests.se) ** 2)
    means.append(np.concatenate(chi2).mean())
    plain_means.append(np.concatenate(plain).mean())
  assert np.mean(means) == pytest.approx(1.0, abs=0.05)
  assert np.mean(plain_means) > 1.25


def test_the_effect_is_that_of_generalised_least_squares():
  n, m = 300, 900
  calls = simulate.draw_genotypes(7, n, m, num_siblings=3)
  traits = 4 * simulate.draw_traits(7, calls, (0.5,))
  basis = simulate.draw_basis(7, n)
  chromosomes = simulate.split_chromosomes(calls, 3)
  operator = relationship.Relationship(chromosomes, basis)
  residuals = leave_one_out.make_residuals(operator, chromosomes, traits, np.array([0.5]))
  response = residuals.respond(basis, "2")
  tests = association.test_variants(calls[:, 300:600].astype(float), response)
  x = simulate.standardize(np.delete(calls, np.arange(300, 600), 1))
  x -= basis @ (basis.T @ x)
  v = 0.5 * x @ x.T * ((n - 6) / (x**2).sum()) + 0.5 * np.eye(n)
  inverse = np.linalg.inv(v)
  y = traits[:, 0] - basis @ (basis.T @ traits[:, 0])
  ratio = []
  for j in range(300):
    g = calls[:, 300 + j].astype(float)
    g -= basis @ (basis.T @ g)
    ratio.append([tests.beta[j, 0], g @ inverse @ y / (g @ inverse @ g)])
  ratio = np.array(ratio)
  assert np.polyfit(ratio[:, 1], ratio[:, 0], 1)[0] == pytest.approx(1.0, abs=0.05)
  assert np.corrcoef(ratio.T)[0, 1] > 0.99
