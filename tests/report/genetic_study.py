"""What the stages gwas, loci and release leave, with numbers that are known: for `study.write`."""

import math
import pathlib
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.genome import chromosomes
from msk_jax.io import tables
from msk_jax.schemas import (
  genetics_tables,
  loci_tables,
  release_tables,
)

DIMENSIONS = ("general", "spine", "knee")
SOURCES = ("array", "imputed")
NUM_VARIANTS = 3_000
GENE, RSID = "POLD3", "rs900004487"
LEAD_BP = 74_283_793
PEOPLE = 1_233


def row(schema: tables.Schema, **values: Any) -> dict[str, Any]:
  """Returns a row of a schema; what is not given is missing, empty or 0."""
  usual = {"string": "", "float64": math.nan, "Int64": pd.NA}
  return {name: values.get(name, usual.get(column.dtype, 0)) for name, column in schema.columns.items()}


def statistics(trait: str, source: str) -> pd.DataFrame:
  """Schema gwas_summary_statistics: noise, and on chromosome 11 a locus of 40 hits around the lead, for the knee alone.

  One of the hits is of a rare allele.
  """
  rng = np.random.default_rng([DIMENSIONS.index(trait), SOURCES.index(source)])
  names = list(chromosomes.AUTOSOMES)
  number = np.sort(rng.integers(0, len(names), NUM_VARIANTS))
  lengths = np.array([chromosomes.LENGTHS_BP["GRCh37"][name] for name in names])
  position = (rng.random(NUM_VARIANTS) * lengths[number]).astype(int) + 1
  table = pd.DataFrame(
    {"number": number, "position_bp": position, "neg_log10_p": rng.exponential(1 / math.log(10), NUM_VARIANTS)}
  )
  if trait == "knee":
    near = LEAD_BP + np.arange(-20, 21) * 5_000
    high = pd.DataFrame({"number": 10, "position_bp": near, "neg_log10_p": 12.0 - 0.1 * np.abs(np.arange(-20, 21))})
    table = pd.concat([table, high], ignore_index=True)
  table = table.drop_duplicates(["number", "position_bp"]).sort_values(["number", "position_bp"], ignore_index=True)
  n = len(table)
  frequency = np.full(n, 0.3)
  frequency[table["position_bp"] == LEAD_BP + 5_000] = 0.001
  table = table.assign(
    chromosome=np.array(names)[table["number"]],
    effect_allele="T",
    other_allele="G",
    effect_allele_frequency=frequency,
    beta=rng.normal(0, 0.1, n),
    se=0.1,
    n=PEOPLE,
    info=0.9 if source == "imputed" else math.nan,
    rsid=[RSID if at == LEAD_BP else f"rs{900_010_000 + place}" for place, at in enumerate(table["position_bp"])],
  )
  table["variant"] = table["chromosome"] + ":" + table["position_bp"].astype(str) + ":G:T"
  table["neg_log10_p_infinitesimal"] = table["neg_log10_p"]
  schema = genetics_tables.SUMMARY_STATISTICS
  return table.reindex(columns=list(schema.columns)).astype(schema.dtypes)


def write_gwas(folder: pathlib.Path) -> None:
  """Writes what `gwas` leaves."""
  traits, heritability, regression = [], [], []
  for place, trait in enumerate(DIMENSIONS):
    traits.append(
      row(genetics_tables.TRAITS, trait=trait, dimension=trait, model=trait, stratum="all", unit="years", n=PEOPLE)
    )
    heritability.append(
      row(
        genetics_tables.HERITABILITY,
        trait=trait,
        h2=0.3 + 0.05 * place,
        h2_se=0.05,
        n=PEOPLE,
        published_h2=0.25,
        published_h2_se=0.02,
        engine="bolt",
      )
    )
    regression.append(row(genetics_tables.LD_SCORE_REGRESSION, trait=trait, h2=0.2, h2_se=0.1))
    for source in SOURCES:
      about = {
        "trait": trait,
        "source": source,
        "build": "GRCh37",
        "engine": "bolt",
        "engine_version": "2.5",
        "p_value": "P",
      }
      path = folder / "summary_statistics" / trait / f"{source}.parquet"
      tables.write(path, statistics(trait, source), genetics_tables.SUMMARY_STATISTICS, about)
  pairs = [
    row(
      genetics_tables.GENETIC_CORRELATIONS,
      trait_1=first,
      trait_2=second,
      rg=0.5,
      rg_se=0.1,
      n=PEOPLE,
      published_rg=0.4,
      residual_correlation=0.3,
      residual_correlation_se=0.05,
      engine="bolt",
    )
    for first, second in pairs_of_dimensions()
  ]
  other = [
    row(genetics_tables.LD_SCORE_CORRELATIONS, trait=second, other=first, other_kind="trait", rg=0.6, rg_se=0.2)
    for first, second in pairs_of_dimensions()
  ]
  write_rows(folder, "traits", traits, genetics_tables.TRAITS)
  write_rows(folder, "heritability", heritability, genetics_tables.HERITABILITY)
  write_rows(folder, "ld_score_regression", regression, genetics_tables.LD_SCORE_REGRESSION)
  write_rows(folder, "genetic_correlations", pairs, genetics_tables.GENETIC_CORRELATIONS)
  write_rows(folder, "ld_score_correlations", other, genetics_tables.LD_SCORE_CORRELATIONS)


