"""What can go wrong during a training: damaged checkpoints, numbers that are not finite, two at once, lost results."""

import dataclasses
import json
import pathlib
import shutil
import signal
import subprocess
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.io import errors, owner
from msk_jax.predictions import split_folder, split_table
from msk_jax.trained import predictor
from msk_jax.training import experiment, pausing, session
from tests import cases
from tests.training import cohort, run_once, step_hooks

_FOLD = "models/knee/simple_cnn/fold_0"


pytestmark = pytest.mark.usefixtures("compile_once")


def _run(workdir: pathlib.Path, **train) -> experiment.Ended:
  return experiment.run(cohort.experiment(**train), cohort.VIEW, "phantom", workdir)


@pytest.fixture(scope="module")
def _paused(tmp_path_factory):
  """A run that was told to stop at step 17: the checkpoints are those of steps 16, an epoch's end, and 18."""
  workdir = tmp_path_factory.mktemp("paused")
  cohort.write_workdir(workdir)
  before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests under nohup ignores it
  try:
    with pytest.MonkeyPatch.context() as patch:
      step_hooks.interrupt_at(patch, 17, signal.SIGHUP)
      assert _run(workdir).status is pausing.Status.TERMINATED
  finally:
    signal.signal(signal.SIGHUP, before)
  assert _steps(workdir) == ["16", "18"]
  return workdir


@pytest.fixture
def paused(_paused, tmp_path):
  return shutil.copytree(_paused, tmp_path / "work")


def _steps(workdir: pathlib.Path, name: str = "checkpoints") -> list[str]:
  return sorted(path.name for path in (workdir / _FOLD / name).iterdir())


