"""A study, or one stage, whose workdir is lost: outputs and markers come back, and nothing is done twice."""

import dataclasses
import json
import shutil
import sys

import pytest

from msk_jax.io import tables
from msk_jax.planning import plan_file
from msk_jax.schemas import cohort_tables
from tests import commands
from tests.planning import fake_study

_PREPARE = ("prepare", "--config=configs/scalars.py:preset=phantom", "--config.data.phantom.num_participants=60")


@pytest.mark.slow
def test_a_stage_without_training_comes_back_and_does_nothing_again(tmp_path):
  """The phantom is drawn again; what was prepared of it is not."""
  places = (f"--workdir={tmp_path / 'work'}", f"--durable_dir={tmp_path / 'durable'}")
  first = commands.run(*_PREPARE, *places)
  assert first.returncode == 0, first.stderr
  record = (tmp_path / "work/cohort/run.json").read_text()
  shutil.rmtree(tmp_path / "work")
  again = commands.run(*_PREPARE, *places)
  assert again.returncode == 0 and "files back from" in again.stderr, again.stderr
  assert (tmp_path / "work/cohort/run.json").read_text() == record
  _check_purge(tmp_path, places)


def _check_purge(tmp_path, places) -> None:
  """Purges somebody whose prepared data are lost, and in the durable folder alone."""
  path = tmp_path / "work/cohort/participants.parquet"
  eid = tables.read(path, cohort_tables.PARTICIPANTS, ["eid"])["eid"].iloc[0]
  (tmp_path / "left.csv").write_text(f"{eid}\n")
  shutil.rmtree(tmp_path / "work")
  purged = commands.run("purge", f"--withdrawals={tmp_path / 'left.csv'}", *places)
  assert purged.returncode == 0 and "STILL HOLDS THEM" not in purged.stderr, purged.stderr
  assert "STILL HOLDS THEM" in commands.run("purge", places[0]).stderr
  shutil.rmtree(tmp_path / "work")
  assert commands.run("purge", *places).returncode == 0
  assert eid not in tables.read(path, cohort_tables.PARTICIPANTS, ["eid"])["eid"].to_list()


def test_the_folder_of_another_workdir_is_refused_in_one_line(tmp_path):
  (tmp_path / "work/cohort").mkdir(parents=True)
  (tmp_path / "work/cohort/folds.parquet").touch()
  (tmp_path / "durable").mkdir()
  (tmp_path / "durable/identity.json").write_text(json.dumps({"identity": "anothers"}))
  refused = commands.run("evaluate", f"--workdir={tmp_path / 'work'}", f"--durable_dir={tmp_path / 'durable'}")
  assert (
    refused.returncode == 1 and "is not that of the workdir" in refused.stderr and "Traceback" not in refused.stderr
  )


@pytest.fixture
def plan(tmp_path) -> plan_file.Plan:
  plan = fake_study.make_plan(tmp_path, {"train": "true", "ages": "true"}, {"ages": ("train",)}, python=sys.executable)
  return dataclasses.replace(plan, durable_dir=str(tmp_path / "durable"))


def test_every_job_mirrors_to_the_studys_folder(plan):
  assert plan.command(plan.jobs[0])[-1] == f"--durable_dir={plan.durable_dir}"
  plan_file.write(plan)
  assert plan_file.read(plan.workdir).durable_dir == plan.durable_dir


def test_markers_come_back(plan, tmp_path):
  plan_file.write(plan)
  done = commands.run("study", "--job=train/all", f"--workdir={plan.workdir}")
  assert done.returncode == 0, done.stderr
  shutil.rmtree(plan.workdir)
  shown = commands.run("study", f"--workdir={tmp_path / 'elsewhere'}", f"--durable_dir={plan.durable_dir}")
  assert shown.returncode == 0, shown.stderr
  lines = [line for line in shown.stdout.splitlines() if line.startswith("next")]
  assert len(lines) == 1 and "ages/all" in lines[0] and "elsewhere" in lines[0]
