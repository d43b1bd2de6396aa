"""One `prepare` at a time in a workdir."""

import contextlib
import multiprocessing
import pathlib
from collections.abc import Iterator

from absl import logging


@contextlib.contextmanager
def one_at_a_time(workdir: pathlib.Path) -> Iterator[None]:
  """Waits while another process prepares the same workdir: trainings of several folds may start together."""
  import fcntl

  with (workdir / ".prepare_lock").open("w") as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
      if multiprocessing.parent_process() is not None:  # it would wait for its own parent for ever
        raise RuntimeError("a worker process runs the main script again: put its calls under __main__") from None
      logging.info("waiting for another process that prepares %s", workdir)
      fcntl.flock(file, fcntl.LOCK_EX)
    yield
