"""The table of scores: R2 and RMSE of all test folds together, beside those of age, sex and ethnicity alone.

The interval of the difference is Student's over folds with the error of Nadeau and Bengio (Machine Learning 52, 2003):
models of two folds share most of their training samples, so that the plain error over folds is too small.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from msk_jax.associations.prediction.model_files import COVARIATES_ALONE, Finished
from msk_jax.disclosure import small_counts
from msk_jax.published import reader
from msk_jax.schemas import exposure_prediction_tables
from msk_jax.scores import score_sums

BETTER, NO_BETTER = "better than age, sex and ethnicity", "no better than age, sex and ethnicity"
_LEVEL = 0.975  # of one side of an interval of 95%


def tabulate(
  finished: Sequence[Finished],
  circular: Mapping[str, Mapping[str, str]],
  wholes: Mapping[str, tuple[int, int]],
  values: str,
) -> pd.DataFrame:
  """Returns a row per model that predicts from variables (schema xwas_prediction_scores).

  Args:
    finished: all models, those of `COVARIATES_ALONE` among them.
    circular: dimension to, by variable, how it fed the dimension's models.
    wholes: dimension to samples and people that have the outcome.
    values: how missing values were filled.
  """
  alone = {_key(each): each for each in finished if not each.name.has_variables}
  rows = [
    _row(each, alone[_key(each)], circular.get(each.name.dimension, {}), wholes[each.name.dimension])
    for each in finished
    if each.name.algorithm != COVARIATES_ALONE
  ]
  table = pd.DataFrame(rows, columns=list(exposure_prediction_tables.SCORES.columns)).assign(values=values)
  return table.astype({"num_people": "Int64", "num_samples": "Int64"})


def used_variables(model: Finished) -> list[str]:
  """Returns the variables that any split of a model has."""
  own = model.importances[model.importances["role"] == "variable"]
  return own["feature"].unique().tolist()


def _key(model: Finished) -> tuple[str, str, str]:
  return model.name.main_category, model.name.category, model.name.dimension


def _row(model: Finished, alone: Finished, circular: Mapping[str, str], whole: tuple[int, int]) -> dict[str, Any]:
  name, splits = model.name, model.splits
  published = reader.xwas_prediction().get((name.dimension, name.category, name.algorithm), (np.nan, np.nan))
  row = {
    "main_category": name.main_category,
    "category": name.category,
    "dimension": name.dimension,
    "algorithm": name.algorithm,
    "num_listed": model.num_listed,
    "num_variables_least": int(splits["num_variables"].min()) if len(splits) else 0,
    "num_variables_most": int(splits["num_variables"].max()) if len(splits) else 0,
    "num_circular": sum(variable in circular for variable in used_variables(model)),
    "published_r2": published[0],
    "published_num_samples": published[1],
    "reason": model.reason,
    **_shown_counts(int(splits["num_people"].sum()), int(splits["num_samples"].sum()), whole),
  }
  if not len(splits):
    return row
  r2, r2_sd, rmse, rmse_sd = _pooled(splits)
  alone_r2, alone_sd, alone_rmse, _ = _pooled(alone.splits)
  low, high = gain_interval(splits, alone.splits)
  return row | {
    "r2": r2,
    "r2_sd_folds": r2_sd,
    "rmse_years": rmse,
    "rmse_sd_folds_years": rmse_sd,
    "covariates_r2": alone_r2,
    "covariates_r2_sd_folds": alone_sd,
    "covariates_rmse_years": alone_rmse,
    "gain_r2": r2 - alone_r2,
    "gain_r2_low": low,
    "gain_r2_high": high,
    "says": "" if np.isnan(low) else BETTER if low > 0 else NO_BETTER,
  }


def gain_interval(splits: pd.DataFrame, alone: pd.DataFrame) -> tuple[float, float]:
  """Returns the bounds of the 95% interval of R2 less that of age, sex and ethnicity; NaN for a single fold.

  Args:
    splits: of the model, schema xwas_prediction_splits.
    alone: of the model of age, sex and ethnicity, on the same samples.
  """
  both = splits.merge(alone, on="split", suffixes=("", "_alone"), validate="one_to_one")
  num_folds = len(both)
  variance = _spread(both) / both["num_samples"].sum()
  if num_folds < 2 or not variance > 0:
    return np.nan, np.nan
  fewer_errors = both["squared_errors_alone"] - both["squared_errors"]
  gain = fewer_errors / both["num_samples"] / variance  # of a fold; their mean by samples is that of all together
  error = gain.std(ddof=1) * np.sqrt(1 / num_folds + 1 / (num_folds - 1))
  half = stats.t.ppf(_LEVEL, num_folds - 1) * error
  mean = np.average(gain, weights=both["num_samples"])
  return float(mean - half), float(mean + half)


def _spread(splits: pd.DataFrame) -> float:
  """Returns the sum of squared distances of all outcomes from their mean."""
  return splits["sum_outcome_squares"].sum() - splits["sum_outcome_years"].sum() ** 2 / splits["num_samples"].sum()


def _pooled(splits: pd.DataFrame) -> tuple[float, float, float, float]:
  """Returns R2 of all test samples, its SD over folds, their RMSE and its SD."""
  num = splits["num_samples"].sum()
  spread = _spread(splits)
  errors = splits["squared_errors"].sum()
  r2 = float(score_sums.r2(errors, spread)) if spread > 0 else np.nan
  by_fold = np.sqrt(splits["squared_errors"] / splits["num_samples"])
  return r2, float(splits["r2"].std(ddof=1)), float(np.sqrt(errors / num)), float(by_fold.std(ddof=1))


def _shown_counts(people: int, samples: int, whole: tuple[int, int]) -> dict[str, Any]:
  """Returns counts, missing where they, or what is outside of them, would be one to four people."""
  of_samples, of_people = whole
  is_hidden = bool(small_counts.is_small(people) or small_counts.is_small(of_people - people))
  is_small = small_counts.is_small(np.array([samples, samples - people, of_samples - samples])).any()
  return {
    "num_people": pd.NA if is_hidden else people,
    "num_samples": pd.NA if is_hidden or is_small else samples,
  }
