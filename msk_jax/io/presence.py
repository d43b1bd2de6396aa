"""Which stages are at work in a workdir, so that none of them writes again what a purge takes out.

Each stage that writes about people holds a lock of its own, whose file names stage and process. Any number of them may
be there. A purge keeps the door shut while it works: a stage that starts meanwhile waits before it asks who has
withdrawn.
"""

import contextlib
import pathlib
import re
from collections.abc import Iterator

from absl import logging

from msk_jax.io import errors, locks, owner

DOOR = ".purge_lock"
_NAME = re.compile(r"\.at_work~(?P<stage>\w+)~(?P<tag>.+)\.lock")


@contextlib.contextmanager
def shown(workdir: pathlib.Path, stage: str) -> Iterator[None]:
  """Shows purges that a stage is at work while the context lasts; waits for a purge that has begun.

  Where no lock can be kept, as in a folder that can't be written, a warning says so, and the stage runs.

  Args:
    workdir: a folder that is there.
    stage: the stage's name.
  """
  here = owner.Owner.current()
  with contextlib.ExitStack() as held:
    try:
      with locks.in_turn(workdir / DOOR, f"purges {workdir}, or begins to work there"):
        _remove_dead(workdir, here)
        held.enter_context(locks.alone(workdir / f".at_work~{stage}~{here.tag}.lock", "it is this process's own"))
    except errors.InputError as error:
      logging.warning("no lock can be kept in %s: run no purge there while %s runs (%s)", workdir, stage, error)
    yield


@contextlib.contextmanager
def shut_out(workdir: pathlib.Path) -> Iterator[None]:
  """Lets no stage begin to write about people while the context lasts.

  Raises:
    InputError: the workdir can't be written.
  """
  with locks.in_turn(workdir / DOOR, f"purges {workdir}, or begins to work there"):
    yield


def stage_of(name: str) -> str:
  """Returns the stage that a lock's file is of; empty for other files."""
  match = _NAME.fullmatch(name)
  return match["stage"] if match else ""


def _remove_dead(workdir: pathlib.Path, here: owner.Owner) -> None:
  """Removes the locks of processes that were killed."""
  for path in workdir.glob(".at_work~*"):
    match = _NAME.fullmatch(path.name)
    holder = owner.Owner.from_tag(match["tag"]) if match else None
    if holder is not None and holder.is_dead(here):
      path.unlink(missing_ok=True)
