"""Runs the processes of one training until all have ended: when one fails, the others do not stay behind, waiting."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from msk_jax.io import console, privacy
from msk_jax.launching import leash
from msk_jax.launching.members import Member
from msk_jax.planning import heeding

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 10.0  # for the others to end by themselves after one has failed
_SHOWN_LINES = 20
_SHOWN_FAILURES = 3
_GOOD = (0, console.UNFINISHED)


def run(members: Sequence[Member]) -> int:
  """Runs the processes to their end; returns the exit status of the training.

  A signal to this process asks all of them to stop: they write a checkpoint. A second one kills them. If a process
  fails, the others are killed.

  Returns:
    0 if all have finished; 75 if they stopped to be resumed; else the status of the one that failed first.
  """
  with heeding.noted(_SIGNALS) as signals, _started(members) as processes:
    failed = _watch(processes, signals)
  return _conclude(members, [_status(process) for process in processes], failed, is_stopped=bool(signals))


def _watch(processes: Sequence[subprocess.Popen], signals: Sequence[int]) -> list[int]:
  """Waits for the end of all processes; returns which failed first."""
  num_heeded, num_killed = 0, 0
  failed: list[int] = []
  deadline = float("inf")
  while any(process.poll() is None for process in processes):
    if len(signals) > num_heeded:
      is_first, num_heeded = not num_heeded, len(signals)
      if is_first:
        _say("a signal: all processes are asked to write a checkpoint and to stop. Another one kills them")
        _send(processes, leash.STOP)
      else:
        deadline = 0.0
    failed = failed or _failures(processes)
    if failed and deadline == float("inf"):
      deadline = time.monotonic() + _GRACE_SECONDS
    if time.monotonic() > deadline:
      _kill(processes, is_last=num_killed > 0)
      num_killed += 1
      deadline = time.monotonic() + _GRACE_SECONDS
    time.sleep(_POLL_SECONDS)
  return failed or _failures(processes)


@contextlib.contextmanager
def _started(members: Sequence[Member]) -> Iterator[list[subprocess.Popen]]:
  """Starts the processes; however this ends, so do they."""
  processes: list[subprocess.Popen] = []
  with contextlib.ExitStack() as stack:
    for member in members:
      out = stack.enter_context(member.log.open("wb")) if member.log else None
      processes.append(
        stack.enter_context(
          subprocess.Popen(
            member.command,
            env={**os.environ, **member.environment},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT if out else None,
            start_new_session=True,  # Ctrl-C is for us, and we pass it on
          )
        )
      )
    try:
      yield processes
    finally:
      _kill(processes, is_last=False)  # they have ended, unless an error has come up here


def _failures(processes: Sequence[subprocess.Popen]) -> list[int]:
  """Returns which processes have ended otherwise than finished or stopped to be resumed."""
  return [i for i, process in enumerate(processes) if process.poll() is not None and _status(process) not in _GOOD]


def _status(process: subprocess.Popen) -> int:
  return 128 - process.returncode if process.returncode < 0 else process.returncode


def _send(processes: Sequence[subprocess.Popen], word: bytes) -> None:
  """Tells whatever holds the processes, on whatever host, what to do with them."""
  for process in processes:
    with contextlib.suppress(OSError):
      os.write(process.stdin.fileno(), word)  # type: ignore[union-attr]


def _kill(processes: Sequence[subprocess.Popen], *, is_last: bool) -> None:
  """Kills what still runs; at last what was started here, if a host does not answer."""
  _send(processes, leash.KILL)
  for process in processes:
    if is_last and process.poll() is None:
      process.kill()


def _conclude(members: Sequence[Member], statuses: Sequence[int], failed: Sequence[int], *, is_stopped: bool) -> int:
  """Says how it ended; returns the exit status."""
  if not failed:
    return max(statuses)
  if is_stopped and all(statuses[i] == 128 + signal.SIGTERM for i in failed):
    _say("stopped before the training began: run the same command again")
    return console.UNFINISHED
  for i in failed[:_SHOWN_FAILURES]:
    _say(f"{members[i].name} FAILED: {_describe(statuses[i])}. The other processes were ended.")
    log = members[i].log
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log else ["its output is above"]
    for line in lines[-_SHOWN_LINES:]:
      _say(f"  | {privacy.redact(line)}")
    if log:
      _say(f"The whole log: {log}")
  return statuses[failed[0]]


def _describe(status: int) -> str:
  with contextlib.suppress(ValueError):
    return f"killed by {signal.Signals(status - 128).name}"
  return f"exit status {status}"


def _say(text: str) -> None:
  sys.stderr.write(f"{text}\n")
  sys.stderr.flush()
