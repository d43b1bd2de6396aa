"""Correlations of accelerated ageing between models as a table, and the order in which they are shown."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial import distance

from msk_jax.biological_age.acceleration import Ages
from msk_jax.cohort import visit_keys
from msk_jax.evaluation.spec import BootstrapSpec
from msk_jax.io import tables
from msk_jax.predictions import correlation_comparison, model_names
from msk_jax.scores import correlations

FEWEST_ROWS = 20  # of a pair: five people at up to four visits each; the authors' site left out pairs below 10
CORRELATIONS = tables.Schema(
  "acceleration_correlations",
  1,
  {
    "product": "string",
    "model_1": "string",
    "model_2": "string",
    "r": "float64",
    "sd": "float64",
    "n": "int64",
    "published_r": "float64",
    "published_r_sd": "float64",
  },
)


def align(ages: Mapping[str, Ages], product: str) -> tuple[np.ndarray, np.ndarray]:
  """Returns accelerations side by side.

  Args:
    ages: by model, at least one.
    product: rows are people at a visit (`sample`) or people (`participant`).

  Returns:
    values: float64 [n, m] years, NaN where a model has no such row; models in the order of `ages`.
    person: int64 [n].
  """
  is_sample = product == "sample"
  keys = [visit_keys.make(one.rows.person, one.rows.instance if is_sample else 0) for one in ages.values()]
  union = np.unique(np.concatenate(keys))
  values = np.full((len(union), len(keys)), np.nan)
  for m, (key, one) in enumerate(zip(keys, ages.values(), strict=True)):
    values[np.searchsorted(union, key), m] = one.acceleration_years
  return values, visit_keys.person_of(union)


def correlate(ages: Mapping[str, Ages], product: str, settings: BootstrapSpec) -> correlations.Correlations:
  """Returns the correlations of accelerations, models in the order of `ages`; pairs of few rows have none."""
  if not ages:
    return correlations.Correlations(np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0), np.int64))
  values, person = align(ages, product)
  found = correlations.correlate(values, settings.num_bootstraps, settings.seed, settings.clusters(person))
  is_few = found.n < FEWEST_ROWS
  return correlations.Correlations(
    np.where(is_few, np.nan, found.r), np.where(is_few, np.nan, found.sd), np.where(is_few, 0, found.n)
  )


def tabulate(product: str, names: list[str], found: correlations.Correlations) -> pd.DataFrame:
  """Returns one row per pair of models (schema acceleration_correlations), without those that have too few rows.

  Args:
    product: `sample` or `participant`.
    names: of all models.
    found: their correlations.
  """
  lines = []
  for i, first in enumerate(names):
    for j in range(i + 1, len(names)):
      if found.n[i, j] >= FEWEST_ROWS:
        theirs, their_sd = correlation_comparison.of_same(first, names[j], product, names)
        line = (product, first, names[j], found.r[i, j], found.sd[i, j], found.n[i, j], theirs, their_sd)
        lines.append(line)
  return pd.DataFrame(lines, columns=list(CORRELATIONS.columns))


def take(found: correlations.Correlations, order: list[int]) -> correlations.Correlations:
  """Returns the correlations of some models, in another order."""
  place = np.ix_(order, order)
  return correlations.Correlations(found.r[place], found.sd[place], found.n[place])


def cluster_order(r: np.ndarray) -> list[int]:
  """Returns the order of average-linkage clustering by 1 - r, alike ones side by side; no r counts as 0.

  Args:
    r: float64 [m, m], symmetric.
  """
  if len(r) < 3:
    return list(range(len(r)))
  apart = 1 - np.nan_to_num(r)
  np.fill_diagonal(apart, 0)
  condensed = distance.squareform((apart + apart.T) / 2, checks=False)
  return hierarchy.leaves_list(hierarchy.linkage(condensed, "average", optimal_ordering=True)).tolist()


def mean_of_pairs(pairs: pd.DataFrame) -> tuple[float, float, int]:
  """Returns mean and SD (ddof 1) of r over pairs of models, those with `general` left out, and their number.

  The paper's Results give these over the pairs of dimensions. `general` is no dimension beside its own parts.

  Args:
    pairs: rows of acceleration_correlations.
  """
  kept = pairs[(pairs["model_1"] != model_names.GENERAL) & (pairs["model_2"] != model_names.GENERAL)]["r"].dropna()
  return float(kept.mean()), float(kept.std(ddof=1)), len(kept)
