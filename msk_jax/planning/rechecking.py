"""A recheck calls every job of a study again; one that was interrupted is resumed.

The plan names the recheck by when it began, and so do the markers of the jobs that it has called.
"""

import dataclasses
import datetime
from collections.abc import Sequence

from absl import logging

from msk_jax.planning import plan_file
from msk_jax.planning.plan_file import Plan
from msk_jax.planning.status import Standing, State


def begin(plan: Plan, *, is_wanted: bool) -> Plan:
  """Returns the plan within a new recheck, or within the one that was interrupted, which goes on in any case.

  Args:
    plan: knows the workdir's last recheck.
    is_wanted: whether every job is to be called again.
  """
  if not plan.is_rechecked:
    logging.info(
      "resuming the recheck that began at %s; to begin another at the front, remove %s first",
      plan.recheck,
      plan.workdir / plan_file.FOLDER / "done",
    )
  elif is_wanted:
    now = datetime.datetime.now(datetime.UTC).isoformat()
    return dataclasses.replace(plan, recheck=now, is_rechecked=False)
  return plan


def end(plan: Plan, standings: Sequence[Standing]) -> None:
  """Notes in the workdir that the recheck is over, if all jobs are done."""
  if not plan.is_rechecked and all(each.state is State.DONE for each in standings):
    plan_file.write(dataclasses.replace(plan, is_rechecked=True))
