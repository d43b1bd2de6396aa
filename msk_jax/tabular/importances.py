"""What a model goes by: coefficients, gain, splits, permutation, and each feature's own correlation with age.

Source: paper, Methods ("Models interpretability"): regression coefficients of elastic nets, split counts of LightGBM,
permutation of networks, next to univariate correlations; standard deviations over folds. Here permutation is done for
all three, several times, on rows that the model has not seen.

A feature that is constant where it would be measured has no importance: not 0, but none (NaN). That goes for every
measure where the model was fitted, and for permutation and correlation where the test rows are.
"""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.io import tables
from msk_jax.scores import metrics
from msk_jax.tabular import algorithm, boosting, linear

# measure: see `MEASURES`; value: in the measure's unit, NaN of a feature that is constant.
OF_SPLIT = tables.Schema("split_importances", 2, {"feature": "string", "measure": "string", "value": "float64"})
OF_SET = tables.Schema(
  "importances",
  2,
  {
    "algorithm": "string",
    "measure": "string",
    "feature": "string",
    "mean": "float64",
    "sd_folds": "float64",
    "num_folds": "int16",  # those where the feature has an importance; mean and SD are theirs
  },
)
AGREEMENT = tables.Schema(
  "importance_agreement",
  2,
  {
    "first": "string",
    "second": "string",
    "pearson": "float64",
    "spearman": "float64",
    "num_features": "int16",  # compared
    "num_left_out": "int16",  # constant features, which have no importance
    "published_pearson": "float64",  # of the paper's set `all`; NaN for other sets and other people
  },
)

COEFFICIENT = "coefficient"  # years per standard deviation of the feature, signed
GAIN = "gain"  # share of the trees' total gain
SPLITS = "splits"  # share of the trees' splits
PERMUTATION = "permutation"  # drop in R2 when the feature is shuffled
CORRELATION = "correlation"  # Pearson's, of feature and age, signed
MEASURES = (COEFFICIENT, GAIN, SPLITS, PERMUTATION, CORRELATION)
UNIVARIATE = "univariate"  # stands for an algorithm where a measure needs none

# The measure that stands for an algorithm when importances are compared, as published; for any other, permutation.
MAIN_MEASURE = {"elastic_net": COEFFICIENT, "lightgbm": SPLITS, "mlp": PERMUTATION, UNIVARIATE: CORRELATION}
_FEWEST_COMPARED = 3  # features
# Facts, section 8: all scalars together.
PUBLISHED_AGREEMENT = {
  ("elastic_net", "lightgbm"): 0.566,
  ("elastic_net", "mlp"): 0.567,
  ("lightgbm", "mlp"): 0.618,
  ("elastic_net", UNIVARIATE): 0.331,
  ("lightgbm", UNIVARIATE): 0.513,
  ("mlp", UNIVARIATE): 0.384,
}


@dataclasses.dataclass(frozen=True)
class Shuffles:
  """How features are shuffled for their permutation importance.

  Attributes:
    repeats: shuffles of each feature; 0 leaves permutation out.
    most_rows: at most so many rows are shuffled.
    seed: of the shuffles.
  """

  repeats: int
  most_rows: int
  seed: int


def of_split(
  model: algorithm.Model, samples: algorithm.Samples, fitted: np.ndarray, rows: np.ndarray, shuffles: Shuffles
) -> pd.DataFrame:
  """Returns all measures of one model, and the univariate correlations, on rows that it was not fitted on.

  Args:
    model: the split's test model.
    samples: the data.
    fitted: [n] row numbers that the model was fitted on.
    rows: [m] row numbers of the test fold.
    shuffles: how permutation is done.

  Returns:
    Schema `split_importances`.
  """
  found = dict(of_model(model))
  if shuffles.repeats:
    random = np.random.default_rng(shuffles.seed)
    chosen = random.permutation(rows)[: shuffles.most_rows]
    features, age = samples.features_np[chosen], samples.age_years[chosen]
    found[PERMUTATION] = permutation(model, features, age, shuffles.repeats, random)
  found[CORRELATION] = correlation(samples.features_np[rows], samples.age_years[rows])
  is_constant = constant(samples.features_np[fitted])
  parts = [
    pd.DataFrame({"feature": samples.names, "measure": name, "value": np.where(is_constant, np.nan, values)})
    for name, values in found.items()
  ]
  return pd.concat(parts, ignore_index=True)


def constant(features_np: np.ndarray) -> np.ndarray:
  """Returns which features [n, p] have one value in all rows, bool [p]."""
  return (features_np == features_np[:1]).all(axis=0)


def of_model(model: algorithm.Model) -> dict[str, np.ndarray]:
  """Returns the measures [p] that lie in the model itself, by name."""
  if isinstance(model, linear.LinearModel):
    return {COEFFICIENT: model.fit.standardised}
  if isinstance(model, boosting.TreeModel):
    kinds = {GAIN: "gain", SPLITS: "split"}
    return {name: _shares(model.booster.feature_importance(kind)) for name, kind in kinds.items()}
  return {}


