"""Snakemake runs the plan: in order, on after failures, and again only what is due."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from msk_jax.io import errors
from msk_jax.planning import engine, plan_file, status
from msk_jax.planning.resources import Resources
from msk_jax.planning.status import State
from tests import programs
from tests.planning import fake_study

pytestmark = pytest.mark.slow

_AFTER = {"ensemble": ("train", "scalars"), "ages": ("ensemble",), "xwas": ("ages",), "evaluate": ("ensemble",)}
_STAGES = ("train", "scalars", "ensemble", "ages", "evaluate", "xwas")


@pytest.fixture
def plan(tmp_path) -> plan_file.Plan:
  programs.require_snakemake()
  order = f'echo "$2" >> {tmp_path}/order'
  return fake_study.make_plan(tmp_path, dict.fromkeys(_STAGES, order), _AFTER, python=sys.executable)


def _run(plan: plan_file.Plan, *further: str) -> subprocess.CompletedProcess:
  plan_file.write(plan)
  status.remove_outdated(plan)
  command = engine.command(plan, engine.LOCAL, engine.profile_of(plan, "local"), further)
  return subprocess.run(command, cwd=plan.project, check=False, capture_output=True, text=True, timeout=300)


def _calls(folder: pathlib.Path) -> dict[str, int]:
  return {stage: fake_study.num_calls(folder, stage) for stage in _STAGES}


def test_all_in_order_then_nothing_then_what_a_change_concerns(plan, tmp_path):
  first = _run(plan)
  assert first.returncode == 0, first.stderr
  order = (tmp_path / "order").read_text().split()
  assert sorted(order[:2]) == ["msk_jax.scalars", "msk_jax.train"] and order[2] == "msk_jax.ensemble"
  assert order.index("msk_jax.ages") < order.index("msk_jax.xwas")
  again = _run(plan)
  assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr
  assert set(_calls(tmp_path).values()) == {1}
  jobs = [dataclasses.replace(job, identity="new") if job.stage == "ages" else job for job in plan.jobs]
  changed = dataclasses.replace(plan, jobs=tuple(jobs))
  assert _run(changed).returncode == 0
  assert _calls(tmp_path) == {**dict.fromkeys(_STAGES, 1), "ages": 2, "xwas": 2}


@pytest.mark.gate
def test_a_failure_stops_what_depends_on_it_alone_and_the_next_call_resumes(plan, tmp_path):
  fake_study.write_script(tmp_path, "ages", "echo error: a full disk; exit 1")
  failed = _run(plan)
  assert failed.returncode != 0 and "error: a full disk" in failed.stdout + failed.stderr
  states = {each.job.stage: each.state for each in status.of(plan)}
  assert states == {**dict.fromkeys(_STAGES, State.DONE), "ages": State.FAILED, "xwas": State.WAITING}
  fake_study.write_script(tmp_path, "ages", "true")
  assert _run(plan).returncode == 0
  assert _calls(tmp_path) == {**dict.fromkeys(_STAGES, 1), "ages": 3}


def test_a_checkpoint_outlives_a_failure(plan, tmp_path):
  keep = f"mkdir -p {tmp_path}/work/models; echo x >> {tmp_path}/work/models/checkpoint; exit 1"
  fake_study.write_script(tmp_path, "train", keep)
  assert _run(plan).returncode != 0
  assert (tmp_path / "work/models/checkpoint").read_text().count("x") == 2


@pytest.mark.gate
def test_a_run_that_was_killed_locks_nobody_out(plan, tmp_path):
  fake_study.write_script(tmp_path, "train", f"touch {tmp_path}/began; sleep 2")
  plan_file.write(plan)
  command = engine.command(plan, engine.LOCAL, engine.profile_of(plan, "local"))
  with subprocess.Popen(command, cwd=plan.project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
    while not (tmp_path / "began").exists():
      time.sleep(0.05)
    killed.kill()
  time.sleep(3)  # its job ends
  with engine.alone(plan.workdir):
    assert engine.run(plan, engine.LOCAL, engine.profile_of(plan, "local")) == (0, False)
  assert {each.state for each in status.of(plan)} == {State.DONE}


@pytest.mark.gate
def test_an_interrupted_run_stops_its_jobs_and_can_be_resumed(plan, tmp_path):
  saves = f"trap 'touch {tmp_path}/saved; exit 75' TERM; touch {tmp_path}/began; while :; do sleep 0.05; done"
  fake_study.write_script(tmp_path, "train", f"[ -e {tmp_path}/saved ] && exit 0\n{saves}")
  plan_file.write(plan)

  def interrupt() -> None:
    while not (tmp_path / "began").exists():
      time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)

  threading.Thread(target=interrupt, daemon=True).start()
  profile = engine.profile_of(plan, "local")
  ended, is_interrupted = engine.run(plan, engine.LOCAL, profile)
  assert ended and is_interrupted and (tmp_path / "saved").exists()
  assert engine.run(plan, engine.LOCAL, profile) == (0, False)


def test_a_study_is_run_by_one_process(plan):
  busy = pytest.raises(errors.InputError, match="another process runs the study")
  with engine.alone(plan.workdir), busy, engine.alone(plan.workdir):
    pass


@pytest.mark.gate
def test_jobs_that_need_what_the_machine_has_not_still_run_alone(plan):
  needs = Resources(cores=1_000, memory_gb=1_000_000, minutes=1, gpus=64)
  large = dataclasses.replace(plan, jobs=tuple(dataclasses.replace(job, resources=needs) for job in plan.jobs))
  assert _run(large).returncode == 0


def test_a_workdir_may_have_any_name(plan, tmp_path):
  odd = dataclasses.replace(plan, workdir=tmp_path / "our study #2: ü '{x}")
  ran = _run(odd)
  assert ran.returncode == 0, ran.stderr
  assert {each.state for each in status.of(odd)} == {State.DONE}


def test_a_dry_run_runs_nothing(plan, tmp_path):
  shown = _run(plan, "--dry-run")
  assert shown.returncode == 0 and "train" in shown.stdout + shown.stderr
  assert set(_calls(tmp_path).values()) == {0}
