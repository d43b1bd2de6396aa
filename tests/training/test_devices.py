"""Devices and processes: more of them leave the same numbers, and processes the same bits."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.trained import processes
from msk_jax.training import experiment, pausing
from tests import compiling
from tests.training import cohort, run_once

_TIMEOUT_SECONDS = 1200  # compiling InceptionV3 in two processes beside another test takes minutes on two cores
_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SMALL_STEPS = 1e-4  # a learning rate at which rounding stays below 1e-6 for three epochs; 2% more of it shows at 1e-3
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compile_once")]


def _workdir(folder: pathlib.Path) -> pathlib.Path:
  cohort.write_workdir(folder)
  return folder


def _finish(*started: subprocess.Popen, status: int = 0) -> list[str]:
  """Waits for processes, none of which may hang, and returns what they printed."""
  try:
    printed = [process.communicate(timeout=_TIMEOUT_SECONDS)[0] for process in started]
  finally:
    for process in started:
      process.kill()
  for process, text in zip(started, printed, strict=True):
    assert process.returncode == status, text[-3000:]
  return printed


def _run(workdir: pathlib.Path, **train) -> None:
  """Trains in this process, which has two devices, to the end."""
  ended = experiment.run(cohort.experiment(**train), cohort.VIEW, "phantom", workdir)
  assert ended.status is pausing.Status.FINISHED


def _start_pair(
  workdir: pathlib.Path, *arguments: str, first_only: tuple[str, ...] = (), **environment: str
) -> list[subprocess.Popen]:
  """Starts two processes with one device each."""
  with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    address = f"127.0.0.1:{free.getsockname()[1]}"
  joined = [f"--coordinator={address}", "--num_processes=2", *arguments]
  return [
    run_once.start(workdir, *joined, f"--process_id={i}", *(first_only if i == 0 else ()), devices=1, **environment)
    for i in (0, 1)
  ]


def _result(workdir: pathlib.Path, backbone: str = "simple_cnn") -> dict:
  return json.loads((workdir / f"models/knee/{backbone}/fold_0/result.json").read_text())


def _log(workdir: pathlib.Path) -> np.ndarray:
  lines = map(json.loads, (workdir / "models/knee/simple_cnn/fold_0/metrics.jsonl").read_text().splitlines())
  return np.array([[line[name] for name in ("train_loss", "validation_rmse_years")] for line in lines])


def _assert_equal_but_for_rounding(workdir: pathlib.Path, other: pathlib.Path) -> None:
  np.testing.assert_allclose(_log(workdir), _log(other), rtol=2e-5)


@pytest.fixture(scope="module")
def small_steps(tmp_path_factory) -> pathlib.Path:
  """A workdir with a training in one process on two devices, of small steps."""
  workdir = _workdir(tmp_path_factory.mktemp("small_steps"))
  _run(workdir, learning_rate=_SMALL_STEPS)
  return workdir


@pytest.mark.gate
def test_two_processes_give_the_bits_of_one_process_with_two_devices(tmp_path, straight):
  _finish(*_start_pair(_workdir(tmp_path)))
  assert _result(tmp_path)["params_sha256"] == straight[1]["params_sha256"]
  assert _result(tmp_path)["test"] == straight[1]["test"]


@pytest.mark.long
def test_two_processes_pause_together_and_one_process_goes_on_to_the_same_bits(tmp_path, straight):
  """SIGTERM to one of two processes: both write the checkpoint and end; then one process with two devices resumes."""
  _finish(*_start_pair(_workdir(tmp_path), first_only=("--signal_at=3", "--signal=TERM")), status=75)
  assert (tmp_path / "models/knee/simple_cnn/fold_0/checkpoints/4").exists()
  _run(tmp_path)
  assert _result(tmp_path)["params_sha256"] == straight[1]["params_sha256"]


@pytest.mark.long
def test_warm_up_running_mean_and_exact_statistics_keep_the_bits(tmp_path):
  """Two processes, paused in an epoch, one of two devices resumes; equals one process all the way."""
  unbroken, resumed = _workdir(tmp_path / "unbroken"), _workdir(tmp_path / "resumed")
  _run(unbroken, **cohort.STEADY)
  _finish(*_start_pair(resumed, "--steady", first_only=("--signal_at=11", "--signal=TERM")), status=75)
  _run(resumed, **cohort.STEADY)
  ours, theirs = _result(resumed), _result(unbroken)
  assert ours["params_sha256"] == theirs["params_sha256"] and ours["test"] == theirs["test"]
  np.testing.assert_array_equal(_log(resumed), _log(unbroken))


@pytest.mark.long
def test_a_checkpoint_of_one_device_count_goes_on_with_another(tmp_path, small_steps):
  rate = f"--learning_rate={_SMALL_STEPS}"
  _finish(run_once.start(_workdir(tmp_path), rate, "--signal_at=6"), status=-signal.SIGKILL)
  (printed,) = _finish(run_once.start(tmp_path, rate, devices=1))
  assert "RESUMED UNDER OTHER CONDITIONS (num_devices: 2 -> 1)" in printed
  assert _result(tmp_path)["resumed_otherwise"] == ["num_devices: 2 -> 1"]
  assert _result(small_steps)["resumed_otherwise"] == []
  _assert_equal_but_for_rounding(tmp_path, small_steps)


@pytest.mark.long
def test_splitting_the_optimizers_moments_changes_no_result(tmp_path, small_steps):
  _finish(run_once.start(_workdir(tmp_path), f"--learning_rate={_SMALL_STEPS}", "--optimizer_shards=2", devices=4))
  _assert_equal_but_for_rounding(tmp_path, small_steps)


@pytest.mark.long
def test_one_two_and_eight_devices_agree():
  """One step of the real step function: loss and BatchNorm statistics to 1e-6; moments lie where they should."""
  environment = {**os.environ, **compiling.VARIABLES, "JAX_NUM_CPU_DEVICES": "8"}
  command = [sys.executable, "-m", "tests.training.step_on_devices"]
  done = subprocess.run(
    command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
  )
  assert done.returncode == 0, done.stderr[-3000:]
  found = json.loads(done.stdout)
  one = found["1x1"]
  for shape in ("2x1", "8x1", "4x2", "1x8"):
    assert found[shape]["loss"] == pytest.approx(one["loss"], rel=1e-6), shape
    np.testing.assert_allclose(found[shape]["batch_stats"], one["batch_stats"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found[shape]["params_norm"], one["params_norm"], rtol=1e-6)
    parts = int(shape.split("x")[1])
    assert found[shape]["moment_share"] == pytest.approx(1 / parts, rel=0.05), shape
  assert found["num_compilations"] == 1


@pytest.mark.long
def test_the_real_network_gives_the_same_bits_in_two_processes_and_after_a_pause(tmp_path):
  """InceptionV3 at its smallest: two processes, paused, one of two devices resumes; equals one process all the way."""
  options = ("--backbone=inception_v3", "--image_px=75")
  unbroken, resumed = _workdir(tmp_path / "unbroken"), _workdir(tmp_path / "resumed")
  _finish(run_once.start(unbroken, *options))
  _finish(*_start_pair(resumed, *options, first_only=("--signal_at=2", "--signal=TERM")), status=75)
  _finish(run_once.start(resumed, *options))
  ours, theirs = (_result(folder, "inception_v3") for folder in (resumed, unbroken))
  assert ours["params_sha256"] == theirs["params_sha256"] and ours["test"] == theirs["test"]


def test_processes_that_can_not_be_joined_are_an_error(monkeypatch):
  with pytest.raises(errors.InputError, match="give all three or none"):
    processes.join(True, coordinator="127.0.0.1:1")
  with pytest.raises(errors.InputError, match=r"could not be joined: .* --coordinator=HOST:PORT"):
    processes.join(True)
  monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
  with pytest.raises(errors.InputError, match="one of 4 tasks of a Slurm step: give --distributed"):
    processes.join(None)
  processes.join(False)
