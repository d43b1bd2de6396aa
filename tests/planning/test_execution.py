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


def _run(tmp_path, script: str, **how):
  plan = fake_study.make_plan(tmp_path, {"train": script})
  (job,) = plan.jobs
  return execution.run(plan, job, **how), plan, job


def test_a_job_that_is_done_leaves_its_marker_and_its_log(tmp_path):
  ended, plan, job = _run(tmp_path, "echo trained on it")
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 1
  marker = json.loads(plan.marker(job).read_text())
  assert marker["identity"] == job.identity and marker["failures"] == 0 and marker["seconds"] >= 0
  assert "trained on it" in plan.log(job).read_text() and not plan.failure(job).exists()


def test_a_spent_budget_is_no_failure(tmp_path, monkeypatch):
  monkeypatch.setattr(execution, "_SHORT_SECONDS", 0.0)
  ended, plan, job = _run(tmp_path, '[ "$N" -lt 6 ] && exit 75 || exit 0')
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 6
  assert json.loads(plan.marker(job).read_text())["failures"] == 0


def test_a_failure_is_tried_once_more(tmp_path):
  ended, plan, job = _run(tmp_path, '[ "$N" = 1 ] && exit 1 || exit 0')
  assert ended == 0 and json.loads(plan.marker(job).read_text())["failures"] == 1


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


@pytest.mark.parametrize(
  ("number", "slurm_job", "requeued"),
  [(signal.SIGTERM, "", []), (signal.SIGTERM, "17", []), (signal.SIGURG, "17", ["17"]), (signal.SIGURG, "", [])],
)
def test_a_signal_goes_on_to_the_stage_which_is_not_called_again(tmp_path, number, slurm_job, requeued):
  began, asked = tmp_path / "began", []
  script = f"trap 'echo checkpoint > {tmp_path}/saved; exit 75' TERM\ntouch {began}\nwhile :; do sleep 0.05; done"

  def interrupt() -> None:
    while not began.exists():
      time.sleep(0.02)
    os.kill(os.getpid(), number)

  threading.Thread(target=interrupt, daemon=True).start()
  ended, plan, job = _run(tmp_path, script, slurm_job=slurm_job, requeue=lambda name: not asked.append(name))
  assert ended == console.UNFINISHED and (tmp_path / "saved").exists() and asked == requeued
  assert fake_study.num_calls(tmp_path, "train") == 1
  assert not plan.marker(job).exists() and not plan.failure(job).exists()


def test_a_spent_budget_within_slurm_puts_the_job_back_into_the_queue(tmp_path):
  asked = []
  ended, plan, job = _run(tmp_path, "exit 75", slurm_job="17", requeue=lambda name: not asked.append(name))
  assert ended == console.UNFINISHED and asked == ["17"] and fake_study.num_calls(tmp_path, "train") == 1
  assert not plan.failure(job).exists()


def test_where_a_job_cannot_be_requeued_it_is_called_again(tmp_path):
  ended, _, _ = _run(tmp_path, '[ "$N" = 1 ] && exit 75 || exit 0', slurm_job="17", requeue=lambda _: False)
  assert ended == 0 and fake_study.num_calls(tmp_path, "train") == 2
