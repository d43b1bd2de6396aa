"""The run's numbers over time: JSON lines for programs, TensorBoard events for eyes. Process 0 writes them."""

import json
import os
import pathlib
import time
from collections.abc import Mapping
from typing import Any

from msk_jax.io import atomic

FILE_NAME = "metrics.jsonl"
_START = 1  # of TensorBoard's SessionLog: it voids events of this step and later ones in other files
_NO_STEP = 2**31  # of half a line, which a kill leaves: it is dropped


class MetricsLog:
  """Appends one record per epoch; on resuming, records after the checkpoint are dropped first."""

  def __init__(self, folder: pathlib.Path, start_step: int, is_writer: bool = True):
    """Opens `folder`'s log to continue after `start_step`; without `is_writer` nothing is ever written."""
    self._is_writer = is_writer
    if not is_writer:
      return
    from tensorboardX import event_file_writer

    self._path = pathlib.Path(folder) / FILE_NAME
    if self._path.exists():
      kept = [line for line in self._path.read_text().splitlines() if _step(line) <= start_step]
      atomic.write_text(self._path, "".join(f"{line}\n" for line in kept))
    events = pathlib.Path(folder) / "tensorboard"
    events.mkdir(parents=True, exist_ok=True)
    # Written by this thread. The usual SummaryWriter does not wait for its own thread in `flush`: a kill loses events.
    self._events = event_file_writer.EventsWriter(str(events / "events"), f".{os.getpid()}")
    self._write_event(start_step + 1, session_log={"status": _START})  # what follows replaces later steps

  def write(self, step: int, values: Mapping[str, float]) -> None:
    """Appends `values` under `step` and flushes, so that a killed run has lost nothing."""
    if not self._is_writer:
      return
    with self._path.open("a", encoding="utf-8") as file:
      file.write(json.dumps({"step": step, **values}) + "\n")
    for name, value in values.items():
      self._write_event(step, summary={"value": [{"tag": name, "simple_value": value}]})
    self._events.flush()

  def _write_event(self, step: int, **content: Any) -> None:
    from tensorboardX.proto import event_pb2

    self._events.write_event(event_pb2.Event(wall_time=time.time(), step=step, **content))  # pyrefly: ignore[missing-attribute]

  def close(self) -> None:
    """Closes the files."""
    if self._is_writer:
      self._events.close()


def record_of_epoch(folder: pathlib.Path, epoch: int) -> dict[str, Any] | None:
  """Returns what is logged of an epoch; None if nothing is."""
  return next((record for record in _records(folder) if record["epoch"] == epoch), None)


def last_epoch(folder: pathlib.Path) -> int:
  """Returns the last epoch that is logged; 0 if none is."""
  return max((int(record["epoch"]) for record in _records(folder)), default=0)


def _records(folder: pathlib.Path) -> list[dict[str, Any]]:
  path = folder / FILE_NAME
  lines = path.read_text().splitlines() if path.exists() else []
  return [json.loads(line) for line in lines if _step(line) < _NO_STEP]


def _step(line: str) -> int:
  try:
    return int(json.loads(line)["step"])
  except (ValueError, KeyError, TypeError, RecursionError):
    return _NO_STEP
