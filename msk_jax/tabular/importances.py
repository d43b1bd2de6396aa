"""Importances of features: those that a model holds, permutation, and each feature's own correlation with the target.

Source: paper, Methods ("Models interpretability"): regression coefficients of elastic nets, split counts of LightGBM,
permutation of networks, next to univariate correlations; standard deviations over folds. Here permutation is computed
for every algorithm, several times, on rows that the model has not seen.

A feature that is constant where it would be measured has no importance: NaN, not 0. For every measure that is where the
model was fitted, and for permutation and correlation also the test rows.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from msk_jax.schemas import importance_tables
from msk_jax.scores import metrics
from msk_jax.tabular import algorithm, measures

UNIVARIATE = "univariate"  # stands for an algorithm where a measure needs none
_FEWEST_COMPARED = 3  # features


@dataclasses.dataclass(frozen=True)
class Shuffles:
  """How features are shuffled for permutation importance.

  Attributes:
    repeats: shuffles of each feature; 0 leaves permutation out.
    most_rows: at most so many rows are shuffled.
    seed: of the shuffles.
  """

  repeats: int
  most_rows: int
  seed: int


def of_split(
  chosen: algorithm.Algorithm,
  model: algorithm.Model,
  samples: algorithm.Samples,
  fitted: np.ndarray,
  rows: np.ndarray,
  shuffles: Shuffles,
) -> pd.DataFrame:
  """Returns all measures of a model, and the univariate correlations, on rows that it was not fitted on.

  Args:
    chosen: the model's algorithm.
    model: the split's test model.
    samples: the data.
    fitted: [n] row numbers that the model was fitted on.
    rows: [m] row numbers of the test fold.
    shuffles: how permutation is done.

  Returns:
    Schema `split_importances`.
  """
  values = {measure.name: measure.of_model(model) for measure in chosen.own_measures if measure.of_model}
  if shuffles.repeats:
    random = np.random.default_rng(shuffles.seed)
    drawn = random.permutation(rows)[: shuffles.most_rows]
    features, target = samples.features_np[drawn], samples.target[drawn]
    values[measures.PERMUTATION.name] = permutation(model, features, target, shuffles.repeats, random)
  values[measures.CORRELATION.name] = correlation(samples.features_np[rows], samples.target[rows])
  is_constant = find_constant(samples.features_np[fitted])
  parts = [
    pd.DataFrame({"feature": samples.names, "measure": name, "value": np.where(is_constant, np.nan, of_features)})
    for name, of_features in values.items()
  ]
  return pd.concat(parts, ignore_index=True)


def find_constant(features_np: np.ndarray) -> np.ndarray:
  """Returns which features [n, p] have one value in all rows, bool [p]."""
  return (features_np == features_np[:1]).all(axis=0)


def permutation(
  model: algorithm.Model, features_np: np.ndarray, target: np.ndarray, repeats: int, random: np.random.Generator
) -> np.ndarray:
  """Returns by how much R2 drops when a feature is shuffled, mean of all repeats, float64 [p]; NaN for constant ones.

  Args:
    model: the model.
    features_np: [n, p]; left as they are.
    target: [n].
    repeats: shuffles of each feature, at least 1.
    random: for the shuffles; all features are shuffled in the same way.
  """
  base = model.predict(features_np)
  whole = metrics.r2(target, base)
  orders = [random.permutation(len(target)) for _ in range(repeats)]
  drops = np.where(find_constant(features_np), np.nan, 0.0)
  for j in np.flatnonzero(np.isfinite(drops)):
    column = features_np[:, j]
    for order in orders:
      # Most rows of a rare group's column do not change: their predictions are known.
      moved = np.flatnonzero(column[order] != column)
      if len(moved) == 0:
        continue
      shuffled = features_np[moved]
      shuffled[:, j] = column[order][moved]
      predicted = base.copy()
      predicted[moved] = model.predict(shuffled)
      drops[j] += (whole - metrics.r2(target, predicted)) / repeats
  return drops


def correlation(features_np: np.ndarray, target: np.ndarray) -> np.ndarray:
  """Returns Pearson's correlation of each feature [n, p] with the target [n]; NaN for features that are constant."""
  centred_target = target - target.mean()
  r = np.full(features_np.shape[1], np.nan)
  for j in np.flatnonzero(~find_constant(features_np)):
    column = features_np[:, j]
    centred = column - column.mean()
    spread = np.sqrt((centred @ centred) * (centred_target @ centred_target))
    r[j] = centred @ centred_target / spread if spread > 0 else 0.0
  return r


