"""Why a task has no results."""

import dataclasses
import re

from msk_jax.io import privacy


@dataclasses.dataclass(frozen=True)
class Reason:
  """Why a task has no results.

  Attributes:
    code: a word for tables, e.g. `h2_near_zero`.
    text: a sentence, and what to do; without any id.
    is_final: whether the same task on the same inputs is sure to end so again: it is not repeated.
  """

  code: str
  text: str
  is_final: bool = False


@dataclasses.dataclass(frozen=True)
class Failure:
  """What is known of a task that did not succeed.

  Attributes:
    status: the exit status; minus the signal's number if a signal ended it; None if it is not known.
    timed_out: whether it was stopped for taking too long.
    stdout: what it printed.
    stderr: what it printed as errors.
    broken_output: what is wrong with its outputs, or that its last line is missing; empty if nothing.
  """

  status: int | None
  timed_out: bool = False
  stdout: str = ""
  stderr: str = ""
  broken_output: str = ""


@dataclasses.dataclass(frozen=True)
class Pattern:
  """A line of a program's output and what it means."""

  regex: str
  reason: Reason


_KILLED = (
  "it was killed (signal {signal}); most often the machine ran out of memory. Give it more memory and run again."
)
_DISK = Reason("disk_full", "the disk became full while it wrote its results. Free some space and run again.")
_TIMEOUT = Reason(
  "timeout",
  "it took longer than --config.gwas.timeout_hours allows and was stopped. Allow more hours, or more threads.",
)
_SIGNALS = {134: 6, 137: 9, 139: 11, 143: 15}  # exit statuses with which a shell reports signals
_SEGFAULT = 11
_ABORT = 6
_LAST_LINES = 3
_UNTELLING = ("WARNING", "NOTE")


def diagnose(failure: Failure, patterns: tuple[Pattern, ...], program: str) -> Reason:
  """Returns why a task has no results.

  Args:
    failure: how it ended.
    patterns: of the program's errors, the most telling first. What it prints otherwise repeats its options.
    program: its name in messages.
  """
  if failure.timed_out:
    return _TIMEOUT
  if re.search(r"No space left on device|Disk quota exceeded|File write failed", failure.stderr):
    return _DISK
  if failure.status:
    for pattern in patterns:
      if re.search(pattern.regex, failure.stderr):
        return pattern.reason
  status = failure.status
  signal = None if status is None else -status if status < 0 else _SIGNALS.get(status)
  if signal in (_SEGFAULT, _ABORT):
    return Reason("crashed", f"{program} crashed (signal {signal}). {_quote(failure)}")
  if signal is not None:
    return Reason("killed", _KILLED.format(signal=signal))
  if status == 0 and failure.broken_output:
    return Reason("incomplete_output", f"{failure.broken_output}. Look whether the disk is full, and run again.")
  if status is None:
    return Reason("not_finished", failure.broken_output or f"{program} has not finished.")
  return Reason("failed", f"{program} ended with exit status {status}. {_quote(failure)}")


def _quote(failure: Failure) -> str:
  """Returns the last lines of the errors, without ids and with file names cut to their last part."""
  lines = [line.strip() for line in failure.stderr.splitlines() if line.strip()]
  lines = [line for line in lines if not line.startswith(_UNTELLING)][-_LAST_LINES:]
  quoted = privacy.redact(re.sub(r"(?<=[\s=:])/\S*/", "", " | ".join(lines)))
  return f"Its last words: {quoted}" if quoted else "It said nothing of why: see stdout.txt and stderr.txt."
