"""Predictions per participant: every visit's prediction is moved to one reference age, then they are averaged.

Source: paper, Methods (ages for the GWAS); the authors' class PredictionsEids. A prediction made at age a is moved to
the reference age a0, the age at instance 0. It changes by the years in between, and by the model's bias over these
years:

  moved = predicted + (a0 - a) + bias(a0) - bias(a),   bias(age) = expected predicted minus chronological age.

In the authors' sign (age minus predicted) the last two terms change places; the result is the same.

Each split has its own bias, fitted on its validation predictions. It moves the split's test predictions too: both parts
are predicted by the same network (scalar models are fitted once more, with one more fold). The authors fit one line
through the test predictions of all splits and one through the validation predictions. Then ages of all folds, also of a
split's test fold, enter the validation rows on which its ensembles are fitted. Here no age of a test fold enters what
its split fits or predicts.
"""

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.cohort.people import People
from msk_jax.io import errors
from msk_jax.predictions import bias, pooled_table


def reference_visits(visits: pd.DataFrame) -> pd.DataFrame:
  """Returns each participant's reference visit: instance 0, else the first one known.

  Args:
    visits: eid, instance, age_years (schema visits).

  Returns:
    eid, instance, age_years, one row per participant, ordered by eid.
  """
  ordered = visits[["eid", "instance", "age_years"]].sort_values(["eid", "instance"])
  return ordered.drop_duplicates("eid").reset_index(drop=True)


def average_visits(table: pd.DataFrame, reference: pd.DataFrame, num_folds: int) -> tuple[pd.DataFrame, int]:
  """Returns a model's predictions per participant.

  A split whose validation samples all have one age has no bias line. Its predictions at reference visits need none;
  those at other visits are dropped.

  Args:
    table: predictions of one model per participant and visit (schema predictions), parts `validation` and `test`.
    reference: from `reference_visits`.
    num_folds: data folds, and splits.

  Returns:
    The same columns, one row per participant and part. instance and age_years are those of the reference visit; the
    prediction is the mean over the participant's visits of predictions moved to that age.
    How many predictions were dropped.

  Raises:
    InputError: a participant without any visit in `reference`.
  """
  person = People(reference["eid"]).number_of(table["eid"])
  if num_unknown := int((person < 0).sum()):
    raise errors.InputError(f"{num_unknown} predictions are of people without a visit in cohort/visits.parquet.")
  reference_age = reference["age_years"].to_numpy(np.float64)[person]
  reference_instance = reference["instance"].to_numpy()[person]
  moved = _move(table, reference_age, reference_instance, num_folds)
  kept = np.flatnonzero(np.isfinite(moved))
  group, first = _group(person[kept], table["part"].to_numpy(str)[kept])
  averaged = table.iloc[kept[first]][["eid", "part", "fold"]].reset_index(drop=True)
  averaged = averaged.assign(
    instance=reference_instance[kept[first]],
    age_years=reference_age[kept[first]],
    predicted_age_years=np.bincount(group, moved[kept]) / np.bincount(group),
  )
  return averaged[list(table.columns)], len(table) - len(kept)


def move_to_age(
  predicted_years: np.ndarray, age_years: np.ndarray, reference_years: np.ndarray, line: bias.BiasCorrection
) -> np.ndarray:
  """Returns predictions moved from the ages at which they were made to reference ages; all [n], years."""
  return predicted_years + (reference_years - age_years) + line.bias(reference_years) - line.bias(age_years)


def _move(table: pd.DataFrame, reference_age: np.ndarray, reference_instance: np.ndarray, num_folds: int) -> np.ndarray:
  """Returns each row's prediction moved to its reference age, years [n]; NaN where that needs a line and none is."""
  predicted, age = (table[name].to_numpy(np.float64) for name in ("predicted_age_years", "age_years"))
  is_validation = table["part"].to_numpy(str) == split_parts.VALIDATION
  split = pooled_table.split_of(table, num_folds)
  moved = np.where(table["instance"].to_numpy() == reference_instance, predicted, np.nan)
  for k in np.unique(split):
    rows, fitted_on = split == k, (split == k) & is_validation
    try:
      line = bias.fit(age[fitted_on], predicted[fitted_on])
    except ValueError:
      continue
    moved[rows] = move_to_age(predicted[rows], age[rows], reference_age[rows], line)
  return moved


def _group(person: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns the number of each row's (participant, part), int [n], and the first row of each, int [g]."""
  _, part_number = np.unique(part, return_inverse=True)
  key = person * (part_number.max(initial=0) + 1) + part_number
  _, first, group = np.unique(key, return_index=True, return_inverse=True)
  return group, first
