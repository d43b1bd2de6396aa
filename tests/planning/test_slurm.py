"""A study's jobs on a real Slurm: requeued when their budget is spent, cancelled with the run, failed with a reason."""

import dataclasses
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import pytest

from msk_jax.planning import engine, plan_file, status
from msk_jax.planning.resources import Resources
from msk_jax.planning.status import State
from tests import programs
from tests.planning import fake_study, slurm_cluster

pytestmark = [pytest.mark.slow, pytest.mark.long]

_QUICKLY = ("--slurm-init-seconds-before-status-checks=2", "--seconds-between-status-checks=2", "--latency-wait=5")
_SECONDS = 150


@pytest.fixture(scope="module", autouse=True)
def _cluster():
  programs.require_snakemake()
  programs.require_slurm()
  if not slurm_cluster.can_run():
    pytest.skip("a Slurm for a test needs root, and no other Slurm on this machine")
  with tempfile.TemporaryDirectory(prefix="slurm") as folder, slurm_cluster.running(pathlib.Path(folder)):
    yield


def _make_plan(tmp_path, scripts, after=None, gpus: int = 0) -> plan_file.Plan:
  plan = fake_study.make_plan(tmp_path, scripts, after, python=sys.executable)
  small = Resources(cores=1, memory_gb=1, minutes=10, gpus=gpus)
  plan = dataclasses.replace(plan, jobs=tuple(dataclasses.replace(job, resources=small) for job in plan.jobs))
  plan_file.write(plan)
  return plan


def _start(plan: plan_file.Plan, *further: str) -> subprocess.Popen:
  command = engine.command(plan, engine.SLURM, engine.profile_of(plan, "slurm"), (*_QUICKLY, *further))
  with (plan.workdir / "snakemake.out").open("w") as out:
    return subprocess.Popen(command, cwd=plan.project, stdout=out, stderr=out)


def _wait_for(condition: Callable[[], object]) -> object:
  end = time.monotonic() + _SECONDS
  while time.monotonic() < end:
    if value := condition():
      return value
    time.sleep(0.2)
  raise AssertionError("waited in vain")


def _queue() -> dict[str, str]:
  """Returns the jobs in the queue and their states."""
  shown = subprocess.run(["squeue", "-h", "-o", "%i %T"], capture_output=True, text=True, check=True)
  return dict(line.split() for line in shown.stdout.splitlines())


def _begin_now() -> None:
  name = _wait_for(lambda: next((name for name, state in _queue().items() if state == "PENDING"), ""))
  slurm_cluster.begin_now(name)


def _said(plan: plan_file.Plan) -> str:
  return (plan.workdir / "snakemake.out").read_text()


def test_a_job_whose_budget_is_spent_is_requeued_and_those_after_it_follow(tmp_path):
  plan = _make_plan(
    tmp_path, {"train": '[ "$N" = 1 ] && exit 75 || exit 0', "ensemble": "true"}, {"ensemble": ("train",)}
  )
  with _start(plan) as run:
    _wait_for((tmp_path / "calls.train").exists)
    _begin_now()
    assert run.wait(_SECONDS) == 0, _said(plan)
  assert fake_study.num_calls(tmp_path, "train") == 2
  assert {each.state for each in status.of(plan)} == {State.DONE}


def test_before_its_time_is_over_a_job_saves_and_is_requeued(tmp_path):
  first = f"trap 'touch {tmp_path}/saved; exit 75' TERM; touch {tmp_path}/began; while :; do sleep 0.1; done"
  plan = _make_plan(tmp_path, {"train": f"[ -e {tmp_path}/saved ] && exit 0\n{first}"})
  with _start(plan) as run:
    _wait_for((tmp_path / "began").exists)
    (name,) = _queue()
    subprocess.run(["scancel", "--signal=URG", name], check=True)  # what sbatch --signal=URG@300 sends
    _begin_now()
    assert run.wait(_SECONDS) == 0, _said(plan)
  assert fake_study.num_calls(tmp_path, "train") == 2 and (tmp_path / "saved").exists()


def test_a_cancelled_job_saves_and_the_next_run_resumes_it(tmp_path):
  first = f"trap 'touch {tmp_path}/saved; exit 75' TERM; touch {tmp_path}/began; while :; do sleep 0.1; done"
  plan = _make_plan(tmp_path, {"train": f"[ -e {tmp_path}/saved ] && exit 0\n{first}"})
  with _start(plan) as run:
    _wait_for((tmp_path / "began").exists)
    subprocess.run(["scancel", *_queue()], check=True)
    assert run.wait(_SECONDS) != 0
  _wait_for((tmp_path / "saved").exists)
  assert [each.state for each in status.of(plan)] == [State.READY]
  with _start(plan) as run:
    assert run.wait(_SECONDS) == 0, _said(plan)


def test_jobs_are_cancelled_when_the_run_is(tmp_path):
  plan = _make_plan(tmp_path, {"train": f"touch {tmp_path}/began; sleep 300", "scalars": "sleep 300"})
  with _start(plan) as run:
    _wait_for((tmp_path / "began").exists)
    run.send_signal(signal.SIGINT)
    assert run.wait(_SECONDS) != 0
  _wait_for(lambda: not _queue())


def test_a_failure_has_its_reason_and_the_rest_is_done(tmp_path):
  plan = _make_plan(tmp_path, {"train": "echo error: the disk is full; exit 1", "scalars": "true"})
  with _start(plan) as run:
    assert run.wait(_SECONDS) != 0
  failed, done = status.of(plan)
  assert failed.state is State.FAILED and failed.reason == "error: the disk is full" and done.state is State.DONE


def test_a_refused_submission_says_why(tmp_path):
  plan = _make_plan(tmp_path, {"train": "true"})
  with _start(plan, "--default-resources", "slurm_partition=nowhere") as run:
    assert run.wait(_SECONDS) != 0
  assert "invalid partition" in _said(plan).lower()
  assert fake_study.num_calls(tmp_path, "train") == 0 and not _queue()


def test_a_job_asks_for_its_accelerators(tmp_path):
  """This Slurm has none, and says so."""
  plan = _make_plan(tmp_path, {"train": "true"}, gpus=1)
  with _start(plan) as run:
    assert run.wait(_SECONDS) != 0
  assert "gres" in _said(plan).lower() or "requested node configuration is not available" in _said(plan).lower()
  assert fake_study.num_calls(tmp_path, "train") == 0
