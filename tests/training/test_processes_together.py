"""Processes of one machine, started together: how they are cut changes no bit, and neither does a death."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest

from msk_jax.launching import members, supervision
from tests import compiling
from tests.training import cohort, run_once

pytestmark = [pytest.mark.slow, pytest.mark.long]

_SHORT = ("--image_px=40", "--epochs=1", "--learning_rate=1e-4")  # four small steps
_PROGRAM = ("-m", "tests.training.run_once")


def _make_workdir(folder: pathlib.Path) -> pathlib.Path:
  cohort.write_workdir(folder)
  return folder


def _members(workdir: pathlib.Path, num_processes: int) -> list[members.Member]:
  """Returns processes that share four devices out."""
  pod = members.local(num_processes, [str(workdir), *_SHORT], workdir, _PROGRAM)
  own = {**compiling.VARIABLES, "JAX_NUM_CPU_DEVICES": str(4 // num_processes)}
  return [dataclasses.replace(member, environment=own) for member in pod]


def _result(workdir: pathlib.Path) -> dict:
  return json.loads((workdir / "models/knee/simple_cnn/fold_0/result.json").read_text())


def _losses(workdir: pathlib.Path) -> list[float]:
  line = json.loads((workdir / "models/knee/simple_cnn/fold_0/metrics.jsonl").read_text().splitlines()[-1])
  return [line["train_loss"], line["validation_rmse_years"]]


def test_four_processes_give_the_bits_of_two_with_two_devices_each_though_one_was_killed(tmp_path, monkeypatch, capfd):
  monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
  pair, four = _make_workdir(tmp_path / "pair"), _make_workdir(tmp_path / "four")
  assert supervision.run(_members(pair, 2)) == 0, capfd.readouterr()

  pod = _members(four, 4)
  pod[2] = dataclasses.replace(pod[2], command=(*pod[2].command, "--signal_at=4"))
  assert supervision.run(pod) == 137
  assert "process 2 FAILED: killed by SIGKILL" in capfd.readouterr().err
  assert (four / "models/knee/simple_cnn/fold_0/checkpoints/3").exists()
  assert supervision.run(_members(four, 4)) == 0, capfd.readouterr()

  ours, theirs = _result(four), _result(pair)
  assert ours["params_sha256"] == theirs["params_sha256"] and ours["test"] == theirs["test"]
  assert ours["resumed_otherwise"] == []


def test_one_process_with_four_devices_differs_from_them_by_rounding_alone(tmp_path, monkeypatch, capfd):
  monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
  alone, four = _make_workdir(tmp_path / "alone"), _make_workdir(tmp_path / "four")
  with run_once.start(alone, *_SHORT, devices=4) as process:
    printed, _ = process.communicate(timeout=1200)
  assert process.returncode == 0, printed
  assert supervision.run(_members(four, 4)) == 0, capfd.readouterr()
  np.testing.assert_allclose(_losses(four), _losses(alone), rtol=2e-5)
