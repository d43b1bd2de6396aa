"""Several splits in one call: one program, one budget, a failing split beside the others, a pooled table."""

import dataclasses
import shutil

import numpy as np
import pytest

from msk_jax.io import console, errors
from msk_jax.predictions import split_folder
from msk_jax.scores import metrics
from msk_jax.training import baselines, command, experiment, folds, pausing, printout
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")
_SETTINGS = cohort.experiment(max_epochs=1, images_per_epoch=16)
_MODEL = "models/knee/simple_cnn"


def _call(workdir, hours=1.0):
  return command.Call(cohort.VIEW, "phantom", workdir, pausing.Budget(pausing.deadline_in(hours)))


@pytest.fixture(scope="module")
def _all(tmp_path_factory, compile_once):
  workdir = tmp_path_factory.mktemp("folds")
  cohort.write_workdir(workdir)
  call = _call(workdir)
  ended = folds.run(call, _SETTINGS, [0, 1, 2])
  assert len(call.programs) == 1  # splits share it
  return workdir, ended


@pytest.fixture
def trained(_all, tmp_path):
  return shutil.copytree(_all[0], tmp_path / "work"), _all[1]


@pytest.mark.parametrize(("text", "numbers"), [("all", list(range(10))), ("2,0", [0, 2]), (" 3 ", [3])])
def test_which_splits(text, numbers):
  assert folds.parse(text, 10) == numbers


@pytest.mark.parametrize("text", ["10", "0,0", "1,x", "-1", "0,", "1-3", "ALL"])
def test_other_splits_are_refused(text):
  with pytest.raises(errors.InputError, match=r"give all, or numbers from 0 to 9"):
    folds.parse(text, 10)


def test_a_fold_in_the_config_too_is_refused():
  with pytest.raises(errors.InputError, match=r"config\.fold = 3 too"):
    folds.check(dataclasses.replace(_SETTINGS, fold=3), [0, 1], cohort.VIEW, 10)


def test_each_split_is_that_of_a_call_of_its_own(_all, tmp_path):
  ended = _all[1]
  assert list(ended.finished) == [0, 1, 2] and not (ended.paused or ended.failed or ended.not_begun)
  cohort.write_workdir(tmp_path)
  alone = experiment.run(dataclasses.replace(_SETTINGS, fold=2), cohort.VIEW, "phantom", tmp_path)
  assert alone.result["params_sha256"] == ended.finished[2][0]["params_sha256"]
  assert alone.result["baselines"] == ended.finished[2][0]["baselines"]


def test_the_table_has_each_split_and_all_together(_all, capsys):
  splits = list(_all[1].finished.values())
  pooled = baselines.pooled_test(splits)
  assert pooled["n"] == sum(result["n_test"] for result, _ in splits)
  errors_squared = [result["test"]["rmse"] ** 2 * result["n_test"] for result, _ in splits]
  assert pooled["rmse"] == pytest.approx(np.sqrt(sum(errors_squared) / pooled["n"]))
  frozen = [result["baselines"]["frozen_ridge"]["test"]["rmse"] ** 2 * result["n_test"] for result, _ in splits]
  assert pooled["frozen_ridge"]["rmse"] == pytest.approx(np.sqrt(sum(frozen) / pooled["n"]))
  printout.print_folds(splits)
  printed = capsys.readouterr().out
  assert all(f"split {k}" in printed for k in range(3)) and "all 3 splits" in printed
  assert f"{pooled['r2']:.3f}" in printed and f"{pooled['frozen_ridge']['r2']:.3f}" in printed
  assert "too few people to say" in printed


def test_a_split_without_a_baseline_is_shown_all_the_same(trained, capsys):
  workdir, ended = trained
  splits = [(result, workdir / _MODEL / folder.name) for result, folder in ended.finished.values()]
  (splits[1][1] / "frozen_ridge.parquet").unlink()
  pooled = baselines.pooled_test(splits)
  assert set(pooled) == set(metrics.summary(np.arange(3.0), np.arange(3.0), 1.0))
  old = {k: v for k, v in splits[1][0].items() if k not in ("baselines", "verdict", "ending", "still_improving")}
  printout.print_folds([splits[0], (old, splits[1][1]), splits[2]])
  assert "all 3 splits" in capsys.readouterr().out


