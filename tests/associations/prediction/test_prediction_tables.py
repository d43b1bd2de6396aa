"""Scores are those of all rows together; small counts are left out; circular variables are counted and left out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from msk_jax.associations.prediction import feature_tables, scores
from msk_jax.associations.prediction.model_files import COVARIATES_ALONE, Finished, ModelName
from msk_jax.disclosure import door
from msk_jax.schemas import exposure_prediction_tables
from msk_jax.scores import metrics

_WHOLE = {"hip": (1000, 900), "knee": (1000, 900)}


def _finished(dimension="hip", algorithm="elastic_net", people=300, samples=330, values=None, error=0.5, seed=0):
  """Returns a model of ten splits, and the outcome and prediction of all its test samples."""
  rng = np.random.default_rng(seed)
  y = rng.normal(2, 3, samples)
  predicted = y + rng.normal(0, error, samples)
  rows = []
  for k, part in enumerate(np.array_split(np.arange(samples), 10)):
    rows.append(
      {
        "split": k,
        "num_variables": 3 + (k == 0),
        "num_rare": 0,
        "num_training_people": 200,
        "num_people": people // 10,
        "num_samples": len(part),
        "squared_errors": np.square(predicted - y)[part].sum(),
        "sum_outcome_years": y[part].sum(),
        "sum_outcome_squares": np.square(y[part]).sum(),
        "r2": metrics.r2(y[part], predicted[part]),
        "search_r2": 0.1,
      }
    )
  table = pd.DataFrame(
    [(k, "variable", name, "coefficient", value) for k in range(10) for name, value in (values or {}).items()]
    + [(0, "variable", "once", "coefficient", 9.0), (0, "covariate", "age", "coefficient", 5.0)],
    columns=["split", "role", "feature", "measure", "value"],
  )
  name = ModelName("biomarkers", "blood", dimension, algorithm)
  return Finished(name, pd.DataFrame(rows), table, 4, "", "0"), y, predicted


def _table(**changes):
  model, y, predicted = _finished(**changes)
  alone = _finished(algorithm=COVARIATES_ALONE, people=model.splits["num_people"].sum(), error=2.9)[0]
  circular = {"hip": {"a": "a feature of a scalar set", "unused": "another"}}
  return scores.tabulate([alone, model], circular, _WHOLE, "observed"), y, predicted


def test_scores_are_of_all_test_samples_together():
  table, y, predicted = _table(values={"a": 1.0, "b": 2.0})
  row = table.iloc[0]
  assert len(table) == 1
  assert row["r2"] == pytest.approx(metrics.r2(y, predicted))
  assert row["rmse_years"] == pytest.approx(metrics.rmse(y, predicted))
  assert row["gain_r2"] == pytest.approx(row["r2"] - row["covariates_r2"]) and row["gain_r2"] > 0.5
  assert (row["num_variables_least"], row["num_variables_most"], row["num_circular"]) == (3, 4, 1)
  door.check_table(table, exposure_prediction_tables.SCORES)


def _null_splits(rng, errors):
  """Returns the splits of a model whose folds have these squared errors a sample."""
  rows = [
    {"split": k, "num_samples": 30, "squared_errors": 30 * e, "sum_outcome_years": 0.0, "sum_outcome_squares": 300.0}
    for k, e in enumerate(errors)
  ]
  return pd.DataFrame(rows).sample(frac=1, random_state=rng)


def test_the_gain_is_in_its_interval_which_is_wider_than_that_of_independent_folds():
  rng = np.random.default_rng(0)
  errors, alone = rng.normal(9, 1, (2, 10))
  low, high = scores.gain_interval(_null_splits(rng, errors), _null_splits(rng, alone))
  gain = (alone - errors) / 10
  assert (low + high) / 2 == pytest.approx(gain.mean())
  plain = stats.t.interval(0.95, 9, gain.mean(), stats.sem(gain))
  assert (high - low) / (plain[1] - plain[0]) == pytest.approx(np.sqrt(1 + 10 / 9))


def test_a_single_fold_has_no_interval():
  rng = np.random.default_rng(0)
  assert np.isnan(scores.gain_interval(_null_splits(rng, [1.0]), _null_splits(rng, [2.0]))).all()


@pytest.mark.parametrize(("error", "says"), [(0.5, scores.BETTER), (3.1, scores.NO_BETTER)])
def test_the_table_says_whether_the_variables_add_anything(error, says):
  row = _table(error=error)[0].iloc[0]
  assert row["says"] == says and row["gain_r2_low"] < row["gain_r2"] < row["gain_r2_high"]


@pytest.mark.parametrize(
  ("people", "samples", "is_people_shown", "is_samples_shown"),
  [(300, 330, True, True), (300, 302, True, False), (900, 1000, True, True), (900, 997, True, False)],
)
def test_small_differences_are_left_out(people, samples, is_people_shown, is_samples_shown):
  row = _table(people=people, samples=samples)[0].iloc[0]
  assert (row["num_people"] is not pd.NA) is is_people_shown
  assert (row["num_samples"] is not pd.NA) is is_samples_shown


def test_people_are_left_out_beside_a_total_that_tells_of_few(monkeypatch):
  monkeypatch.setitem(_WHOLE, "hip", (1000, 303))
  row = _table()[0].iloc[0]
  assert row["num_people"] is pd.NA and row["num_samples"] is pd.NA


def test_similarity_is_over_variables_that_are_circular_in_neither_dimension():
  hip = {"a": 100.0, "b": 1.0, "c": 2.0, "d": 3.5}
  knee = {"a": -100.0, "b": 2.0, "c": 1.0, "d": 7.0}
  models = [_finished(dimension=name, values=own)[0] for name, own in (("hip", hip), ("knee", knee))]
  features = feature_tables.tabulate(models, {"hip": {"a": "a feature"}})
  assert features.set_index(["dimension", "feature"])["is_circular"][("hip", "a")] == "yes"
  once = features[features["feature"] == "once"]
  assert once["mean"].isna().all() and (once["num_splits"] == 1).all()  # a single fold's value may hang on few people
  similar = feature_tables.correlate(features, {"elastic_net": "coefficient"}, {}, ("hip", "knee"))
  row = similar.iloc[0]
  assert row["num_variables"] == 3
  assert row["pearson"] == pytest.approx(np.corrcoef([1, 2, 3.5], [2, 1, 7])[0, 1])
  means = feature_tables.average(similar)
  assert means.iloc[0]["num_pairs"] == 1 and means.iloc[0]["pearson_mean"] == pytest.approx(row["pearson"])