def permutation(
  model: algorithm.Model, features_np: np.ndarray, age_years: np.ndarray, repeats: int, random: np.random.Generator
) -> np.ndarray:
  """Returns by how much R2 drops when a feature is shuffled, mean of all repeats, float64 [p]; NaN for constant ones.

  Args:
    model: the model.
    features_np: [n, p]; left as they are.
    age_years: [n].
    repeats: shuffles of each feature, at least 1.
    random: for the shuffles; all features are shuffled alike.
  """
  base = model.predict(features_np)
  whole = metrics.r2(age_years, base)
  orders = [random.permutation(len(age_years)) for _ in range(repeats)]
  drops = np.where(constant(features_np), np.nan, 0.0)
  for j in np.flatnonzero(np.isfinite(drops)):
    column = features_np[:, j]
    for order in orders:
      # Of a rare group's column most rows stay as they are: their predictions are known.
      moved = np.flatnonzero(column[order] != column)
      if len(moved) == 0:
        continue
      shuffled = features_np[moved]
      shuffled[:, j] = column[order][moved]
      predicted = base.copy()
      predicted[moved] = model.predict(shuffled)
      drops[j] += (whole - metrics.r2(age_years, predicted)) / repeats
  return drops


def correlation(features_np: np.ndarray, age_years: np.ndarray) -> np.ndarray:
  """Returns Pearson's correlation of each feature [n, p] with age [n]; NaN for features that are constant here."""
  age = age_years - age_years.mean()
  found = np.full(features_np.shape[1], np.nan)
  for j in np.flatnonzero(~constant(features_np)):
    column = features_np[:, j]
    off = column - column.mean()
    spread = np.sqrt((off @ off) * (age @ age))
    found[j] = off @ age / spread if spread > 0 else 0.0
  return found


def main_measures(summary: pd.DataFrame) -> dict[str, str]:
  """Returns the measure that stands for each algorithm of a summary (schema `importances`), `univariate` last."""
  names = sorted(summary["algorithm"].unique(), key=lambda name: (name == UNIVARIATE, name))
  return {name: MAIN_MEASURE.get(name, PERMUTATION) for name in names}


def summarise(by_split: dict[str, list[pd.DataFrame]]) -> pd.DataFrame:
  """Returns mean and standard deviation over folds of each feature's importance, over those folds where it has one.

  Args:
    by_split: algorithm to what `of_split` gave for each of its splits.

  Returns:
    Schema `importances`; correlations are there once, as of the algorithm `univariate`.
  """
  parts = []
  for name, splits in by_split.items():
    joined = pd.concat(splits, ignore_index=True)
    joined["algorithm"] = np.where(joined["measure"] == CORRELATION, UNIVARIATE, name)
    grouped = joined.groupby(["algorithm", "measure", "feature"], sort=False)["value"]
    table = grouped.agg(["mean", "std", "count"]).reset_index()
    parts.append(table.rename(columns={"std": "sd_folds", "count": "num_folds"}))
  joined = pd.concat(parts, ignore_index=True)
  return joined.drop_duplicates(["algorithm", "measure", "feature"], ignore_index=True)


def agreement(summary: pd.DataFrame, is_published: bool) -> pd.DataFrame:
  """Returns how alike the algorithms' importances are: correlations over features of their sizes.

  Features without importance are left out and counted: those that are constant.

  Args:
    summary: schema `importances`.
    is_published: whether these are all the paper's scalars together, of people like the paper's: then the published
      agreements stand beside ours.

  Returns:
    Schema `importance_agreement`, a row for each pair.
  """
  sizes = {}
  for name, measure in main_measures(summary).items():
    rows = summary[(summary["algorithm"] == name) & (summary["measure"] == measure)]
    if len(rows):
      sizes[name] = rows.set_index("feature")["mean"].abs()
  names = list(sizes)
  found = []
  for i, first in enumerate(names):
    for second in names[i + 1 :]:
      both = pd.concat([sizes[first], sizes[second]], axis=1, join="inner")
      pair = both.dropna().to_numpy()
      ranks = np.column_stack([pd.Series(column).rank() for column in pair.T])
      published = PUBLISHED_AGREEMENT.get((first, second), np.nan) if is_published else np.nan
      num_left_out = len(both) - len(pair)
      found.append((first, second, _pearson(pair), _pearson(ranks), len(pair), num_left_out, published))
  return pd.DataFrame(found, columns=list(AGREEMENT.columns))


def _pearson(pair: np.ndarray) -> float:
  """Of two columns; NaN if one is constant, or if there are fewer than three rows: two are always in line."""
  if len(pair) < _FEWEST_COMPARED:
    return float("nan")
  off = pair - pair.mean(0)
  spread = np.sqrt(np.prod(np.square(off).sum(0)))
  return float(off[:, 0] @ off[:, 1] / spread) if spread > 0 else float("nan")


def _shares(values: np.ndarray) -> np.ndarray:
  values = np.asarray(values, np.float64)
  return values / values.sum() if values.sum() > 0 else values
