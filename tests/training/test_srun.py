"""One training in two tasks of a real Slurm: to the bits of one process, through a requeue; no two by mistake."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import pytest

from tests import compiling, programs
from tests.planning import slurm_cluster
from tests.training import cohort

pytestmark = [pytest.mark.slow, pytest.mark.long]

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_TEMPLATE = "launch/train_on_nodes.sbatch"
_SECONDS = 600
_PYTHON = """#!/bin/sh
# Called as `python -m msk_jax.train ARGUMENTS --distributed`.
export JAX_NUM_CPU_DEVICES=1 {variables}
{script}
"""


@pytest.fixture(scope="module", autouse=True)
def _cluster():
  programs.require_slurm()
  if not slurm_cluster.can_run():
    pytest.skip("a Slurm for a test needs root, and no other Slurm on this machine")
  with tempfile.TemporaryDirectory(prefix="slurm") as folder, slurm_cluster.running(pathlib.Path(folder)):
    yield


def _submit(folder: pathlib.Path, script: str) -> str:
  """Submits the template with two tasks of a script in place of Python; returns the job's number."""
  python = folder / "python"
  variables = " ".join(f"{name}={value}" for name, value in compiling.VARIABLES.items())
  python.write_text(_PYTHON.format(variables=variables, script=script))
  python.chmod(0o755)
  done = subprocess.run(
    [
      *("sbatch", "--parsable", "--nodes=1", "--ntasks=2", f"--output={folder}/job.out"),
      *(f"--export=ALL,MSK_PYTHON={python},MSK_LOGS={folder}/logs", _TEMPLATE, str(folder)),
    ],
    **{"cwd": _ROOT, "capture_output": True, "text": True, "check": True},
  )
  return done.stdout.strip()


def _wait_for(condition: Callable[[], object], folder: pathlib.Path) -> None:
  end = time.monotonic() + _SECONDS
  while not condition():
    if time.monotonic() > end:
      raise AssertionError(_printed(folder))
    time.sleep(0.2)


def _printed(folder: pathlib.Path) -> str:
  files = (folder / "job.out", *sorted(folder.glob("logs/*")))
  return "\n".join(f"== {path.name}\n{path.read_text()}" for path in files if path.exists())


def test_two_tasks_paused_and_requeued_give_the_bits_of_one_process(tmp_path, straight):
  cohort.write_workdir(tmp_path)
  first = f'exec {sys.executable} -m tests.training.run_once "$3" --distributed'
  pauses = "--signal=USR1 --signal_at=3"
  name = _submit(tmp_path, f'[ "${{SLURM_RESTART_COUNT:-0}}" != 0 ] || {first} {pauses}\n{first}')
  result = tmp_path / "models/knee/simple_cnn/fold_0/result.json"
  _wait_for(lambda: slurm_cluster.state_of(name) == "PENDING" and (tmp_path / "logs").exists(), tmp_path)
  assert not result.exists() and (result.parent / "checkpoints/4").exists(), _printed(tmp_path)
  slurm_cluster.begin_now(name)
  _wait_for(lambda: not slurm_cluster.state_of(name), tmp_path)
  assert result.exists(), _printed(tmp_path)
  ours = json.loads(result.read_text())
  assert ours["params_sha256"] == straight[1]["params_sha256"] and ours["test"] == straight[1]["test"]


def test_before_its_time_is_over_all_tasks_save_and_the_job_is_requeued(tmp_path):
  saves = f"trap 'touch {tmp_path}/saved$SLURM_PROCID; exit 75' USR1; touch {tmp_path}/began$SLURM_PROCID"
  name = _submit(tmp_path, f"[ -e {tmp_path}/saved0 ] && exit 0\n{saves}\nwhile :; do sleep 0.1; done")
  _wait_for(lambda: all((tmp_path / f"began{i}").exists() for i in (0, 1)), tmp_path)
  subprocess.run(["scancel", "--signal=URG", "--batch", name], check=True)  # what sbatch --signal=B:URG@300 sends
  _wait_for(lambda: slurm_cluster.state_of(name) == "PENDING", tmp_path)
  assert all((tmp_path / f"saved{i}").exists() for i in (0, 1)), _printed(tmp_path)
  slurm_cluster.begin_now(name)
  _wait_for(lambda: not slurm_cluster.state_of(name), tmp_path)
  assert "FAILED" not in _printed(tmp_path)


def test_a_cancelled_training_saves(tmp_path):
  saves = f"trap 'touch {tmp_path}/saved$SLURM_PROCID; exit 75' USR1 TERM; touch {tmp_path}/began$SLURM_PROCID"
  name = _submit(tmp_path, f"{saves}\nwhile :; do sleep 0.1; done")
  _wait_for(lambda: all((tmp_path / f"began{i}").exists() for i in (0, 1)), tmp_path)
  subprocess.run(["scancel", name], check=True)
  _wait_for(lambda: not slurm_cluster.state_of(name), tmp_path)
  _wait_for(lambda: all((tmp_path / f"saved{i}").exists() for i in (0, 1)), tmp_path)


def test_a_task_that_dies_ends_the_other_and_the_job_says_what_it_said(tmp_path):
  dies = 'if [ "$SLURM_PROCID" = 1 ]; then echo the last word; kill -9 $$; fi; sleep 300'
  name = _submit(tmp_path, dies)
  _wait_for(lambda: not slurm_cluster.state_of(name), tmp_path)
  said = (tmp_path / "job.out").read_text()
  assert "task 1: Killed" in said and "FAILED with status 1" in said and "the last word" in said


def test_tasks_that_nobody_joined_refuse_to_train(tmp_path):
  command = ["srun", "--ntasks=2", sys.executable, "-m", "msk_jax.train", "--config=configs/knee.py"]
  done = subprocess.run(
    [*command, f"--workdir={tmp_path}"], cwd=_ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS
  )
  assert done.returncode == 1 and done.stderr.count("this is one of 2 tasks of a Slurm step: give --distributed") == 2
  assert not list(tmp_path.iterdir())