def _largest(folder: pathlib.Path) -> pathlib.Path:
  return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def _cut(folder: pathlib.Path) -> None:
  path = _largest(folder)
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(folder: pathlib.Path) -> None:
  path = _largest(folder)
  data = bytearray(path.read_bytes())
  data[len(data) // 2] ^= 0xFF
  path.write_bytes(data)


def _empty(folder: pathlib.Path) -> None:
  for path in folder.iterdir():
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _lose(folder: pathlib.Path) -> None:
  (folder / "state/manifest.ocdbt").unlink()


def _lose_list_and_cut(folder: pathlib.Path) -> None:
  """As of a checkpoint of an earlier version, which has no list of hashes."""
  (folder / "file_hashes.json").unlink()
  _cut(folder)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Orbax's, of a file that is cut
@pytest.mark.parametrize("damage", cases.first_of([_flip, _cut, _empty, _lose, _lose_list_and_cut], number=2))
def test_a_damaged_checkpoint_is_passed_over_to_the_same_bits(paused, straight, damage, caplog):
  damage(paused / _FOLD / "checkpoints/18")
  ended = _run(paused)
  assert "the checkpoint of step 18" in caplog.text and "is damaged and is skipped" in caplog.text
  assert ended.result["params_sha256"] == straight[1]["params_sha256"]
  assert ended.result["test"] == straight[1]["test"]


def test_all_checkpoints_damaged_is_one_line(paused):
  for step in ("16", "18"):
    _cut(paused / _FOLD / "checkpoints" / step)
  with pytest.raises(errors.InputError, match=r"all checkpoints in .* damaged. Train .*--overwrite"):
    _run(paused)


def test_overwrite_starts_over_where_all_checkpoints_are_damaged(paused, straight):
  for step in ("16", "18"):
    _cut(paused / _FOLD / "checkpoints" / step)
  ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", paused, overwrite=True)
  assert ended.result["params_sha256"] == straight[1]["params_sha256"]


@pytest.mark.parametrize("damage", [_cut, shutil.rmtree])
def test_lost_best_parameters_are_noticed_when_the_run_goes_on(paused, damage):
  (best,) = (paused / _FOLD / "best").iterdir()
  damage(best)
  with pytest.raises(errors.InputError, match=r"best/.*missing or damaged.*--overwrite"):
    _run(paused)


def test_a_kill_between_a_better_epoch_and_its_checkpoint_keeps_the_best_before(tmp_path, straight, monkeypatch):
  """The newest checkpoint then is of a time at which another epoch was the best."""
  cohort.write_workdir(tmp_path)
  epochs = [json.loads(line) for line in (straight[0] / _FOLD / "metrics.jsonl").read_text().splitlines()]
  errors_years = [epoch["validation_rmse_years"] for epoch in epochs]
  number = next(i for i in range(1, len(epochs)) if errors_years[i] < min(errors_years[:i]))
  save, killed_at = session.Session.save, epochs[number]["step"]

  def save_or_die(self, step, current):
    if step == killed_at:
      raise RuntimeError("killed")
    save(self, step, current)

  monkeypatch.setattr(session.Session, "save", save_or_die)
  with pytest.raises(RuntimeError, match="killed"):
    _run(tmp_path)
  assert str(killed_at) in _steps(tmp_path, "best") and str(killed_at) not in _steps(tmp_path)
  monkeypatch.undo()
  assert _run(tmp_path).result["params_sha256"] == straight[1]["params_sha256"]
  assert len(_steps(tmp_path, "best")) == 1


def test_surplus_checkpoints_are_cleared(paused, straight):
  """A kill between writing a checkpoint and removing the oldest leaves three."""
  folder = paused / _FOLD / "checkpoints"
  shutil.copytree(folder / "16", folder / "8")
  assert _run(paused).result["params_sha256"] == straight[1]["params_sha256"]
  assert len(_steps(paused)) == 2
  assert len(_steps(paused, "best")) == 1


def _spoil_at(patch: pytest.MonkeyPatch, number: int) -> None:
  """Lets step `number` leave parameters that are not finite, as an update that overflows does: its own loss is."""

  def spoil(current):
    return dataclasses.replace(current, params=jax.tree.map(lambda leaf: leaf * jnp.nan, current.params))

  step_hooks.change_state(patch, spoil, at=number)


@pytest.mark.parametrize(
  "step", cases.first_of([3, 2, 8, 9])
)  # before, at and after a checkpoint step, at an epoch's end
def test_numbers_that_are_not_finite_are_never_written(tmp_path, straight, monkeypatch, step):
  cohort.write_workdir(tmp_path)
  _spoil_at(monkeypatch, step)
  with pytest.raises(errors.InputError) as caught:
    _run(tmp_path, checkpoint_every_steps=3)
  assert "not finite" in str(caught.value) and "--config.train.learning_rate=0.0003 --overwrite" in str(caught.value)
  assert all(int(name) < step for name in _steps(tmp_path))
  monkeypatch.undo()
  assert _run(tmp_path).result["params_sha256"] == straight[1]["params_sha256"]  # what was written before is sound


def test_a_validation_error_that_is_not_finite_ends_the_training(tmp_path, monkeypatch):
  cohort.write_workdir(tmp_path)
  predict = predictor.Predictor.ages_of
  monkeypatch.setattr(predictor.Predictor, "ages_of", lambda *arguments: predict(*arguments) * np.inf)
  with pytest.raises(errors.InputError, match=r"gave numbers that are not finite.*--overwrite"):
    _run(tmp_path)
  assert not _steps(tmp_path, "best")


def test_a_pause_writes_no_numbers_that_are_not_finite(tmp_path, monkeypatch):
  cohort.write_workdir(tmp_path)
  _spoil_at(monkeypatch, 5)
  step_hooks.interrupt_at(monkeypatch, 4, signal.SIGTERM)
  with pytest.raises(errors.InputError, match="step 5 gave numbers that are not finite"):
    _run(tmp_path, checkpoint_every_steps=3)
  assert _steps(tmp_path) == ["3"]


@pytest.mark.slow
def test_a_second_training_of_a_split_is_refused_and_the_first_unharmed(tmp_path, straight):
  cohort.write_workdir(tmp_path)
  first = run_once.start(tmp_path, "--signal_at=6", "--signal=STOP")
  lock = tmp_path / "models/knee/simple_cnn/.fold_0.lock"
  try:
    while "T" not in _state(first.pid):
      assert first.poll() is None, first.communicate()[0]
      time.sleep(0.1)
    assert owner.Owner.from_tag(lock.read_text()).pid == first.pid
    with pytest.raises(errors.InputError, match=rf"another training is at work .* \(process {first.pid} on "):
      _run(tmp_path)
    first.send_signal(signal.SIGCONT)
    printed = first.communicate(timeout=300)[0]
  finally:
    first.kill()
  assert first.returncode == 0, printed[-3000:]
  assert split_folder.read_result(tmp_path / _FOLD)["params_sha256"] == straight[1]["params_sha256"]
  assert not lock.exists()


def _state(pid: int) -> str:
  return subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout


@pytest.fixture
def finished(straight, tmp_path):
  return shutil.copytree(straight[0], tmp_path / "work")


@pytest.mark.parametrize("name", ["predictions.parquet", "predictions.png", "predictions.svg", "result.json"])
@pytest.mark.parametrize("is_cut", [False, True])
def test_lost_results_of_a_finished_training_are_made_again(finished, straight, name, is_cut):
  path = finished / _FOLD / name
  before, whole = split_table.read(finished / _FOLD), path.read_bytes()
  path.write_bytes(whole[: len(whole) // 2]) if is_cut else path.unlink()
  ended = _run(finished)
  assert ended.result["params_sha256"] == straight[1]["params_sha256"]
  assert split_table.read(finished / _FOLD).equals(before)
  if name != "result.json":
    assert path.read_bytes() == whole and ended.result == straight[1]


def test_lost_predictions_come_back_without_people_who_have_withdrawn(finished):
  gone = frozenset({"9000009", "9000010"})
  before = split_table.read(finished / _FOLD)
  (finished / _FOLD / "predictions.parquet").unlink()
  ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", finished, withdrawn=gone)
  after = split_table.read(finished / _FOLD)
  assert ended.status is pausing.Status.FINISHED
  assert after.reset_index(drop=True).equals(before[~before["eid"].isin(gone)].reset_index(drop=True))


def test_the_log_for_tensorboard_is_whole_after_each_epoch(tmp_path):
  """A kill right after an epoch loses no point of it: the file has them before the next step is taken."""
  cohort.write_workdir(tmp_path)
  killed = run_once.start(tmp_path, "--signal_at=9")
  killed.communicate(timeout=300)
  assert killed.returncode == -signal.SIGKILL
  (line,) = (tmp_path / _FOLD / "metrics.jsonl").read_text().splitlines()
  events = _read_events(tmp_path / _FOLD / "tensorboard")
  assert {tag: pytest.approx(value) for step, tag, value in events if step == 8} == {
    name: value for name, value in json.loads(line).items() if name != "step"
  }


def _read_events(folder: pathlib.Path) -> list[tuple[int, str, float]]:
  from tensorboardX.proto import event_pb2

  found = []
  for path in folder.iterdir():
    data = path.read_bytes()
    while data:  # records: length (8 bytes), its checksum (4), event, its checksum (4)
      length = int.from_bytes(data[:8], "little")
      event = event_pb2.Event.FromString(data[12 : 12 + length])
      found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
      data = data[16 + length :]
  return found
