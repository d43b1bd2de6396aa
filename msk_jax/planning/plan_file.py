"""The plan in the workdir: what the engine reads, and what is known of each job."""

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from absl import logging

from msk_jax.io import atomic, errors, json_files, specs
from msk_jax.planning.jobs import Job

FOLDER = "study"
_NAME = "plan.json"
_VERSION = 3


@dataclasses.dataclass(frozen=True)
class Plan:
  """The jobs of a study, and where they run.

  Attributes:
    workdir: absolute path of the study's folder.
    python: the interpreter that runs stages; the engine has another one.
    project: the folder that holds `configs/`, in which stages are started.
    environment: variables that the stages need, such as MSK_DATA.
    jobs: each after those that it waits for.
    durable_dir: absolute path of the folder that outlives the workdir; empty for none.
    models: names of the study's models.
    recheck: when the last recheck began (`rechecking`); empty if there was none.
    is_rechecked: whether it has come to its end.
    config: `--config=FILE` and `--config.key=value` that the plan was made from.
  """

  workdir: pathlib.Path
  python: str
  project: pathlib.Path
  environment: dict[str, str]
  jobs: tuple[Job, ...]
  durable_dir: str = ""
  models: tuple[str, ...] = ()
  recheck: str = ""
  is_rechecked: bool = True
  config: tuple[str, ...] = ()

  def find(self, name: str) -> Job:
    """Returns the job of that name.

    Raises:
      InputError: there is none.
    """
    for job in self.jobs:
      if job.name == name:
        return job
    raise errors.InputError(
      f"the plan in {self.workdir / FOLDER} has no job {name}: `python -m msk_jax.study` lists them."
    )

  def command(self, job: Job) -> list[str]:
    """Returns the command line of a job."""
    durable = [f"--durable_dir={self.durable_dir}"] if self.durable_dir else []
    return [self.python, "-m", f"msk_jax.{job.stage}", *job.arguments, f"--workdir={self.workdir}", *durable]

  def marker(self, job: Job) -> pathlib.Path:
    """Returns the file that says that a job is done."""
    return self.workdir / FOLDER / "done" / f"{job.name}.json"

  def log(self, job: Job) -> pathlib.Path:
    """Returns the file of what a job printed."""
    return self.workdir / FOLDER / "logs" / f"{job.name}.log"

  def lock(self, job: Job) -> pathlib.Path:
    """Returns the lock of the process that runs a job."""
    log = self.log(job)
    return log.with_name(f".{log.name}.lock")

  def failure(self, job: Job) -> pathlib.Path:
    """Returns the file that says how a job failed last."""
    return self.workdir / FOLDER / "failed" / f"{job.name}.json"


def path_of(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the plan's path."""
  return workdir / FOLDER / _NAME


def to_text(plan: Plan) -> str:
  """Returns the plan as its file has it."""
  values: dict[str, Any] = {
    "version": _VERSION,
    "workdir": str(plan.workdir),
    "python": plan.python,
    "project": str(plan.project),
    "environment": plan.environment,
    "durable_dir": plan.durable_dir,
    "models": plan.models,
    "recheck": plan.recheck,
    "is_rechecked": plan.is_rechecked,
    "config": plan.config,
    "jobs": [dataclasses.asdict(job) for job in plan.jobs],
  }
  return json.dumps(values, indent=1)


def write(plan: Plan) -> bool:
  """Writes the plan, if it differs from the one that is there; returns whether it did."""
  path = path_of(plan.workdir)
  path.parent.mkdir(parents=True, exist_ok=True)
  text = to_text(plan)
  if path.exists() and path.read_text(encoding="utf-8") == text:
    return False
  atomic.write_text(path, text)
  return True


def find(workdir: pathlib.Path) -> Plan | None:
  """Returns the plan of a workdir; None if there is none that can be read (a warning says so)."""
  if not path_of(workdir).exists():
    return None
  try:
    return read(workdir)
  except errors.InputError as error:
    logging.warning("%s Its --durable_dir and its recheck are forgotten: give them again.", error)
    return None


def read(workdir: pathlib.Path) -> Plan:
  """Returns the plan of a workdir.

  Raises:
    InputError: there is none, or it is damaged.
  """
  path = path_of(workdir)
  if not path.exists():
    raise errors.InputError(f"there is no plan in {path}: run `python -m msk_jax.study` with this workdir first.")
  try:
    values = json_files.read(path)
    if values["version"] != _VERSION:
      raise ValueError(f"version {values['version']}")
    plan = Plan(
      pathlib.Path(values["workdir"]),
      values["python"],
      pathlib.Path(values["project"]),
      dict(values["environment"]),
      tuple(specs.from_mapping(Job, each, "job") for each in values["jobs"]),
      values["durable_dir"],
      tuple(values["models"]),
      values["recheck"],
      values["is_rechecked"],
      tuple(values["config"]),
    )
    _check_order(plan.jobs)
    return plan
  except (OSError, KeyError, TypeError, ValueError, errors.InputError) as error:
    raise errors.InputError(
      f"{path} is damaged or of another version: run `python -m msk_jax.study --config=...` with the study's config."
    ) from error


def _check_order(listed: Sequence[Job]) -> None:
  """Refuses jobs with equal names, and jobs that come before one that they wait for.

  Raises:
    ValueError: see above.
  """
  known: set[str] = set()
  for job in listed:
    if job.name in known or not known.issuperset(job.after):
      raise ValueError(f"job {job.name}")
    known.add(job.name)
