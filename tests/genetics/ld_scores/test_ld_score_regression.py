"""LD-score regression on simulated statistics with a known truth."""

import itertools

import numpy as np
import pytest

from benchmarks import mixed_model_data
from msk_jax.genetics.ld_scores import regression

_N = 50_000
_H2, _RG = (0.35, 0.25), 0.6


def _simulate(seed, **changes):
  return mixed_model_data.draw_statistics(seed, _N, **{"h2": _H2, "rg": _RG, **changes})


@pytest.fixture(scope="module")
def runs():
  simulated = [_simulate(seed) for seed in range(10)]
  return [
    (regression.estimate_genetic_correlation((z[:, 0], z[:, 1]), scores, (_N, _N), m), both)
    for z, scores, m, both in simulated
  ]


def test_planted_truth_is_covered(runs):
  """Ten seeds; the long run is `benchmarks/mixed_models.py`."""
  rows = []
  for got, both in runs:
    rows.append(
      [
        (got.first.h2 - _H2[0]) / got.first.h2_se,
        (got.second.h2 - _H2[1]) / got.second.h2_se,
        (got.rg - _RG) / got.rg_se,
        (got.intercept - both) / got.intercept_se,
        (got.first.intercept - 1) / got.first.intercept_se,
      ]
    )
  z = np.array(rows)
  assert np.abs(z.mean(0)).max() < 3.5 / np.sqrt(len(z))
  assert 0.6 < z.std() < 1.5


def test_large_statistics_of_many_small_effects_are_not_left_out():
  """At 200,000 people polygenic effects alone give chi2 over 30: dropping them would bias h2 down."""
  n, estimates = 200_000, []
  for seed in range(3):
    z, scores, m, _ = mixed_model_data.draw_statistics(seed, n, _H2, _RG, num_blocks=600)
    estimates.append(regression.estimate_heritability(z[:, 0] ** 2, scores, n, m))
  error = np.mean([(each.h2 - _H2[0]) / each.h2_se for each in estimates])
  assert abs(error) < 3.5 / np.sqrt(3)


def test_a_few_very_large_statistics_do_not_move_the_intercept():
  z, scores, m, _ = _simulate(4)
  chi2 = z[:, 0] ** 2
  plain = regression.estimate_heritability(chi2, scores, _N, m)
  chi2[::5000] = 2000.0
  robust = regression.estimate_heritability(chi2, scores, _N, m)
  assert robust.intercept == pytest.approx(plain.intercept, abs=2 * plain.intercept_se)


def test_inflation_is_in_the_intercept_and_the_ratio():
  z, scores, m, _ = _simulate(0, inflation=1.2)
  got = regression.estimate_heritability(z[:, 0] ** 2, scores, _N, m)
  assert got.intercept == pytest.approx(1.2, abs=4 * got.intercept_se)
  assert got.intercept > 1 + 3 * got.intercept_se
  assert got.h2 == pytest.approx(_H2[0], abs=4 * got.h2_se)
  assert got.ratio == pytest.approx((got.intercept - 1) / (got.mean_chi2 - 1))


def test_noise_has_neither_heritability_nor_correlation():
  z, scores, m, _ = _simulate(1, h2=(1e-9, 1e-9), shared=0.0)
  got = regression.estimate_genetic_correlation((z[:, 0], z[:, 1]), scores, (_N, _N), m)
  assert abs(got.first.h2) < 4 * got.first.h2_se
  assert np.isnan(got.rg)


def test_an_intercept_that_is_given_is_held():
  z, scores, m, _ = _simulate(2)
  got = regression.estimate_heritability(z[:, 0] ** 2, scores, _N, m, intercept=1.0)
  assert got.intercept == 1.0
  assert got.intercept_se == 0.0
  free = regression.estimate_heritability(z[:, 0] ** 2, scores, _N, m)
  assert got.h2_se < free.h2_se


def test_the_jackknife_is_that_of_refits():
  """Without reweighting differences: deletes blocks one by one and fits the rest, held weights."""
  z, scores, m, _ = _simulate(3, num_blocks=100)
  got = regression.estimate_heritability(z[:, 0] ** 2, scores, _N, m, num_blocks=20, two_step=False)
  ends = np.linspace(0, len(scores), 21).astype(int)
  refits = []
  for start, stop in itertools.pairwise(ends):
    keep = np.r_[0:start, stop : len(scores)]
    refits.append(
      regression.estimate_heritability(z[keep, 0] ** 2, scores[keep], _N, m, num_blocks=20, two_step=False).h2
    )
  se = np.sqrt(19 / 20 * ((np.array(refits) - np.mean(refits)) ** 2).sum())
  assert got.h2_se == pytest.approx(se, rel=0.1)


@pytest.mark.parametrize("fault", ["short", "unequal", "nan", "alike"])
def test_what_can_not_be_used_is_refused(fault):
  chi2, scores = np.ones(1000), np.ones(1000)
  if fault == "short":
    chi2, scores = chi2[:300], scores[:300]
  elif fault == "unequal":
    scores = scores[:-1]
  elif fault == "nan":
    scores = scores + np.arange(1000) % 3
    chi2[3] = np.nan
  with pytest.raises(ValueError):
    regression.estimate_heritability(chi2, scores, _N, 1000)
