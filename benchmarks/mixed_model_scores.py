"""Scores of the embedded mixed model for one seed each: see `mixed_models`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import bolt_peer, gemma_peer, mixed_model_data
from msk_jax.genetics import summary_statistics
from msk_jax.genetics.ld_scores import regression
from msk_jax.mixed_models import association, leave_one_out, relationship, variance_components

_NULL = {"30% relatives": 0.3, "all in sib groups of four": 1.0}
_NULL_H2 = (0.6, 0.3)
_RG = (0.0, 0.6, 0.95)
_H2 = (0.5, 0.3)
_RELATIVES = {"unrelated": (1, 1.0), "30% relatives": (4, 0.3), "sib groups of four": (4, 1.0)}
_LOCUS_SHARE = 0.01  # of the trait's variance, of a planted locus
_LDSC_PEOPLE = 50_000
_LDSC_H2 = (0.35, 0.25)
_LDSC_INFLATION = {"no structure": 1.0, "structure left in": 1.2}

Numbers = dict[str, Any]


def score_null(setting: str, size: int, seed: int) -> Numbers:
  """Returns mean chi-square and lambda on null chromosomes by heritability; causal variants are on others."""
  n, m = (2000, 8000) if size else (200, 400)
  return _score_null(_NULL[setting], n, np.arange(m) < 3 * m // 8, 8, seed)


def score_between(setting: str, size: int, seed: int) -> Numbers:
  """Returns mean chi-square and lambda of null variants between causal ones, by heritability."""
  n, m = (2000, 8800) if size else (200, 440)
  return _score_null(_RELATIVES[setting][1] * (setting != "unrelated"), n, np.arange(m) % 2 == 0, 22, seed)


def _score_null(share_of_relatives: float, n: int, is_causal: np.ndarray, num_chromosomes: int, seed: int) -> Numbers:
  calls = mixed_model_data.draw_genotypes(seed, n, len(is_causal), 4, share_of_relatives=share_of_relatives)
  traits = np.concatenate(
    [mixed_model_data.draw_traits([seed, k], calls[:, is_causal], (h2,)) for k, h2 in enumerate(_NULL_H2)], 1
  )
  chi2, h2 = _test(seed, calls, traits, num_chromosomes)
  chi2 = chi2[~is_causal]
  found = {}
  for k, true in enumerate(_NULL_H2):
    found[f"{true}"] = {
      "mean": float(chi2[:, k].mean()),
      "lambda": summary_statistics.lambda_gc(np.sqrt(chi2[:, k]), np.ones(len(chi2))),
      "h2": float(h2[k]),
    }
  return found


def _test(seed: int, calls: np.ndarray, traits: np.ndarray, num_chromosomes: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns chi-square statistics [m, t] leaving one chromosome out, and the heritabilities used."""
  tests, h2 = _associate(seed, calls, traits, num_chromosomes)
  return (tests[0] / tests[1]) ** 2, h2


def _associate(seed: int, calls: np.ndarray, traits: np.ndarray, num_chromosomes: int):
  """Returns effects and standard errors [2, m, t], and the heritabilities used [t]."""
  chromosomes = mixed_model_data.split_chromosomes(calls, num_chromosomes)
  basis = mixed_model_data.draw_basis(seed, len(calls))
  operator = relationship.Relationship(chromosomes, basis)
  components = variance_components.estimate(operator, traits, seed=seed)
  residuals = leave_one_out.make_residuals(operator, chromosomes, traits, components.h2, seed=seed)
  parts = []
  for chromosome in chromosomes:
    response = residuals.respond(basis, chromosome.name)
    tests = association.test_variants(chromosome.read(0, chromosome.num_variants).astype(float), response)
    parts.append(np.stack([tests.beta, tests.se]))
  return np.concatenate(parts, 1), residuals.h2


def score_power(setting: str, size: int, seed: int) -> Numbers:
  """Returns mean chi-square at planted loci and agreement of effects and standard errors with GEMMA."""
  n, m = (1500, 3000) if size else (200, 400)
  num_siblings, share = _RELATIVES[setting]
  calls = mixed_model_data.draw_genotypes(seed, n, m, num_siblings, share_of_relatives=share)
  loci = np.random.default_rng([seed, 9]).choice(m, 20, replace=False)
  x = mixed_model_data.standardize(calls)
  trait = mixed_model_data.draw_traits(seed, calls, (0.5,))[:, 0] * np.sqrt(1 - _LOCUS_SHARE * len(loci))
  trait = trait + x[:, loci] @ np.full(len(loci), np.sqrt(_LOCUS_SHARE))
  (beta, se), h2 = _associate(seed, calls, trait[:, None], num_chromosomes=4)
  number = np.concatenate([np.full(len(part), i + 1) for i, part in enumerate(np.array_split(np.arange(m), 4))])
  covariates = np.concatenate([np.ones((n, 1)), mixed_model_data.draw_basis(seed, n)[:, 1:]], 1)
  gemma = gemma_peer.test_variants(calls, number, trait, covariates)
  ours, theirs = (beta / se)[:, 0], gemma[:, 0] / gemma[:, 1]
  has = np.isfinite(ours) & np.isfinite(theirs)
  return {
    "ours": float(np.nanmean(ours[loci] ** 2)),
    "gemma": float(np.nanmean(theirs[loci] ** 2)),
    "correlation": float(np.corrcoef(ours[has], theirs[has])[0, 1]),
    "se_ratio": float(np.median(se[has, 0] / gemma[has, 1])),
    "h2": float(h2[0]),
  }


