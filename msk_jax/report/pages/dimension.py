"""A dimension with all that is known of it: models, ages, correlations, genes, variables, pictures."""

import pathlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from msk_jax.io import tables
from msk_jax.predictions import model_names
from msk_jax.report import accelerations, representatives
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source, optional
from msk_jax.schemas import age_tables, performance_tables, report_tables


def _make(data: Data) -> Content:
  summary, dimensions = data.tables["summary"], data.tables["dimensions"]
  facts = {"stands_for": _stand_ins(data.tables["performance"], dimensions, data.tables["best"])}
  if summary is None or dimensions is None:
    return Content(facts=facts)
  counted, spreads = _count(dimensions, data.files["people"])
  return Content(
    facts=facts | {"sd_years": spreads},
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
        "A row per dimension, sample definition and bin of accelerated ageing, in SDs from the mean and in years: how "
        "many people. "
        "Bins of fewer than five people are joined with the next one.",
        counted,
        report_tables.ACCELERATIONS,
      ),
    ),
  )


def _stand_ins(
  performance: pd.DataFrame | None, dimensions: pd.DataFrame | None, best: pd.DataFrame | None
) -> dict[str, list[dict[str, str]]]:
  """Returns dimension to the model with scores that stands for it, by product."""
  chosen: dict[str, list[dict[str, str]]] = {}
  for product, rows in [] if performance is None else performance.groupby("product", sort=False):
    for name in representatives.choose(str(product), list(map(str, rows["model"])), dimensions, best):
      chosen.setdefault(model_names.dimension(name), []).append({"product": str(product), "model": name})
  return chosen


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


def _count(
  dimensions: pd.DataFrame, paths: Sequence[pathlib.Path]
) -> tuple[pd.DataFrame, dict[str, list[dict[str, Any]]]]:
  """Returns people by accelerated ageing of the model that stands for each dimension, and their SDs in years.

  The table has the schema report_accelerations; the SDs are by dimension, each with its product.
  """
  schema = report_tables.ACCELERATIONS
  parts = [pd.DataFrame(columns=list(schema.columns))]
  spreads: dict[str, list[dict[str, Any]]] = {}
  for product, dimension, model in dimensions[["product", "dimension", "model"]].itertuples(index=False):
    for path in (path for path in paths if path.as_posix().endswith(f"/{product}/{model}.parquet")):
      ages = tables.read(path, age_tables.AGES, ["eid", "acceleration_years"])
      counted = accelerations.count(product, model, dimension, ages)
      parts.append(counted.table)
      if counted.sd_years is not None:
        spreads.setdefault(dimension, []).append({"product": product, "years": float(f"{counted.sd_years:.4g}")})
  joined = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
  return joined.astype(schema.dtypes), spreads


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
    "performance": optional(
      "evaluate", "performance", "performance", performance_tables.PERFORMANCE, is_announced=False
    ),
    "best": optional("evaluate", "performance", "best", performance_tables.BEST, is_announced=False),
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
    "attention_registration",
    "importances",
  ),
)
