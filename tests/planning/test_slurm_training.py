"""A real training on a real Slurm: requeued, or without its node for a while, it ends with the same bits."""

import dataclasses
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import pytest

from msk_jax import stages
from msk_jax.planning import engine, job_config, plan_file, status
from msk_jax.planning.jobs import Job
from msk_jax.planning.resources import Resources
from msk_jax.planning.status import State
from tests import programs
from tests.planning import slurm_cluster

pytestmark = [
  pytest.mark.slow,
  pytest.mark.long,
  pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning"),  # ml_collections'
]

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_QUICKLY = ("--slurm-init-seconds-before-status-checks=2", "--seconds-between-status-checks=2", "--latency-wait=5")
_SECONDS = 400
_NAME = "train/knee.simple_cnn.fold_0"
_ARGUMENTS = (
  "--config=configs/knee.py:preset=phantom,backbone=simple_cnn,smoke",
  "--config.data.phantom.num_participants=60",
  "--config.train.max_epochs=20",
  "--config.train.checkpoint_every_steps=2",
)


@pytest.fixture(scope="module", autouse=True)
def _cluster():
  programs.require_snakemake()
  programs.require_slurm()
  if not slurm_cluster.can_run():
    pytest.skip("a Slurm for a test needs root, and no other Slurm on this machine")
  with tempfile.TemporaryDirectory(prefix="slurm") as folder, slurm_cluster.running(pathlib.Path(folder)):
    yield


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> plan_file.Plan:
  """One training of the smallest size, on one device."""
  identity = job_config.identity_of(stages.find("train"), _ARGUMENTS)
  job = Job(_NAME, "train", _ARGUMENTS, (), Resources(cores=1, memory_gb=4, minutes=20), {}, identity)
  environment = {"JAX_NUM_CPU_DEVICES": "1", "MSK_DATA": ""}
  return plan_file.Plan(tmp_path_factory.mktemp("work"), sys.executable, _ROOT, environment, (job,))


@pytest.fixture(scope="module")
def straight(plan) -> dict:
  """What a training that nothing happens to ends with; the data stay prepared in the workdir."""
  ended, _ = _run(plan)
  assert ended == 0, plan.log(plan.jobs[0]).read_text()[-3000:]
  return _result(plan)


def _run(plan: plan_file.Plan) -> tuple[int, bool]:
  plan_file.write(plan)
  with engine.alone(plan.workdir):
    return engine.run(plan, engine.SLURM, engine.profile_of(plan, "slurm"), _QUICKLY)


def _result(plan: plan_file.Plan) -> dict:
  values = json.loads((plan.workdir / "models/knee/simple_cnn/fold_0/result.json").read_text())
  return {key: values[key] for key in ("params_sha256", "validation", "test", "epochs", "best_epoch")}


@pytest.fixture
def run(plan, straight):
  """A run of Snakemake, in a process of its own, that trains the model again from its start."""
  shutil.rmtree(plan.workdir / "models")
  plan.marker(plan.jobs[0]).unlink()
  plan.log(plan.jobs[0]).unlink()
  command = engine.command(plan, engine.SLURM, engine.profile_of(plan, "slurm"), _QUICKLY)
  with (plan.workdir / "snakemake.out").open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
    yield process
    process.send_signal(signal.SIGINT)  # without effect on one that has ended; else it cancels its jobs


def _wait_for(condition: Callable[[], object]) -> object:
  end = time.monotonic() + _SECONDS
  while time.monotonic() < end:
    if value := condition():
      return value
    time.sleep(0.2)
  raise AssertionError("waited in vain")


def _wait_for_checkpoint(plan: plan_file.Plan, after: int = 0) -> int:
  """Waits for a checkpoint in mid-training; returns its step."""
  folder = plan.workdir / "models/knee/simple_cnn/fold_0/checkpoints"

  def newest() -> int:
    steps = [int(path.name) for path in folder.glob("*") if path.name.isdigit()]
    return max(steps, default=0) if max(steps, default=0) > after else 0

  return int(str(_wait_for(newest)))


def _queue() -> dict[str, str]:
  shown = subprocess.run(["squeue", "-h", "-o", "%i %T"], capture_output=True, text=True, check=True)
  return dict(line.split() for line in shown.stdout.splitlines())


def _begin_now() -> None:
  """Slurm holds a requeued job back for two minutes, and changes none that is still being ended."""
  name = _wait_for(lambda: next((name for name, state in _queue().items() if state == "PENDING"), ""))
  command = ["scontrol", "update", f"JobId={name}", "StartTime=now"]
  _wait_for(lambda: subprocess.run(command, check=False, capture_output=True).returncode == 0)


def _check_same(plan: plan_file.Plan, run: subprocess.Popen, straight: dict, num_calls: int) -> None:
  said = (plan.workdir / "snakemake.out").read_text
  assert run.wait(_SECONDS) == 0, said()[-3000:]
  log = plan.log(plan.jobs[0]).read_text()
  assert log.count("resuming from step") == num_calls - 1, log[-3000:]
  assert _result(plan) == straight and status.of(plan)[0].state is State.DONE


def test_a_training_that_is_requeued_before_its_time_is_over_ends_with_the_same_bits(plan, straight, run):
  _wait_for_checkpoint(plan)
  (name,) = _queue()
  subprocess.run(["scancel", "--signal=URG", name], check=True)  # what sbatch --signal=URG@300 sends
  _begin_now()
  _check_same(plan, run, straight, num_calls=2)


def test_a_training_whose_node_goes_down_is_requeued_and_ends_with_the_same_bits(plan, straight, run):
  _wait_for_checkpoint(plan)
  node = subprocess.run(["sinfo", "-h", "-o", "%n"], capture_output=True, text=True, check=True).stdout.strip()
  subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True)
  _wait_for(lambda: set(_queue().values()) == {"PENDING"})
  subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False)  # it may be up by itself
  # Slurm's two minutes are waited for: a job that begins while its node still ends the first call's processes is held
  # for good, and the node drained ("Duplicate jobid").
  _check_same(plan, run, straight, num_calls=2)


def test_a_job_that_slurm_refuses_is_named_with_slurms_reason(plan, tmp_path):
  large = Resources(cores=1, memory_gb=9_000, minutes=10)
  refused = dataclasses.replace(
    plan, workdir=tmp_path, jobs=tuple(dataclasses.replace(job, resources=large) for job in plan.jobs)
  )
  ended, _ = _run(refused)
  (standing,) = status.of(refused)
  assert ended and standing.state is State.FAILED and standing.job.name == _NAME
  assert standing.reason.startswith("Slurm refused the job: Memory specification can not be satisfied")
  assert not _queue() and not refused.log(refused.jobs[0]).exists()
