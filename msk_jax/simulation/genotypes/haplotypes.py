"""Draws genotypes: founders' haplotypes with linkage and structure, then inheritance with recombination."""

from collections.abc import Iterator, Sequence

import numpy as np

from msk_jax.genome import chromosomes
from msk_jax.simulation import randomness
from msk_jax.simulation.genotypes import ancestry, pedigree
from msk_jax.simulation.genotypes import variants as variants_lib

_BP_PER_MORGAN = 1e8  # 1 cM per Mb
_CHUNK = 500  # units at a time


def draw(seed: int, variants: variants_lib.Variants, units: Sequence[pedigree.Unit]) -> np.ndarray:
  """Returns the genotypes of one chromosome, uint8 [m, n]: counted alleles of the units' members, in their order.

  Each person's depend on the seed, the variants and the person's unit alone.
  """
  return np.concatenate(list(_chunks(seed, variants, units)), axis=1)


def _chunks(seed: int, variants: variants_lib.Variants, units: Sequence[pedigree.Unit]) -> Iterator[np.ndarray]:
  for first in range(0, len(units), _CHUNK):
    chunk = units[first : first + _CHUNK]
    founders = _founders(seed, variants, chunk)
    number, parts = 0, []
    for unit in chunk:
      own = founders[:, number : number + len(unit.is_founder_male)]
      parts.append(_members(seed, variants, unit, own))
      number += len(unit.is_founder_male)
    yield np.concatenate(parts, axis=1)


def _founders(seed: int, variants: variants_lib.Variants, units: Sequence[pedigree.Unit]) -> np.ndarray:
  """Returns the founders' haplotypes, uint8 [m, founders, 2]; on X a man's one haplotype stands twice."""
  size = len(variants)
  latent = np.concatenate(
    [
      randomness.generator(seed, "haplotypes", unit.key, variants.chromosome).standard_normal(
        (2 * len(unit.is_founder_male), size), dtype=np.float32
      )
      for unit in units
    ]
  ).T.copy()  # [m, 2 * founders]
  innovation = np.sqrt(1 - variants.correlation**2)
  for j in range(1, size):
    if variants.correlation[j]:
      latent[j] = variants.correlation[j] * latent[j - 1] + innovation[j] * latent[j]
  num_founders = [len(unit.is_founder_male) for unit in units]
  axes = np.repeat(np.stack([unit.origin.axes for unit in units]), num_founders, axis=0)
  limits = _limits(variants, axes)
  haplotypes = (latent.reshape(size, -1, 2) < limits[:, :, None]).view(np.uint8)
  if variants.chromosome == chromosomes.X:
    is_male = np.concatenate([unit.is_founder_male for unit in units])
    haplotypes[:, is_male, 1] = haplotypes[:, is_male, 0]
  return haplotypes


def _limits(variants: variants_lib.Variants, axes: np.ndarray) -> np.ndarray:
  """Returns the thresholds of people, float32 [m, n].

  Sums go axis by axis: a matrix product may round differently with the number of people.
  """
  limits = np.repeat(variants.thresholds[:, None], len(axes), axis=1)
  for k in range(ancestry.NUM_AXES):
    limits += variants.loadings[:, k, None] * axes[:, k]
  return limits


def _members(seed: int, variants: variants_lib.Variants, unit: pedigree.Unit, founders: np.ndarray) -> np.ndarray:
  """Returns the genotypes of a unit's members, uint8 [m, members], from its founders' haplotypes [m, founders, 2]."""
  if unit.members[0].father < 0:
    return founders.sum(axis=2, dtype=np.uint8)
  family = [founders[:, i] for i in range(founders.shape[1])]
  for number, child in enumerate(unit.hidden):
    rng = randomness.generator(seed, "meiosis", unit.key, f"hidden {number}", variants.chromosome)
    family.append(_inherit(rng, variants, family[child.father], family[child.mother], child.is_male))
  genotypes = []
  for member in unit.members:
    rng = randomness.generator(seed, "meiosis", member.eid, variants.chromosome)
    child = _inherit(rng, variants, family[member.father], family[member.mother], member.is_male)
    genotypes.append(child.sum(axis=1, dtype=np.uint8))
  return np.stack(genotypes, axis=1)


def _inherit(
  rng: np.random.Generator, variants: variants_lib.Variants, father: np.ndarray, mother: np.ndarray, is_male: bool
) -> np.ndarray:
  """Returns a child's haplotypes, uint8 [m, 2]; on X a son has his mother's twice."""
  from_mother, from_father = _gamete(rng, variants, mother), _gamete(rng, variants, father)
  if is_male and variants.chromosome == chromosomes.X:
    from_father = from_mother
  return np.stack([from_mother, from_father], axis=1)


def _gamete(rng: np.random.Generator, variants: variants_lib.Variants, parent: np.ndarray) -> np.ndarray:
  """Returns what a parent passes on, uint8 [m]: haplotypes change at crossovers without interference."""
  length = chromosomes.LENGTHS_BP[variants_lib.BUILD][variants.chromosome]
  crossovers = np.sort(rng.uniform(0, length, rng.poisson(length / _BP_PER_MORGAN)))
  strand = (rng.integers(2) + np.searchsorted(crossovers, variants.position_bp)) % 2
  return np.where(strand == 0, parent[:, 0], parent[:, 1])
