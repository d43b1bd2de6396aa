"""How well ages are predicted in groups of people, and beside the literature."""

import dataclasses

import pandas as pd

from msk_jax.predictions import model_names
from msk_jax.published import reader
from msk_jax.report import representatives
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source, optional
from msk_jax.schemas import age_tables, performance_tables, report_tables

_STATISTICS = {"r2": "r2_sd_bootstrap", "rmse": "rmse_sd_bootstrap"}


def _make(data: Data) -> Content:
  return Content(
    tables=(
      SiteTable(
        "performance_groups",
        "Age prediction performance by group",
        "A row per model, sample definition and group (by fold, sex, band of age, ethnicity, centre): people and "
        "scores on test folds. Groups of fewer than five people are left out, with others beside which they could "
        "be counted; groups of fewer than thirty have no scores.",
        data["groups"],
        performance_tables.GROUPS,
      ),
      SiteTable(
        "literature",
        "Age prediction beside the literature",
        "A row per dimension, score and author: this study, the paper, and the best earlier predictor that the paper "
        "names. The text of the paper gives few numbers of others; where it has none, none is shown.",
        compare(
          data.tables["performance"] if data.is_comparable else None, data.tables["dimensions"], data.tables["best"]
        ),
        report_tables.LITERATURE,
      ),
    )
  )


def compare(
  performance: pd.DataFrame | None, ages: pd.DataFrame | None = None, best: pd.DataFrame | None = None
) -> pd.DataFrame:
  """Returns this study's scores beside the paper's and the literature's: schema report_literature.

  Args:
    performance: schema performance, or None.
    ages: schema ages_dimensions, or None: says which model stands for a dimension.
    best: schema best_models, or None: says so without ages.
  """
  published = reader.literature()
  rows = [
    {"dimension": dimension, "whose": whose, "statistic": statistic, **dataclasses.asdict(each)}
    for (dimension, whose, statistic), each in published.items()
  ]
  if performance is not None:
    scores = performance[performance["product"] == "sample"].set_index("model")
    dimensions = {dimension for dimension, _, _ in published}
    for model in representatives.choose("sample", list(map(str, scores.index)), ages, best):
      dimension = model_names.dimension(model)
      rows += [
        {
          "dimension": dimension,
          "statistic": statistic,
          "whose": "here",
          "value": scores.at[model, statistic],
          "sd": scores.at[model, sd],
          "claim": f"{model_names.label(model)}, per sample",
          "source": "performance/performance.parquet",
        }
        for statistic, sd in _STATISTICS.items()
        if dimension in dimensions
      ]
  schema = report_tables.LITERATURE
  table = pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)
  places = {name: number for number, name in enumerate(model_names.in_order(table["dimension"].unique()))}
  whose = {"here": 0, "paper": 1, "literature": 2}
  order = table.assign(_dimension=table["dimension"].map(places), _whose=table["whose"].map(whose))
  return order.sort_values(["_dimension", "statistic", "_whose"], ignore_index=True)[list(schema.columns)]


PAGE = Page(
  name="performance_groups",
  title="Performance by group, and beside the literature",
  menu="By group; literature",
  group=Group.AGE,
  order=1,
  about=(
    "Is age predicted equally well for women and men, for the young and the old, for people of each ethnicity and "
    "centre? And does it depend on which fold of the people was tested?",
    "Within a narrow band of age R² is low everywhere, as there is little to explain: compare errors in years. The "
    "mean error shows the bias: above zero people of a group are taken for older than they are.",
    "Groups of fewer than five people are not shown, and those of fewer than thirty have no scores.",
  ),
  make=_make,
  sources={
    "groups": Source("evaluate", "performance", "groups", performance_tables.GROUPS),
    "performance": optional("evaluate", "performance", "performance", performance_tables.PERFORMANCE),
    "best": optional("evaluate", "performance", "best", performance_tables.BEST, is_announced=False),
    "dimensions": optional("ages", "ages", "dimensions", age_tables.DIMENSIONS, is_announced=False),
  },
)
