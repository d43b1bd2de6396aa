"""The regional plot of a lead variant."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import figure as mpl_figure

from msk_jax.figures import gene_rows, regional
from msk_jax.figures.tall_axis import Line
from msk_jax.genome import chromosomes
from msk_jax.genome.genes import PROTEIN_CODING, Genes
from msk_jax.gwas_loci import names
from msk_jax.gwas_loci.figures import wording


def draw(
  title: str,
  locus: pd.Series,
  rows: pd.DataFrame,
  credible_sets: pd.DataFrame,
  genes: Genes | None,
  lines: Sequence[Line],
  region_bp: int,
) -> mpl_figure.Figure:
  """Draws a region.

  Args:
    title: its first line.
    locus: a row of schema loci.
    rows: variants of the chromosome: variant, position_bp, neg_log10_p, r2 (NaN unknown). The lead is among them.
    credible_sets: of the locus, schema loci_credible_sets.
    genes: of the build; None where they are not known.
    lines: levels of significance.
    region_bp: on both sides of the lead.
  """
  chromosome, position, build = str(locus["chromosome"]), int(locus["position_bp"]), str(locus["build"])
  low, high = max(position - region_bp, 0), min(position + region_bp, chromosomes.LENGTHS_BP[build][chromosome])
  inside = rows[rows["position_bp"].between(low, high)].reset_index(drop=True)
  region = regional.Region(
    chromosome=chromosome,
    build=build,
    ends_mb=(low / 1e6, high / 1e6),
    position_mb=inside["position_bp"].to_numpy() / 1e6,
    neg_log10_p=inside["neg_log10_p"].to_numpy(),
    r2=inside["r2"].to_numpy(),
    lead=int(np.flatnonzero(inside["variant"] == locus["variant"])[0]),
    lead_name=names.variant(locus),
  )
  described = f"{title}\n{wording.genes(locus)}, {names.place(chromosome, position)}; {locus['direction']}"
  near = None if genes is None else _genes(genes, chromosome, (low, high), str(locus["genes"]))
  return regional.draw(described, region, near, _sets(credible_sets), lines)


def _genes(known: Genes, chromosome: str, ends: tuple[int, int], named: str) -> gene_rows.Genes:
  """Returns protein-coding genes of a stretch, and those of other types that the locus is named after."""
  table = known.table
  is_here = (table["chromosome"] == chromosome) & (table["end_bp"] >= ends[0]) & (table["start_bp"] <= ends[1])
  is_shown = (table["type"] == PROTEIN_CODING) | table["name"].isin([name.strip() for name in named.split(",")])
  chosen = table[is_here & is_shown]
  return gene_rows.Genes(list(chosen["name"]), chosen["start_bp"].to_numpy() / 1e6, chosen["end_bp"].to_numpy() / 1e6)


def _sets(credible_sets: pd.DataFrame) -> list[regional.CredibleSet]:
  sets = []
  for number, members in credible_sets.groupby("credible_set", sort=True):
    count, coverage = len(members), float(members["coverage"].iloc[0])
    doubt = str(members["reason"].iloc[0]).replace("_", " ")
    label = f"{number}: {count} variant{'' if count == 1 else 's'}, {100 * coverage:.0f}%"
    label += f"\ndoubtful: {doubt}" if doubt else ""
    sets.append(
      regional.CredibleSet(label, members["position_bp"].to_numpy() / 1e6, members["pip"].to_numpy(np.float64))
    )
  return sets
