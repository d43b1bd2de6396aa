"""What of a plan is done: by its markers, whose jobs may have changed since."""

import dataclasses
import enum
import json
import pathlib
from collections.abc import Sequence

from msk_jax.io import atomic
from msk_jax.planning.jobs import Job
from msk_jax.planning.plan_file import FOLDER, Plan


class State(enum.Enum):
  """Where a job stands."""

  DONE = "done"
  CHANGED = "changed"  # done with another config
  FAILED = "failed"
  READY = "next"  # all that it waits for is done
  WAITING = "waiting"


@dataclasses.dataclass(frozen=True)
class Standing:
  """A job and where it stands.

  Attributes:
    job: the job.
    state: where it stands.
    seconds: how long it took, None if it is not done.
    reason: of a failure.
  """

  job: Job
  state: State
  seconds: float | None = None
  reason: str = ""


def of(plan: Plan) -> list[Standing]:
  """Returns where each job stands. A done job whose predecessor is not done is not done either."""
  standings: dict[str, Standing] = {}
  for job in plan.jobs:
    is_ready = all(standings[name].state is State.DONE for name in job.after)
    standings[job.name] = _standing(plan, job, is_ready)
  return list(standings.values())


def remove_outdated(plan: Plan) -> list[str]:
  """Removes the markers of jobs whose config or arguments have changed, and of jobs that are no longer planned.

  Returns:
    The names of the changed jobs.
  """
  changed = []
  for job in plan.jobs:
    marker = _read(plan.marker(job))
    if plan.marker(job).exists() and marker.get("identity") != job.identity:
      changed.append(job.name)
      atomic.remove(plan.marker(job))
    if _read(plan.failure(job)).get("identity", job.identity) != job.identity:
      atomic.remove(plan.failure(job))
  planned = {plan.marker(job) for job in plan.jobs}
  for path in sorted((plan.workdir / FOLDER / "done").rglob("*.json")):
    if path not in planned:
      atomic.remove(path)
  return changed


def forget(plan: Plan) -> None:
  """Removes all markers: every job is due, and finds for itself whether there is something to do."""
  for path in sorted((plan.workdir / FOLDER / "done").rglob("*.json")):
    atomic.remove(path)


def _standing(plan: Plan, job: Job, is_ready: bool) -> Standing:
  marker, failure = _read(plan.marker(job)), _read(plan.failure(job))
  if marker.get("identity") == job.identity and is_ready:
    return Standing(job, State.DONE, seconds=marker.get("seconds"))
  if marker and is_ready:
    return Standing(job, State.CHANGED)
  if failure.get("identity") == job.identity:
    return Standing(job, State.FAILED, reason=str(failure.get("reason", "")))
  return Standing(job, State.READY if is_ready else State.WAITING)


def _read(path: pathlib.Path) -> dict:
  """Returns a small JSON file's values; nothing if it is not there or damaged: the job is then run again."""
  try:
    values = json.loads(path.read_text(encoding="utf-8"))
  except (OSError, ValueError):
    return {}
  return values if isinstance(values, dict) else {}


def gpu_hours(jobs: Sequence[Job]) -> float:
  """Returns the most that jobs may take of accelerators, hours."""
  return sum(job.resources.gpus * job.resources.minutes / 60 for job in jobs)


def has_failed(plan: Plan) -> bool:
  """Returns whether a job has failed."""
  return any(each.state is State.FAILED for each in of(plan))
