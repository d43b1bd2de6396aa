"""What is done, what has changed, what is next: by the markers alone."""

import dataclasses

import pytest

from msk_jax.durable import link, parts
from msk_jax.io import errors
from msk_jax.planning import execution, plan_file, rechecking, status
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
  assert status.remove_outdated(changed) == ["ages/all", "xwas/all"]
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


def test_a_recheck_calls_every_job_again_and_is_resumed(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train", "ensemble", "ages", "evaluate", "xwas")
  wanted = rechecking.begin(plan, is_wanted=True)
  plan_file.write(wanted)
  assert len(status.remove_outdated(wanted)) == 5
  _do(wanted, "train", "ensemble")
  rechecking.end(wanted, status.of(wanted))  # interrupted here
  for is_wanted in (True, False):
    resumed = rechecking.begin(plan_file.read(plan.workdir), is_wanted=is_wanted)
    assert resumed == wanted and status.remove_outdated(resumed) == []
    assert _states(resumed)["ensemble"] is State.DONE and _states(resumed)["ages"] is State.READY
  _do(wanted, "ages", "evaluate", "xwas")
  rechecking.end(wanted, status.of(wanted))
  over = plan_file.read(plan.workdir)
  assert over.is_rechecked and set(_states(over).values()) == {State.DONE}
  assert rechecking.begin(over, is_wanted=False) == over
  again = rechecking.begin(over, is_wanted=True)
  assert again.recheck > wanted.recheck and State.DONE not in _states(again).values()


def test_what_was_done_before_its_predecessor_was_done_again_is_due(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train", "ensemble", "ages")
  _do(plan, "train")
  states = _states(plan)
  assert (states["train"], states["ensemble"], states["ages"]) == (State.DONE, State.CHANGED, State.WAITING)


def test_a_part_of_the_study_leaves_the_markers_of_the_rest(tmp_path):
  plan = _plan(tmp_path)
  _do(plan, "train", "ensemble")
  part = dataclasses.replace(plan, jobs=plan.jobs[:1])
  assert status.remove_outdated(part) == []
  assert _states(plan)["ensemble"] is State.DONE


def test_models_that_are_not_of_the_study_are_named(tmp_path):
  plan = _plan(tmp_path)
  for name in ("hip/simple_cnn", "knee/simple_cnn", "scalars/all/lightgbm"):
    folder = plan.workdir / "models" / name / "fold_0"
    folder.mkdir(parents=True)
    (folder / "result.json").touch()
  part = dataclasses.replace(plan, models=("knee/simple_cnn", "scalars/all/mlp"))
  assert status.other_models(part) == ["hip/simple_cnn", "scalars/all/lightgbm"]


def test_models_of_the_durable_folder_alone_are_named_too(tmp_path):
  """In a new workdir: `ensemble` copies them back."""
  plan = dataclasses.replace(_plan(tmp_path), models=("knee/simple_cnn",), durable_dir=str(tmp_path / "durable"))
  assert status.other_models(plan) == []
  for name in ("hip/simple_cnn", "knee/simple_cnn"):
    folder = tmp_path / "other/models" / name / "fold_0"
    folder.mkdir(parents=True)
    (folder / "result.json").touch()
  tied = link.Link()
  tied.open(tmp_path / "other", tmp_path / "durable", parts.Scope(("models",)))
  assert tied.close(0) == 0 and status.other_models(plan) == ["hip/simple_cnn"]


def test_the_plan_goes_to_a_file_and_back(tmp_path):
  plan = _plan(tmp_path)
  assert plan_file.write(plan) and not plan_file.write(plan)
  assert plan_file.read(plan.workdir) == plan


def test_a_plan_that_can_not_be_read_is_not_forgotten_without_a_word(tmp_path, caplog):
  plan = dataclasses.replace(_plan(tmp_path), durable_dir="/durable")
  assert plan_file.find(plan.workdir) is None and not caplog.text
  plan_file.write(plan)
  plan_file.path_of(plan.workdir).write_text("{")
  assert plan_file.find(plan.workdir) is None and "--durable_dir" in caplog.text


def test_a_plan_whose_jobs_wait_for_unknown_ones_is_damaged(tmp_path):
  plan = _plan(tmp_path)
  plan_file.write(plan)
  path = plan_file.path_of(plan.workdir)
  whole = path.read_text()
  for text in (whole.replace('"train/all"', '"x"', 1), whole.replace('"ages/all"', '"train/all"')):
    assert text != whole
    path.write_text(text)
    with pytest.raises(errors.InputError, match="damaged"):
      plan_file.read(plan.workdir)
