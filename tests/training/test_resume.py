"""The trajectory depends on config, seed and device count alone: kills, signals and workers leave the same bits."""

import dataclasses
import json
import pathlib
import signal

import pytest

from msk_jax.io import errors
from msk_jax.predictions import split_folder
from msk_jax.training import experiment, pausing
from tests import cases
from tests.training import cohort, run_once, step_hooks

pytestmark = pytest.mark.usefixtures("compile_once")


def _run(workdir: pathlib.Path, workers: int = 0) -> experiment.Ended:
  settings = cohort.experiment()
  settings = dataclasses.replace(settings, input=dataclasses.replace(settings.input, workers=workers))
  return experiment.run(settings, cohort.VIEW, "phantom", workdir)


def _log(workdir: pathlib.Path) -> list[dict]:
  lines = (workdir / "models/knee/simple_cnn/fold_0/metrics.jsonl").read_text().splitlines()
  return [{k: v for k, v in json.loads(line).items() if k != "images_per_second"} for line in lines]


@pytest.mark.parametrize("step", cases.first_of([13, 6]))
def test_killed_and_resumed_equals_straight(tmp_path, straight, step):
  """Kill -9 in mid-epoch, at and between checkpoints; the same command again gives the same bits."""
  cohort.write_workdir(tmp_path)
  killed = run_once.start(tmp_path, f"--signal_at={step}")
  printed = killed.communicate(timeout=300)[0]
  assert killed.returncode == -signal.SIGKILL, printed[-3000:]
  assert split_folder.read_result(tmp_path / "models/knee/simple_cnn/fold_0") is None
  _check_same(_run(tmp_path), tmp_path, straight)


def test_terminated_and_resumed_equals_straight(tmp_path, straight, monkeypatch):
  """SIGTERM: a checkpoint one step later, an orderly pause, and then the same bits."""
  cohort.write_workdir(tmp_path)
  step_hooks.interrupt_at(monkeypatch, 17, signal.SIGTERM)
  paused = _run(tmp_path)
  assert paused.status is pausing.Status.TERMINATED and paused.result is None
  assert sorted(p.name for p in (paused.folder / "checkpoints").iterdir() if p.name.isdigit())[-1] == "18"
  monkeypatch.undo()
  _check_same(_run(tmp_path), tmp_path, straight)


def test_warm_up_running_mean_and_exact_statistics_survive_a_pause(tmp_path, monkeypatch):
  """All that presets add is part of the state or a function of the step."""
  settings = cohort.experiment(**cohort.STEADY)
  results = []
  for name in ("straight", "paused"):
    workdir = tmp_path / name
    cohort.write_workdir(workdir)
    if name == "paused":
      step_hooks.interrupt_at(monkeypatch, 11, signal.SIGTERM)
      assert experiment.run(settings, cohort.VIEW, "phantom", workdir).result is None
      monkeypatch.undo()
    results.append(experiment.run(settings, cohort.VIEW, "phantom", workdir).result)
  assert results[0]["params_sha256"] == results[1]["params_sha256"]
  assert results[0]["validation"] == results[1]["validation"]
  assert _log(tmp_path / "straight") == _log(tmp_path / "paused")


def _check_same(ended: experiment.Ended, workdir: pathlib.Path, straight: tuple[pathlib.Path, dict]) -> None:
  assert ended.result["params_sha256"] == straight[1]["params_sha256"]
  assert _log(workdir) == _log(straight[0])
  assert _scores(workdir) == _scores(straight[0])


def _scores(workdir: pathlib.Path) -> dict:
  found = split_folder.read_result(workdir / "models/knee/simple_cnn/fold_0")
  return {key: found[key] for key in ("validation", "test", "params_sha256", "epochs", "best_epoch")}


@pytest.mark.slow
@pytest.mark.long
def test_worker_processes_do_not_change_the_run(tmp_path, straight):
  cohort.write_workdir(tmp_path)
  assert _run(tmp_path, workers=2).result["params_sha256"] == straight[1]["params_sha256"]


def test_another_seed_changes_the_run(tmp_path, straight):
  cohort.write_workdir(tmp_path)
  settings = cohort.experiment()
  other = dataclasses.replace(settings, seed=1)
  ended = experiment.run(other, cohort.VIEW, "phantom", tmp_path)
  assert ended.result["params_sha256"]["final"] != straight[1]["params_sha256"]["final"]


def test_a_finished_run_does_nothing_again(straight):
  workdir, result = straight
  path = workdir / "models/knee/simple_cnn/fold_0/result.json"
  before = path.stat().st_mtime_ns
  ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", workdir)
  assert ended.status is pausing.Status.FINISHED and ended.result == result
  assert path.stat().st_mtime_ns == before


def test_a_longer_training_goes_on_from_a_finished_one(tmp_path, straight):
  """One epoch, then three in the same folder, equals three at once: the budget is not part of the trajectory."""
  cohort.write_workdir(tmp_path)
  experiment.run(cohort.experiment(max_epochs=1), cohort.VIEW, "phantom", tmp_path)
  ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", tmp_path)
  assert ended.result["params_sha256"] == straight[1]["params_sha256"]


def test_other_settings_are_refused_and_named(straight):
  with pytest.raises(
    errors.InputError, match=r"trained with other settings or data \(train.learning_rate: 0.003 -> 0.01\)"
  ):
    experiment.run(cohort.experiment(learning_rate=0.01), cohort.VIEW, "phantom", straight[0])


def test_a_checkpoint_without_record_is_not_trusted(tmp_path):
  cohort.write_workdir(tmp_path)
  (tmp_path / "models/knee/simple_cnn/fold_0/checkpoints").mkdir(parents=True)
  with pytest.raises(errors.InputError, match="it has no run record"):
    _run(tmp_path)