def test_a_failing_split_does_not_keep_the_others_back(trained):
  workdir, before = trained
  (workdir / _MODEL / "fold_1/run.json").unlink()
  ended = folds.run(_call(workdir), _SETTINGS, [0, 1, 2])
  assert {k: result for k, (result, _) in ended.finished.items()} == {k: before.finished[k][0] for k in (0, 2)}
  assert "it has no run record" in ended.failed[1] and not ended.not_begun


def test_the_budget_is_that_of_all_splits(trained, monkeypatch):
  workdir, before = trained
  shutil.rmtree(workdir / _MODEL / "fold_1")
  shutil.rmtree(workdir / _MODEL / "fold_2")
  looks = iter([None, *[pausing.Status.OUT_OF_TIME] * 100])  # the first look is before split 1
  monkeypatch.setattr(pausing.Budget, "exhausted", property(lambda budget: next(looks)))
  ended = folds.run(_call(workdir), dataclasses.replace(_SETTINGS, train=_longer()), [1, 2])
  assert list(ended.paused) == [1] and ended.not_begun == [2] and "none is evaluated yet" in ended.paused[1]
  monkeypatch.undo()
  shutil.rmtree(workdir / _MODEL / "fold_1")
  ended = folds.run(_call(workdir), _SETTINGS, [0, 1, 2])
  for k in range(3):
    assert ended.finished[k][0]["params_sha256"] == before.finished[k][0]["params_sha256"]
    assert split_folder.read_result(workdir / _MODEL / f"fold_{k}") == ended.finished[k][0]


@pytest.fixture
def spoilt(tmp_path):
  """A workdir in whose folder of split 1 a stranger's file is, so that it can't be trained."""
  cohort.write_workdir(tmp_path)
  (tmp_path / _MODEL / "fold_1").mkdir(parents=True)
  (tmp_path / _MODEL / "fold_1/notes.txt").touch()
  return tmp_path


def _train(workdir, hours):
  settings = dataclasses.replace(_SETTINGS, train=_longer())
  return folds.conclude(folds.run(_call(workdir, hours), settings, [1, 2]), num_splits=2)


def test_whoever_repeats_calls_of_spent_budgets_comes_to_an_end(spoilt, caplog):
  statuses, tried = [], []
  with caplog.at_level("INFO", "absl"):
    while len(statuses) < 9 and statuses[-1:] != [1]:
      caplog.clear()
      statuses.append(_train(spoilt, hours=-1.0))
      tried.append([record.args[0] for record in caplog.records if str(record.msg).startswith("split %d (of")])
      assert caplog.messages[-1] == "1 of 2 splits FAILED, see above: 1" and "it has no run record" in caplog.text
  assert set(statuses[:-1]) == {console.UNFINISHED} and statuses[-1] == 1
  assert tried[0] == [1, 2] and all(each == [2] for each in tried[1:])  # the failed one takes no time of the other's
  assert split_folder.read_result(spoilt / _MODEL / "fold_2") is not None
  shutil.rmtree(spoilt / _MODEL / "fold_1")
  assert _train(spoilt, hours=1.0) == 0 and not list((spoilt / _MODEL).glob(".*.failed"))


def test_a_signal_begins_no_further_split(spoilt, monkeypatch):
  monkeypatch.setattr(pausing.Budget, "exhausted", pausing.Status.TERMINATED)
  ended = folds.run(_call(spoilt), _SETTINGS, [1, 2])
  assert ended.not_begun == [1, 2] and ended.can_continue


def _longer():
  return dataclasses.replace(_SETTINGS.train, images_per_epoch=64)
