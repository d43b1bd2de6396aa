"""How long training steps and the ends of epochs take."""

import contextlib
import time
from collections.abc import Iterator


class StepClock:
  """Counts images and the seconds spent on training steps; the first step, which compiles, is left out."""

  def __init__(self):
    self._images, self._seconds = 0, 0.0
    self._since: float | None = None
    self.epoch_end_seconds = 0.0  # of the last evaluation with what is written after it; 0 before the first

  def lap(self, images: int) -> None:
    """Counts images, and the time since the last call unless `pause` came between."""
    now = time.monotonic()
    if self._since is not None:
      self._images, self._seconds = self._images + images, self._seconds + now - self._since
    self._since = now

  def pause(self) -> None:
    """Leaves out the time until the next `lap`."""
    self._since = None

  @contextlib.contextmanager
  def closing_an_epoch(self) -> Iterator[None]:
    """Measures how long the end of an epoch takes."""
    began = time.monotonic()
    yield
    self.epoch_end_seconds = time.monotonic() - began

  @property
  def images_per_second(self) -> float:
    """Images per second so far, 0 before there is a time."""
    return self._images / self._seconds if self._seconds else 0.0
