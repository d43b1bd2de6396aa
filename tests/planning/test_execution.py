"""A job is called until it is done: again after status 75, once more after a failure, and not after a signal."""

import json
import os
import signal
import threading
import time

import pytest

from msk_jax.io import console
from msk_jax.planning import execution, status
from tests.planning import fake_study


@pytest.fixture(autouse=True)
def _slurm_is_quick(monkeypatch):
  """Nothing ends a requeued job here."""
  monkeypatch.setattr(execution, "_REQUEUE_SECONDS", 0.0)


def _run(tmp_path, script: str, slurm: execution.SlurmJob | None = None):
  plan = fake_study.make_plan(tmp_path, {"train": script})
  (job,) = plan.jobs
  return execution.run(plan, job, slurm), plan, job


class _Slurm:
  """Notes what is requeued."""

  def __init__(self, works: bool = True):
    self.requeued = []
    self._works = works

  def job(self, restarts: int = 0) -> execution.SlurmJob:
    def requeue(name: str) -> bool:
      self.requeued.append(name)
      return self._works

    return execution.SlurmJob("17", restarts, requeue)


def test_a_job_that_is_done_leaves_its_marker_and_its_log(tmp_path):
  ended, plan, job = _run(tmp_path, "echo trained on it")
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 1
  marker = json.loads(plan.marker(job).read_text())
  assert marker["identity"] == job.identity and marker["after"] == {}
  assert "trained on it" in plan.log(job).read_text() and not plan.failure(job).exists()


def test_a_spent_budget_is_no_failure(tmp_path, monkeypatch):
  monkeypatch.setattr(execution, "_SHORT_SECONDS", 0.0)
  ended, plan, job = _run(tmp_path, '[ "$N" -lt 6 ] && exit 75 || exit 0')
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 6
  assert plan.marker(job).exists()


def test_a_failure_is_tried_once_more(tmp_path):
  ended, plan, job = _run(tmp_path, '[ "$N" = 1 ] && exit 1 || exit 0')
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 2 and plan.marker(job).exists()


def test_two_failures_are_one_with_its_reason_and_no_ids(tmp_path, capfd):
  ended, plan, job = _run(tmp_path, "echo error: no such folder of 9000001; exit 3")
  assert ended == 3 and fake_study.num_calls(tmp_path, "train") == 2 and not plan.marker(job).exists()
  (standing,) = status.of(plan)
  assert standing.state is status.State.FAILED and "no such folder" in standing.reason
  shown = capfd.readouterr().err
  assert "FAILED with status 3" in shown and "no such folder" in shown and str(plan.log(job)) in shown
  assert "9000001" not in shown and "9000001" not in plan.failure(job).read_text()


def test_a_stage_that_stops_at_once_again_and_again_has_failed(tmp_path):
  ended, plan, job = _run(tmp_path, "exit 75")
  assert ended == console.UNFINISHED and fake_study.num_calls(tmp_path, "train") < 10
  assert "without having done anything" in json.loads(plan.failure(job).read_text())["reason"]


def test_a_program_that_is_killed_has_a_status(tmp_path):
  ended, _, _ = _run(tmp_path, "kill -9 $$")
  assert ended == 128 + signal.SIGKILL


def _interrupt_when(path, number: int) -> None:
  """Sends this process a signal once a file is there."""

  def interrupt() -> None:
    while not path.exists():
      time.sleep(0.02)
    os.kill(os.getpid(), number)

  threading.Thread(target=interrupt, daemon=True).start()


@pytest.mark.parametrize("is_in_slurm", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGURG])
def test_a_signal_goes_on_to_the_stage_which_is_not_called_again(tmp_path, number, is_in_slurm):
  began, slurm = tmp_path / "began", _Slurm()
  script = f"trap 'echo checkpoint > {tmp_path}/saved; exit 75' TERM\ntouch {began}\nwhile :; do sleep 0.05; done"
  _interrupt_when(began, number)
  ended, plan, job = _run(tmp_path, script, slurm.job() if is_in_slurm else None)
  assert ended == console.UNFINISHED and (tmp_path / "saved").exists()
  assert slurm.requeued == (["17"] if is_in_slurm and number == signal.SIGURG else [])
  assert fake_study.num_calls(tmp_path, "train") == 1
  assert not plan.marker(job).exists() and not plan.failure(job).exists()


def test_a_stage_that_can_not_resume_is_not_requeued_for_ever(tmp_path):
  began, slurm = tmp_path / "began", _Slurm()
  _interrupt_when(began, signal.SIGURG)
  ended, plan, job = _run(tmp_path, f"touch {began}\nwhile :; do sleep 0.05; done", slurm.job(restarts=1))
  assert ended == 128 + signal.SIGTERM and slurm.requeued == []
  assert "config.study.resources.train.minutes" in json.loads(plan.failure(job).read_text())["reason"]


def test_a_spent_budget_within_slurm_puts_the_job_back_into_the_queue(tmp_path):
  slurm = _Slurm()
  ended, plan, job = _run(tmp_path, "exit 75", slurm.job())
  assert ended == console.UNFINISHED and slurm.requeued == ["17"] and fake_study.num_calls(tmp_path, "train") == 1
  assert not plan.failure(job).exists()


def test_a_job_that_does_nothing_is_not_requeued_for_ever(tmp_path):
  slurm = _Slurm()
  _, plan, job = _run(tmp_path, "exit 75", slurm.job(restarts=5))
  assert slurm.requeued == [] and plan.failure(job).exists()


def test_where_a_job_cannot_be_requeued_it_is_called_again(tmp_path):
  ended, _, _ = _run(tmp_path, '[ "$N" = 1 ] && exit 75 || exit 0', _Slurm(works=False).job())
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 2
