"""The explorer of the XWAS: every variable's association with each dimension."""

from urllib import parse

import pandas as pd

from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source, part_of
from msk_jax.schemas import association_tables, report_tables

_ALL = association_tables.ASSOCIATIONS
_SCHEMA = part_of(
  _ALL,
  [
    "dimension",
    "variable",
    "label",
    "main_category",
    "category",
    "kind",
    "num_samples",
    "num_people",
    "num_people_rarer",
    "r",
    "effect_per_sd_years",
    "effect_per_sd_se_years",
    "neg_log10_p",
    "neg_log10_p_bonferroni",
    "neg_log10_q",
    "circular",
    "reason",
  ],
)


def _make(data: Data) -> Content:
  table = data["associations"]
  about = (
    "A row per dimension and variable: partial correlation with accelerated ageing over the variable's complete cases, "
    "with age, sex and ethnicity held constant. Effects are positive for faster ageing."
  )
  return Content(
    tables=(SiteTable("xwas_associations", "Associations with accelerated ageing", about, table, _SCHEMA),),
    search=_search(table),
  )


def _search(table: pd.DataFrame) -> pd.DataFrame:
  """Returns each variable once, with the address that shows it in all dimensions: schema report_search."""
  variables = table.drop_duplicates("variable")
  words = variables["main_category"] + ", " + variables["category"]
  return pd.DataFrame(
    {
      "kind": "variable",
      "label": variables["label"].where(variables["label"] != "", variables["variable"]),
      "detail": words.str.replace("_", " "),
      "route": "#/xwas?variable=" + variables["variable"].map(parse.quote),
    },
    columns=list(report_tables.SEARCH.columns),
  )


PAGE = Page(
  name="xwas",
  title="Variables and accelerated ageing",
  menu="Explorer of variables",
  group=Group.EXPOSURES,
  order=0,
  about=(
    "What goes with accelerated ageing? Each variable (a measurement, an answer, a diagnosis) was compared with it in "
    "each dimension. r is their correlation among people of one age, sex and ethnicity.",
    "An effect above zero: people with more of it look older than they are. It does not say that one causes the other.",
    "Thousands of variables are tried, so some seem to matter by chance. The p value by Bonferroni counts all that "
    "were tried; the false discovery rate is the share of errors among all that look as strong.",
    "Variables that a model had as input are marked as circular: they do not count.",
  ),
  make=_make,
  sources={"associations": Source("xwas", "xwas/associations", "associations", _ALL)},
)
