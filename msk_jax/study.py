"""The whole study: what is done, what is due, and its run: `python -m msk_jax.study --workdir=study`.

Shows how far the study of the workdir is, or of another --config; --dry_run shows each job that is due. --run=local
runs what is due on this machine, --run=slurm by Slurm jobs, both by Snakemake (`make study` installs it). A changed
config redoes the jobs that have it, and what depends on them.

The same command resumes. With --durable_dir all jobs mirror their outputs there. `--job=NAME` runs one job of the
plan: that is what Snakemake calls.
"""

import dataclasses
import os
import pathlib
import sys
from typing import TYPE_CHECKING

from absl import flags, logging

from msk_jax import stages
from msk_jax.io import console, errors

if TYPE_CHECKING:
  from msk_jax.planning import plan_file, spec

_STAGE = stages.define("study")
_RUN = flags.DEFINE_enum("run", None, ["local", "slurm"], "Run what is due: on this machine, or by Slurm jobs.")
_DRY_RUN = flags.DEFINE_bool("dry_run", False, "Show each job that is due, with its command; run nothing.")
_JOBS = flags.DEFINE_integer("jobs", 0, "With --run: how many jobs at once; 0 for the profile's number.", lower_bound=0)
_PROFILE = flags.DEFINE_string(
  "profile", "", "With --run: folder of a Snakemake profile instead of launch/profiles/local or slurm."
)
_RECHECK = flags.DEFINE_bool(
  "recheck",
  False,
  "With --run: call every job again, as after a change of data, of lists of withdrawals or of the program: what is up "
  "to date does nothing. The same command resumes. Without it only changed configs make a job due again.",
)
_TAKE_OTHER_MODELS = flags.DEFINE_bool(
  "take_other_models",
  False,
  "With --run: let the ensembles take in models of the workdir that are not of the study; by default it is refused.",
)
_DX = flags.DEFINE_string(
  "dx", "", "Write the command lines of a study on UK Biobank's platform, which uploads to this folder of the project."
)
_JOB = flags.DEFINE_string("job", "", "Run this job of the plan in --workdir; the config does not count.")
_IN_SLURM = flags.DEFINE_bool("in_slurm", False, "With --job: this process has a Slurm job of its own, to be requeued.")
_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_SHOWN_JOBS = 5
_VARIABLES = ("MSK_DATA",)  # that stages read


def main(call: stages.Call) -> int:
  """Shows the study, runs it, or runs one of its jobs; returns the exit status."""
  workdir = call.open_workdir().resolve()
  if _JOB.value:
    return _run_job(call, workdir)
  if _DX.value and (_RUN.value or _DRY_RUN.value):
    raise errors.InputError("--dx writes command lines and runs nothing: leave --run and --dry_run out.")
  if _DX.value:
    return _write_dx(call, workdir)
  if not _RUN.value and (_JOBS.value or _PROFILE.value or _RECHECK.value):
    raise errors.InputError("--jobs, --profile and --recheck go with --run=local or --run=slurm.")
  if _RUN.value and not _DRY_RUN.value:
    return _run(call, workdir, _RUN.value)
  return _show(call, workdir)


def _run_job(call: stages.Call, workdir: pathlib.Path) -> int:
  from msk_jax.planning import execution, plan_file

  plan = dataclasses.replace(plan_file.read(workdir), workdir=workdir)  # a copy may be elsewhere than its plan says
  os.environ.update(plan.environment)
  call.tie(workdir, plan.durable_dir)  # for its marker; the stage is tied for itself
  slurm = None
  if _IN_SLURM.value and os.environ.get("SLURM_JOB_ID"):
    restarts = int(os.environ.get("SLURM_RESTART_COUNT") or 0)
    slurm = execution.SlurmJob(os.environ["SLURM_JOB_ID"], restarts)
  return execution.run(plan, plan.find(_JOB.value), slurm)


def _write_dx(call: stages.Call, workdir: pathlib.Path) -> int:
  from msk_jax.planning import dx, plan_file, spec

  settings = call.settings(spec.StudySpec)
  project = dx.project_of(_DX.value, settings)
  plan = dx.make_plan(settings, _environment(settings), project)
  path = dx.write(workdir / plan_file.FOLDER / "dx", plan, project)
  sys.stdout.write(f"{len(plan.jobs)} jobs: {path}\nIt was not tried on the platform: see launch/README.md.\n")
  return 0


def _show(call: stages.Call, workdir: pathlib.Path) -> int:
  from msk_jax.planning import printout, rechecking, status

  plan = rechecking.begin(_plan_of(call, workdir), is_wanted=_RECHECK.value)
  printout.print_state(plan, status.of(plan), shows_all=_DRY_RUN.value)
  return 0


