"""What the verdict says of noise, of what features show already, and of a planted signal."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.scores import metrics
from msk_jax.training import baselines, verdict


def _ages(model_noise, ridge_noise, n=200, seed=0):
  """Returns predictions of n people; a noise of None is a prediction that knows nothing."""
  rng = np.random.default_rng(seed)
  age = rng.uniform(45, 80, n)
  model, ridge = (
    rng.normal(62, 2, n) if noise is None else age + rng.normal(0, noise, n) for noise in (model_noise, ridge_noise)
  )
  return verdict.Compared(np.arange(n), age, model, np.full(n, 62.0), ridge)


@pytest.mark.parametrize(
  ("model_noise", "ridge_noise", "says"),
  [
    (None, None, verdict.NO_BETTER_THAN_MEAN),
    (None, 5.0, verdict.NO_BETTER_THAN_MEAN),
    (5.0, 5.0, verdict.NO_BETTER_THAN_FROZEN),
    (6.0, 4.0, verdict.NO_BETTER_THAN_FROZEN),
    (4.0, 6.0, verdict.LEARNED),
    (5.0, None, verdict.LEARNED),
  ],
)
def test_what_is_said(model_noise, ridge_noise, says):
  ages = _ages(model_noise, ridge_noise)
  judged = verdict.judge(ages)
  assert judged["says"] == says and judged == verdict.judge(ages)
  gain = metrics.r2(ages.age_years, ages.model) - metrics.r2(ages.age_years, ages.ridge)
  assert judged["over_frozen_ridge"]["r2"] == pytest.approx(gain)
  for of in (judged["over_mean"], judged["over_frozen_ridge"]):
    assert of["low"] < of["r2"] < of["high"]
  text = verdict.describe(judged)
  assert (says == verdict.LEARNED) == (text == "") and (not text or says.upper() in text)


def test_visits_of_one_person_are_not_more_people():
  ages = _ages(5.0, None, n=15)
  many = verdict.Compared(
    *(np.repeat(values, 20) for values in (ages.person, ages.age_years, ages.model, ages.mean, ages.ridge))
  )
  few, repeated = verdict.judge(ages), verdict.judge(many)
  assert few["says"] == repeated["says"] == verdict.TOO_FEW and "too few people" in verdict.describe(few)
  assert repeated["over_mean"]["low"] == pytest.approx(few["over_mean"]["low"], abs=1e-9)


def test_equal_ages_have_no_verdict():
  ages = _ages(5.0, 5.0, n=50)
  same = verdict.Compared(ages.person, np.full(50, 60.0), ages.model, ages.mean, ages.ridge)
  judged = verdict.judge(same)
  assert judged == {
    "says": verdict.TOO_ALIKE,
    "over_mean": {"r2": None, "low": None, "high": None},
    "over_frozen_ridge": {"r2": None, "low": None, "high": None},
  }


def test_rows_are_joined_by_person_visit_and_part():
  keys = {"eid": ["b", "a", "a"], "instance": [0, 0, 2], "part": ["test"] * 3, "fold": [0] * 3}
  table = pd.DataFrame({**keys, "age_years": [50.0, 60.0, 70.0], "predicted_age_years": [51.0, 61.0, 71.0]})
  ridge = table.assign(predicted_age_years=[1.0, 2.0, 3.0]).iloc[::-1]
  joined = baselines.join(table, ridge, 62.0)
  assert joined["ridge_years"].tolist() == [1.0, 2.0, 3.0] and joined["mean_years"].tolist() == [62.0] * 3
  for pair in ((table.iloc[1:], ridge), (table, ridge.iloc[1:]), (table.assign(instance=[1, 0, 2]), ridge)):
    with pytest.raises(errors.InputError, match=r"differ in [12] of 3 samples"):
      baselines.join(*pair, 62.0)
