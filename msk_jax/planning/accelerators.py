"""The GPUs of this machine, shared out to jobs that run at the same time: JAX takes all that it sees.

Whoever uses a GPU holds a lock for it, in a folder that all studies of a user on this machine share.
"""

import contextlib
import os
import pathlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

from msk_jax.io import errors, locks

VARIABLE = "CUDA_VISIBLE_DEVICES"
_DEVICES, _FILES = pathlib.Path("/dev"), "nvidia[0-9]*"
_POLL_SECONDS = 1.0


def visible() -> list[str]:
  """Returns the names of the GPUs that we may use: those of CUDA_VISIBLE_DEVICES if it is set.

  Else they are counted from 0, as CUDA does: a container with the machine's fourth GPU alone has only /dev/nvidia3, and
  CUDA names it 0.
  """
  if (chosen := os.environ.get(VARIABLE)) is not None:
    return [name.strip() for name in chosen.split(",") if name.strip() and name.strip() != "-1"]
  return [str(number) for number, _ in enumerate(_DEVICES.glob(_FILES))]


def environment_of(gpus: Sequence[str]) -> dict[str, str]:
  """Returns the variable that shows a process these GPUs and no others."""
  return {VARIABLE: ",".join(gpus)}


@contextlib.contextmanager
def assigned(
  count: int, is_stopped: Callable[[], bool], folder: pathlib.Path | None = None
) -> Iterator[dict[str, str]]:
  """Holds GPUs for a job while it lasts; waits until so many are free.

  Args:
    count: how many; all there are, if there are fewer.
    is_stopped: whether to stop waiting.
    folder: of the locks.

  Yields:
    The variables for the job: it sees its GPUs, and none if `count` is 0. Empty on a machine without GPUs.

  Raises:
    InputError: the folder can't be written.
  """
  gpus = visible()
  if not gpus:
    yield {}
    return
  folder = folder or pathlib.Path(tempfile.gettempdir()) / f"msk_jax_gpus_{os.getuid()}"
  folder.mkdir(parents=True, exist_ok=True)
  if not os.access(folder, os.W_OK):
    raise errors.InputError(f"{folder} can't be written: it holds a lock for each GPU in use. Set TMPDIR to a folder.")
  with contextlib.ExitStack() as held:
    mine = _take(gpus, min(count, len(gpus)), folder, held)
    while mine is None and not is_stopped():
      time.sleep(_POLL_SECONDS)
      mine = _take(gpus, min(count, len(gpus)), folder, held)
    yield environment_of(mine or [])


def _take(gpus: Sequence[str], count: int, folder: pathlib.Path, held: contextlib.ExitStack) -> list[str] | None:
  """Returns so many of the GPUs and holds them; None, and holds none, if fewer are free."""
  taken: list[str] = []
  with contextlib.ExitStack() as mine:
    for name in gpus:
      if len(taken) < count:
        with contextlib.suppress(errors.InputError):
          mine.enter_context(locks.alone(folder / f"{name.replace('/', '.')}.lock", "in use"))
          taken.append(name)
    if len(taken) < count:
      return None
    held.push(mine.pop_all())
  return taken
