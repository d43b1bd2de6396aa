"""Correlations of accelerated ageing between all models, in three orders."""

import itertools

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial import distance

from msk_jax.disclosure import variants
from msk_jax.predictions import model_names
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source, optional
from msk_jax.schemas import age_tables, performance_tables, report_tables

_FEWEST_SAMPLES = 20  # five people with four visits each


def _make(data: Data) -> Content:
  pairs = publishable(data["correlations"])
  return Content(
    tables=(
      SiteTable(
        "correlations",
        "Correlations of accelerated ageing",
        "A row per pair of models and sample definition: Pearson's r with its SD by bootstrap. Numbers of samples are "
        "rounded down to a multiple of five; pairs of fewer than 20 samples have no result.",
        pairs,
        report_tables.CORRELATIONS,
      ),
      SiteTable(
        "model_orders",
        "Orders of the models",
        "A row per model and sample definition: its place in the hierarchy, by clustering of the correlations, and by "
        "R².",
        order(pairs, data.tables["performance"], data.tables["dimensions"]),
        report_tables.MODEL_ORDERS,
      ),
    )
  )


def publishable(correlations: pd.DataFrame) -> pd.DataFrame:
  """Returns correlations as they may leave: schema report_correlations.

  Two pairs differ by few samples, so their numbers are rounded down; from fewer than 20 samples nothing is shown.

  Args:
    correlations: schema acceleration_correlations.
  """
  table = correlations.rename(columns={"n": "num_samples"})
  is_few = table["num_samples"] < _FEWEST_SAMPLES
  rounded = pd.Series(variants.round_people(table["num_samples"]), table.index, dtype="Int64")
  hidden = {name: table[name].mask(is_few) for name in ("r", "sd")}
  return table.assign(num_samples=rounded.mask(is_few), **hidden)


def order(
  pairs: pd.DataFrame, performance: pd.DataFrame | None, dimensions: pd.DataFrame | None = None
) -> pd.DataFrame:
  """Returns the places of all models: schema report_model_orders.

  Args:
    pairs: schema report_correlations.
    performance: schema performance, or None: then there is no order by R2.
    dimensions: schema ages_dimensions: the model that stands for each dimension; None: ensembles alone do.
  """
  parts = []
  for product, rows in pairs.groupby("product", sort=False):
    models = model_names.in_order({*rows["model_1"], *rows["model_2"]})
    shown = (
      {} if performance is None else performance[performance["product"] == product].set_index("model")["r2"].to_dict()
    )
    by_r2 = sorted(
      (model for model in models if np.isfinite(shown.get(model, np.nan))), key=lambda model: -shown[model]
    )
    clustered = _cluster(models, rows)
    own = None if dimensions is None else set(dimensions.loc[dimensions["product"] == product, "model"])
    parts.append(
      pd.DataFrame(
        {
          "product": product,
          "model": models,
          "label": list(map(model_names.label, models)),
          "dimension": list(map(model_names.dimension, models)),
          "is_dimension": [
            "yes" if (model_names.is_dimension(model) if own is None else model in own) else "no" for model in models
          ],
          "hierarchy": range(1, len(models) + 1),
          "clustering": _places(models, clustered),
          "r2": _places(models, by_r2),
        }
      )
    )
  if not parts:  # one model has no pairs
    schema = report_tables.MODEL_ORDERS
    return pd.DataFrame(columns=list(schema.columns)).astype(schema.dtypes)
  return pd.concat(parts, ignore_index=True)


def _cluster(models: list[str], rows: pd.DataFrame) -> list[str]:
  """Returns the models in the order of the leaves of a tree by average linkage of 1 - r, near ones side by side.

  Pairs without a correlation count as uncorrelated.
  """
  if len(models) < 3:
    return models
  place = {model: number for number, model in enumerate(models)}
  apart = np.ones((len(models), len(models)))
  first, second = (rows[name].map(place).to_numpy() for name in ("model_1", "model_2"))
  apart[first, second] = apart[second, first] = np.clip(1 - rows["r"].fillna(0.0), 0.0, 2.0)
  np.fill_diagonal(apart, 0.0)
  tree = hierarchy.linkage(distance.squareform(apart), "average", optimal_ordering=True)
  return [models[leaf] for leaf in hierarchy.leaves_list(tree)]


def _places(models: list[str], ordered: list[str]) -> pd.Series:
  """Returns each model's place in an order, from 1; missing for those that are not in it."""
  place = dict(zip(ordered, itertools.count(1), strict=False))
  return pd.Series([place.get(model) for model in models], dtype="Int64")


PAGE = Page(
  name="correlations",
  title="Correlations of accelerated ageing",
  menu="Phenotypic",
  group=Group.CORRELATIONS,
  order=0,
  about=(
    "Do people whose knees age fast also have a spine that ages fast? Each cell is the correlation of accelerated "
    "ageing between two models: 1 if they agree in everybody, 0 if one says nothing of the other.",
    "Accelerated ageing is the predicted minus the actual age after correction of the bias. A person's models may "
    "share their errors, above all those of the same pictures.",
    "Orders: by the hierarchy of models; by clustering, which puts models side by side that agree; by R², the best "
    "first.",
  ),
  make=_make,
  sources={
    "correlations": Source("ages", "ages", "correlations", age_tables.CORRELATIONS),
    "performance": Source("evaluate", "performance", "performance", performance_tables.PERFORMANCE, is_optional=True),
    "dimensions": optional("ages", "ages", "dimensions", age_tables.DIMENSIONS),
  },
)
