"""A model's scores beside those of what needs no training: the mean age, and features of the untrained network."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.io import errors
from msk_jax.predictions import split_settings, split_table
from msk_jax.scores import metrics
from msk_jax.training import verdict

MEAN, RIDGE, VERDICT = "mean_predictor", "frozen_ridge", "verdict"  # keys of `result.json`
_KEYS = ["eid", "instance", "part"]


def join(table: pd.DataFrame, ridge: pd.DataFrame, mean_years: float) -> pd.DataFrame:
  """Returns the model's predictions with the columns `ridge_years` and `mean_years`.

  Args:
    table: predictions of a split (schema predictions).
    ridge: those of its baseline, of the same samples.
    mean_years: mean age of the split's training samples.

  Raises:
    InputError: the tables are not of the same samples.
  """
  num_unequal = len(table[_KEYS].merge(ridge[_KEYS], how="outer", indicator=True).query("_merge != 'both'"))
  if num_unequal:
    raise errors.InputError(
      f"{split_table.FILE_NAME} and {split_table.RIDGE_NAME} differ in {num_unequal} of {max(len(table), len(ridge))} "
      f"samples, so that their scores can't be compared. Remove {split_table.RIDGE_NAME}, then run the training "
      "command of that split again: it computes it without training again."
    )
  columns = ridge[[*_KEYS, "predicted_age_years"]].rename(columns={"predicted_age_years": "ridge_years"})
  return table.merge(columns, on=_KEYS, validate="one_to_one").assign(mean_years=mean_years)


def compare(rows: pd.DataFrame) -> dict[str, Any]:
  """Returns the scores of a model and of both baselines on the same samples, and the verdict.

  Args:
    rows: from `join`, of one part.

  Returns:
    what `metrics.summary` gives, and under `mean_predictor` and `frozen_ridge` the same of these; `verdict` as
    `verdict.judge` gives it.
  """
  ages, mean = rows["age_years"].to_numpy(), rows["mean_years"].to_numpy()
  predictions = {MEAN: mean, RIDGE: rows["ridge_years"].to_numpy()}
  of = {name: metrics.summary(ages, predicted, mean) for name, predicted in predictions.items()}
  own = metrics.summary(ages, rows["predicted_age_years"].to_numpy(), mean)
  return {**own, **of, VERDICT: verdict.judge(verdict.Compared.of_table(rows))}


def of_result(joined: pd.DataFrame) -> dict[str, Any]:
  """Returns what `result.json` says of a split's scores: per part, and of each baseline per part."""
  by_part = {part: compare(joined[joined["part"] == part]) for part in split_parts.PARTS}
  names = (MEAN, RIDGE)
  own = {part: {k: v for k, v in of.items() if k not in (*names, VERDICT)} for part, of in by_part.items()}
  return {
    **own,
    "baselines": {name: {part: of[name] for part, of in by_part.items()} for name in names},
    VERDICT: {
      **{part: of[VERDICT] for part, of in by_part.items()},
      "num_bootstraps": verdict.BOOTSTRAP.num_bootstraps,
      "unit": verdict.BOOTSTRAP.bootstrap_unit,
    },
  }


def of_part(result: Mapping[str, Any], part: split_parts.Part) -> dict[str, Any]:
  """Returns what `compare` gave of a part; of an older result, what there is of it."""
  baselines = {name: of[part] for name, of in result.get("baselines", {}).items()}
  verdicts = {VERDICT: result[VERDICT][part]} if VERDICT in result else {}
  return {**result[part], **baselines, **verdicts}


def pooled_test(splits: Sequence[tuple[dict[str, Any], pathlib.Path]]) -> dict[str, Any]:
  """Returns `compare` of the test samples of several splits together; the own scores alone if one has no baseline.

  Args:
    splits: (result, folder) of finished splits of one model and one fold map.

  Raises:
    InputError: the splits were trained with other settings, or ended under other limits; or a table is damaged.
  """
  if difference := split_settings.describe_difference(splits[0][0]["model"], [folder for _, folder in splits]):
    raise errors.InputError(f"{difference}.")
  has_ridge = all((folder / split_table.RIDGE_NAME).exists() for _, folder in splits)
  tests = []
  for result, folder in splits:
    mean_years = result["training_age_mean_years"]
    table = split_table.read(folder)
    if has_ridge:
      table = join(table, split_table.read(folder, split_table.RIDGE_NAME), mean_years)
    table = table.assign(mean_years=mean_years)
    tests.append(table[table["part"] == split_parts.TEST])
  rows = pd.concat(tests, ignore_index=True)
  if has_ridge:
    return compare(rows)
  return metrics.summary(*(rows[name].to_numpy() for name in ("age_years", "predicted_age_years", "mean_years")))
