"""What of a plan is done: by its markers, whose jobs may have changed since."""

import dataclasses
import enum
import pathlib
from collections.abc import Sequence

from msk_jax.durable import store
from msk_jax.io import atomic, json_files, run_record
from msk_jax.planning.jobs import Job
from msk_jax.planning.plan_file import Plan

_MODELS = "models"


class State(enum.Enum):
  """Where a job stands."""

  DONE = "done"
  CHANGED = "changed"  # done with another config, or before a job that it waits for was done again
  FAILED = "failed"
  READY = "next"  # all that it waits for is done
  WAITING = "waiting"


@dataclasses.dataclass(frozen=True)
class Standing:
  """A job and where it stands.

  Attributes:
    job: the job.
    state: where it stands.
    reason: of a failure.
  """

  job: Job
  state: State
  reason: str = ""


def of(plan: Plan) -> list[Standing]:
  """Returns where each job stands. A done job whose predecessor is not done is not done either."""
  standings: dict[str, Standing] = {}
  for job in plan.jobs:
    is_ready = all(standings[name].state is State.DONE for name in job.after)
    standings[job.name] = _standing(plan, job, is_ready)
  return list(standings.values())


def remove_outdated(plan: Plan) -> list[str]:
  """Removes the markers of jobs that are due again, by a changed config or a recheck, and of those after them.

  Returns:
    The names of these jobs.
  """
  changed = []
  for each in of(plan):
    job = each.job
    if plan.marker(job).exists() and each.state is not State.DONE:
      changed.append(job.name)
      atomic.remove(plan.marker(job))
    if _read(plan.failure(job)).get("identity", job.identity) != job.identity:
      atomic.remove(plan.failure(job))
  return changed


def _standing(plan: Plan, job: Job, is_ready: bool) -> Standing:
  marker, failure = _read(plan.marker(job)), _read(plan.failure(job))
  is_current = marker.get("identity") == job.identity and marker.get("recheck") == plan.recheck
  if is_current and is_ready and marker.get("after") == hash_before(plan, job):
    return Standing(job, State.DONE)
  if marker and is_ready:
    return Standing(job, State.CHANGED)
  if failure.get("identity") == job.identity:
    return Standing(job, State.FAILED, reason=str(failure.get("reason", "")))
  return Standing(job, State.READY if is_ready else State.WAITING)


def hash_before(plan: Plan, job: Job) -> dict[str, str]:
  """Returns hashes of the markers of the jobs that a job waits for: others tell that one of them was done again."""
  markers = {name: plan.marker(plan.find(name)) for name in job.after}
  return {name: run_record.hash_file(path) if path.exists() else "" for name, path in markers.items()}


def _read(path: pathlib.Path) -> dict:
  """Returns a small JSON file's values; nothing if it is not there or damaged: the job is then run again."""
  try:
    return json_files.read(path)
  except (OSError, ValueError):
    return {}


def gpu_hours(jobs: Sequence[Job]) -> float:
  """Returns the most that jobs may take of accelerators, hours."""
  return sum(job.resources.gpus * job.resources.minutes / 60 for job in jobs)


def other_models(plan: Plan) -> list[str]:
  """Returns the names of models that are finished on some split and are not of the study.

  They are in the workdir, or in the durable folder, from which `ensemble` copies all models back.
  """
  results = [path.relative_to(plan.workdir) for path in (plan.workdir / _MODELS).glob("**/fold_*/result.json")]
  if plan.durable_dir and pathlib.Path(plan.durable_dir).is_dir():
    copied = map(pathlib.Path, store.list_files(pathlib.Path(plan.durable_dir), _MODELS))
    results += [path for path in copied if path.match("fold_*/result.json")]
  names = {path.parents[1].relative_to(_MODELS).as_posix() for path in results}
  return sorted(names - set(plan.models))
