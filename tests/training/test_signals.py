"""A signal is heeded wherever a command is at work, remembered between splits, and the next call resumes."""

import os
import shutil
import signal

import pytest

from msk_jax.predictions import split_folder
from msk_jax.training import command, early_stopping, experiment, folds, frozen_baseline, pausing
from msk_jax.training.program import Program
from tests import cases
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")


def _signalling(function):
  def call(*arguments, **named):
    os.kill(os.getpid(), signal.SIGTERM)
    return function(*arguments, **named)

  return call


_PLACES = {
  "starting": (experiment, "_describe"),
  "baseline": (frozen_baseline, "ridge"),
  "ending": (early_stopping, "describe_ending"),
  "predicting": (experiment.results, "stored_samples"),
}


@pytest.mark.parametrize("place", cases.first_of(_PLACES))
def test_a_signal_outside_the_loop_pauses_and_the_next_call_resumes(tmp_path, straight, monkeypatch, place):
  cohort.write_workdir(tmp_path)
  owner, name = _PLACES[place]
  monkeypatch.setattr(owner, name, _signalling(getattr(owner, name)))
  paused = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", tmp_path)
  assert paused.status is pausing.Status.TERMINATED and paused.result is None
  assert split_folder.read_result(paused.folder) is None
  has_trained = (paused.folder / "checkpoints").exists()
  assert has_trained == (place in ("ending", "predicting"))
  monkeypatch.undo()
  ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", tmp_path)
  assert ended.result["params_sha256"] == straight[1]["params_sha256"] and ended.result["test"] == straight[1]["test"]


def test_a_signal_between_splits_ends_the_command(straight, tmp_path, monkeypatch):
  workdir = shutil.copytree(straight[0], tmp_path / "work")
  monkeypatch.setattr(experiment, "run_in", _signalling(experiment.run_in))  # split 0 is finished
  with pausing.Budget(pausing.deadline_in(1.0)) as budget:
    ended = folds.run(command.Call(cohort.VIEW, "phantom", workdir, budget), cohort.experiment(), [0, 1, 2])
  assert list(ended.finished) == [0] and ended.not_begun == [1, 2] and not ended.paused
  assert not (workdir / "models/knee/simple_cnn/fold_1").exists()


def test_splits_of_other_limits_share_a_program(straight, monkeypatch):
  made = []
  monkeypatch.setattr(command, "Program", lambda *arguments: made.append(arguments) or object.__new__(Program))
  with pausing.Budget(pausing.deadline_in(1.0)) as budget:
    call = command.Call(cohort.VIEW, "phantom", straight[0], budget)
    for epochs in (1, 2):
      settings = cohort.experiment(max_epochs=epochs)
      loaded = experiment.data.load(settings, cohort.VIEW, straight[0])
      call.program_of(experiment.Job(settings, cohort.VIEW, "phantom", straight[0], loaded))
  assert len(made) == 1