def write_loci(folder: pathlib.Path) -> None:
  """Writes what `loci` leaves: a locus of the knee in both sources, of the gene `GENE`."""
  loci, hits, fine, sets, sexes, ld, inflation = [], [], [], [], [], [], []
  for trait in DIMENSIONS:
    for source in SOURCES:
      own = statistics(trait, source)
      own = own[own["neg_log10_p"] > 7.301].assign(
        trait=trait,
        source=source,
        build="GRCh37",
        locus=1,
        genes=GENE,
        relation="overlapping",
        engine_p="p",
        r2_with_lead=0.8,
      )
      hits += own.to_dict("records")
      key = {"trait": trait, "source": source, "locus": 1}
      inflation.append(
        row(
          loci_tables.INFLATION,
          **key,
          build="GRCh37",
          num_variants=NUM_VARIANTS,
          num_hits=len(own),
          num_loci=int(len(own) > 0),
          lambda_gc=1.01,
          mean_chi2=1.02,
          ldsc_intercept=1.0,
          ldsc_intercept_se=0.01,
          n_max=PEOPLE,
        )
      )
      for lead in own[own["rsid"] == RSID].to_dict("records"):
        more = {
          "dimension": trait,
          "stratum": "all",
          "unit": "years",
          "start_bp": LEAD_BP - 90_000,
          "end_bp": LEAD_BP + 90_000,
        }
        loci.append(
          row(loci_tables.LOCI, **lead | more, direction="each copy of T: ages faster", num_variants=41, shared_locus=1)
        )
        place = {name: lead[name] for name in ("variant", "rsid", "chromosome", "position_bp")}
        fine.append(row(loci_tables.FINE_MAPPING, **key, num_sets=1, num_people=PEOPLE, reason=""))
        sets.append(row(loci_tables.CREDIBLE_SETS, **key, **place, credible_set=1, pip=0.97, is_lead=1, num_variants=1))
        sexes.append(
          row(
            loci_tables.SEX_DIFFERENCES,
            **key,
            **place,
            beta_female=0.5,
            se_female=0.1,
            n_female=618,
            beta_male=0.4,
            se_male=0.1,
            n_male=609,
            difference=0.1,
            difference_se=0.14,
            difference_neg_log10_p=0.3,
            method="strata",
          )
        )
        ld += [
          row(loci_tables.LEAD_LD, **key, **{name: each[name] for name in place}, r2=0.7)
          for each in own.to_dict("records")
        ]
  write_rows(folder, "loci", loci, loci_tables.LOCI)
  write_rows(folder, "hits", [row(loci_tables.HITS, **each) for each in hits], loci_tables.HITS)
  write_rows(folder, "fine_mapping", fine, loci_tables.FINE_MAPPING)
  write_rows(folder, "credible_sets", sets, loci_tables.CREDIBLE_SETS)
  write_rows(folder, "sex_differences", sexes, loci_tables.SEX_DIFFERENCES)
  write_rows(folder, "lead_ld", ld, loci_tables.LEAD_LD)
  write_rows(folder, "inflation", inflation, loci_tables.INFLATION)


def write_release(folder: pathlib.Path) -> None:
  """Writes the tables of `release` that the site shows."""
  files = [
    row(release_tables.FILES, trait=name, source=source, num_written=NUM_VARIANTS)
    for name in DIMENSIONS
    for source in SOURCES
  ]
  write_rows(folder, "files", files, release_tables.FILES)
  table_1 = [
    row(
      release_tables.TABLE_1,
      dimension=name,
      trait=name,
      build="GRCh37",
      n=PEOPLE,
      num_snps_array=8,
      num_genes_array=7,
      h2=0.3,
      h2_se=0.05,
      r2=0.7,
      published_n=36_727.0,
      published_num_snps=12.0,
      published_num_genes=6.0,
      published_h2=0.253,
    )
    for name in DIMENSIONS
  ]
  prose = [
    row(
      release_tables.PROSE_NUMBERS,
      name="mean genetic correlation",
      statistic="mean_genetic",
      models="spine knee",
      value=0.5,
      published_value=0.494,
      source="paper: Results",
    )
  ]
  named = [
    row(
      release_tables.NAMED_LOCI,
      dimension="knee",
      gene=name,
      trait="knee",
      source=source,
      status=status,
      neg_log10_p=9.0,
      num_variants=4,
      named_in="paper: Results",
    )
    for name, status in ((GENE, "significant"), ("WNT16", "not_significant"))
    for source in SOURCES
  ]
  write_rows(folder, "table_1", table_1, release_tables.TABLE_1)
  write_rows(folder, "prose_numbers", prose, release_tables.PROSE_NUMBERS)
  write_rows(folder, "named_loci", named, release_tables.NAMED_LOCI)


def pairs_of_dimensions() -> list[tuple[str, str]]:
  return [(first, second) for place, first in enumerate(DIMENSIONS) for second in DIMENSIONS[place + 1 :]]


def write_rows(folder: pathlib.Path, name: str, rows: list[dict[str, Any]], schema: tables.Schema) -> None:
  table = pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)
  tables.write(folder / f"{name}.parquet", table, schema)
