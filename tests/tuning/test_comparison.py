"""The noise of the choice: paired, by people, for all trials at once."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.scores import bootstrap_spec
from msk_jax.tuning import comparison

_SETTINGS = bootstrap_spec.BootstrapSpec(200, "participant")


def _tables(errors_nm: np.ndarray) -> dict[int, pd.DataFrame]:
  age = np.linspace(45, 80, len(errors_nm))
  eid = [f"p{i}" for i in range(len(age))]
  return {
    k: pd.DataFrame({"eid": eid, "instance": 2, "age_years": age, "predicted_age_years": age + errors_nm[:, k]})
    for k in range(errors_nm.shape[1])
  }


def test_scores_and_differences_are_those_of_the_samples():
  errors_nm = np.random.default_rng(0).normal(0, 1, (80, 3)) * [5, 4, 6]
  found = comparison.compare(_tables(errors_nm), _SETTINGS)
  rmse = np.sqrt(np.square(errors_nm).mean(axis=0))
  assert found.rows["rmse"].sort_index().to_numpy() == pytest.approx(rmse)
  assert found.rows["difference"].sort_index().to_numpy() == pytest.approx(rmse - rmse[0])
  assert found.best == 1 and list(found.rows.index) == [1, 0, 2]
  assert found.rows.loc[0, ["difference", "low", "high"]].tolist() == [0, 0, 0]
  assert found.rows["share_best"].sum() == pytest.approx(1) and found.num_people == found.num_samples == 80


def test_what_is_said_of_the_best():
  noise = np.random.default_rng(1).normal(0, 5, (100, 1))
  better = np.concatenate([noise, noise * 0.8], axis=1)
  assert comparison.compare(_tables(better), _SETTINGS).judge() == comparison.BETTER
  assert comparison.compare(_tables(better[:, ::-1]), _SETTINGS).judge() == comparison.DEFAULT_IS_BEST
  assert comparison.compare(_tables(better[:12]), _SETTINGS).judge() == comparison.TOO_FEW
  without_default = {1: _tables(better)[1]}
  assert comparison.compare(without_default, _SETTINGS).judge() == comparison.NO_DEFAULT
  assert comparison.compare({}, _SETTINGS) is None


def test_intervals_widen_with_the_number_of_trials_that_the_best_is_chosen_from():
  """To that of 95% of the largest of so many differences, in standard errors: about 2 for one, 2.8 for fifteen."""
  rng = np.random.default_rng(2)
  errors_nm = rng.normal(0, 4, (150, 1)) + rng.normal(0, 3, (150, 16))
  half = {}
  for num_trials in (2, 16):
    rows = comparison.compare(_tables(errors_nm[:, :num_trials]), _SETTINGS).rows
    half[num_trials] = (rows["high"] - rows["low"])[1] / 2
  assert 1.3 < half[16] / half[2] < 1.6


def test_samples_that_not_all_trials_have_are_counted_and_left_out():
  tables = _tables(np.random.default_rng(3).normal(0, 5, (50, 2)))
  tables[1] = tables[1].iloc[5:]
  found = comparison.compare(tables, _SETTINGS)
  assert (found.num_samples, found.num_left_out) == (45, 5)
