"""Another program's process: started, watched, measured, and never left behind."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

from msk_jax.io import children, errors

_POLL_S = (0.01, 0.5)  # at first, at most
_GRACE_S = 5.0  # from SIGTERM to SIGKILL
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Ending:
  """How a process ended.

  Attributes:
    status: the exit status; minus the signal's number if a signal ended it.
    timed_out: whether it was stopped for taking too long.
    seconds: wall-clock time.
    peak_memory_mb: of the program itself; 0 where the system does not tell.
  """

  status: int
  timed_out: bool
  seconds: float
  peak_memory_mb: float


def run(
  command: Sequence[str],
  folder: pathlib.Path,
  *,
  timeout_s: float,
  environment: Mapping[str, str],
  grace_s: float = _GRACE_S,
) -> Ending:
  """Runs a program in a folder, with its output in `stdout.txt` and `stderr.txt` there.

  The program has a process group of its own. The group is killed when time is up, when this process is interrupted or
  terminated, and, on Linux, when this process is killed.

  Args:
    command: the program and its arguments.
    folder: its working directory.
    timeout_s: wall-clock time.
    environment: variables on top of this process's.
    grace_s: how long a program may take to end after SIGTERM.

  Raises:
    InputError: there is no such program.
  """
  program = shutil.which(command[0])
  if program is None:
    raise errors.InputError(
      f"can't start the program {command[0]}. Install it (third_party/README.md), or name its path."
    )
  began = time.monotonic()
  with terminated_as_exit(), (folder / "stdout.txt").open("wb") as out, (folder / "stderr.txt").open("wb") as err:
    process = subprocess.Popen(
      children.ending_with_us([str(pathlib.Path(program).absolute()), *command[1:]]),
      cwd=folder,
      stdin=subprocess.DEVNULL,
      stdout=out,
      stderr=err,
      env={**os.environ, **environment},
      start_new_session=True,
    )
    peak_mb = 0.0
    try:
      for pause in _pauses(began + timeout_s):
        peak_mb = max(peak_mb, _read_peak_mb(process.pid))
        with contextlib.suppress(subprocess.TimeoutExpired):
          status = process.wait(pause)
          return Ending(status, False, time.monotonic() - began, peak_mb)
      _stop(process, grace_s)
      return Ending(process.wait(), True, time.monotonic() - began, peak_mb)
    finally:
      _stop(process, 0.0)


@contextlib.contextmanager
def terminated_as_exit() -> Iterator[None]:
  """Makes SIGTERM raise SystemExit while it lasts, so that what is begun is cleared; in the main thread alone."""
  if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
    yield
    return

  def leave(number: int, _) -> None:
    raise SystemExit(128 + number)

  signal.signal(signal.SIGTERM, leave)
  try:
    yield
  finally:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _pauses(deadline: float) -> Iterator[float]:
  """Yields how long to wait for the process's end, again and again until the deadline."""
  pause, longest = _POLL_S
  while (left := deadline - time.monotonic()) > 0:
    yield min(pause, left)
    pause = min(1.5 * pause, longest)


def _stop(process: subprocess.Popen, grace_s: float) -> None:
  """Ends the whole group: asks, waits, kills. Does no harm where it has ended."""
  if process.poll() is None and grace_s:
    _signal(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
      process.wait(grace_s)
  _signal(process.pid, signal.SIGKILL)
  process.wait()


def _signal(group: int, number: int) -> None:
  with contextlib.suppress(ProcessLookupError, PermissionError):
    os.killpg(group, number)


def _read_peak_mb(pid: int) -> float:
  try:
    match = _PEAK.search(pathlib.Path(f"/proc/{pid}/status").read_text())
  except OSError:
    return 0.0
  return int(match[1]) / 1024 if match else 0.0
