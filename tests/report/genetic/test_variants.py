"""Variants of the site: none is rare, nothing says how few people differ."""

import numpy as np
import pandas as pd

from msk_jax.report.genetic import regions, variants
from msk_jax.schemas import report_genetics_tables
from tests.report import genetic_study


def _table(**columns) -> pd.DataFrame:
  usual = {
    "chromosome": "1",
    "position_bp": 12_345_678,
    "effect_allele_frequency": 0.3,
    "n": 1_233,
    "rsid": "rs900000001",
    "neg_log10_p": 8.0,
  }
  return pd.DataFrame({name: columns.get(name, value) for name, value in usual.items()}, index=range(3))


def test_rare_alleles_are_left_out_and_numbers_rounded():
  table = variants.make_shareable(_table(effect_allele_frequency=[0.3, 0.001, 0.999]))
  assert len(table) == 1
  assert table["n"].tolist() == [1_230] and table["effect_allele_percent"].tolist() == [30]
  assert table["position_mb"].tolist() == [12.345678]


def test_only_rs_numbers_are_names():
  table = variants.make_shareable(_table(rsid=["rs12", "1:900000001_A_T", ""]))
  assert table["rsid"].tolist()[0] == "rs12" and table["rsid"].isna().tolist() == [False, True, True]


def test_of_many_hits_the_strongest_of_each_stretch_are_chosen():
  rng = np.random.default_rng(0)
  hits = pd.DataFrame(
    {"chromosome": "1", "position_bp": np.arange(1_000) * 10_000, "neg_log10_p": 8 + rng.exponential(5, 1_000)}
  )
  chosen = variants.choose_hits(hits, 10, 1_000_000)
  assert len(chosen) == 10
  best = hits.groupby(hits["position_bp"] // 1_000_000)["neg_log10_p"].idxmax()
  assert sorted(chosen.index) == sorted(best)
  assert variants.choose_hits(hits, 1_000, 1_000_000) is hits


def test_only_the_strongest_loci_have_a_region(monkeypatch):
  monkeypatch.setattr(regions, "_MOST", 1)
  loci = pd.DataFrame({"trait": ["a", "a", "b"], "source": "array", "neg_log10_p": [8.0, 9.0, 8.0]})
  number = regions.number_loci(loci)
  assert number.isna().tolist() == [True, False, False] and number.dropna().tolist() == [1, 2]


def test_a_region_keeps_the_lead_and_leaves_out_rare_alleles(tmp_path):
  from msk_jax.io import tables
  from msk_jax.report.pages import loci as page
  from msk_jax.report.sections import Data
  from msk_jax.schemas import genetics_tables, loci_tables

  genetic_study.write_gwas(tmp_path / "gwas")
  genetic_study.write_loci(tmp_path / "loci")
  names = ("loci", "lead_ld", "fine_mapping", "credible_sets", "sex_differences")
  schemas = (
    loci_tables.LOCI,
    loci_tables.LEAD_LD,
    loci_tables.FINE_MAPPING,
    loci_tables.CREDIBLE_SETS,
    loci_tables.SEX_DIFFERENCES,
  )
  held = {
    name: tables.read(tmp_path / "loci" / f"{name}.parquet", schema)
    for name, schema in zip(names, schemas, strict=True)
  }
  paths = sorted((tmp_path / "gwas").glob("summary_statistics/*/*.parquet"))
  made = {
    each.name: each.table for each in page.PAGE.make(Data(held, is_drawn=True, files={"statistics": paths})).tables
  }
  region = made["gwas_region_1"]
  assert genetic_study.RSID in set(region["rsid"].dropna())
  lead = region[region["rsid"] == genetic_study.RSID].iloc[0]
  assert lead["credible_set"] == 1 and lead["pip"] == 0.97 and lead["r2"] == 0.7
  own = genetic_study.statistics("knee", "array")
  rare = own[(own["effect_allele_frequency"] < 0.01)]["rsid"].item()
  assert rare not in set(region["rsid"].dropna())
  assert set(made["gwas_region_genes"]["gene"]) >= {genetic_study.GENE}
  loci = made["gwas_loci"]
  assert len(loci) == 2 and loci["num_candidates"].tolist() == [1, 1] and loci["beta_female"].tolist() == [0.5, 0.5]
  genes = made["gwas_genes"].set_index("gene")
  assert genes.loc[genetic_study.GENE, "num_loci"] == 2 and genes.loc[genetic_study.GENE, "traits"] == "knee"
  assert genetics_tables.TRAITS and set(loci.columns) == set(report_genetics_tables.LOCI.columns)
