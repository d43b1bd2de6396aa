"""The planted effects of variants on the latent accelerations.

Lead variants have `locus_h2` of a dimension's variance each. The rest of its heritability comes from many small
effects, drawn with the published genetic correlations. Both are scaled among reference people: there, the covariance
of the scores is exactly the published one (by Cholesky factors), and their mean is 0.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from msk_jax.simulation import latent, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.genotypes import haplotypes, loci, pedigree
from msk_jax.simulation.genotypes import variants as variants_lib

# Effects are multiples of this many years. Then sums of them are exact, whatever the order of the terms, and a person's
# score does not depend on who else is there.
_STEP_YEARS = 2.0**-36
# The scale is a multiple of this: matrix products that round differently on another machine give the same effects.
_SCALE_STEP = 2.0**-26
NUM_DIMENSIONS = len(latent.DIMENSIONS)


@dataclasses.dataclass(frozen=True)
class Effects:
  """What the counted alleles of each chromosome do.

  Attributes:
    years: for each chromosome float64 [m, 5]: years per counted allele, in the order of `latent.DIMENSIONS`.
    offset_years: float64 [5], mean score of the reference people, which is subtracted.
  """

  years: tuple[np.ndarray, ...]
  offset_years: np.ndarray

  def scores(self, number: int, genotypes: np.ndarray) -> np.ndarray:
    """Returns a chromosome's part of the scores in years, float64 [n, 5], without the offset.

    Args:
      number: of the chromosome, from 0.
      genotypes: uint8 [m, n], counted alleles.
    """
    has_effect = self.years[number].any(axis=1)
    return genotypes[has_effect].T.astype(np.float64) @ self.years[number][has_effect]


def genetic_covariance() -> np.ndarray:
  """Returns the covariance of the genetic parts, float64 [5, 5], years squared."""
  sd = latent.SD_YEARS * np.sqrt(latent.HERITABILITY)
  return latent.genetic_correlation() * np.outer(sd, sd)


def draw(
  seed: int,
  spec: spec_lib.GenotypesSpec,
  variants: Sequence[variants_lib.Variants],
  advance: Callable[[int], None] = lambda count: None,
) -> Effects:
  """Draws the effects and scales them among the reference people.

  Args:
    seed: the cohort's.
    spec: shares and numbers.
    variants: of all chromosomes.
    advance: called with the number of variants of each chromosome that is done.
  """
  units = pedigree.reference_units(seed, spec.num_reference_people)
  lead = [_draw_leads(seed, each) for each in variants]
  background = _draw_background(seed, spec, variants)
  lead_scores, background_scores = (np.zeros((len(units), NUM_DIMENSIONS)) for _ in range(2))
  for number, each in enumerate(variants):
    genotypes = haplotypes.draw(seed, each, units)
    is_lead, has_effect = each.is_lead, background[number].any(axis=1)
    dosages = genotypes[is_lead].T.astype(np.float64)  # [n, leads]
    lead[number][is_lead] *= np.sqrt(spec.locus_h2) / np.maximum(dosages.std(axis=0), 1e-9)[:, None]
    lead_scores += dosages @ lead[number][is_lead]
    background_scores += genotypes[has_effect].T.astype(np.float64) @ background[number][has_effect]
    advance(len(each))
  rotation = _round(_scale(lead_scores, background_scores), _SCALE_STEP)
  years = tuple(_round(large + small @ rotation, _STEP_YEARS) for large, small in zip(lead, background, strict=True))
  offset = _round(lead_scores.mean(axis=0) + background_scores.mean(axis=0) @ rotation, _STEP_YEARS)
  return Effects(years, offset)


def _draw_leads(seed: int, variants: variants_lib.Variants) -> np.ndarray:
  """Returns signed SDs of the dimensions that each lead variant changes, float64 [m, 5]; 0 elsewhere."""
  result = np.zeros((len(variants), NUM_DIMENSIONS))
  for place in np.flatnonzero(variants.is_lead):
    gene = variants.gene[place]
    sign = randomness.generator(seed, "effect of a locus", gene).choice([-1.0, 1.0])
    for dimension in loci.LEADS[gene]:
      number = latent.DIMENSIONS.index(dimension)
      result[place, number] = sign * latent.SD_YEARS[number]
  return result


def _draw_background(
  seed: int, spec: spec_lib.GenotypesSpec, variants: Sequence[variants_lib.Variants]
) -> list[np.ndarray]:
  """Returns unscaled effects of array variants away from the genes, for each chromosome float64 [m, 5]."""
  rng = randomness.generator(seed, "background effects")
  is_candidate = np.concatenate([each.is_on_array & (each.gene == "") for each in variants])
  frequency = np.concatenate([each.frequency for each in variants])
  chosen = rng.choice(np.flatnonzero(is_candidate), spec.num_causal_variants, replace=False)
  root = np.linalg.cholesky(genetic_covariance() / spec.num_causal_variants)
  effects = np.zeros((len(frequency), NUM_DIMENSIONS))
  sd = np.sqrt(2 * frequency[chosen] * (1 - frequency[chosen]))
  effects[chosen] = rng.standard_normal((len(chosen), NUM_DIMENSIONS)) @ root.T / sd[:, None]
  return np.split(effects, np.cumsum([len(each) for each in variants])[:-1])


def _scale(lead: np.ndarray, background: np.ndarray) -> np.ndarray:
  """Returns R [5, 5] such that lead + background @ R has the covariance `genetic_covariance()`.

  With S the covariance of the background and M the regression of the lead scores on it, R = W - M, where W gives the
  background what the lead scores' residuals leave of the covariance: W' S W = T.

  Args:
    lead: float64 [n, 5], scores of the lead variants.
    background: float64 [n, 5], scores of the other effects, unscaled.
  """
  lead, background = lead - lead.mean(axis=0), background - background.mean(axis=0)
  covariance = background.T @ background / len(background)
  regression = np.linalg.solve(covariance, background.T @ lead / len(lead))
  residuals = lead - background @ regression
  remaining = genetic_covariance() - residuals.T @ residuals / len(lead)
  whiten = np.linalg.inv(np.linalg.cholesky(covariance)).T
  return whiten @ np.linalg.cholesky(remaining).T - regression


def _round(values: np.ndarray, step: float) -> np.ndarray:
  return np.round(values / step) * step
