"""SuSiE: the numbers of susieR on the same input, its credible sets, and what a mismatch shows."""

import pathlib
import subprocess

import numpy as np
import pytest
from scipy import stats

from msk_jax.gwas_loci import credible, susie, z_scores
from tests import programs

_SCRIPT = """
suppressMessages(library(susieR))
for (folder in commandArgs(TRUE)) {
  setwd(folder)
  about <- scan("about.txt", quiet=TRUE); z <- scan("z.txt", quiet=TRUE)
  R <- as.matrix(read.table("R.txt")); dimnames(R) <- NULL
  fit <- suppressWarnings(susie_rss(z=z, R=R, n=about[1], L=about[2]))
  write(format(fit$pip, digits=17), "pip.txt", ncolumns=1)
  write(format(c(fit$niter, estimate_s_rss(z, R, about[1])), digits=17), "facts.txt", ncolumns=1)
  sets <- fit$sets
  lines <- sapply(seq_along(sets$cs), function(k) paste(c(sets$coverage[k], sets$purity[k, 1],
    fit$lbf[sets$cs_index[k]], sets$cs[[k]] - 1), collapse=" "))
  writeLines(as.character(lines), "sets.txt")
}
"""
_N = 900
_CASES = {  # seed, effects, most effects
  "three_effects": (1, {20: 0.25, 60: -0.2, 100: 0.2}, 10),
  "variants_that_are_the_same": (2, {6: 0.3}, 10),
  "no_effect": (3, {}, 10),
  "fewer_effects_than_there_are": (4, {20: 0.6, 25: -0.5, 70: 0.3}, 2),
  "other_alleles": (1, {20: 0.6, 60: -0.4}, 10),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, pathlib.Path]:
  """Returns, for each case, a folder with what susieR makes of it; R is started once."""
  programs.require("Rscript")
  if not pathlib.Path("/usr/lib/R/site-library/susieR").is_dir():
    programs.skip("r-cran-susier")
  cases = {name: tmp_path_factory.mktemp(name) for name in _CASES}
  for name, folder in cases.items():
    z, correlation, num_effects = _make(name)
    np.savetxt(folder / "about.txt", [_N, num_effects])
    np.savetxt(folder / "z.txt", z, fmt="%.17g")
    np.savetxt(folder / "R.txt", correlation, fmt="%.17g")
  subprocess.run(["Rscript", "-e", _SCRIPT, *map(str, cases.values())], check=True, capture_output=True)
  return cases


def _make(name: str) -> tuple[np.ndarray, np.ndarray, int]:
  """Returns z scores, correlations and the most effects of a case."""
  seed, effects, num_effects = _CASES[name]
  _, z, correlation = _draw(seed, _N, effects or {0: 0.0})
  if name == "other_alleles":
    z[10:30:2] *= -1
  return z, correlation, num_effects


def _draw(seed: int, n: int, effects: dict[int, float], p: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns genotypes, z scores and correlations of variants in blocks of linkage."""
  rng = np.random.default_rng(seed)
  noise = rng.normal(size=(2 * n, p))
  latent = noise.copy()
  for j in range(1, p):
    latent[:, j] = noise[:, j] if j % 40 == 0 else 0.95 * latent[:, j - 1] + np.sqrt(1 - 0.95**2) * noise[:, j]
  copies = (latent < stats.norm.ppf(rng.uniform(0.05, 0.5, p))).astype(float)
  genotypes = copies[:n] + copies[n:]
  genotypes[:, 7] = genotypes[:, 6]  # two variants that can't be told apart
  standard = stats.zscore(genotypes)
  trait = stats.zscore(standard[:, list(effects)] @ np.array(list(effects.values())) + rng.normal(size=n))
  r = standard.T @ trait / n
  return genotypes, r / np.sqrt((1 - r**2) / (n - 2)), np.corrcoef(genotypes.T)


@pytest.mark.parametrize("name", _CASES)
def test_numbers_are_those_of_susier(folders, name):
  folder = folders[name]
  z, correlation, num_effects = _make(name)
  sets = [np.array(line.split(), float) for line in (folder / "sets.txt").read_text().splitlines() if line]
  iterations, s = np.loadtxt(folder / "facts.txt")
  fit = susie.fit(z, correlation, _N, num_effects)
  np.testing.assert_allclose(fit.inclusion, np.loadtxt(folder / "pip.txt"), atol=1e-6)  # 1e-4 is asked for
  assert fit.iterations == iterations
  assert abs(z_scores.check(z, correlation, _N).s - s) < 1e-6
  ours = credible.find(fit, correlation)
  assert len(ours) == len(sets)
  if name != "other_alleles":
    assert len(sets) == min(len(_CASES[name][1]), num_effects)
  for one, other in zip(ours, sets, strict=True):
    np.testing.assert_allclose([one.coverage, one.purity, fit.log_bayes_factor_l[one.effect]], other[:3], atol=1e-5)
    assert sorted(one.members.tolist()) == other[3:].astype(int).tolist()


def test_z_scores_of_other_alleles_do_not_fit():
  z, correlation, _ = _make("other_alleles")
  assert not z_scores.check(z, correlation, _N).fits
  z[10:30:2] *= -1
  for factor in (1.0, 1.3):  # 1.3: those of a mixed model
    fitness = z_scores.check(factor * z, correlation, _N)
    assert fitness.fits and fitness.s < 1e-4


def test_sets_hold_the_planted_variants_and_nothing_comes_of_no_effect():
  effects = {20: 0.3, 60: -0.3, 100: 0.3}
  _, z, correlation = _draw(5, 1_500, effects)
  fit = susie.fit(z, correlation, 1_500)
  sets = credible.find(fit, correlation)
  assert {min(effects, key=lambda planted: abs(planted - each.members[0])) for each in sets} == set(effects)
  assert all(set(each.members) & set(effects) for each in sets)
  assert all(each.coverage >= 0.95 and each.purity >= 0.5 for each in sets)
  nothing = susie.fit(np.zeros(len(z)), correlation, 1_500)
  assert credible.find(nothing, correlation) == [] and (nothing.inclusion == 0).all()


def test_variants_that_are_the_same_share_their_probability():
  _, z, correlation = _draw(2, 900, {6: 0.4})
  fit = susie.fit(z, correlation, 900)
  (found,) = credible.find(fit, correlation)
  assert {6, 7} <= set(found.members) and found.purity > 0.5
  assert abs(fit.inclusion[6] - fit.inclusion[7]) < 1e-9


def test_more_effects_than_variants_and_impossible_inputs():
  assert susie.fit(np.array([5.0, 1.0]), np.eye(2), 100).alpha_lp.shape == (2, 2)
  with pytest.raises(ValueError, match="finite"):
    susie.fit(np.array([np.nan, 1.0]), np.eye(2), 100)
  with pytest.raises(ValueError, match="same variants"):
    susie.fit(np.ones(3), np.eye(2), 100)


def test_a_fit_that_is_cut_short_says_so():
  _, z, correlation = _draw(1, 900, {20: 0.25, 60: -0.2})
  assert not susie.fit(z, correlation, 900, max_iterations=1).has_converged
