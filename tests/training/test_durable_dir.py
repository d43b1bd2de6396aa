"""A training whose work folder is lost resumes from its durable folder, to the same bits."""

import json
import shutil
import signal

import pytest

from msk_jax.durable import link, parts
from msk_jax.io import errors
from msk_jax.training import command, experiment, pausing
from tests.training import cohort, step_hooks

pytestmark = pytest.mark.usefixtures("compile_once")

_FOLDER = "models/knee/simple_cnn/fold_0"
_SCOPE = parts.Scope(("cohort", "images", "models/knee/simple_cnn"), resumed=("models/knee/simple_cnn",))


def _train(workdir, durable_dir) -> command.Ended:
  tied = link.Link()
  tied.open(workdir, durable_dir, _SCOPE)
  if not (workdir / "cohort").exists():
    cohort.write_workdir(workdir)
  with pausing.Budget(pausing.deadline_in(1.0)) as budget:
    call = command.Call(cohort.VIEW, "phantom", workdir, budget, saved=lambda folder: tied.mirror(_FOLDER))
    return experiment.run_in(call, cohort.experiment())  # the link is never closed: the job is lost


def _lose_in_mid_training(tmp_path, monkeypatch) -> None:
  """Trains some steps of the second epoch, and removes the workdir."""
  with monkeypatch.context() as patch:
    step_hooks.interrupt_at(patch, 11, signal.SIGTERM)
    assert _train(tmp_path / "work", tmp_path / "durable").status is pausing.Status.TERMINATED
  shutil.rmtree(tmp_path / "work")


def _check_same(ended, straight) -> None:
  assert ended.result["params_sha256"] == straight[1]["params_sha256"] and ended.result["test"] == straight[1]["test"]
  log, expected = (
    [
      json.loads(line) | {"images_per_second": 0}
      for line in (place / _FOLDER / "metrics.jsonl").read_text().splitlines()
    ]
    for place in (ended.folder.parents[3], straight[0])
  )
  assert log == expected


def test_a_lost_work_folder_resumes_to_the_same_bits(tmp_path, straight, monkeypatch, caplog):
  caplog.set_level("INFO", "absl")
  _lose_in_mid_training(tmp_path, monkeypatch)
  ended = _train(tmp_path / "work", tmp_path / "durable")
  assert "resuming from step" in caplog.text
  _check_same(ended, straight)


def test_a_truncated_checkpoint_is_not_used(tmp_path, straight, monkeypatch, caplog):
  """The one before it is, to the same bits."""
  caplog.set_level("INFO", "absl")
  _lose_in_mid_training(tmp_path, monkeypatch)
  (part,) = [path for path in (tmp_path / "durable").iterdir() if path.name.endswith("fold_0")]
  newest = sorted(part.glob("manifest-*"))[-1]
  files = json.loads(newest.read_text())["content"]["files"]
  steps = sorted({int(name.split("/checkpoints/")[1].split("/")[0]) for name in files if "/checkpoints/" in name})
  of_step = [name for name in files if f"/checkpoints/{steps[-1]}/" in name]
  largest = part / "objects" / files[max(of_step, key=lambda name: files[name]["bytes"])]["sha256"]
  largest.write_bytes(largest.read_bytes()[:-9])
  ended = _train(tmp_path / "work", tmp_path / "durable")
  assert f"the checkpoint of step {steps[-1]}" in caplog.text and f"resuming from step {steps[0]}" in caplog.text
  _check_same(ended, straight)


def test_another_trainings_folder_is_refused(tmp_path, straight):
  for name in ("first", "second"):
    cohort.write_workdir(tmp_path / name, seed=len(name))
  link.Link().open(tmp_path / "first", tmp_path / "durable", _SCOPE)
  with pytest.raises(errors.InputError, match="is not that of the workdir"):
    _train(tmp_path / "second", tmp_path / "durable")
