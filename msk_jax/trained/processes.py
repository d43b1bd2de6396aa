"""Several processes as one program, joined by an explicit flag only, so that none waits for others by surprise.

Each process reads its rows of every batch and computes on its own devices. All of them write checkpoints together; the
first writes every other file.
"""

import atexit
import contextlib
import os
import sys
from collections.abc import Callable, Iterator

import jax
import numpy as np
from jax.experimental import multihost_utils

from msk_jax.io import errors

_JOIN_SECONDS = 300
_LAUNCHED = {"SLURM_STEP_NUM_TASKS": "tasks of a Slurm step", "OMPI_COMM_WORLD_SIZE": "processes of mpirun"}


def join(distributed: bool | None, coordinator: str = "", num_processes: int = 0, process_id: int = -1) -> None:
  """Joins this process to the others; call it before anything else of JAX.

  Args:
    distributed: True to join, False to stay alone. None stays alone too, but is refused where the launcher started
      several processes.
    coordinator: `host:port` of process 0; empty where JAX finds it by itself (Slurm's srun, TPU pods, Open MPI).
    num_processes: how many there are, with `coordinator`.
    process_id: which of them this is, with `coordinator`.

  Raises:
    InputError: the processes can't be found or do not answer, or several were started and no flag says whether they
      belong together.
  """
  by_hand = bool(coordinator), num_processes > 0, process_id >= 0
  if any(by_hand) and not (all(by_hand) and distributed is not False):
    raise errors.InputError(
      "--coordinator, --num_processes, --process_id: give all three or none, and not with --nodistributed."
    )
  if not distributed and not any(by_hand):
    if distributed is None:
      _refuse_unjoined_tasks()
    return
  arguments = (coordinator, num_processes, process_id) if any(by_hand) else (None, None, None)
  try:
    jax.distributed.initialize(*arguments, initialization_timeout=_JOIN_SECONDS)
  except Exception as error:  # whatever it is: a process that continued alone would train another model
    raise errors.InputError(
      f"--distributed: the processes could not be joined: {error} Start them with srun, on a TPU pod or by mpirun, or "
      "give --coordinator=HOST:PORT --num_processes=N --process_id=K to each (launch/README.md)."
    ) from error


def _refuse_unjoined_tasks() -> None:
  """Refuses several processes of one launcher that are not joined: each would write the same files."""
  for variable, what in _LAUNCHED.items():
    number = os.environ.get(variable, "")
    if number.isdecimal() and int(number) > 1:
      raise errors.InputError(
        f"this is one of {number} {what}: give --distributed to train one model with all of them, or --nodistributed "
        "if each has a --workdir or a config of its own."
      )


@contextlib.contextmanager
def leaving_at_once_on_error() -> Iterator[None]:
  """Lets a joined process that fails inside end at once: JAX would wait minutes for the others, who wait for it."""
  try:
    yield
  except BaseException:
    if not is_alone():
      atexit.register(_leave)  # what is registered last runs first, before JAX's own
    raise


def _leave() -> None:
  sys.stdout.flush()
  sys.stderr.flush()
  os._exit(1)


def is_first() -> bool:
  """Returns whether this process writes the files."""
  return jax.process_index() == 0


def is_alone() -> bool:
  """Returns whether this is the only process."""
  return jax.process_count() == 1


def agree_on(number: int) -> int:
  """Returns the first process's number, to all processes."""
  if jax.process_count() == 1:
    return number
  return int(multihost_utils.broadcast_one_to_all(np.int32(number)))


def on_first(do: Callable[[], object], refusal: str) -> None:
  """Does something in the first process, while the others wait for it.

  Args:
    do: what is done; may raise InputError.
    refusal: the message in the others if it does.

  Raises:
    InputError: it was refused; in all processes.
  """
  refused = None
  if is_first():
    try:
      do()
    except errors.InputError as error:
      refused = error
  if agree_on(int(refused is not None)):
    raise refused or errors.InputError(refusal)


def wait_for_all(place: str) -> None:
  """Waits until all processes have come to `place`."""
  if jax.process_count() > 1:
    multihost_utils.sync_global_devices(place)
