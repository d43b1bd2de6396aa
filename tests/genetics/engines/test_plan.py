"""Plans: the script in a strict POSIX shell, and what is refused on the way back."""

import dataclasses
import json
import pathlib
import subprocess

import numpy as np
import pytest

from msk_jax.genetics import engine_files, programs
from msk_jax.genetics.engines import bolt, costs, plan
from msk_jax.genetics.tasks import Kind, Task
from msk_jax.io import errors
from tests.genetics.engines import example as example_lib

_ABOUT = {"engine": "bolt", "build": "GRCh37", "num_threads": 2}
_PROGRAM = programs.Program("1", lambda task, stdout: "", lambda task, stdout: {}, bolt.Bolt().diagnose)


def _task(name: str, *command: str, **kwargs) -> Task:
  return Task(name, Kind.ASSOCIATION, ("knee",), command, ("out.txt",), 9.0, **kwargs)


@pytest.fixture
def folder(tmp_path) -> pathlib.Path:
  (tmp_path / "the plan").mkdir()
  (tmp_path / "genotypes of 'all'").mkdir()
  (tmp_path / "the plan" / "phenotypes.tab").write_text("FID IID knee\n9000001 9000001 1.5\n")
  return tmp_path / "the plan"


def _write(folder: pathlib.Path, *tasks: Task) -> None:
  plan.write(folder, tasks, _ABOUT, [])


def _run(folder: pathlib.Path, *wanted: str, status: int = 0) -> str:
  environment = {"PATH": "/usr/bin:/bin", "GENOTYPES": str(folder.parent / "genotypes of 'all'"), "OUT": "out put"}
  command = ["sh", str(folder / plan.COMMANDS), *wanted]
  done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
  assert done.returncode == status, done.stderr
  return done.stdout


def test_places_are_filled_in_and_nothing_else_is(folder):
  odd = "a b * ~ \"'`echo x` \\ #"
  task = _task(
    "a",
    "sh",
    "-c",
    'printf "%s|" "$0" "$@" > out.txt',
    odd,
    "$GENOTYPES/x",
    "$INPUTS/y",
    "$TASK",
    "$RESULTS",
    lists={"list.txt": "$GENOTYPES/c1 $GENOTYPES/c2\n$GENOTYPES/c3\n"},
  )
  _write(folder, task)
  _run(folder)
  results = folder / "out put"
  genotypes = folder.parent / "genotypes of 'all'"
  assert (results / "a" / "out.txt").read_text().split("|")[:-1] == [
    odd,
    f"{genotypes}/x",
    f"{folder}/y",
    f"{results}/a",
    f"{results}",
  ]
  assert (results / "a" / "list.txt").read_text() == f"{genotypes}/c1 {genotypes}/c2\n{genotypes}/c3\n"
  (outcome,) = plan.collect(folder, results, _PROGRAM)
  assert outcome.reason is None and outcome.task == task


def test_a_failure_costs_one_task_and_is_run_again(folder):
  _write(
    folder, _task("a", "sh", "-c", "echo 'No space left on device' >&2; exit 3"), _task("b", "touch", "$TASK/out.txt")
  )
  for _ in range(2):
    assert "a\nb" in _run(folder, status=1).replace(" was done before", "")
  reasons = [outcome.reason.code for outcome in plan.collect(folder, folder / "out put", _PROGRAM)]
  assert reasons == ["disk_full", "incomplete_output"]  # b's file is empty
  assert (folder / "out put" / "a" / "status.txt").read_text() == "3\n"


def test_a_killed_script_is_no_result(folder):
  _write(folder, _task("a", "sh", "-c", "echo x > out.txt"))
  _run(folder)
  (folder / "out put" / "a" / "status.txt").unlink()
  assert plan.collect(folder, folder / "out put", _PROGRAM)[0].reason.code == "not_finished"


def test_single_tasks_can_be_chosen(folder):
  _write(folder, *(_task(name, "sh", "-c", "echo x > out.txt") for name in ("a", "b", "c")))
  assert _run(folder, "c", "a") == "a\nc\n"
  codes = [outcome.reason and outcome.reason.code for outcome in plan.collect(folder, folder / "out put", _PROGRAM)]
  assert codes == [None, "not_collected", None]


def test_results_of_another_plan_are_refused(folder):
  _write(folder, _task("a", "sh", "-c", "echo x > out.txt"))
  _run(folder)
  (folder / "phenotypes.tab").write_text("FID IID knee\n9000001 9000001 2.5\n")
  with pytest.raises(errors.InputError, match="were changed"):
    plan.collect(folder, folder / "out put", _PROGRAM)
  _write(folder, _task("a", "sh", "-c", "echo x > out.txt"))
  assert plan.collect(folder, folder / "out put", _PROGRAM)[0].reason.code == "other_plan"
  assert _run(folder) == "a\n"
  assert plan.collect(folder, folder / "out put", _PROGRAM)[0].reason is None


def test_damaged_plans_and_missing_results_are_named(folder):
  with pytest.raises(errors.InputError, match="no plan"):
    plan.read(folder)
  _write(folder, _task("a", "true"))
  with pytest.raises(errors.InputError, match="no results"):
    plan.collect(folder, folder / "nowhere", _PROGRAM)
  (folder / "phenotypes.tab").unlink()
  with pytest.raises(errors.InputError, match="were changed"):
    plan.read(folder)
  values = json.loads((folder / plan.PLAN).read_text())
  (folder / plan.PLAN).write_text(json.dumps(values | {"version": 99}))
  with pytest.raises(errors.InputError, match="another version"):
    plan.read(folder)


def test_the_script_needs_its_folders(folder):
  _write(folder, _task("a", "true"))
  done = subprocess.run(
    ["sh", str(folder / plan.COMMANDS)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
  )
  assert done.returncode and "GENOTYPES" in done.stderr
  assert "must not be shared" in (folder / plan.COMMANDS).read_text()


def test_costs_grow_as_measured():
  """6,000 people and 21,000 variants took 40 s; the authors allowed 42 hours on ten cores for 408,000 people."""
  run = engine_files.RunFiles((), (), (), (), np.ones(6000, bool), 21_000)
  files = engine_files.EngineFiles(pathlib.Path("/g"), run, run, {}, (), (), 0, {}, 0, 0)
  kinds = (Kind.ASSOCIATION, Kind.HERITABILITY, Kind.GENETIC_CORRELATION)
  tasks = [Task(kind, kind, ("a",), (), ("x",), 1.0) for kind in kinds]
  one, two, three = costs.estimate(tasks, files, example_lib.SETTINGS, "bolt")
  assert 40 < one.hours * 3600 < 120 and 0.1 < one.memory_gb < 0.3 and 0 < one.disk_gb < 0.01
  assert two.hours == pytest.approx(2 / 3 * one.hours) and three.hours == pytest.approx(one.hours)  # not refined
  big = dataclasses.replace(run, is_kept=np.ones(408_000, bool), num_variants=784_256, bgens=(("a", "b"),))
  files = dataclasses.replace(files, autosomes=big, with_x=big)
  settings = dataclasses.replace(example_lib.SETTINGS, num_threads=10)
  (cost,) = costs.estimate(tasks[:1], files, settings, "bolt", num_imputed=93_095_623)
  assert 40 < cost.hours < 45 and 100 < cost.memory_gb < 130
  lines = costs.make_lines([one, two, three])
  assert len(lines) == 5 and lines[-1].startswith("all") and "GB" in lines[1]