def main_measures(chosen: Iterable[algorithm.Algorithm]) -> dict[str, measures.Measure]:
  """Returns the measure that stands for each algorithm, by name in alphabetical order, `univariate` last."""
  by_name = {each.name: each.main_measure for each in chosen}
  return {**{name: by_name[name] for name in sorted(by_name)}, UNIVARIATE: measures.CORRELATION}


def summarise(by_split: dict[str, list[pd.DataFrame]]) -> pd.DataFrame:
  """Returns mean and standard deviation of each feature's importance over the folds where it has one.

  Args:
    by_split: algorithm to what `of_split` returned for each of its splits.

  Returns:
    Schema `importances`. Correlations are listed once, as those of the algorithm `univariate`.
  """
  parts = []
  for name, splits in by_split.items():
    joined = pd.concat(splits, ignore_index=True)
    joined["algorithm"] = np.where(joined["measure"] == measures.CORRELATION.name, UNIVARIATE, name)
    grouped = joined.groupby(["algorithm", "measure", "feature"], sort=False)["value"]
    table = grouped.agg(["mean", "std", "count"]).reset_index()
    parts.append(table.rename(columns={"std": "sd_folds", "count": "num_folds"}))
  joined = pd.concat(parts, ignore_index=True)
  return joined.drop_duplicates(["algorithm", "measure", "feature"], ignore_index=True)


def agreement(
  summary: pd.DataFrame,
  main_measures: Mapping[str, measures.Measure],
  published: Mapping[tuple[str, str], float] | None = None,
) -> pd.DataFrame:
  """Returns how alike the algorithms' importances are: correlations over features of their sizes.

  Features without importance, which are constant, are left out and counted.

  Args:
    summary: schema `importances`.
    main_measures: algorithms to compare, with the measure that stands for each.
    published: agreements of pairs of algorithms to stand beside ours; only for models like the published ones.

  Returns:
    Schema `importance_agreement`, a row for each pair of algorithms that have their main measure.
  """
  sizes = {}
  for name, measure in main_measures.items():
    rows = summary[(summary["algorithm"] == name) & (summary["measure"] == measure.name)]
    if len(rows):
      sizes[name] = rows.set_index("feature")["mean"].abs()
  pairs = []
  for first, second in itertools.combinations(sizes, 2):
    both = pd.concat([sizes[first], sizes[second]], axis=1, join="inner")
    varying = both.dropna().to_numpy()
    ranks = np.column_stack([pd.Series(column).rank() for column in varying.T])
    pairs.append(
      {
        "first": first,
        "second": second,
        "pearson": _pearson(varying),
        "spearman": _pearson(ranks),
        "num_features": len(varying),
        "num_left_out": len(both) - len(varying),
        "published_pearson": (published or {}).get((first, second), np.nan),
      }
    )
  return pd.DataFrame(pairs, columns=list(importance_tables.AGREEMENT.columns))


def _pearson(columns: np.ndarray) -> float:
  """Returns the correlation of two columns; NaN if one is constant, or below three rows: two are always in line."""
  if len(columns) < _FEWEST_COMPARED:
    return float("nan")
  centred = columns - columns.mean(0)
  spread = np.sqrt(np.prod(np.square(centred).sum(0)))
  return float(centred[:, 0] @ centred[:, 1] / spread) if spread > 0 else float("nan")
