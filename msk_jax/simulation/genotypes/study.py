"""Draws a cohort's genotypes, chromosome by chromosome: writes the files and sums up the planted scores."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
from absl import logging

from msk_jax.genome import chromosomes
from msk_jax.io import progress
from msk_jax.simulation import people, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.genotypes import ancestry, files, genotyping, haplotypes, pedigree
from msk_jax.simulation.genotypes import effects as effects_lib
from msk_jax.simulation.genotypes import variants as variants_lib

_MISSINGNESS_SPREAD = 0.4  # SD of the logarithm of people's shares of missing calls


@dataclasses.dataclass(frozen=True)
class Study:
  """A cohort with genotypes.

  Attributes:
    cohort: the people; a family has one ethnicity, and genetic parts are planted scores.
    samples: how each of them was genotyped, in the same order.
    axes: their places on the axes of ancestry, float32 [n, NUM_AXES].
    missingness: share of missing calls of each, float64 [n]; NaN for those who are not genotyped.
    variants: of all chromosomes.
    effects: of all variants.
  """

  cohort: list[people.Person]
  samples: list[genotyping.Sample]
  axes: np.ndarray
  missingness: np.ndarray
  variants: list[variants_lib.Variants]
  effects: effects_lib.Effects

  @property
  def genotyped(self) -> list[str]:
    """The eids of the genotyped people, in the cohort's order."""
    return [sample.eid for sample in self.samples if sample.is_genotyped]


def make(spec: spec_lib.PhantomSpec, cohort: Sequence[people.Person], folder: pathlib.Path | None) -> Study:
  """Draws the genotypes of a cohort, and writes the files that are not there yet.

  Args:
    spec: the phantom, with genotypes.
    cohort: its people.
    folder: the phantom's folder (`<workdir>/raw`); None to write nothing.
  """
  group = _Group.of(spec, cohort)
  variants = variants_lib.draw(spec.seed, spec.genotypes)
  with progress.track("drawing genotypes", 2 * sum(map(len, variants)), "variants") as advance:
    effects = effects_lib.draw(spec.seed, spec.genotypes, variants, advance)
    scores, num_missing = _draw_chromosomes(spec, group, variants, effects, folder, advance)
  is_genotyped = np.array([sample.is_genotyped for sample in group.samples])
  num_on_array = sum(int(each.is_on_array.sum()) for each in variants)
  num_imputed = sum(int(each.is_imputed.sum()) for each in variants)
  logging.info(
    "genotypes: %d people, %d array variants, %d imputed variants", is_genotyped.sum(), num_on_array, num_imputed
  )
  missingness = np.where(is_genotyped, num_missing / num_on_array, np.nan)
  return Study(
    cohort=[
      dataclasses.replace(person, ethnicity=group.origins[person.eid].ethnicity, genetic_years=tuple(years.tolist()))
      for person, years in zip(cohort, scores, strict=False)  # strangers come last
    ],
    samples=group.samples[: len(cohort)],
    axes=np.stack([group.origins[person.eid].axes for person in cohort]),
    missingness=missingness[: len(cohort)],
    variants=variants,
    effects=effects,
  )


@dataclasses.dataclass(frozen=True)
class _Group:
  """Whose genotypes are drawn.

  Attributes:
    units: families and people alone.
    samples: how each person was genotyped: first the cohort, in its order, then people who are not in it.
    columns: int64 [n], each sample's number among the units' members.
    origins: where each person's ancestors are from, by eid.
  """

  units: list[pedigree.Unit]
  samples: list[genotyping.Sample]
  columns: np.ndarray
  origins: dict[str, ancestry.Origin]

  @classmethod
  def of(cls, spec: spec_lib.PhantomSpec, cohort: Sequence[people.Person]) -> "_Group":
    strangers = genotyping.strangers(spec)
    units = pedigree.units_of(spec.seed, [*cohort, *strangers])
    origins = {member.eid: unit.origin for unit in units for member in unit.members}
    numbers = {eid: i for i, eid in enumerate(origins)}
    samples = genotyping.samples_of(spec.seed, cohort, strangers)
    return cls(units, samples, np.array([numbers[sample.eid] for sample in samples]), origins)


def _draw_chromosomes(
  spec: spec_lib.PhantomSpec,
  group: _Group,
  variants: Sequence[variants_lib.Variants],
  effects: effects_lib.Effects,
  folder: pathlib.Path | None,
  advance: progress.Advance,
) -> tuple[np.ndarray, np.ndarray]:
  """Writes the files; returns the planted scores in years, float64 [n, 5], and numbers of missing calls, int64 [n]."""
  scores = np.tile(-effects.offset_years, (len(group.samples), 1))
  num_missing = np.zeros(len(group.samples), np.int64)
  shares = [_missing_share(spec, sample) for sample in group.samples]
  for number, each in enumerate(variants):
    genotypes = haplotypes.draw(spec.seed, each, group.units)[:, group.columns]
    scores += effects.scores(number, genotypes)
    is_missing = _draw_missing(spec, each, group.samples, shares)
    num_missing += is_missing.sum(axis=0)
    if folder is not None:
      _write(spec.seed, folder, each, group.samples, genotypes, is_missing)
    advance(len(each))
  return scores, num_missing


def _missing_share(spec: spec_lib.PhantomSpec, sample: genotyping.Sample) -> float:
  """Returns how large a share of a person's calls fails."""
  spread = randomness.generator(spec.seed, "missingness", sample.eid).standard_normal()
  return spec.genotypes.missing_call_fraction * np.exp(_MISSINGNESS_SPREAD * spread - _MISSINGNESS_SPREAD**2 / 2)


def _draw_missing(
  spec: spec_lib.PhantomSpec,
  variants: variants_lib.Variants,
  samples: Sequence[genotyping.Sample],
  shares: Sequence[float],
) -> np.ndarray:
  """Returns which calls fail, bool [array variants, n], where `shares` of each person's do."""
  size = int(variants.is_on_array.sum())
  result = np.zeros((size, len(samples)), bool)
  for i, (sample, share) in enumerate(zip(samples, shares, strict=True)):
    rng = randomness.generator(spec.seed, "missing calls", sample.eid, variants.chromosome)
    result[:, i] = rng.random(size, dtype=np.float32) < share
  return result


def _write(
  seed: int,
  folder: pathlib.Path,
  variants: variants_lib.Variants,
  samples: Sequence[genotyping.Sample],
  genotypes: np.ndarray,
  is_missing: np.ndarray,
) -> None:
  """Writes a chromosome's files, if one of them is not there; genotypes are uint8 [m, n]."""
  if all(path.exists() for path in files.paths(folder, variants.chromosome).values()):
    return
  order = genotyping.array_order(samples)
  on_array = variants.take(variants.is_on_array)
  calls = genotypes[variants.is_on_array][:, order]
  files.write_array(folder, on_array, [samples[i] for i in order], calls, is_missing[:, order])
  order = genotyping.imputed_order(samples, variants.chromosome == chromosomes.X)
  imputed = variants.take(variants.is_imputed)
  noise = [
    randomness.generator(seed, "imputation", samples[i].eid, variants.chromosome).standard_normal(
      len(imputed), dtype=np.float32
    )
    for i in order
  ]
  files.write_imputed(
    folder, imputed, [samples[i] for i in order], genotypes[variants.is_imputed][:, order], np.stack(noise, axis=1)
  )
