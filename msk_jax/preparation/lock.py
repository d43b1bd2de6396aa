"""One `prepare` at a time in a workdir."""

import contextlib
import multiprocessing
import pathlib
from collections.abc import Iterator

from msk_jax.io import locks


@contextlib.contextmanager
def one_at_a_time(workdir: pathlib.Path) -> Iterator[None]:
  """Waits while another process prepares the same workdir: trainings of several folds may start together."""
  path = workdir / ".prepare_lock"
  if multiprocessing.parent_process() is None:
    lock = locks.in_turn(path, f"prepares {workdir}")
  else:  # it would wait for its own parent for ever
    lock = locks.alone(path, "a worker process runs the main script again: put its calls under __main__")
  with lock:
    yield
