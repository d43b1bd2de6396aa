"""Makes all tables of the stage."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.genetics import results, summary_statistics
from msk_jax.genome import genes as genes_lib
from msk_jax.gwas_loci import (
  directions,
  fine_mapping,
  genes,
  loci,
  sex_differences,
  shared,
  statistics,
  tested,
  window,
)
from msk_jax.gwas_loci.gwas_folder import Genotyped, GwasFolder
from msk_jax.gwas_loci.loci import Loci
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.gwas_loci.tested import Neighbourhoods, Tested
from msk_jax.io import progress, tables
from msk_jax.schemas import loci_tables

Tables = dict[str, tuple[pd.DataFrame, tables.Schema]]


def make(gwas: GwasFolder, genotyped: Genotyped | None, known: genes_lib.Genes | None, settings: LociSpec) -> Tables:
  """Returns file name to table and schema.

  Args:
    gwas: the summary statistics.
    genotyped: who was analysed, and the genotypes; None reads none.
    known: the genes; None leaves their columns empty.
    settings: of the stage.
  """
  everything = tested.read(gwas.statistics)
  distance = max(settings.clump.window_bp, settings.region_bp)
  near = tested.open_neighbourhoods(everything, genotyped, distance)
  limit = results.SIGNIFICANT_NEG_LOG10_P
  clumped = [loci.find(each, near, settings.clump, limit) for each in everything]
  leads = _leads(everything, clumped, gwas.traits, near, settings)
  ld, mapped, sets = _look_around(everything, leads, near, settings)
  by_name: Tables = {
    "inflation": (_inflation(everything, clumped, gwas.regressions, settings), loci_tables.INFLATION),
    "hits": (genes.add(_hits(everything, clumped, settings), known), loci_tables.HITS),
    "loci": (genes.add(leads, known), loci_tables.LOCI),
    "lead_ld": (ld, loci_tables.LEAD_LD),
    "fine_mapping": (mapped, loci_tables.FINE_MAPPING),
    "credible_sets": (sets, loci_tables.CREDIBLE_SETS),
  }
  if settings.sex_differences:
    strata = dict(zip(gwas.traits["trait"], gwas.traits["stratum"], strict=True))
    is_ranked = gwas.spec.transformation == "rank_normal"
    effects = sex_differences.compare(leads, everything, near, strata, has_own_scales=is_ranked)
    by_name["sex_differences"] = (effects, loci_tables.SEX_DIFFERENCES)
  return {name: (_in_schema(table, schema), schema) for name, (table, schema) in by_name.items()}


def corrected_neg_log10_p(settings: LociSpec) -> float:
  """Returns -log10 of genome-wide significance over the number of dimensions."""
  return results.SIGNIFICANT_NEG_LOG10_P + float(np.log10(settings.num_dimensions))


def _in_schema(table: pd.DataFrame, schema: tables.Schema) -> pd.DataFrame:
  """Returns a table's columns of a schema; an empty table has them too."""
  return table.reindex(columns=list(schema.columns)).astype(schema.dtypes)


def _name(each: Tested) -> dict[str, str]:
  about = each.about
  return {"trait": each.trait, "source": each.source, "engine_p": about.p_value, "build": about.build}


def _inflation(
  everything: Sequence[Tested], clumped: Sequence[Loci], regressions: pd.DataFrame, settings: LociSpec
) -> pd.DataFrame:
  by_trait = regressions.set_index("trait")
  names = {"ldsc_intercept": "intercept", "ldsc_intercept_se": "intercept_se", "ldsc_ratio": "ratio"}
  rows = []
  for each, own in zip(everything, clumped, strict=True):
    has_regression = each.source == summary_statistics.ARRAY and each.trait in by_trait.index
    rows.append(
      {
        **_name(each),
        "num_variants": each.facts.num_variants,
        "num_hits": len(each.hits),
        "num_hits_corrected": int((each.hits["neg_log10_p"] > corrected_neg_log10_p(settings)).sum()),
        "num_loci": len(own.leads),
        "lambda_gc": each.facts.lambda_gc,
        "mean_chi2": each.facts.mean_chi2,
        **{name: by_trait.at[each.trait, other] if has_regression else np.nan for name, other in names.items()},
        "n_max": each.facts.n_max,
      }
    )
  return pd.DataFrame(rows)


def _hits(everything: Sequence[Tested], clumped: Sequence[Loci], settings: LociSpec) -> pd.DataFrame:
  parts = [own.hits.assign(**_name(each)) for each, own in zip(everything, clumped, strict=True)]
  return _mark(pd.concat(parts, ignore_index=True), settings)


def _mark(table: pd.DataFrame, settings: LociSpec) -> pd.DataFrame:
  return table.assign(is_corrected=(table["neg_log10_p"] > corrected_neg_log10_p(settings)).astype(int))


def _leads(
  everything: Sequence[Tested],
  clumped: Sequence[Loci],
  traits: pd.DataFrame,
  near: Neighbourhoods,
  settings: LociSpec,
) -> pd.DataFrame:
  """Returns schema loci without genes."""
  by_name = {row["trait"]: row for row in traits.to_dict("records")}
  parts = []
  for each, own in zip(everything, clumped, strict=True):
    trait = by_name[each.trait]
    effects = zip(*(own.leads[name] for name in ("beta", "effect_allele", "chromosome")), strict=True)
    words = [directions.describe(beta, allele, str(chromosome), trait) for beta, allele, chromosome in effects]
    about = {name: trait[name] for name in ("dimension", "stratum", "unit")}
    parts.append(own.leads.assign(**_name(each), **about, direction=np.array(words, object)))
  leads = shared.number(_mark(pd.concat(parts, ignore_index=True), settings), near, settings)
  if num := int((leads["clump_by"] == loci.BY_DISTANCE).sum()):
    logging.warning("LOCI BY DISTANCE: %d of %d lead variants have no genotypes (column clump_reason)", num, len(leads))
  return leads


def _look_around(
  everything: Sequence[Tested], leads: pd.DataFrame, near: Neighbourhoods, settings: LociSpec
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
  """Returns schemas loci_lead_ld, loci_fine_mapping and loci_credible_sets."""
  ld, mapped, sets = [], [], []
  by_name = {(each.trait, each.source): each for each in everything}
  with progress.track("fine-mapping", len(leads), "loci") as advance:
    for key, group in leads.groupby(["trait", "source"], sort=False):
      regions = statistics.surround(group, settings.region_bp)
      rows = statistics.read_regions(by_name[key].path, regions)
      for _, lead in group.iterrows():
        place = {name: lead[name] for name in ("trait", "source", "locus")}
        around = window.make(lead, rows, near, settings.region_bp)
        columns = around.rows[["variant", "rsid", "chromosome", "position_bp"]]
        ld.append(columns.assign(**place, r2=around.r2_with_lead()))
        if settings.fine_mapping.is_run:
          others = group[(group["chromosome"] == lead["chromosome"]) & (group["locus"] != lead["locus"])]
          result = fine_mapping.run(around, others["position_bp"].to_numpy(np.int64), settings.fine_mapping)
          mapped.append(place | result.row)
          sets += [place | row for row in result.sets]
        advance()
  return pd.concat([pd.DataFrame(), *ld], ignore_index=True), pd.DataFrame(mapped), pd.DataFrame(sets)
