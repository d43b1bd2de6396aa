"""Reads mutants in child processes under limits: a crash, a hang or a full memory costs the child, and is a fault."""

import dataclasses
import json
import os
import pathlib
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.mutants import mutant
from tests.mutants.form import Form

LIMIT_SECONDS = 20.0
MEMORY_BYTES = 3 * 2**30
_BATCH = 200  # mutants to a child


def read_all(
  form: Form, folder: pathlib.Path, seeds: Sequence[str], limit_seconds: float = LIMIT_SECONDS
) -> Iterator[dict[str, Any]]:
  """Yields what came of each mutant, in order.

  Args:
    form: the format.
    folder: of its whole files.
    seeds: name the mutants.
    limit_seconds: longest time for one.

  Raises:
    RuntimeError: the whole files can't be read.
  """
  waiting = list(seeds)
  while waiting:
    batch = waiting[:_BATCH]
    child = _Child(form, folder, batch)
    if child.next(10 * limit_seconds) is None:
      child.end()
      raise RuntimeError(f"the whole files of {form.name} can't be read; run --only={form.name} --count=1 by hand")
    for seed in batch:
      said = child.next(limit_seconds)
      waiting.pop(0)
      if said is None:
        yield {"seed": seed, "file": "", "mutation": "", "message": "", **child.end()}
        break
      yield {"seed": seed, **said}
    else:
      child.end()


def run(work: Callable[[], None]) -> None:
  """Does work in a child process: this one stays without threads, so that it can be forked again and again.

  Raises:
    RuntimeError: it failed.
  """
  pid = os.fork()
  if pid == 0:
    try:
      work()
      os._exit(0)
    except BaseException:
      traceback.print_exc()
      os._exit(1)
  if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
    raise RuntimeError("a child process has failed")


@dataclasses.dataclass(frozen=True)
class _Work:
  """What a group of processes has done: seconds of processors; and whether any wants more of them now."""

  seconds: float
  wants_more: bool


def _work_of(group: int) -> _Work:
  seconds, wants_more = 0.0, False
  for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
    try:
      fields = path.read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
      continue
    if int(fields[2]) == group:
      seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
      wants_more |= fields[0] in "RD"
  return _Work(seconds, wants_more)


class _Child:
  """A process that reads mutants one by one and says on a pipe what came of each."""

  def __init__(self, form: Form, folder: pathlib.Path, seeds: Sequence[str]):
    self._start = time.monotonic()
    self._pipe, out = os.pipe()
    self._buffer = b""
    sys.stdout.flush()
    sys.stderr.flush()
    self._pid = os.fork()
    if self._pid == 0:
      _work(form, folder, seeds, out)
    os.close(out)

  def next(self, limit_seconds: float) -> dict[str, Any] | None:
    """Returns the next line; None if none comes in time or the process is dead.

    On a busy machine time passes without work. So the limit is on the processors' time, or on the time in which the
    process and its own children neither work nor want to.
    """
    start = idle = _work_of(self._pid)
    while b"\n" not in self._buffer:
      ready, _, _ = select.select([self._pipe], [], [], limit_seconds)
      data = os.read(self._pipe, 2**16) if ready else b""
      if ready and not data:
        return None
      self._buffer += data
      now = _work_of(self._pid)
      if not ready and (now.seconds - start.seconds > limit_seconds or now == idle):
        return None
      idle = dataclasses.replace(now, wants_more=False)
    line, _, self._buffer = self._buffer.partition(b"\n")
    return json.loads(line)

  def end(self) -> dict[str, Any]:
    """Ends the process; returns of which fault it died, or that it hung."""
    pid, status = os.waitpid(self._pid, os.WNOHANG)
    if pid == 0:
      time.sleep(0.2)
      pid, status = os.waitpid(self._pid, os.WNOHANG)
    hung = pid == 0
    if hung:
      os.killpg(self._pid, signal.SIGKILL)
      _, status = os.waitpid(self._pid, 0)
    os.close(self._pipe)
    number = os.waitstatus_to_exitcode(status)
    reason = "no end in time" if hung else f"died of {signal.Signals(-number).name if number < 0 else f'exit {number}'}"
    return {"outcome": mutant.FAULT, "reason": reason, "seconds": round(time.monotonic() - self._start, 3)}


def _work(form: Form, folder: pathlib.Path, seeds: Sequence[str], out: int) -> None:
  """Reads the mutants; never returns."""
  try:
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a stage prints
    used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    whole = mutant.read_whole(form, folder)
    _say(out, {"is_ready": True})
    for seed in seeds:
      _say(out, mutant.make_and_read(form, whole, seed))
    os._exit(0)
  except BaseException:
    traceback.print_exc()
    os._exit(1)


def _say(out: int, value: dict[str, Any]) -> None:
  data = (json.dumps(value) + "\n").encode()
  while data:
    data = data[os.write(out, data) :]
