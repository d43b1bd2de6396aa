"""Heritability of accelerated ageing beside the published one, and the paper's Table 1."""

import pandas as pd

from msk_jax.disclosure import variants
from msk_jax.report.sections import Content, Data, Group, Page, PapersOnly, SiteTable, Source
from msk_jax.schemas import genetics_tables, release_tables, report_genetics_tables


def _make(data: Data) -> Content:
  tables = [
    SiteTable(
      "heritability",
      "Heritability of accelerated ageing",
      "A row per trait: the share of its differences between people that goes with the genotyped variants, by a mixed "
      "model and by LD-score regression.",
      describe(data["heritability"], data["traits"], data.tables["regression"]),
      report_genetics_tables.HERITABILITY,
    )
  ]
  if (table_1 := data.tables["table_1"]) is not None:
    about = (
      "The paper's Table 1 with the numbers of this study beside: people, associated variants (p < 5e-8), loci, genes, "
      "heritability and R² of the age prediction. The paper counts array variants."
    )
    table_1 = table_1.assign(
      n=pd.Series(variants.round_people(table_1["n"].fillna(0)), dtype="Int64").mask(table_1["n"].isna())
    )
    tables.append(SiteTable("table_1", "The paper's Table 1", about, table_1, release_tables.TABLE_1))
  return Content(tables=tables)


def describe(heritability: pd.DataFrame, traits: pd.DataFrame, regression: pd.DataFrame | None) -> pd.DataFrame:
  """Returns heritabilities with those of LD-score regression beside: schema report_heritability.

  Args:
    heritability: schema gwas_heritability.
    traits: schema gwas_traits.
    regression: schema gwas_ld_score_regression, or None.
  """
  schema = report_genetics_tables.HERITABILITY
  table = heritability.merge(traits[["trait", "dimension", "stratum"]], on="trait", how="left")
  if regression is not None:
    names = {"h2": "ldsc_h2", "h2_se": "ldsc_h2_se"}
    table = table.merge(regression[["trait", *names]].rename(columns=names), on="trait", how="left")
  table["n"] = variants.round_people(table["n"])
  table = table.reindex(columns=list(schema.columns))
  texts = {name: table[name].astype("string").fillna("") for name in ("dimension", "stratum")}
  return table.assign(**texts).astype(schema.dtypes)


PAGE = Page(
  name="heritability",
  title="Heritability and Table 1",
  menu="Heritability",
  group=Group.GENETICS,
  order=2,
  about=(
    "How much of the differences in accelerated ageing between people goes with their genes? Heritability of "
    "0.3: three "
    "tenths of it, as far as the genotyped variants tell.",
    "Bars show one standard error each way. LD-score regression is a second estimate from the summary statistics "
    "alone; it needs many people and is uncertain with few.",
    PapersOnly("Diamonds are the published values."),
  ),
  make=_make,
  sources={
    "heritability": Source("gwas", "gwas", "heritability", genetics_tables.HERITABILITY),
    "traits": Source("gwas", "gwas", "traits", genetics_tables.TRAITS),
    "regression": Source("gwas", "gwas", "ld_score_regression", genetics_tables.LD_SCORE_REGRESSION, is_optional=True),
    "table_1": Source("release", "release", "table_1", release_tables.TABLE_1, is_optional=True),
  },
)