def _run(call: stages.Call, workdir: pathlib.Path, where: str) -> int:
  from msk_jax.planning import engine, plan_file, printout, rechecking, status

  with engine.alone(workdir):
    plan = rechecking.begin(_plan_of(call, workdir), is_wanted=_RECHECK.value)
    _check_models(plan)
    if not call.durable_dir:
      call.tie(workdir, plan.durable_dir)
    plan_file.write(plan)
    if due := status.remove_outdated(plan):
      logging.info("%d jobs that were done are due again: %s", len(due), ", ".join(due[:_SHOWN_JOBS]))
    profile = pathlib.Path(_PROFILE.value).resolve() if _PROFILE.value else engine.profile_of(plan, where)
    ended, is_interrupted = engine.run(plan, where, profile, [f"--jobs={_JOBS.value}"] if _JOBS.value else [])
    standings = status.of(plan)
    rechecking.end(plan, standings)
    printout.print_state(plan, standings)
  if is_interrupted:
    logging.warning("interrupted: run the same command again to resume.")
    return console.UNFINISHED
  if ended:
    logging.error("Snakemake ended with status %d: what it printed above says why, or the jobs that FAILED do", ended)
    return 1
  if due := [each.job.name for each in standings if each.state is not status.State.DONE]:
    logging.error(
      "%d jobs have been called and are due again, as others have run meanwhile: %s. Run the same command again.",
      len(due),
      ", ".join(due[:_SHOWN_JOBS]),
    )
    return 1
  return 0


def _check_models(plan: "plan_file.Plan") -> None:
  """Refuses models that are not of the study where ensembles would take them in without a word."""
  from msk_jax.planning import status

  has_ensembles = plan.models and any(job.stage == "ensemble" for job in plan.jobs)
  others = status.other_models(plan) if has_ensembles and not _TAKE_OTHER_MODELS.value else []
  if others:
    places = " or ".join(filter(None, (str(plan.workdir / "models"), plan.durable_dir)))
    raise errors.InputError(
      f"{places} also holds {', '.join(others)}, which are not of this study, and which its ensembles would take in. "
      "Give the study a --workdir (and --durable_dir) of its own, or --take_other_models if that is wanted."
    )


def _plan_of(call: stages.Call, workdir: pathlib.Path) -> "plan_file.Plan":
  """Returns the plan of the config: that of the workdir's last plan, if the command line names none.

  Config files are read in any case, as they are now.
  """
  from msk_jax.io import specs
  from msk_jax.planning import job_config, plan, plan_file, spec

  names_config = any(each.lstrip("-").startswith("config") for each in sys.argv[1:])
  if plan_file.path_of(workdir).exists() and not names_config:
    earlier = plan_file.read(workdir)
    _resume_environment(earlier)
    if not earlier.config:  # a plan that no config made
      return _here(call, earlier, workdir)
    given = earlier.config
    values, _ = job_config.read(given)
    settings = specs.from_mapping(spec.StudySpec, values["study"], "config.study")
  else:
    given = job_config.given_by(sys.argv[1:], call.stage.config, _PROJECT)
    settings = call.settings(spec.StudySpec)
  environment = _environment(settings)
  jobs = tuple(plan.make(settings))
  models = settings.chosen_models()
  planned = plan_file.Plan(workdir, sys.executable, _PROJECT, environment, jobs, models=models, config=given)
  return _here(call, planned, workdir)


def _resume_environment(earlier: "plan_file.Plan") -> None:
  """Sets the variables of the workdir's last plan here.

  Raises:
    InputError: one is set to something else, and the study is to be run.
  """
  for name, value in earlier.environment.items():
    now = os.environ.get(name) or value
    if _RUN.value and not _DRY_RUN.value and _absolute(now) != value:
      raise errors.InputError(
        f"{name}={now}, but the study in {earlier.workdir} is of {value}. Unset {name} to resume it. For other data "
        "give another --workdir, and a --config."
      )
  os.environ.update(earlier.environment)


def _environment(settings: "spec.StudySpec") -> dict[str, str]:
  """Returns the variables that stages read, as they are set here; paths become absolute, here too."""
  paths = {name: os.environ[name] for name in _VARIABLES if os.environ.get(name)}
  environment = {name: _absolute(path) for name, path in paths.items()}
  os.environ.update(environment)  # configs read them
  is_to_run = bool(_DX.value or (_RUN.value and not _DRY_RUN.value))
  if is_to_run and settings.data == "ukb" and not environment:
    raise errors.InputError("set MSK_DATA to the folder of UK Biobank's files before a study of them is run.")
  return environment


def _absolute(path: str) -> str:
  return str(pathlib.Path(path).expanduser().absolute())


def _here(call: stages.Call, plan: "plan_file.Plan", workdir: pathlib.Path) -> "plan_file.Plan":
  """Returns the plan with the places of this call, and what the workdir's last plan knows of earlier calls."""
  from msk_jax.planning import plan_file

  earlier = plan_file.find(workdir) or plan
  durable_dir = earlier.durable_dir
  if flags.FLAGS["durable_dir"].present:
    durable_dir = str(pathlib.Path(call.durable_dir).resolve()) if call.durable_dir else ""
  return dataclasses.replace(
    plan,
    workdir=workdir,
    python=sys.executable,
    project=_PROJECT,
    durable_dir=durable_dir,
    recheck=earlier.recheck,
    is_rechecked=earlier.is_rechecked,
  )


if __name__ == "__main__":
  stages.run(_STAGE, main)
