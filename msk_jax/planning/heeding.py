"""Signals that are noted instead of ending this process."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


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