def score_components(setting: str, size: int, seed: int) -> Numbers:
  """Returns estimate, standard error and truth of h2 and rg; six traits in pairs with one rg each."""
  n, m = (2500, 5000) if size else (200, 400)
  num_siblings, share = _RELATIVES[setting]
  calls = mixed_model_data.draw_genotypes(seed, n, m, num_siblings, share_of_relatives=share)
  traits = np.concatenate(
    [mixed_model_data.draw_traits([seed, k], calls, _H2, rg=rg) for k, rg in enumerate(_RG)], axis=1
  )
  operator = relationship.Relationship(
    mixed_model_data.split_chromosomes(calls, 4), mixed_model_data.draw_basis(seed, n)
  )
  components = variance_components.estimate(operator, traits, seed=seed)
  found = {
    f"h2 = {true}": [
      [float(components.h2[2 * k + i]), float(components.h2_se[2 * k + i]), true] for k in range(len(_RG))
    ]
    for i, true in enumerate(_H2)
  }
  for k, rg in enumerate(_RG):
    pair = 2 * k, 2 * k + 1
    found[f"rg = {rg}"] = [[float(components.rg[pair]), float(components.rg_se[pair]), rg]]
  return found


def score_reml(setting: str, size: int, seed: int) -> Numbers:
  """Returns estimates and standard errors of ours and of BOLT-REML: h2 of two traits and their rg."""
  n, m = (2500, 5000) if size else (300, 600)
  num_siblings, share = _RELATIVES[setting]
  calls = mixed_model_data.draw_genotypes(seed, n, m, num_siblings, share_of_relatives=share)
  traits = mixed_model_data.draw_traits(seed, calls, _H2, rg=0.6)
  chromosomes = mixed_model_data.split_chromosomes(calls, 4)
  basis = mixed_model_data.draw_basis(seed, n)
  ours = variance_components.estimate(relationship.Relationship(chromosomes, basis), traits, seed=seed)
  number = np.repeat(np.arange(1, 5), [chromosome.num_variants for chromosome in chromosomes])
  theirs = bolt_peer.estimate(calls, number, traits, basis[:, 1:])
  pairs = {f"h2 = {true}": (ours.h2[k], ours.h2_se[k], theirs.h2[k]) for k, true in enumerate(_H2)}
  pairs["rg = 0.6"] = (ours.rg[0, 1], ours.rg_se[0, 1], theirs.rg)
  return {
    name: [float(value), float(se), float(other.value), float(other.se)] for name, (value, se, other) in pairs.items()
  }


def score_ldsc(setting: str, size: int, seed: int) -> Numbers:
  """Returns estimate, standard error and truth of h2, rg and intercepts by LD-score regression."""
  inflation = _LDSC_INFLATION[setting]
  found: Numbers = {}
  for k, rg in enumerate(_RG):
    z, scores, m, both = mixed_model_data.draw_statistics(
      [seed, k], _LDSC_PEOPLE, _LDSC_H2, rg, inflation=inflation, num_blocks=1500 if size else 300
    )
    got = regression.estimate_genetic_correlation((z[:, 0], z[:, 1]), scores, (_LDSC_PEOPLE, _LDSC_PEOPLE), m)
    for true, one in zip(_LDSC_H2, (got.first, got.second), strict=True):
      found.setdefault(f"h2 = {true}", []).append([one.h2, one.h2_se, true])
      found.setdefault("intercept of chi2", []).append([one.intercept, one.intercept_se, inflation])
    found.setdefault("intercept of products", []).append([got.intercept, got.intercept_se, both])
    found[f"rg = {rg}"] = [[got.rg, got.rg_se, rg]]
  return found


SCORES: dict[str, tuple[Callable[[str, int, int], Numbers], Sequence[str]]] = {
  "null": (score_null, tuple(_NULL)),
  "between": (score_between, tuple(_RELATIVES)),
  "power": (score_power, ("unrelated", "sib groups of four")),
  "components": (score_components, tuple(_RELATIVES)),
  "reml": (score_reml, ("unrelated", "sib groups of four")),
  "ldsc": (score_ldsc, tuple(_LDSC_INFLATION)),
}

PEERS = {"power": "gemma", "reml": "bolt"}
