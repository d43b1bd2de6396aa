"""Several processes as one program: joined by explicit wish only, so that nothing hangs waiting for others by surprise.

Each process reads its rows of every batch and computes on its own devices; checkpoints are written by all of them
together, every other file by the first.
"""

import os

import jax
import numpy as np
from jax.experimental import multihost_utils

from msk_jax.io import errors

_JOIN_SECONDS = 300


def join(distributed: bool | None, coordinator: str = "", num_processes: int = 0, process_id: int = -1) -> None:
  """Joins this process to the others; call it before anything else of JAX.

  Args:
    distributed: True to join, False to stay alone; None stays alone too, but not where the launcher started several.
    coordinator: `host:port` of process 0; empty where JAX finds it by itself (Slurm's srun, TPU pods, Open MPI).
    num_processes: how many there are, with `coordinator`.
    process_id: which of them this is, with `coordinator`.

  Raises:
    InputError: the processes can't be found or do not answer, or several were started without a word on whether they
      belong together.
  """
  given = bool(coordinator), num_processes > 0, process_id >= 0
  if any(given) and not (all(given) and distributed is not False):
    raise errors.InputError(
      "--coordinator, --num_processes, --process_id: give all three or none, and not with --nodistributed."
    )
  if not distributed and not any(given):
    if distributed is None:
      _refuse_unjoined_tasks()
    return
  arguments = (coordinator, num_processes, process_id) if any(given) else (None, None, None)
  try:
    jax.distributed.initialize(*arguments, initialization_timeout=_JOIN_SECONDS)
  except Exception as error:  # whatever it is, to go on alone would train another model
    raise errors.InputError(
      f"--distributed: the processes could not be joined: {error} Start them with srun, on a TPU pod or by mpirun, or "
      "give --coordinator=HOST:PORT --num_processes=N --process_id=K to each (launch/README.md)."
    ) from error


def _refuse_unjoined_tasks() -> None:
  """Several tasks of one srun, each alone, would write the same files."""
  num_tasks = int(os.environ.get("SLURM_STEP_NUM_TASKS", "1") or 1)
  if num_tasks > 1:
    raise errors.InputError(
      f"this is one of {num_tasks} tasks of a Slurm step: give --distributed to train one model with all of them, or "
      "--nodistributed if each has a --workdir or a config of its own."
    )


def is_first() -> bool:
  """Returns whether this process writes the files."""
  return jax.process_index() == 0


def are_one() -> bool:
  """Returns whether this process is alone."""
  return jax.process_count() == 1


def agree_on(number: int) -> int:
  """Returns the first process's number, to all processes."""
  if jax.process_count() == 1:
    return number
  return int(multihost_utils.broadcast_one_to_all(np.int32(number)))


def wait_for_all(place: str) -> None:
  """Waits until all processes have come to `place`."""
  if jax.process_count() > 1:
    multihost_utils.sync_global_devices(place)
