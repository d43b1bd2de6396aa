"""Similarity of dimensions: do the same variables go with accelerated ageing in both?

Source: paper, Fig. S12, and the authors' scripts: per category, the correlation of two dimensions' partial correlations
over variables; averages leave out pairs of which one is part of the other. Variables circular in either dimension do
not count: no correlation is known of them, also not the 0 that stands for a missing one in a union.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from msk_jax.associations.summaries import levels
from msk_jax.predictions import model_names
from msk_jax.published import reader
from msk_jax.schemas import association_tables

SELECTIONS = ("all", "union", "intersection")
MEASURES = ("pearson", "spearman")
_FEWEST_VARIABLES = 3  # two variables always correlate by 1 or -1


def tabulate(
  associations: pd.DataFrame, dimensions: Sequence[str], models: Mapping[str, str], level: float
) -> pd.DataFrame:
  """Returns the correlations of partial correlations (schema xwas_similarity).

  Args:
    associations: schema xwas_associations.
    dimensions: in the order shown.
    models: dimension to its model; a dimension without one is related to none.
    level: of significance.
  """
  rows = []
  pairs = [
    (i, j, "yes" if is_related(models.get(dimensions[i], ""), models.get(dimensions[j], "")) else "no")
    for i, j in itertools.combinations(range(len(dimensions)), 2)
  ]
  for group in levels.split(associations):
    r, significant, circular = _by_dimension(group.rows, dimensions, level)
    for i, j, related in pairs:
      kept = ~circular[:, [i, j]].any(axis=1)
      for selection in SELECTIONS:
        values = _select(r[kept][:, [i, j]], significant[kept][:, [i, j]], selection)
        rows.append(
          {
            **group.names,
            "selection": selection,
            "dimension_1": dimensions[i],
            "dimension_2": dimensions[j],
            "num_variables": len(values),
            "pearson": correlate(values, "pearson"),
            "spearman": correlate(values, "spearman"),
            "is_related": related,
          }
        )
  return pd.DataFrame(rows, columns=list(association_tables.SIMILARITY.columns))


def is_related(first: str, second: str) -> bool:
  """Returns whether one model is part of the other, by their names; `general` holds all others."""
  if not first or not second:
    return False
  if model_names.GENERAL in (first, second):
    return True
  stems = [
    name.removesuffix(model_names.ENSEMBLE) if model_names.is_ensemble(name) else name for name in (first, second)
  ]
  return stems[0].startswith(stems[1]) or stems[1].startswith(stems[0])


def correlate(pairs: np.ndarray, measure: str) -> float:
  """Returns the correlation of two columns, float64 [n, 2]; NaN for fewer than three rows or a constant column."""
  if len(pairs) < _FEWEST_VARIABLES or (np.ptp(pairs, axis=0) == 0).any():
    return float("nan")
  ranked = stats.rankdata(pairs, axis=0) if measure == "spearman" else pairs
  return float(np.corrcoef(ranked, rowvar=False)[0, 1])


def _by_dimension(rows: pd.DataFrame, dimensions: Sequence[str], level: float) -> tuple[np.ndarray, ...]:
  """Returns partial correlations, and whether they are significant and circular; [variables, d] each.

  Partial correlations without a result or circular are NaN.
  """
  names = pd.Index(rows["variable"].unique())
  dimension_of = rows["dimension"].to_numpy()
  r = np.full((len(names), len(dimensions)), np.nan)
  significant, circular = np.zeros(r.shape, bool), np.zeros(r.shape, bool)
  for k, dimension in enumerate(dimensions):
    own = rows[dimension_of == dimension]
    place = names.get_indexer(pd.Index(own["variable"]))
    r[place, k] = np.where(own["is_counted"], own["r"].to_numpy(np.float64), np.nan)
    significant[place, k] = levels.is_significant(own, level)
    circular[place, k] = (own["circular"] != "").to_numpy(bool)
  return r, significant, circular


def _select(r: np.ndarray, significant: np.ndarray, selection: str) -> np.ndarray:
  """Returns the two partial correlations of the variables selected, float64 [n, 2]."""
  if selection == "all":
    return r[~np.isnan(r).any(axis=1)]
  if selection == "union":
    return np.nan_to_num(r[significant.any(axis=1)])
  return r[significant.all(axis=1)]


def average(similarity: pd.DataFrame) -> pd.DataFrame:
  """Returns means over unrelated pairs of dimensions (schema xwas_similarity_means).

  The published ones are per main category, by Pearson; the paper does not say over which variables, so they stand
  beside each selection.
  """
  kept = similarity[similarity["is_related"] == "no"]
  rows = []
  for keys, own in kept.groupby(["level", "main_category", "category", "selection"], sort=False):
    names = dict(zip(("level", "main_category", "category", "selection"), keys, strict=True))
    for measure in MEASURES:
      values = own[measure].dropna()
      is_published = names["level"] == "main_category" and measure == "pearson"
      published = reader.xwas_similarity().get(names["main_category"]) if is_published else None
      mean, sd = published or (np.nan, np.nan)
      rows.append(
        {
          **names,
          "measure": measure,
          "num_pairs": len(values),
          "mean": values.mean(),
          "sd": values.std(ddof=1),
          "published_mean": mean,
          "published_sd": sd,
        }
      )
  return pd.DataFrame(rows, columns=list(association_tables.SIMILARITY_MEANS.columns))
