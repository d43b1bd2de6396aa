"""Predictions per participant: every visit's prediction moved to one visit's age, then averaged.

Source: paper, Methods (ages for the GWAS); facts, section 9. A prediction made at age a is moved to the reference age
a0, the age at instance 0, by the years between them and by what the model's bias makes of these years:

  moved = predicted + (a0 - a) + bias(a0) - bias(a),   bias(age) = expected predicted minus chronological age.

The bias is fitted for each model and part on all its visits. In the authors' sign (age minus predicted) the last two
terms change places; the result is the same.
"""

import numpy as np
import pandas as pd

from msk_jax.biological_age import bias
from msk_jax.io import errors


def reference_visits(visits: pd.DataFrame) -> pd.DataFrame:
  """Returns each participant's reference visit: instance 0, else the first one known.

  Args:
    visits: eid, instance, age_years (schema visits).

  Returns:
    eid, instance, age_years, one row per participant, ordered by eid.
  """
  ordered = visits[["eid", "instance", "age_years"]].sort_values(["eid", "instance"])
  return ordered.drop_duplicates("eid").reset_index(drop=True)


def average_visits(table: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
  """Returns a model's predictions per participant.

  Args:
    table: predictions of one model per participant and visit (schema predictions), parts `validation` and `test`.
    reference: from `reference_visits`.

  Returns:
    The same columns, one row per participant and part: instance and age_years are the reference visit's, the
    prediction is the mean over the participant's visits of predictions moved to that age.

  Raises:
    InputError: a participant without any visit in `reference`, or too few different ages to fit a bias.
  """
  place = pd.Index(reference["eid"]).get_indexer(pd.Index(table["eid"]))
  if num_unknown := int((place < 0).sum()):
    raise errors.InputError(f"{num_unknown} predictions are of people without a visit in cohort/visits.parquet.")
  age0 = reference["age_years"].to_numpy(np.float64)[place]
  moved = np.empty(len(table))
  parts = table["part"].to_numpy(str)
  for part in np.unique(parts):
    rows = parts == part
    moved[rows] = move_to_age(
      table["predicted_age_years"].to_numpy(np.float64)[rows], table["age_years"].to_numpy(np.float64)[rows], age0[rows]
    )
  group, first = _groups(place, parts)
  counts = np.bincount(group)
  averaged = table.iloc[first][["eid", "part", "fold"]].reset_index(drop=True)
  return averaged.assign(
    instance=reference["instance"].to_numpy()[place[first]],
    age_years=age0[first],
    predicted_age_years=np.bincount(group, moved) / counts,
  )[list(table.columns)]


def move_to_age(predicted_years: np.ndarray, age_years: np.ndarray, reference_years: np.ndarray) -> np.ndarray:
  """Returns predictions moved from the ages at which they were made to reference ages; all [n], years.

  Raises:
    InputError: fewer than two different ages.
  """
  try:
    line = bias.fit(age_years, predicted_years)
  except ValueError:
    raise errors.InputError(
      f"{len(np.atleast_1d(age_years))} predictions do not make a bias line: two or more samples of different ages are "
      "needed to move predictions from visit to visit."
    ) from None
  return predicted_years + (reference_years - age_years) + line.bias(reference_years) - line.bias(age_years)


def _groups(place: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Number of each row's (participant, part), int [n], and each group's first row, int [g]."""
  _, part_number = np.unique(parts, return_inverse=True)
  key = place.astype(np.int64) * (part_number.max(initial=0) + 1) + part_number
  _, first, group = np.unique(key, return_index=True, return_inverse=True)
  return group, first
