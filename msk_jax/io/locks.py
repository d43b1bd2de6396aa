"""Locks that keep a second process away from the same files, and that a dead process does not keep.

The kernel frees a file lock when its process ends. Some shared file systems keep such locks per host, or have none. So
the file also names its owner, who renews its time of change. The lock of a dead process of this host is free at once.
That of another host is free once it has not been renewed for a quarter of an hour. So is one that is dated as far in
the future: the clock was set back, and nobody has renewed it since.
"""

import contextlib
import errno
import fcntl
import os
import pathlib
import threading
import time
from collections.abc import Iterator
from typing import IO

from absl import logging

from msk_jax.io import atomic, errors, owner

_RENEW_SECONDS = 60.0
_STALE_SECONDS = 15 * 60.0
_POLL_SECONDS = 1.0


@contextlib.contextmanager
def alone(path: pathlib.Path, busy: str, *, here: owner.Owner | None = None) -> Iterator[None]:
  """Holds a lock while the context lasts.

  Args:
    path: the lock's file, made and removed here.
    busy: the message where another process holds it.
    here: this process; another one in tests.

  Raises:
    InputError: another process holds it (the message names host and process), or the file can't be written.
  """
  here = here or owner.Owner.current()
  file = _take(path, here)
  if isinstance(file, _Holder):
    raise errors.InputError(f"{busy} ({file.text})")
  with _held(path, file):
    yield


@contextlib.contextmanager
def in_turn(path: pathlib.Path, what: str, *, here: owner.Owner | None = None) -> Iterator[None]:
  """Waits for a lock, and holds it while the context lasts.

  Args:
    path: the lock's file, made and removed here.
    what: what the other process does, for the log: `prepares workspace`.
    here: this process; another one in tests.

  Raises:
    InputError: the file can't be written.
  """
  here = here or owner.Owner.current()
  file = _take(path, here)
  if isinstance(file, _Holder):
    logging.info("waiting for another process, which %s (%s)", what, file.text)
  while isinstance(file, _Holder):
    time.sleep(_POLL_SECONDS)
    file = _take(path, here)
  with _held(path, file):
    yield


class _Holder:
  """Who holds a lock."""

  def __init__(self, holder: owner.Owner | None):
    self.text = f"process {holder.pid} on {holder.host}" if holder else "its process is not known"


def _take(path: pathlib.Path, here: owner.Owner) -> IO[str] | _Holder:
  """Returns the open file of a lock that is now this process's, or who holds it."""
  try:
    while True:
      path.parent.mkdir(parents=True, exist_ok=True)
      file = path.open("a+", encoding="utf-8")
      is_mine = _lock(file)
      if is_mine is not False and not _is_same(file, path):  # its holder has just removed it
        file.close()
        continue
      holder = _read(file)
      if is_mine is False or (holder not in (None, here) and _is_alive(holder, here, file, is_locked=bool(is_mine))):
        file.close()
        return _Holder(holder)
      file.truncate(0)
      file.write(here.tag)
      file.flush()
      return file
  except OSError as error:
    raise atomic.cannot_write(path.name, error) from error


@contextlib.contextmanager
def _held(path: pathlib.Path, file: IO[str]) -> Iterator[None]:
  """Renews a lock that is this process's; removes it in the end."""
  ended = threading.Event()

  def renew() -> None:
    while not ended.wait(_RENEW_SECONDS):
      with contextlib.suppress(OSError):
        os.utime(file.fileno())

  thread = threading.Thread(target=renew, daemon=True)
  thread.start()
  try:
    yield
  finally:
    ended.set()
    thread.join()
    with contextlib.suppress(OSError):
      path.unlink(missing_ok=True)
    file.close()


def _lock(file: IO[str]) -> bool | None:
  """Returns whether the kernel gave the lock; None where the file system has none."""
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    return False
  except OSError as error:
    if error.errno in (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL):
      return None
    raise
  return True


def _is_same(file: IO[str], path: pathlib.Path) -> bool:
  try:
    return os.path.samestat(os.fstat(file.fileno()), path.stat())
  except FileNotFoundError:
    return False


def _read(file: IO[str]) -> owner.Owner | None:
  file.seek(0)
  return owner.Owner.from_tag(file.read())


def _is_alive(holder: owner.Owner | None, here: owner.Owner, file: IO[str], *, is_locked: bool) -> bool:
  """Returns whether the owner that a lock names has to be taken for alive, where the kernel did not refuse the lock."""
  if holder is None:
    return False
  if holder.is_elsewhere(here):
    return abs(time.time() - os.fstat(file.fileno()).st_mtime) < _STALE_SECONDS
  return not is_locked and not holder.is_dead(here)
