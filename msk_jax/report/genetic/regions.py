"""The surroundings of lead variants: what a regional plot shows, thinned to what can be seen."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.disclosure import variants as disclosed
from msk_jax.genome import genes as genome_genes
from msk_jax.report.genetic import streams, variants
from msk_jax.schemas import report_genetics_tables

REGION_BP = 500_000  # on both sides of the lead variant
_MOST = 40  # loci of a trait and source, the strongest
_GRID = (200, 40)


@dataclasses.dataclass(frozen=True)
class Known:
  """What the stage `loci` knows of a trait's and source's variants.

  Attributes:
    loci: schema loci.
    lead_ld: schema loci_lead_ld, of the trait and source.
    credible_sets: schema loci_credible_sets.
  """

  loci: pd.DataFrame
  lead_ld: pd.DataFrame
  credible_sets: pd.DataFrame


def number_loci(loci: pd.DataFrame) -> pd.Series:
  """Returns the number of the table that holds each locus' region, Int64 [n]; missing for those without.

  The strongest loci of each trait and source have one: the number is from 1, one for each trait and source.

  Args:
    loci: columns trait, source, neg_log10_p.
  """
  group = loci.groupby(["trait", "source"], sort=False)
  rank = group["neg_log10_p"].rank(method="first", ascending=False)
  return (group.ngroup() + 1).astype("Int64").mask(rank > _MOST)


def make(path: pathlib.Path, loci: pd.DataFrame, known: Known) -> pd.DataFrame:
  """Returns the variants around lead variants: schema report_gwas_region.

  Args:
    path: schema gwas_summary_statistics of their trait and source.
    loci: rows of schema report_gwas_loci, of that trait and source.
    known: see there.
  """
  schema = report_genetics_tables.REGION
  keys = ["trait", "source", "locus"]
  leads = known.loci.merge(loci[keys], on=keys)
  ends = [
    (str(chromosome), max(position - REGION_BP, 1), position + REGION_BP)
    for chromosome, position in zip(leads["chromosome"], leads["position_bp"].tolist(), strict=True)
  ]
  near = streams.read_near(path, ends)
  near = near[~disclosed.is_rare(near)]
  parts = [
    _around(lead, near[(near["chromosome"] == chromosome) & near["position_bp"].between(low, high)], known, (low, high))
    for (_, lead), (chromosome, low, high) in zip(leads.iterrows(), ends, strict=True)
  ]
  if not parts:
    return pd.DataFrame(columns=list(schema.columns)).astype(schema.dtypes)
  table = variants.make_shareable(pd.concat(parts, ignore_index=True))
  return table[list(schema.columns)].astype(schema.dtypes)


def find_genes(loci: pd.DataFrame, genes: genome_genes.Genes) -> pd.DataFrame:
  """Returns protein-coding genes near lead variants, and those the loci are named after: report_gwas_region_genes.

  Args:
    loci: schema report_gwas_loci.
    genes: of one build; loci of another have none.
  """
  schema = report_genetics_tables.REGION_GENES
  named = {name.strip() for text in loci["genes"] for name in text.split(",")}
  table = genes.table
  table = table[(table["type"] == genome_genes.PROTEIN_CODING) | table["name"].isin(named)]
  is_near = np.zeros(len(table), bool)
  own = loci[loci["build"] == genes.build].drop_duplicates(["chromosome", "position_mb"])
  for chromosome, position in zip(own["chromosome"], 1e6 * own["position_mb"].to_numpy(float), strict=True):
    is_inside = (table["end_bp"] >= position - REGION_BP) & (table["start_bp"] <= position + REGION_BP)
    is_near |= ((table["chromosome"] == chromosome) & is_inside).to_numpy(bool)
  near = table[is_near]
  near = near.assign(gene=near["name"], start_mb=near["start_bp"] / 1e6, end_mb=near["end_bp"] / 1e6)
  return near[list(schema.columns)].astype(schema.dtypes)


def _around(lead: pd.Series, own: pd.DataFrame, known: Known, ends: tuple[int, int]) -> pd.DataFrame:
  """Returns the variants of one region with what is known of each, thinned."""
  ld = known.lead_ld[known.lead_ld["locus"] == lead["locus"]].set_index("variant")["r2"]
  sets = known.credible_sets
  for name in ("trait", "source", "locus"):
    sets = sets[sets[name] == lead[name]]
  sets = sets.drop_duplicates("variant").set_index("variant")
  table = own.assign(
    locus=lead["locus"],
    r2=own["variant"].map(ld).round(3),
    credible_set=own["variant"].map(sets["credible_set"]).fillna(0),
    pip=own["variant"].map(sets["pip"]),
  )
  return _thin(table, str(lead["variant"]), ends)


def _thin(table: pd.DataFrame, lead: str, ends: tuple[int, int]) -> pd.DataFrame:
  """Returns a variant for each cell of a fine grid, the one most linked with the lead, and all that count."""
  low, high = ends
  height = np.minimum(table["neg_log10_p"].to_numpy(float), streams.CEILING)
  top = max(float(height.max(initial=0.0)), 1e-9)
  column = (table["position_bp"] - low) * _GRID[0] // (high - low + 1)
  row = np.minimum(height / top * _GRID[1], _GRID[1] - 1).astype(int)
  counts = (table["credible_set"] > 0) | (table["variant"] == lead)
  order = table.assign(cell=column * _GRID[1] + row, counts=counts).sort_values(
    ["counts", "r2", "position_bp"], ascending=[False, False, True], kind="stable"
  )
  chosen = order[order["counts"] | ~order["cell"].duplicated()]
  return chosen.sort_values("position_bp", kind="stable")[list(table)]
