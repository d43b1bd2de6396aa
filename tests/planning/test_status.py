"""What is done, what has changed, what is next: by the markers alone."""

import dataclasses

from msk_jax.planning import execution, plan_file, status
from msk_jax.planning.status import State
from tests.planning import fake_study

_AFTER = {"ensemble": ("train",), "ages": ("ensemble",), "xwas": ("ages",), "evaluate": ("ensemble",)}


def _plan(tmp_path):
  return fake_study.make_plan(
    tmp_path, dict.fromkeys(("train", "ensemble", "ages", "evaluate", "xwas"), "true"), _AFTER
  )


def _do(plan, *stages: str) -> None:
  for stage in stages:
    assert execution.run(plan, plan.find(f"{stage}/all")) == 0


def _states(plan) -> dict[str, State]:
  return {each.job.stage: each.state for each in status.of(plan)}


def test_one_after_the_other(tmp_path):
  plan = _plan(tmp_path)
  assert _states(plan) == {
    "train": State.READY,
    **dict.fromkeys(("ensemble", "ages", "evaluate", "xwas"), State.WAITING),
  }
  _do(plan, "train", "ensemble", "ages")
  states = _states(plan)
  assert states["ages"] is State.DONE and states["xwas"] is states["evaluate"] is State.READY


def test_a_changed_job_is_due_again_and_those_after_it(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train", "ensemble", "ages", "evaluate", "xwas")
  jobs = [dataclasses.replace(job, identity="new") if job.stage == "ages" else job for job in plan.jobs]
  changed = dataclasses.replace(plan, jobs=tuple(jobs))
  assert _states(changed)["ages"] is State.CHANGED
  assert status.remove_outdated(changed) == ["ages/all"]
  states = _states(changed)
  assert (states["ages"], states["xwas"], states["evaluate"]) == (State.READY, State.WAITING, State.DONE)


def test_a_damaged_marker_is_no_marker(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train")
  for text in ("", "{", "[1]", '{"identity": 3}'):
    plan.marker(plan.jobs[0]).write_text(text)
    assert _states(plan)["train"] is not State.DONE, text
    status.remove_outdated(plan)
    assert not plan.marker(plan.jobs[0]).exists()
    plan.marker(plan.jobs[0]).parent.mkdir(exist_ok=True)


def test_all_can_be_asked_again(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train", "ensemble")
  status.forget(plan)
  assert State.DONE not in _states(plan).values()


def test_markers_of_jobs_that_are_no_longer_planned_are_removed(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train")
  without = dataclasses.replace(plan, jobs=plan.jobs[1:])
  status.remove_outdated(without)
  assert not plan.marker(plan.jobs[0]).exists()


def test_the_plan_goes_to_a_file_and_back(tmp_path):
  plan = _plan(tmp_path)
  assert plan_file.write(plan) and not plan_file.write(plan)
  assert plan_file.read(plan.workdir) == plan
