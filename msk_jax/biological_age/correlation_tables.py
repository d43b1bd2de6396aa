"""Correlations of accelerated ageing between models as a table, and the order in which they are shown."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial import distance

from msk_jax.biological_age.acceleration import Ages
from msk_jax.cohort import visit_keys
from msk_jax.predictions import correlation_comparison, model_names
from msk_jax.predictions.pooled_table import Product
from msk_jax.schemas import age_tables
from msk_jax.scores import correlations
from msk_jax.scores.bootstrap_spec import BootstrapSpec

FEWEST_ROWS = 20  # of a pair: five people at up to four visits each; the authors' site left out pairs below 10


def align(ages: Mapping[str, Ages], product: Product) -> tuple[np.ndarray, np.ndarray]:
  """Returns accelerations side by side.

  Args:
    ages: by model, at least one.
    product: rows are people at a visit (`sample`) or people (`participant`).

  Returns:
    values: float64 [n, m] years, NaN where a model has no such row; models in the order of `ages`.
    person: int64 [n].
  """
  is_sample = product == "sample"
  rows = [model.rows for model in ages.values()]
  keys = [visit_keys.make(own.person, own.instance if is_sample else 0) for own in rows]
  union = np.unique(np.concatenate(keys))
  values = np.full((len(union), len(keys)), np.nan)
  for m, (key, model) in enumerate(zip(keys, ages.values(), strict=True)):
    values[np.searchsorted(union, key), m] = model.acceleration_years
  return values, visit_keys.person_of(union)


def correlate(ages: Mapping[str, Ages], product: Product, settings: BootstrapSpec) -> correlations.Correlations:
  """Returns the correlations of accelerations, models in the order of `ages`; NaN for pairs of few rows."""
  if not ages:
    return correlations.Correlations(np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0), np.int64))
  values, person = align(ages, product)
  whole = correlations.correlate(values, settings.num_bootstraps, settings.seed, settings.clusters(person))
  is_few = whole.n < FEWEST_ROWS
  return correlations.Correlations(
    np.where(is_few, np.nan, whole.r), np.where(is_few, np.nan, whole.sd), np.where(is_few, 0, whole.n)
  )


def tabulate(product: Product, names: list[str], between: correlations.Correlations) -> pd.DataFrame:
  """Returns one row per pair of models (schema acceleration_correlations), without pairs of few rows.

  Args:
    product: `sample` or `participant`.
    names: of all models.
    between: their correlations.
  """
  lines = []
  for i, first in enumerate(names):
    for j in range(i + 1, len(names)):
      if between.n[i, j] >= FEWEST_ROWS:
        published = correlation_comparison.of_same(first, names[j], product, names)
        ours = (between.r[i, j], between.sd[i, j], between.n[i, j])
        line = (product, first, names[j], *ours, published.r, published.r_sd)
        lines.append(line)
  return pd.DataFrame(lines, columns=list(age_tables.CORRELATIONS.columns))


def take(between: correlations.Correlations, order: list[int]) -> correlations.Correlations:
  """Returns the correlations of some models, in another order."""
  place = np.ix_(order, order)
  return correlations.Correlations(between.r[place], between.sd[place], between.n[place])


def cluster_order(r: np.ndarray) -> list[int]:
  """Returns the order of average-linkage clustering by 1 - r: similar models are neighbours. A missing r counts as 0.

  Args:
    r: float64 [m, m], symmetric.
  """
  if len(r) < 3:
    return list(range(len(r)))
  distances = 1 - np.nan_to_num(r)
  np.fill_diagonal(distances, 0)
  condensed = distance.squareform((distances + distances.T) / 2, checks=False)
  return hierarchy.leaves_list(hierarchy.linkage(condensed, "average", optimal_ordering=True)).tolist()


def mean_of_pairs(pairs: pd.DataFrame) -> tuple[float, float, int]:
  """Returns mean and SD (ddof 1) of r over pairs of models without `general`, and their number.

  The paper's Results give these over pairs of dimensions. `general` is not one: it contains the others.

  Args:
    pairs: rows of acceleration_correlations.
  """
  kept = pairs[(pairs["model_1"] != model_names.GENERAL) & (pairs["model_2"] != model_names.GENERAL)]["r"].dropna()
  return float(kept.mean()), float(kept.std(ddof=1)), len(kept)
