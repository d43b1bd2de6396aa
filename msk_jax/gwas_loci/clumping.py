"""Clumps: the strongest hit takes the variants linked to it, then the strongest of those that are left, and so on.

The algorithm of `plink1.9 --clump`, with the same clumps for the same r2. PLINK takes the r2 of haplotypes that it
estimates there; here it is that of genotypes, as in regional plots and fine-mapping (`plink1.9 --r2`). A variant
without genotypes has no r2: it is joined to a lead variant, or if it leads others to it, by distance alone.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from msk_jax.gwas_loci.spec import ClumpSpec

NO_CLUMP = -1

# From a variant's number and those of others, int [k], to their r2, float [k].
Correlate = Callable[[int, np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Clumps:
  """Clumps of m variants.

  Attributes:
    leads: int [k], numbers of the lead variants, in the order of the variants.
    clump: int [m], which of the clumps a variant is in; NO_CLUMP for none.
    r2: float64 [m], with the clump's lead variant; NaN where it is not known.
  """

  leads: np.ndarray
  clump: np.ndarray
  r2: np.ndarray


@dataclasses.dataclass(frozen=True)
class Variants:
  """Variants on one chromosome, in the order of their positions.

  Attributes:
    position_bp: int [m].
    neg_log10_p: float [m].
    is_hit: bool [m], whether it may lead.
    has_genotypes: bool [m].
  """

  position_bp: np.ndarray
  neg_log10_p: np.ndarray
  is_hit: np.ndarray
  has_genotypes: np.ndarray


def clump(variants: Variants, correlate: Correlate, spec: ClumpSpec) -> Clumps:
  """Returns the clumps of all hits.

  Args:
    variants: hits, and others that may be members.
    correlate: r2 of variants that have genotypes; NaN where it can't be told (a variant without variation).
    spec: r2 and window.
  """
  count = len(variants.position_bp)
  lead_of, r2 = np.full(count, NO_CLUMP), np.full(count, np.nan)
  position = variants.position_bp.astype(np.int64)
  for lead in np.argsort(-variants.neg_log10_p, kind="stable"):
    if not variants.is_hit[lead] or lead_of[lead] != NO_CLUMP:
      continue
    first, stop = np.searchsorted(position, [position[lead] - spec.window_bp, position[lead] + spec.window_bp + 1])
    near = np.arange(first, stop)
    near = near[(lead_of[near] == NO_CLUMP) & (near != lead)]
    is_linked = np.ones(len(near), bool)
    if variants.has_genotypes[lead]:
      known = np.flatnonzero(variants.has_genotypes[near])
      r2[near[known]] = values = correlate(int(lead), near[known])
      is_linked[known] = values > spec.r2
      r2[near[~is_linked]] = np.nan
      r2[lead] = 1.0
    lead_of[near[is_linked]] = lead
    lead_of[lead] = lead
  leads = np.unique(lead_of[lead_of != NO_CLUMP])
  number = np.searchsorted(leads, lead_of)
  return Clumps(leads, np.where(lead_of == NO_CLUMP, NO_CLUMP, number), r2)
