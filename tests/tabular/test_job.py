"""A model of any target: the job's files, its messages in the target's words, and its resuming."""

import dataclasses
import json

import numpy as np
import pytest

from msk_jax.io import errors, locks, run_record
from msk_jax.tabular import algorithm, importances, job, linear, measures, nested
from tests.tabular import scalar_cohort

_ACCELERATION = measures.Quantity("acceleration", "years")


def _job(folder, samples, **changes):
  net = job.Job(
    name="xwas/diet/elastic_net",
    stage="xwas",
    folder=folder,
    samples=samples,
    algorithm=linear.ElasticNet(),
    plan=nested.Plan(scalar_cohort.NUM_FOLDS, 1, seed=0),
    is_sized=False,
    permutation_repeats=1,
    permutation_rows=50,
    about={"dimension": "hips"},
    inputs={"samples": "a hash"},
  )
  return dataclasses.replace(net, **changes)


@pytest.fixture
def samples(monkeypatch):
  monkeypatch.setattr(linear.ElasticNet, "least_trials", 2)
  ages = scalar_cohort.samples()
  return dataclasses.replace(ages, target=(ages.target - 60) / 5, quantity=_ACCELERATION)


def test_a_target_that_is_not_an_age(tmp_path, samples):
  outcomes = []
  net = _job(tmp_path, samples)
  assert job.run(net, outcomes.append) and not job.run(net, None)
  assert [outcome.split.test for outcome in outcomes] == list(range(scalar_cohort.NUM_FOLDS))
  for k, outcome in enumerate(outcomes):
    assert np.array_equal(outcome.rows["test"], np.flatnonzero(samples.fold == k))
    assert np.array_equal(outcome.rows["validation"], np.flatnonzero(samples.fold == outcome.split.validation))
    assert np.array_equal(outcome.training, np.isin(samples.fold, outcome.split.train))
    model = net.algorithm.from_file(outcome.folder / "model_test.json")
    assert np.array_equal(model.predict(samples.features_np[samples.fold == k]), outcome.predicted["test"])
  predicted = np.concatenate([outcome.predicted["test"] for outcome in outcomes])
  target = np.concatenate([samples.target[outcome.rows["test"]] for outcome in outcomes])
  assert np.corrcoef(predicted, target)[0, 1] > 0.6
  tables = job.read_importances(tmp_path, scalar_cohort.NUM_FOLDS)
  assert set(tables[0]["measure"]) == {"coefficient", "permutation", "correlation"}
  summary = importances.summarise({"elastic_net": tables})
  assert len(importances.agreement(summary, importances.main_measures([net.algorithm]))) == 1
  record = run_record.read(tmp_path)
  assert record["stage"] == "xwas" and record["settings"]["dimension"] == "hips"
  assert record["settings"]["num_trials"] == 2 and record["inputs"] == {"samples": "a hash"}
  trials = json.loads((tmp_path / "search.json").read_text())
  assert list(trials["of"]) == ["seed", "model", "dimension", "search", "samples"]


def test_a_model_that_another_process_makes_is_left_alone(tmp_path, samples):
  folder = tmp_path / "elastic_net"
  (folder / "fold_0").mkdir(parents=True)  # of the other one
  busy = rf"another process makes xwas/diet/elastic_net in {folder}: wait .* \(process \d+ on "
  with locks.alone(tmp_path / ".elastic_net.lock", ""), pytest.raises(errors.InputError, match=busy):
    job.run(_job(folder, samples), lambda outcome: None)
  assert list(tmp_path.rglob("*")) == [folder, folder / "fold_0"]


def test_labels_and_warnings_name_the_target(tmp_path, samples, caplog):
  assert linear.COEFFICIENT.describe(_ACCELERATION) == "coefficient\nyears per SD"
  assert measures.CORRELATION.describe(_ACCELERATION) == "correlation with acceleration"
  strict = nested.Plan(scalar_cohort.NUM_FOLDS, 2, 0, {**linear.SPACE, "alpha": algorithm.Real(1e3, 1e4)})
  job.run(_job(tmp_path, samples, plan=strict), lambda outcome: None)
  assert "elastic_net PREDICTS ONE ACCELERATION FOR EVERYBODY in 4 of 4 splits" in caplog.text
  assert run_record.read(tmp_path)["results"]["constant_splits"] == [0, 1, 2, 3]


class _BrokenModel(linear.LinearModel):
  def predict(self, features_np):
    return np.full(len(features_np), np.inf)


class _Broken(linear.ElasticNet):
  def fit(self, samples, trials):
    return [_BrokenModel(model.names, model.fit, model.setting) for model in super().fit(samples, trials)]


def test_predictions_that_are_not_finite_are_refused(tmp_path, samples):
  with pytest.raises(errors.InputError, match=r"a predicted acceleration is not finite: waist_cm: 1e20\."):
    job.run(_job(tmp_path, samples, algorithm=_Broken(), describe_doubts=lambda: "waist_cm: 1e20"), None)
  assert run_record.read(tmp_path) is None


def test_the_default_score_is_the_algorithms_own(samples):
  net = linear.ElasticNet()
  trials = [algorithm.Trial(folds, {"alpha": 0.05, "l1_ratio": 0.5}, 0) for folds in ((0, 1, 2), (0, 2, 3))]
  np.testing.assert_allclose(algorithm.Algorithm.score(net, samples, trials), net.score(samples, trials), atol=1e-9)
