"""The script for UK Biobank's platform, run with a `dx` that notes its arguments: what it submits, in which order."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import pytest

from configs import study
from msk_jax import audit
from msk_jax.io import errors, specs
from msk_jax.planning import dx, spec
from msk_jax.planning.resources import Resources

pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")  # ml_collections'

_NOTES = """#!{python}
import json, os, sys
with open(os.environ["NOTES"], "a") as file:
  file.write(json.dumps(sys.argv[1:]) + "\\n")
number = sum(1 for _ in open(os.environ["NOTES"]))
if sys.argv[1:3] == ["find", "data"]:
  print("project-x:file-a")
  print("project-x:file-b")
elif sys.argv[1] in ("run", "upload"):
  print(f"{{'job' if sys.argv[1] == 'run' else 'file'}}-{{number}}")
"""
_FOLDER = "/our study's"
_DATA = {"MSK_DATA": "/mnt/project/raw data"}


def _settings(argument: str = "genotypes=/mnt/project/Bulk/genotypes", **changes) -> spec.StudySpec:
  values = study.get_config(argument).to_dict()["study"]
  return dataclasses.replace(specs.from_mapping(spec.StudySpec, values, "config.study"), **changes)


def _run(script: list[str], folder: pathlib.Path, program: str) -> list[list[str]]:
  """Runs a script with a program that notes its arguments; returns the arguments of each call."""
  noting = folder / "bin" / program
  noting.parent.mkdir(exist_ok=True)
  noting.write_text(_NOTES.format(python=sys.executable))
  noting.chmod(0o755)
  notes = folder / f"{program}.notes"
  path = f"{noting.parent}:{os.environ['PATH']}"
  environment = {**os.environ, "PATH": path, "NOTES": str(notes), "HOME": str(folder / "home")}
  subprocess.run(script, cwd=folder, env=environment, check=True, timeout=120)
  return [json.loads(line) for line in notes.read_text().splitlines()]


def _values(arguments: list[str], option: str) -> list[str]:
  return [each.removeprefix(f"{option}=") for each in arguments if each.startswith(f"{option}=")]


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
  """The plan of knees with all later stages, its script, and what the script submits."""
  folder = tmp_path_factory.mktemp("dx")
  settings = _settings("dimensions=knee,genotypes=/mnt/project/Bulk/genotypes", num_folds=3)
  project = dx.project_of(_FOLDER, settings)
  plan = dx.make_plan(settings, _DATA, project)
  path = dx.write(folder, plan, project)
  return plan, path, _run([str(path)], folder, "dx")


def test_every_job_is_submitted_after_those_that_it_waits_for(submitted):
  plan, _, calls = submitted
  runs = [call for call in calls if call[0] == "run"]
  assert [_values(call, "--name") for call in runs] == [[job.name] for job in plan.jobs]
  first = next(i for i, call in enumerate(calls) if call[0] == "run")
  given = {job.name: f"job-{first + i + 1}" for i, job in enumerate(plan.jobs)}
  for job, call in zip(plan.jobs, runs, strict=True):
    assert _values(call, "--depends-on") == [given[name] for name in job.after], job.name
    assert call[1] == "swiss-army-knife" and {"--brief", "--yes"} <= set(call)


def test_genotypes_are_copied_and_only_where_they_are_read(submitted):
  plan, path, calls = submitted
  assert ["find", "data", "--class=file", "--path=/Bulk/genotypes", "--brief"] in calls
  assert "/mnt/project/Bulk" not in path.read_text()
  for call in (call for call in calls if call[0] == "run"):
    (name,) = _values(call, "--name")
    files = {"project-x:file-a", "project-x:file-b"} & set(_values(call, "-iin"))
    assert len(files) == (2 if name in ("gwas/all", "loci/all") else 0), name
    assert "-imount_inputs=false" in call
  assert "--genotypes=/genotypes" in plan.find("gwas/all").arguments


def test_a_folder_without_genotypes_submits_nothing(submitted, tmp_path):
  """The stages that read them would fail, days later."""
  _, path, _ = submitted
  (tmp_path / "dx").write_text(f"#!/bin/sh\necho $1 >> {tmp_path}/notes\n")
  (tmp_path / "dx").chmod(0o755)
  environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
  done = subprocess.run([str(path)], env=environment, check=False, timeout=60, capture_output=True, text=True)
  assert done.returncode == 1 and "/Bulk/genotypes holds no files" in done.stderr
  assert (tmp_path / "notes").read_text().split() == ["mkdir", "find"]


def test_a_machine_has_what_the_job_needs(submitted):
  _, _, calls = submitted
  types = {_values(call, "--name")[0]: _values(call, "--instance-type")[0] for call in calls if call[0] == "run"}
  assert types["train/knee.inception_v3.fold_0"] == "mem2_ssd1_gpu_x16"
  assert types["gwas/all"] == "mem3_ssd2_v2_x16" and types["site/all"] == "mem2_ssd1_v2_x4"
  with pytest.raises(errors.InputError, match=r"has 4 cores, 8 GB of memory, 9 GPUs"):
    greedy = _settings("dimensions=knee", stages=("train",), resources={"train": Resources(4, 8, 60, gpus=9)})
    project = dx.project_of("/msk", greedy)
    dx.make_script(dx.make_plan(greedy, _DATA, project), project)


def _command_of(calls: list[list[str]], name: str) -> str:
  (command,) = [_values(call, "-icmd")[0] for call in calls if f"--name={name}" in call]
  return command


def test_a_job_calls_its_stage_in_the_container(submitted, tmp_path):
  """Its command is run with a `docker` that notes its arguments."""
  plan, _, calls = submitted
  load, run = _run(["bash", "-c", _command_of(calls, "gwas/all")], tmp_path, "docker")
  assert load == ["load", "--input=msk_jax.tar.gz"] and "--gpus=all" not in run
  assert f"--volume={tmp_path}:/genotypes:ro" in run and f"--volume={tmp_path}/home/work:/work" in run
  assert "--env=MSK_DATA=/mnt/project/raw data" in run
  assert run[run.index("msk_jax") + 1 :] == plan.command(plan.find("gwas/all"))
  assert run[-2:] == ["--workdir=/work", "--durable_dir=/mnt/project/our study's/durable"]


def test_a_stage_that_has_spent_its_budget_is_called_again_and_one_that_fails_is_not(submitted, tmp_path):
  _, _, calls = submitted
  ending = """#!/bin/bash
