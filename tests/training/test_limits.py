"""Epochs and patience may be raised after the end, to the bits of a run that had them from the start."""

import json
import shutil

import pytest

from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.training import experiment, pausing
from tests import cases
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")
_FOLD = "models/knee/simple_cnn/fold_0"
_RATE = 3e-2  # large enough for the validation error to go up and down


def _run(workdir, **train):
  settings = {"learning_rate": _RATE, "images_per_epoch": 32, "max_epochs": 9, "early_stopping_patience": 9, **train}
  return experiment.run(cohort.experiment(**settings), cohort.VIEW, "phantom", workdir)


@pytest.fixture(scope="module")
def _long(tmp_path_factory, compile_once):
  """A run that had all epochs and patience from the start."""
  workdir = tmp_path_factory.mktemp("long")
  cohort.write_workdir(workdir)
  return workdir, _run(workdir).result


@pytest.fixture
def long(_long, tmp_path):
  return shutil.copytree(_long[0], tmp_path / "long"), _long[1]


def _log(workdir):
  lines = (workdir / _FOLD / "metrics.jsonl").read_text().splitlines()
  return [{k: v for k, v in json.loads(line).items() if k != "images_per_second"} for line in lines]


def _same(result, other, *, but=("seconds", "images_per_second")):
  return {k: v for k, v in result.items() if k not in but} == {k: v for k, v in other.items() if k not in but}


def test_the_example_stalls_before_it_improves_again(_long):
  """Else the tests below show nothing."""
  result = _long[1]
  assert result["ending"] == "max_epochs" and result["longest_stall"] >= 1 and result["best_epoch"] > 2


@pytest.mark.parametrize(
  ("first", "ending"),
  cases.first_of([({"max_epochs": 2}, "max_epochs"), ({"early_stopping_patience": 1}, "patience")]),
)
def test_raised_after_the_end_gives_the_bits_of_a_run_that_had_it(tmp_path, _long, first, ending):
  cohort.write_workdir(tmp_path)
  short = _run(tmp_path, **first).result
  assert short["ending"] == ending and short["epochs"] < 9
  assert short["params_sha256"]["final"] != _long[1]["params_sha256"]["final"]
  ended = _run(tmp_path)
  assert _same(ended.result, _long[1]) and _log(tmp_path) == _log(_long[0])
  assert split_table.read(ended.folder).equals(split_table.read(_long[0] / _FOLD))
  assert split_folder.read_result(ended.folder) == ended.result


def test_a_continued_training_that_pauses_has_no_result_and_says_its_scores(tmp_path, _long):
  cohort.write_workdir(tmp_path)
  _run(tmp_path, max_epochs=2)
  paused = _run(tmp_path, max_hours=1e-9)
  assert paused.status is pausing.Status.OUT_OF_TIME and paused.result is None
  assert split_folder.read_result(paused.folder) is None
  best = min(_log(tmp_path), key=lambda record: record["validation_rmse_years"])
  said = f"The best so far is epoch {best['epoch']}: validation RMSE {best['validation_rmse_years']:.2f} years (R2 "
  assert "2.5 epochs are done" in paused.so_far and said in paused.so_far and "mean age has" in paused.so_far
  assert _same(_run(tmp_path).result, _long[1])


def test_a_training_that_pauses_in_its_first_epoch_says_so(tmp_path):
  cohort.write_workdir(tmp_path)
  assert "0.5 epochs are done, none is evaluated yet" in _run(tmp_path, max_hours=1e-9).so_far


def test_lowering_what_has_been_passed_is_refused_and_leaves_everything(long):
  workdir, result = long
  stall = result["longest_stall"]
  with pytest.raises(errors.InputError, match=rf"early_stopping_patience = {stall}\. Give at least {stall + 1}, "):
    _run(workdir, early_stopping_patience=stall)
  with pytest.raises(errors.InputError, match=r"has done 9 epochs, more than config\.train\.max_epochs = 8"):
    _run(workdir, max_epochs=8)
  with pytest.raises(errors.InputError, match="early_stopping_patience"):
    _run(workdir, early_stopping_patience=stall, max_epochs=20)
  assert split_folder.read_result(workdir / _FOLD) == result


def test_overwrite_starts_over_where_limits_have_been_passed(long):
  workdir, result = long
  settings = cohort.experiment(learning_rate=_RATE, images_per_epoch=32, max_epochs=2)
  ended = experiment.run(settings, cohort.VIEW, "phantom", workdir, overwrite=True)
  assert ended.result["epochs"] == 2 and _log(workdir) == _log(workdir)[:2]
  assert ended.result["params_sha256"]["final"] != result["params_sha256"]["final"]


def test_the_same_end_for_another_reason_is_said_without_training(long):
  workdir, result = long
  stall = result["epochs"] - result["best_epoch"]
  if stall <= result["longest_stall"]:
    pytest.skip("the last stall is not the longest")
  ended = _run(workdir, early_stopping_patience=stall, max_epochs=20)
  assert ended.result["ending"] == "patience" and ended.result["params_sha256"] == result["params_sha256"]
