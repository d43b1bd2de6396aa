"""A job is called until it is done: again after status 75, once more after a failure, and not after a signal."""

import dataclasses
import json
import os
import signal
import threading
import time

import pytest

from msk_jax import stages
from msk_jax.io import console, locks
from msk_jax.planning import execution, job_config, status
from tests.planning import fake_study

pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")  # ml_collections'

_CONFIG = """from configs import ages
def get_config():
  config = ages.get_config()
  config.ages.num_bootstraps = {number}
  return config
"""


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


def test_a_job_whose_config_was_edited_since_it_was_planned_is_not_called(tmp_path):
  """Its marker would name the settings of the plan."""
  config = tmp_path / "mine.py"
  config.write_text(_CONFIG.format(number=3))
  arguments = (f"--config={config}",)
  plan = fake_study.make_plan(tmp_path, {"ages": "true"})
  identity = job_config.identity_of(stages.find("ages"), arguments)
  job = dataclasses.replace(plan.jobs[0], arguments=arguments, identity=identity)
  plan = dataclasses.replace(plan, jobs=(job,))
  assert execution.run(plan, job) == 0 and fake_study.num_calls(tmp_path, "ages") == 1
  plan.marker(job).unlink()
  for text in (_CONFIG.format(number=4), "def get_config(:"):
    config.write_text(text)
    assert execution.run(plan, job) == 1 and fake_study.num_calls(tmp_path, "ages") == 1
    reason = json.loads(plan.failure(job).read_text())["reason"]
    assert "mine.py" in reason and not plan.marker(job).exists()
  config.write_text(_CONFIG.format(number=3))
  assert execution.run(plan, job) == 0


def test_a_job_is_not_done_if_one_before_it_was_done_again_meanwhile(tmp_path):
  plan = fake_study.make_plan(tmp_path, {"train": "true", "ages": "true"}, {"ages": ("train",)})
  train, ages = plan.jobs
  assert execution.run(plan, train) == 0
  fake_study.write_script(tmp_path, "ages", f"echo >> {plan.marker(train)}")  # a second engine's work
  assert execution.run(plan, ages) == 0
  assert [each.state for each in status.of(plan)] == [status.State.DONE, status.State.CHANGED]


def test_a_job_that_another_process_runs_is_waited_for(tmp_path, monkeypatch):
  """One of an engine that was killed."""
  monkeypatch.setattr(locks, "_POLL_SECONDS", 0.01)
  plan = fake_study.make_plan(tmp_path, {"train": "true"})
  held, seen = threading.Event(), []

  def hold() -> None:
    with locks.alone(plan.lock(plan.jobs[0]), "busy"):
      held.set()
      time.sleep(0.3)
      seen.append(fake_study.num_calls(tmp_path, "train"))

  thread = threading.Thread(target=hold)
  thread.start()
  assert held.wait(10) and execution.run(plan, plan.jobs[0]) == 0
  thread.join()
  assert seen == [0] and not plan.lock(plan.jobs[0]).exists()


def test_an_earlier_failure_is_over_when_the_job_is_called_again(tmp_path):
  _, plan, job = _run(tmp_path, "exit 1")
  assert plan.failure(job).exists()
  began = tmp_path / "began"
  fake_study.write_script(tmp_path, "train", f"trap 'exit 75' TERM\ntouch {began}\nwhile :; do sleep 0.05; done")
  _interrupt_when(began, signal.SIGTERM)
  assert execution.run(plan, job) == console.UNFINISHED
  assert [each.state for each in status.of(plan)] == [status.State.READY]


def test_a_command_can_be_pasted_into_a_shell(tmp_path, capfd):
  plan = fake_study.make_plan(tmp_path, {"scalars": "exit 1"})
  job = dataclasses.replace(plan.jobs[0], arguments=('--own=("all",)',))
  assert execution.run(plan, job) == 1
  shown = "'--own=(\"all\",)'"
  assert shown in capfd.readouterr().err and shown in plan.log(job).read_text()


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
