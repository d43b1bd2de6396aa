"""What is done to a command inside its own process: killed at a moment, refused a file operation, given a wrong clock.

Called by `command_server` before the command begins.
"""

import ctypes
import errno
import json
import os
import pathlib
import signal
import sys
import time
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.truncate")
_NEEDING_SPACE = ("open", "os.rename", "os.mkdir", "os.link", "os.symlink", "os.fsync")
_PLACE_OF_FOLDER = {"os.rename": 2, "os.remove": 1, "os.rmdir": 1, "os.mkdir": 2, "os.link": 2, "os.chmod": 2}
_NEW_NAMESPACE, _PRIVATE, _BIND, _REMOUNT, _READ_ONLY = 0x20000, (1 << 18) | (1 << 14), 4096, 32, 1  # of mount(2)
_LIBC = ctypes.CDLL(None, use_errno=True)


def begin(
  folders: list[str],
  trace: str = "",
  kill_at_operation: int = -1,
  kill_at_cpu_seconds: float = 0.0,
  error_at_operation: int = -1,
  error: str = "",
  read_only: str = "",
  clock_offset_seconds: float = 0.0,
) -> None:
  """Prepares this process for its trouble.

  Args:
    folders: file operations below them are counted.
    trace: a file that gets a line of JSON for each of them, what and where; empty for none.
    kill_at_operation: number of the file operation before which the process is killed; -1 for none.
    kill_at_cpu_seconds: how much work it may do before it is killed; 0 for any.
    error_at_operation: number of the first file operation that fails; -1 for none.
    error: name of its error, such as ENOSPC; operations of the same kind fail after it, too.
    read_only: a folder that this process can't write; empty for none.
    clock_offset_seconds: what its clock is ahead.
  """
  if read_only:
    _make_read_only(read_only)
  if clock_offset_seconds:
    _set_clock(clock_offset_seconds)
  if trace or kill_at_operation >= 0 or error_at_operation >= 0:
    watch = _Watch(folders, trace, kill_at_operation, error_at_operation, error)
    sys.addaudithook(watch.look)
    _watch_syncs(watch)
  if kill_at_cpu_seconds:
    _kill_after(kill_at_cpu_seconds)


class _Watch:
  """Counts file operations, and hinders one of them."""

  def __init__(self, folders: list[str], trace: str, kill_at: int, error_at: int, error: str):
    self._folders = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if trace else -1
    self._kill_at, self._error_at = kill_at, error_at
    self._error = getattr(errno, error) if error else 0
    self._count = 0
    self._is_busy = False

  def look(self, event: str, arguments: tuple[Any, ...]) -> None:
    """Is told of everything that Python does."""
    if event not in _EVENTS or self._is_busy:
      return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
      return
    self._is_busy = True  # what the harness does here is not counted as the command's
    try:
      path = _path_of(event, arguments)
    finally:
      self._is_busy = False
    if f"{path}/".startswith(self._folders):
      self.happens(event, path)

  def happens(self, event: str, path: str) -> None:
    """Counts an operation; kills the process before it, or raises the error that it fails with."""
    number, self._count = self._count, self._count + 1
    if self._trace >= 0:
      os.write(self._trace, f"{json.dumps([event, path])}\n".encode())
    if number == self._kill_at:
      os.kill(os.getpid(), signal.SIGKILL)
    if 0 <= self._error_at <= number and (self._error != errno.ENOSPC or event in _NEEDING_SPACE):
      raise OSError(self._error, os.strerror(self._error), path)


def _path_of(event: str, arguments: tuple[Any, ...]) -> str:
  """Returns the absolute path of an operation; empty where it has none."""
  path = arguments[0]
  if isinstance(path, int):
    return _of_descriptor(path)
  text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
  descriptor = arguments[_PLACE_OF_FOLDER[event]] if event in _PLACE_OF_FOLDER else -1
  if not text.startswith("/") and descriptor >= 0:
    return os.path.join(_of_descriptor(descriptor), text)  # noqa: PTH118
  return os.path.abspath(text) if text else ""  # noqa: PTH100


def _of_descriptor(descriptor: int) -> str:
  try:
    return str(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink())
  except OSError:
    return ""


def _watch_syncs(watch: _Watch) -> None:
  """Makes os.fsync an operation that is seen."""
  sync = os.fsync

  def watched(file: Any) -> None:
    path = _of_descriptor(file if isinstance(file, int) else file.fileno())
    if path.startswith(watch._folders):
      watch.happens("os.fsync", path)
    sync(file)

  os.fsync = watched


class _SignalEvent(ctypes.Structure):
  _fields_ = (
    ("value", ctypes.c_void_p),
    ("number", ctypes.c_int),
    ("notify", ctypes.c_int),
    ("padding", ctypes.c_char * 48),
  )


class _TimerSpec(ctypes.Structure):
  _fields_ = tuple((name, ctypes.c_long) for name in ("every_s", "every_ns", "first_s", "first_ns"))


def _kill_after(cpu_seconds: float) -> None:
  """Lets the kernel kill this process once it has used so much processor time, whatever it does then."""
  timer = ctypes.c_void_p()
  event = _SignalEvent(None, signal.SIGKILL, 0, b"")
  when = _TimerSpec(0, 0, int(cpu_seconds), int(cpu_seconds % 1 * 1e9))
  _check(_LIBC.timer_create(time.CLOCK_PROCESS_CPUTIME_ID, ctypes.byref(event), ctypes.byref(timer)))
  _check(_LIBC.timer_settime(timer, 0, ctypes.byref(when), None))


def _make_read_only(folder: str) -> None:
  """Mounts a folder on itself, read-only, for this process and its children alone."""
  name = os.fsencode(folder)
  _check(_LIBC.unshare(_NEW_NAMESPACE))
  _check(_LIBC.mount(b"none", b"/", None, ctypes.c_ulong(_PRIVATE), None))
  _check(_LIBC.mount(name, name, None, ctypes.c_ulong(_BIND), None))
  _check(_LIBC.mount(b"none", name, None, ctypes.c_ulong(_BIND | _REMOUNT | _READ_ONLY), None))


def _check(result: int) -> None:
  if result != 0:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def _set_clock(offset_seconds: float) -> None:
  """Lets Python's clock be wrong; that of the file system stays right."""
  now, now_ns = time.time, time.time_ns
  time.time = lambda: now() + offset_seconds
  time.time_ns = lambda: now_ns() + int(offset_seconds * 1e9)
