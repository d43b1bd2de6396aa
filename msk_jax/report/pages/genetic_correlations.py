"""Genetic correlations of accelerated ageing between dimensions."""

import numpy as np
import pandas as pd

from msk_jax.disclosure import variants
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import genetics_tables, report_genetics_tables


def _make(data: Data) -> Content:
  about = (
    "A row per pair of traits: genetic correlation by a mixed model, of the same people, and by LD-score regression; "
    "the residual correlation is what is left to the environment and to errors."
  )
  table = describe(data["pairs"], data.tables["regression"])
  schema = report_genetics_tables.GENETIC_CORRELATIONS
  return Content(tables=(SiteTable("genetic_correlations", "Genetic correlations", about, table, schema),))


def describe(correlations: pd.DataFrame, regression: pd.DataFrame | None) -> pd.DataFrame:
  """Returns genetic correlations with those of LD-score regression beside: schema report_genetic_correlations.

  Args:
    correlations: schema gwas_genetic_correlations.
    regression: schema gwas_ld_score_correlations, or None.
  """
  schema = report_genetics_tables.GENETIC_CORRELATIONS
  table = correlations.assign(n=_people(correlations["n"]), ldsc_rg=np.nan, ldsc_rg_se=np.nan)
  if regression is not None:
    own = regression[regression["other_kind"] == "trait"]
    known = {
      frozenset((trait, other)): (rg, error)
      for trait, other, rg, error in own[["trait", "other", "rg", "rg_se"]].itertuples(index=False)
    }
    pairs = zip(table["trait_1"], table["trait_2"], strict=True)
    both = [known.get(frozenset(pair), (np.nan, np.nan)) for pair in pairs]
    table[["ldsc_rg", "ldsc_rg_se"]] = np.array(both, float).reshape(-1, 2)
  return table[list(schema.columns)].astype(schema.dtypes)


def _people(counts: pd.Series) -> pd.Series:
  """Returns rounded numbers of people; missing for pairs that were not analysed."""
  return pd.Series(variants.round_people(counts), counts.index, dtype="Int64").mask(counts == 0)


PAGE = Page(
  name="genetic_correlations",
  title="Genetic correlations of accelerated ageing",
  menu="Genetic",
  group=Group.CORRELATIONS,
  order=1,
  about=(
    "Are the same genes behind fast ageing of the knees and of the spine? A genetic correlation of 1: the "
    "effects of all "
    "variants go together; 0: they have nothing to do with each other.",
    "They may lie beyond 1 by chance. With few people they are uncertain: look at the standard error.",
  ),
  make=_make,
  sources={
    "pairs": Source("gwas", "gwas", "genetic_correlations", genetics_tables.GENETIC_CORRELATIONS),
    "regression": Source(
      "gwas", "gwas", "ld_score_correlations", genetics_tables.LD_SCORE_CORRELATIONS, is_optional=True
    ),
  },
)
