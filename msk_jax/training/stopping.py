"""When a training ends, and when it only pauses."""

import enum
import signal
import threading
import time
from types import FrameType

from msk_jax.io import errors
from msk_jax.training import spec, state


class Status(enum.Enum):
  """How a call of the training loop ended."""

  FINISHED = "finished"
  TERMINATED = "stopped by a signal"
  OUT_OF_TIME = "out of its wall-clock budget"


_VOTES = (None, Status.OUT_OF_TIME, Status.TERMINATED)  # the highest of several processes' votes counts


def vote_of(status: Status | None) -> int:
  """Returns the number by which a process tells the others that, and why, it wants to pause; 0 if it does not."""
  return _VOTES.index(status)


def status_of(vote: int) -> Status | None:
  """Returns what `vote_of` made a number of."""
  return _VOTES[vote]


class Budget:
  """Wall-clock budget and termination signals; use as a context manager around the loop.

  SIGTERM (what Slurm and cloud schedulers send before they take a machine back), SIGUSR1 and SIGHUP (a terminal that
  is closed) ask for a checkpoint and an orderly end; the loop looks at `exhausted` after each step. Who ignores a
  signal, as nohup does, keeps ignoring it.
  """

  _SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)

  def __init__(self, max_hours: float):
    self._deadline = time.monotonic() + max_hours * 3600
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


def check_not_beyond(steps: int, settings: spec.OptimizationSpec) -> None:
  """Refuses a limit on epochs that a training has passed already: its result is not one of so few epochs.

  Args:
    steps: optimiser steps done.
    settings: those asked for.

  Raises:
    InputError: there are more steps than `max_epochs` epochs have.
  """
  if steps > settings.max_epochs * settings.steps_per_epoch:
    epochs = steps / settings.steps_per_epoch
    raise errors.InputError(
      f"this training has done {epochs:.4g} epochs, more than config.train.max_epochs = {settings.max_epochs}. Ask for "
      "at least as many, give another --workdir, or --overwrite to train from the start."
    )


def has_stopped_early(progress: state.Progress, settings: spec.OptimizationSpec) -> bool:
  """Returns whether the validation RMSE has not improved for as long as the settings allow."""
  return int(progress.epochs_since_best) >= settings.early_stopping_patience


def is_finished(progress: state.Progress, settings: spec.OptimizationSpec) -> bool:
  """Returns whether the run has reached its last epoch or has stopped improving."""
  return int(progress.epochs_done) >= settings.max_epochs or has_stopped_early(progress, settings)
