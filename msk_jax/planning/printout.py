"""The plan and its state, as people see them."""

import collections
import shlex
import textwrap
from collections.abc import Sequence

from msk_jax.io import printing
from msk_jax.planning import status
from msk_jax.planning.plan_file import Plan
from msk_jax.planning.status import Standing, State

_SHOWN_JOBS = 5
_WIDTH = 110
_LONGEST_REASON = 240  # characters


def print_state(plan: Plan, standings: Sequence[Standing], *, shows_all: bool = False) -> None:
  """Prints a row for each stage, then what failed and what is next.

  Args:
    plan: the plan.
    standings: where its jobs stand.
    shows_all: whether each job that is due is shown, also one that waits.
  """
  output = printing.printer(_WIDTH)
  table = printing.make_table(
    f"Study in {plan.workdir}",
    ("stage",),
    ("jobs", "done", "failed", "to do", "GPU hours to do, at most"),
    ("what it does in all",),
  )
  for stage in dict.fromkeys(each.job.stage for each in standings):
    of_stage = [each for each in standings if each.job.stage == stage]
    table.add_row(stage, *_counts(of_stage), _units(of_stage))
  table.add_section()
  table.add_row("all", *_counts(standings), "")
  output.print(table)
  failed = [each for each in standings if each.state is State.FAILED]
  for each in failed[:_SHOWN_JOBS]:
    printing.print_text(
      output, f"FAILED: {each.job.name}: {_short(each.reason)} (the whole: {plan.log(each.job)})", wraps=False
    )
  due = [each for each in standings if each.state is not State.DONE]
  ready = due if shows_all else [each for each in due if each.state in (State.READY, State.CHANGED)]
  shown = ready if shows_all else ready[:_SHOWN_JOBS]
  for each in shown:
    line = f"python {shlex.join(plan.command(each.job)[1:])}"
    printing.print_text(output, f"{each.state.value}: {each.job.name}: {line}", wraps=False)
  if len(ready) > len(shown):
    printing.print_text(output, f"and {len(ready) - len(shown)} more that wait for nothing; --dry_run shows all")


def _short(text: str) -> str:
  return textwrap.shorten(text, _LONGEST_REASON, placeholder=" ...")


def _counts(standings: Sequence[Standing]) -> list[str]:
  states = collections.Counter(each.state for each in standings)
  due = [each.job for each in standings if each.state is not State.DONE]
  hours = status.gpu_hours(due)
  shown = f"{hours:,.0f}" if hours >= 10 or not hours else f"{hours:.1f}"
  return [str(len(standings)), str(states[State.DONE]), str(states[State.FAILED]), str(len(due)), shown]


def _units(standings: Sequence[Standing]) -> str:
  counts: collections.Counter[str] = collections.Counter()
  for each in standings:
    counts.update(each.job.counts)
  return ", ".join(f"{number} {unit}" for unit, number in counts.items())
