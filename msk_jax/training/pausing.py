"""When a training pauses before its end: a signal, or a spent wall-clock budget."""

import enum
import signal
import threading
import time
from types import FrameType

from msk_jax.trained import processes


class Status(enum.Enum):
  """How a call of the training loop ended."""

  FINISHED = "finished"
  TERMINATED = "stopped by a signal"
  OUT_OF_TIME = "out of its wall-clock budget"


class PausedError(Exception):
  """A signal asks for an orderly end where the loop is not at work; what is on disk suffices to resume."""


_VOTES = (None, Status.OUT_OF_TIME, Status.TERMINATED)  # the highest of several processes' votes counts


def vote_of(status: Status | None) -> int:
  """Returns the number that tells the other processes whether and why this one wants to pause; 0 if it does not."""
  return _VOTES.index(status)


def status_of(vote: int) -> Status | None:
  """Returns the status of a vote; the inverse of `vote_of`."""
  return _VOTES[vote]


def deadline_in(hours: float) -> float:
  """Returns the value of `time.monotonic` when so many hours from now have passed."""
  return time.monotonic() + hours * 3600


class Budget:
  """Wall-clock budget and termination signals of a whole command; use as a context manager around all its splits.

  SIGTERM (what Slurm and cloud schedulers send before they take a machine back), SIGUSR1 and SIGHUP (a closed terminal)
  ask for a checkpoint and an orderly end. The loop looks at `exhausted` after each step, all else calls
  `pause_if_told`. A signal is remembered until the command ends. One that the process ignores, as under nohup, stays
  ignored.
  """

  _SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)

  def __init__(self, deadline: float):
    """Takes when the budget is spent, from `deadline_in`."""
    self._deadline = deadline
    self._signalled = threading.Event()
    self._previous: dict[signal.Signals, object] = {}

  def __enter__(self) -> "Budget":
    if threading.current_thread() is threading.main_thread():
      heeded = [number for number in self._SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
      self._previous = {number: signal.signal(number, self._on_signal) for number in heeded}
    return self

  def __exit__(self, *unused) -> None:
    for number, handler in self._previous.items():
      signal.signal(number, handler)  # type: ignore[arg-type]

  def _on_signal(self, number: int, frame: FrameType | None) -> None:
    del number, frame
    self._signalled.set()

  @property
  def exhausted(self) -> Status | None:
    """Why the loop has to pause now, or None."""
    if self._signalled.is_set():
      return Status.TERMINATED
    return Status.OUT_OF_TIME if time.monotonic() > self._deadline else None

  def pause_if_told(self) -> None:
    """Ends the training here if a signal asked for it; several processes call it together, and the first decides.

    A spent wall-clock budget does not count: what is at work is finished, so that every call makes progress.

    Raises:
      PausedError: see above.
    """
    if processes.agree_on(int(self._signalled.is_set())):
      raise PausedError

  def pause_if_alone_and_told(self) -> None:
    """As `pause_if_told`, for places that several processes pass too often to agree each time."""
    if processes.is_alone():
      self.pause_if_told()
