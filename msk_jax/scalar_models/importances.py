"""What a model goes by: coefficients, gain, splits, permutation, and each feature's own correlation with age.

Source: paper, Methods ("Models interpretability"): regression coefficients of elastic nets, split counts of LightGBM,
permutation of networks, next to univariate correlations; standard deviations over folds. Here permutation is done for
all three, several times, on rows that the model has not seen.
"""

import numpy as np
import pandas as pd

from msk_jax.evaluation import metrics
from msk_jax.io import tables
from msk_jax.scalar_models import algorithm, boosting, elastic_net

# measure: see `MEASURES`; value: in the measure's unit.
OF_SPLIT = tables.Schema("split_importances", 1, {"feature": "string", "measure": "string", "value": "float64"})
OF_SET = tables.Schema(
  "importances",
  1,
  {
    "algorithm": "string",
    "measure": "string",
    "feature": "string",
    "mean": "float64",
    "sd_folds": "float64",
    "num_folds": "int16",
  },
)
AGREEMENT = tables.Schema(
  "importance_agreement",
  1,
  {
    "first": "string",
    "second": "string",
    "pearson": "float64",
    "spearman": "float64",
    "num_features": "int16",
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

# The measure that stands for each algorithm when importances are compared, as published.
MAIN_MEASURE = {"elastic_net": COEFFICIENT, "lightgbm": SPLITS, "mlp": PERMUTATION, UNIVARIATE: CORRELATION}
# Facts, section 8: all scalars together.
PUBLISHED_AGREEMENT = {
  ("elastic_net", "lightgbm"): 0.566,
  ("elastic_net", "mlp"): 0.567,
  ("lightgbm", "mlp"): 0.618,
  ("elastic_net", UNIVARIATE): 0.331,
  ("lightgbm", UNIVARIATE): 0.513,
  ("mlp", UNIVARIATE): 0.384,
}


def of_split(model: algorithm.Model, samples: algorithm.Samples, rows: np.ndarray, repeats: int, most_rows: int,
             seed: int) -> pd.DataFrame:  # fmt: skip
  """Returns all measures of one model, and the univariate correlations, on rows that it was not fitted on.

  Args:
    model: the split's test model.
    samples: the data.
    rows: [m] row numbers of the test fold.
    repeats: shuffles of each feature; 0 leaves permutation out.
    most_rows: at most so many rows are shuffled.
    seed: of the shuffles.

  Returns:
    Schema `split_importances`.
  """
  found = dict(of_model(model))
  if repeats:
    random = np.random.default_rng(seed)
    chosen = random.permutation(rows)[:most_rows]
    features, age = samples.features_np[chosen], samples.age_years[chosen]
    found[PERMUTATION] = permutation(model, features, age, repeats, random)
  found[CORRELATION] = correlation(samples.features_np[rows], samples.age_years[rows])
  parts = [pd.DataFrame({"feature": samples.names, "measure": name, "value": v}) for name, v in found.items()]
  return pd.concat(parts, ignore_index=True)


def of_model(model: algorithm.Model) -> dict[str, np.ndarray]:
  """Returns the measures [p] that lie in the model itself, by name."""
  if isinstance(model, elastic_net.LinearModel):
    return {COEFFICIENT: model.fit.standardised}
  if isinstance(model, boosting.TreeModel):
    kinds = {GAIN: "gain", SPLITS: "split"}
    return {name: _shares(model.booster.feature_importance(kind)) for name, kind in kinds.items()}
  return {}


def permutation(model: algorithm.Model, features_np: np.ndarray, age_years: np.ndarray, repeats: int,
                random: np.random.Generator) -> np.ndarray:  # fmt: skip
  """Returns by how much R2 drops when a feature is shuffled, mean of all repeats, float64 [p].

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
  drops = np.zeros(features_np.shape[1])
  for j in range(len(drops)):
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
  """Returns Pearson's correlation of each feature [n, p] with age [n]; 0 for features that are constant here."""
  age = age_years - age_years.mean()
  found = np.zeros(features_np.shape[1])
  for j in range(len(found)):
    column = features_np[:, j]
    if (column == column[0]).all():
      continue
    off = column - column.mean()
    spread = np.sqrt((off @ off) * (age @ age))
    found[j] = off @ age / spread if spread > 0 else 0.0
  return found


def summarise(by_split: dict[str, list[pd.DataFrame]]) -> pd.DataFrame:
  """Returns mean and standard deviation over folds of each feature's importance.

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

  Args:
    summary: schema `importances`.
    is_published: whether these are all the paper's scalars together, of people like the paper's: then the published
      agreements stand beside ours.

  Returns:
    Schema `importance_agreement`, a row for each pair.
  """
  sizes = {}
  for name, measure in MAIN_MEASURE.items():
    rows = summary[(summary["algorithm"] == name) & (summary["measure"] == measure)]
    if len(rows):
      sizes[name] = rows.set_index("feature")["mean"].abs()
  names = list(sizes)
  found = []
  for i, first in enumerate(names):
    for second in names[i + 1 :]:
      pair = pd.concat([sizes[first], sizes[second]], axis=1, join="inner").to_numpy()
      ranks = np.column_stack([pd.Series(column).rank() for column in pair.T])
      published = PUBLISHED_AGREEMENT.get((first, second), np.nan) if is_published else np.nan
      found.append((first, second, _pearson(pair), _pearson(ranks), len(pair), published))
  return pd.DataFrame(found, columns=list(AGREEMENT.columns))


def _pearson(pair: np.ndarray) -> float:
  """Of two columns; NaN if one is constant."""
  off = pair - pair.mean(0)
  spread = np.sqrt(np.prod(np.square(off).sum(0)))
  return float(off[:, 0] @ off[:, 1] / spread) if spread > 0 else float("nan")


def _shares(values: np.ndarray) -> np.ndarray:
  values = np.asarray(values, np.float64)
  return values / values.sum() if values.sum() > 0 else values
