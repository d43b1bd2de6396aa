"""What happens to which command in a trial: drawn from the seed and the trial's number alone."""

import dataclasses
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

KILL_AT_OPERATION = "kill at a file operation"
KILL_AT_TIME = "kill at a time"
KILL_TWICE = "kill, and kill the rerun"
FULL_DISK = "full disk"
NO_SPACE = "no space for one operation"
READ_ONLY = "read-only folder"
REFUSED = "operations refused"
AT_ONCE = "two processes at once"
CLOCK_BACK = "kill, then the clock set back"
UNDISTURBED = "nothing"

KILLS = {KILL_AT_OPERATION: 1, KILL_AT_TIME: 1, KILL_TWICE: 2, CLOCK_BACK: 1}  # kind to kills in a trial
KINDS = (*KILLS, FULL_DISK, NO_SPACE, READ_ONLY, REFUSED, AT_ONCE, UNDISTURBED)
MOUNTING = (FULL_DISK, READ_ONLY)  # kinds that need the right to mount
_WEIGHTS = {
  KILL_AT_OPERATION: 8,
  KILL_AT_TIME: 5,
  KILL_TWICE: 3,
  CLOCK_BACK: 2,
  FULL_DISK: 2,
  NO_SPACE: 2,
  READ_ONLY: 1,
  REFUSED: 1,
  AT_ONCE: 2,
  UNDISTURBED: 1,
}
_ERRORS = ("EROFS", "EACCES")
_OWNER = re.compile(r"~~[^/]*\.partial")  # in names of unfinished files
_YEAR_SECONDS = 365.25 * 86_400.0


@dataclasses.dataclass(frozen=True)
class Draw:
  """A trial's plan.

  Attributes:
    step: name of the command.
    kind: one of KINDS.
    share: where the trouble is: a share of the command's file operations, of its work, or of the space it needs.
    second: the same for the rerun's trouble.
    choice: further chance, in [0, 1): which error, which folder.
  """

  step: str
  kind: str
  share: float
  second: float
  choice: float


def draw(seed: int, number: int, steps: Sequence[str], kinds: Sequence[str] = KINDS) -> Draw:
  """Returns the plan of a trial.

  Args:
    seed: of the series.
    number: of the trial, from 0: so many trials with one after the other come to every step equally often.
    steps: names of the commands.
    kinds: those that can happen here.
  """
  rng = random.Random(f"order {seed} {number // len(steps)}")
  step = rng.sample(list(steps), len(steps))[number % len(steps)]
  rng = random.Random(f"trial {seed} {number}")
  kind = rng.choices(kinds, [_WEIGHTS[name] for name in kinds])[0]
  return Draw(step, kind, rng.random(), rng.random(), rng.random())


def trouble(plan: Draw, share: float, about: Mapping[str, Any], folders: Mapping[str, str]) -> dict[str, Any]:
  """Returns the arguments of `trouble.begin` for a command.

  Args:
    plan: the trial's plan.
    share: where in the command the trouble is.
    about: what an undisturbed run of the command did: `operations` and `cpu_seconds`.
    folders: paths of `workdir` and `tmp`.
  """
  watched = {"folders": list(folders.values())}
  number = int(share * len(about["operations"]))
  if plan.kind == READ_ONLY:
    return {**watched, "read_only": folders["workdir"]}
  if plan.kind == NO_SPACE:
    return {**watched, "error_at_operation": number, "error": "ENOSPC"}
  if plan.kind == REFUSED:
    return {**watched, "error_at_operation": number, "error": _ERRORS[int(plan.choice * len(_ERRORS))]}
  is_at_time = plan.kind == KILL_AT_TIME or (plan.kind in (KILL_TWICE, CLOCK_BACK) and plan.choice < 0.4)
  if is_at_time or (plan.kind in KILLS and not about["operations"]):
    return {**watched, "kill_at_cpu_seconds": max(0.02, share * about["cpu_seconds"])}
  return {**watched, "kill_at_operation": number} if plan.kind in KILLS else watched


def clock_back_seconds(plan: Draw) -> float:
  """Returns how far the clock is set back: from a minute to three years."""
  return (60.0 ** (1.0 - plan.choice)) * (3.0 * _YEAR_SECONDS) ** plan.choice


def describe_place(plan: Draw, about: Mapping[str, Any]) -> str:
  """Returns where the trouble was, for the log."""
  operations = about["operations"]
  number = int(plan.share * len(operations))
  if plan.kind in (KILL_AT_TIME, FULL_DISK) or (plan.kind in (KILL_TWICE, CLOCK_BACK) and plan.choice < 0.4):
    return f"{plan.share:.0%}"
  if plan.kind in (READ_ONLY, AT_ONCE, UNDISTURBED) or not operations:
    return ""
  event, path = operations[number]
  return f"{number} of {len(operations)}: {event} {_OWNER.sub('.partial', path)}"
