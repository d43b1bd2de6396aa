"""Predictions per participant: every visit's prediction moved to one visit's age, then averaged.

Source: paper, Methods (ages for the GWAS); facts, section 9. A prediction made at age a is moved to the reference age
a0, the age at instance 0, by the years between them and by what the model's bias makes of these years:

  moved = predicted + (a0 - a) + bias(a0) - bias(a),   bias(age) = expected predicted minus chronological age.

In the authors' sign (age minus predicted) the last two terms change places; the result is the same.

Each split has a bias of its own, fitted on the split's validation predictions, and it moves the split's test
predictions too. The authors fit one line through the test predictions of all splits and one through the validation
predictions: then a split's validation rows, on which its ensembles are fitted, are moved by ages of all folds, its test
fold among them. Here no age of a test fold enters what its split fits or predicts. In both parts a split's network is
the same one (a scalar model is fitted once more, on one fold more), so that its validation bias is its test bias.
"""

import numpy as np
import pandas as pd

from msk_jax.io import errors
from msk_jax.predictions import bias, pooled


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

  A split with fewer than two validation ages has no bias line. Its predictions of reference visits need none; those of
  other visits are left out.

  Args:
    table: predictions of one model per participant and visit (schema predictions), parts `validation` and `test`.
    reference: from `reference_visits`.
    num_folds: data folds, and splits.

  Returns:
    The same columns, one row per participant and part: instance and age_years are the reference visit's, the
    prediction is the mean over the participant's visits of predictions moved to that age.
    How many predictions were left out.

  Raises:
    InputError: a participant without any visit in `reference`.
  """
  place = pd.Index(reference["eid"]).get_indexer(pd.Index(table["eid"]))
  if num_unknown := int((place < 0).sum()):
    raise errors.InputError(f"{num_unknown} predictions are of people without a visit in cohort/visits.parquet.")
  age0, instance0 = reference["age_years"].to_numpy(np.float64)[place], reference["instance"].to_numpy()[place]
  is_there = table["instance"].to_numpy() == instance0
  moved = _move(table, age0, is_there, pooled.split_of(table, num_folds))
  kept = np.flatnonzero(np.isfinite(moved))
  place, moved = place[kept], moved[kept]
  group, first = _groups(place, table["part"].to_numpy(str)[kept])
  averaged = table.iloc[kept[first]][["eid", "part", "fold"]].reset_index(drop=True)
  averaged = averaged.assign(
    instance=instance0[kept[first]],
    age_years=age0[kept[first]],
    predicted_age_years=np.bincount(group, moved) / np.bincount(group),
  )
  return averaged[list(table.columns)], len(table) - len(kept)


def move_to_age(
  predicted_years: np.ndarray, age_years: np.ndarray, reference_years: np.ndarray, line: bias.BiasCorrection
) -> np.ndarray:
  """Returns predictions moved from the ages at which they were made to reference ages; all [n], years."""
  return predicted_years + (reference_years - age_years) + line.bias(reference_years) - line.bias(age_years)


def _move(table: pd.DataFrame, age0: np.ndarray, is_there: np.ndarray, split: np.ndarray) -> np.ndarray:
  """Returns each row's prediction moved to `age0`, years [n]; NaN where there is no line and the row is not there."""
  predicted, age = (table[name].to_numpy(np.float64) for name in ("predicted_age_years", "age_years"))
  is_validation = table["part"].to_numpy(str) == "validation"
  moved = np.where(is_there, predicted, np.nan)
  for k in np.unique(split):
    rows, fitted_on = split == k, (split == k) & is_validation
    try:
      line = bias.fit(age[fitted_on], predicted[fitted_on])
    except ValueError:
      continue
    moved[rows] = move_to_age(predicted[rows], age[rows], age0[rows], line)
  return moved


def _groups(place: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Number of each row's (participant, part), int [n], and each group's first row, int [g]."""
  _, part_number = np.unique(parts, return_inverse=True)
  key = place.astype(np.int64) * (part_number.max(initial=0) + 1) + part_number
  _, first, group = np.unique(key, return_index=True, return_inverse=True)
  return group, first