echo "$1" >> "$NOTES"
runs=$(grep -c run "$NOTES")
[ "$1" = load ] || [ "$runs" = 3 ] || exit {status}
"""
  (tmp_path / "docker").touch(mode=0o755)
  for status, num_runs, ended in ((75, 3, 0), (1, 1, 1)):
    (tmp_path / "docker").write_text(ending.format(status=status))
    notes = tmp_path / f"{status}.notes"
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NOTES": str(notes), "HOME": str(tmp_path)}
    command = ["bash", "-c", _command_of(calls, "train/knee.inception_v3.fold_0")]
    assert subprocess.run(command, cwd=tmp_path, env=environment, check=False, timeout=60).returncode == ended
    assert notes.read_text().split() == ["load", *["run"] * num_runs]


@pytest.mark.parametrize(
  ("writes", "num_runs", "ended"), [("", 4, 75), ('echo more >> "$HOME/work/metrics.jsonl"', 9, 0)]
)
def test_a_stage_that_gets_no_further_is_not_called_for_ever(writes, num_runs, ended, submitted, tmp_path):
  _, _, calls = submitted
  (tmp_path / "docker").write_text(
    f"""#!/bin/bash
echo "$1" >> "$HOME/notes"
[ "$1" = load ] && exit 0
mkdir -p "$HOME/work/tensorboard" && date +%N > "$HOME/work/tensorboard/events.$$" && touch "$HOME/work/.lock$$"
{writes}
[ "$(grep -c run "$HOME/notes")" = 9 ] || exit 75
"""
  )
  (tmp_path / "docker").chmod(0o755)
  environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
  command = ["bash", "-euo", "pipefail", "-c", _command_of(calls, "train/knee.inception_v3.fold_0")]
  done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, timeout=60, capture_output=True, text=True)
  assert done.returncode == ended and (tmp_path / "notes").read_text().split() == ["load", *["run"] * num_runs]
  said = "train/knee.inception_v3.fold_0: it stopped to be resumed 4 times in a row and got no further"
  assert (said in done.stderr) == (ended == 75)


def test_the_published_study_is_written_whole_and_without_ids():
  settings = _settings()
  project = dx.project_of("/msk", settings)
  plan = dx.make_plan(settings, _DATA, project)
  script = dx.make_script(plan, project)
  assert script.count("$(dx run ") == len(plan.jobs) and not audit.find_ids(script)
  names = [line.partition("=")[0] for line in script.splitlines() if line.startswith("job_")]
  assert len(set(names)) == len(plan.jobs)


def test_scalar_models_of_one_set_run_one_after_the_other():
  """On machines of their own they would write the importances of the set at the same time."""
  settings = _settings()
  plan = dx.make_plan(settings, _DATA, dx.project_of("/msk", settings))
  assert "scalars/scalars.all.elastic_net" in plan.find("scalars/scalars.all.lightgbm").after
  assert not any("scalars.all" in name for name in plan.find("scalars/scalars.impedance.lightgbm").after)


def test_the_container_is_as_the_dockerfile_makes_it(submitted):
  plan, _, _ = submitted
  text = (pathlib.Path(__file__).resolve().parents[2] / "launch" / "Dockerfile").read_text()
  assert f"WORKDIR {plan.project}" in text and plan.python == "/usr/local/bin/python" and "FROM python:" in text


def test_a_phantoms_raw_data_are_not_looked_for_on_another_machine():
  with pytest.raises(errors.InputError, match="stay on the machine that draws them"):
    dx.project_of("/msk", _settings(data="phantom", stages=("prepare", "xwas")))
  assert dx.project_of("/msk", _settings(data="phantom", stages=("prepare", "train"))).folder == "/msk"


@pytest.mark.parametrize(
  ("folder", "argument", "data", "message"),
  [
    ("msk", "genotypes=/geno", _DATA, "--dx=msk: give a folder of the project"),
    ("/mnt/project/msk", "genotypes=/geno", _DATA, "give a folder of the project"),
    ("/msk", "", _DATA, "gwas and loci need genotypes"),
    ("/msk", "genotypes=/geno", {"MSK_DATA": "/data/ukb"}, "MSK_DATA=/data/ukb: jobs see the project's files below"),
  ],
)
def test_what_the_platform_could_not_find_is_refused(folder, argument, data, message):
  settings = _settings(argument, stages=("prepare", "gwas"))
  with pytest.raises(errors.InputError, match=message):
    dx.make_plan(settings, data, dx.project_of(folder, settings))
