"""Loci of a trait: its hits in clumps, each with its lead variant and bounds."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.gwas_loci import clumping, linkage, statistics
from msk_jax.gwas_loci.spec import ClumpSpec
from msk_jax.gwas_loci.tested import Neighbourhoods, Tested

BY_R2, BY_DISTANCE = "r2", "distance"


@dataclasses.dataclass(frozen=True)
class Loci:
  """Loci of a trait and source.

  Attributes:
    leads: a row per lead variant, along the genome: the columns of schema gwas_summary_statistics, `locus` from 1,
      `start_bp`, `end_bp`, `num_variants` (hits), `clump_by` and `clump_reason`.
    hits: the same columns, `locus` and `r2_with_lead`.
  """

  leads: pd.DataFrame
  hits: pd.DataFrame


def find(tested: Tested, near: Neighbourhoods, spec: ClumpSpec, hit_neg_log10_p: float) -> Loci:
  """Returns the loci of a trait and source.

  Args:
    tested: its summary statistics.
    near: the genotypes around its hits.
    spec: how hits become loci.
    hit_neg_log10_p: hits lie above it.
  """
  regions = statistics.surround(tested.hits, spec.window_bp)
  rows = statistics.read_regions(tested.path, regions, -np.log10(spec.max_p))
  parts, count = [], 0
  for chromosome, group in rows.groupby("chromosome", sort=False):
    leads, hits = _of_chromosome(tested, near, str(chromosome), group.reset_index(drop=True), spec, hit_neg_log10_p)
    parts.append(Loci(leads.assign(locus=leads["locus"] + count), hits.assign(locus=hits["locus"] + count)))
    count += len(leads)
  if not parts:
    columns = {"locus": 0, "start_bp": 0, "end_bp": 0, "num_variants": 0, "clump_by": "", "clump_reason": ""}
    return Loci(tested.hits.assign(**columns), tested.hits.assign(locus=0, r2_with_lead=np.nan))
  return Loci(*(pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in ("leads", "hits")))


def _of_chromosome(
  tested: Tested,
  near: Neighbourhoods,
  chromosome: str,
  rows: pd.DataFrame,
  spec: ClumpSpec,
  hit_neg_log10_p: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
  """Returns leads and hits of one chromosome; loci from 1."""
  match = near.match(tested.source, chromosome, rows)
  panel = near.panel(tested.trait, tested.source, chromosome)
  number, is_flipped = match["number"].to_numpy(), match["is_flipped"].to_numpy()

  def correlate(lead: int, others: np.ndarray) -> np.ndarray:
    assert panel is not None
    genotypes = panel.read(number[[lead]], is_flipped[[lead]])[:, 0]
    return linkage.correlate_with(panel, genotypes, number[others], is_flipped[others]) ** 2

  is_hit = (rows["neg_log10_p"] > hit_neg_log10_p).to_numpy(bool)
  variants = clumping.Variants(
    rows["position_bp"].to_numpy(), rows["neg_log10_p"].to_numpy(np.float64), is_hit, number >= 0
  )
  clumps = clumping.clump(variants, correlate, spec)
  members = rows.assign(clump=clumps.clump, is_hit=is_hit).query("clump >= 0").groupby("clump")
  leads = rows.iloc[clumps.leads].reset_index(drop=True)
  by_r2 = number[clumps.leads] >= 0
  leads = leads.assign(
    locus=np.arange(1, len(leads) + 1),
    start_bp=members["position_bp"].min().to_numpy(),
    end_bp=members["position_bp"].max().to_numpy(),
    num_variants=members["is_hit"].sum().to_numpy(),
    clump_by=np.where(by_r2, BY_R2, BY_DISTANCE),
    clump_reason=match["reason"].to_numpy()[clumps.leads],
  )
  hits = rows.assign(locus=clumps.clump + 1, r2_with_lead=clumps.r2)[is_hit]
  return leads, hits
