"""A dimension with all that is known of it: models, ages, correlations, genes, variables, pictures."""

import pathlib
from collections.abc import Sequence

import pandas as pd

from msk_jax.io import tables
from msk_jax.report import accelerations
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source, optional
from msk_jax.schemas import age_tables, report_tables


def _make(data: Data) -> Content:
  summary, dimensions = data.tables["summary"], data.tables["dimensions"]
  if summary is None or dimensions is None:
    return Content()
  return Content(
    tables=(
      SiteTable(
        "ages",
        "How biological ages came about",
        "A row per model and sample definition: the line of predicted less actual age that is taken out, and the SD of "
        "what is left, accelerated ageing.",
        describe(summary, dimensions),
        report_tables.AGES,
      ),
      SiteTable(
        "accelerations",
        "People by accelerated ageing",
        "A row per dimension, sample definition and bin of accelerated ageing, in SDs and in years: how many people. "
        "Bins of fewer than five people are joined with the next one.",
        _count(dimensions, data.files["people"]),
        report_tables.ACCELERATIONS,
      ),
    )
  )


def describe(summary: pd.DataFrame, dimensions: pd.DataFrame) -> pd.DataFrame:
  """Returns how ages came about: schema report_ages.

  Args:
    summary: schema ages_summary.
    dimensions: schema ages_dimensions.
  """
  schema = report_tables.AGES
  stands = dimensions.set_index(["product", "model"])["dimension"].to_dict()
  keys = zip(summary["product"], summary["model"], strict=True)
  return summary.assign(stands_for=[stands.get(key, "") for key in keys])[list(schema.columns)].astype(schema.dtypes)


def _count(dimensions: pd.DataFrame, paths: Sequence[pathlib.Path]) -> pd.DataFrame:
  """Returns people by accelerated ageing of the model that stands for each dimension: schema report_accelerations."""
  schema = report_tables.ACCELERATIONS
  parts = [pd.DataFrame(columns=list(schema.columns))]
  for product, dimension, model in dimensions[["product", "dimension", "model"]].itertuples(index=False):
    for path in (path for path in paths if path.as_posix().endswith(f"/{product}/{model}.parquet")):
      ages = tables.read(path, age_tables.AGES, ["eid", "acceleration_years"])
      parts.append(accelerations.count(product, dimension, ages))
  return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True).astype(schema.dtypes)


PAGE = Page(
  name="dimension",
  title="One dimension of ageing",
  menu="One dimension",
  group=Group.START,
  order=2,
  about=(
    "All that this study knows of one part of the body: how well its age is predicted, how its ages came about and how "
    "far people differ, what it has in common with the other parts, which genes and which variables go with it, and "
    "where the networks look.",
    "Each part leads to the page that shows it in full.",
  ),
  make=_make,
  sources={
    "summary": optional("ages", "ages", "summary", age_tables.SUMMARY),
    "dimensions": optional("ages", "ages", "dimensions", age_tables.DIMENSIONS),
    "people": Source("ages", "ages", "*/**/*.parquet", age_tables.AGES, is_optional=True),
  },
  uses=(
    "performance",
    "performance_groups",
    "correlations",
    "model_orders",
    "genetic_correlations",
    "xwas_similarity",
    "xwas_prediction_similarity",
    "xwas_associations",
    "xwas_prediction_scores",
    "heritability",
    "gwas_results",
    "gwas_loci",
    "attention",
    "importances",
  ),
)
