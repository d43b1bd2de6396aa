"""Signals that are noted instead of ending this process, and go on to a child process."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_LOOK_SECONDS = 0.5


@contextmanager
def noted(numbers: Sequence[signal.Signals]) -> Iterator[list[int]]:
  """Notes signals while it lasts; yields the list in which they are, the last one at the end."""
  signals: list[int] = []
  before = {number: signal.signal(number, lambda each, _: signals.append(each)) for number in numbers}
  try:
    yield signals
  finally:
    for number, handler in before.items():
      signal.signal(number, handler)


def wait(
  process: subprocess.Popen, signals: Sequence[int], interrupt: Callable[[], object], *, again: bool = False
) -> int:
  """Waits for the end of a child process, which is interrupted when a signal comes.

  Args:
    process: the child.
    signals: from `noted`.
    interrupt: interrupts the child.
    again: whether later signals interrupt it too; those that come together count as one.

  Returns:
    Its exit status, negative for the signal that ended it.
  """
  num_heeded = 0
  while True:
    if len(signals) > num_heeded and (again or not num_heeded):
      num_heeded = len(signals)
      interrupt()
    try:
      return process.wait(timeout=_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
      continue
