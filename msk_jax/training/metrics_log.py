"""The run's numbers over time: JSON lines for programs, TensorBoard events for eyes. Process 0 writes them."""

import json
import pathlib
from collections.abc import Mapping

from msk_jax.io import atomic

FILE_NAME = "metrics.jsonl"


class MetricsLog:
  """Appends one record per epoch; on resuming, records after the checkpoint are dropped first."""

  def __init__(self, folder: pathlib.Path, start_step: int, is_writer: bool = True):
    """Opens `folder`'s log to go on after `start_step`; does nothing, now and later, if not `is_writer`."""
    self._is_writer = is_writer
    if not is_writer:
      return
    import tensorboardX

    self._path = pathlib.Path(folder) / FILE_NAME
    if self._path.exists():
      kept = [line for line in self._path.read_text().splitlines() if _step(line) <= start_step]
      atomic.write_text(self._path, "".join(f"{line}\n" for line in kept))
    self._events = tensorboardX.SummaryWriter(str(pathlib.Path(folder) / "tensorboard"), purge_step=start_step + 1)

  def write(self, step: int, values: Mapping[str, float]) -> None:
    """Appends `values` under `step` and flushes, so that a killed run has lost nothing."""
    if not self._is_writer:
      return
    with self._path.open("a", encoding="utf-8") as file:
      file.write(json.dumps({"step": step, **values}) + "\n")
    for name, value in values.items():
      self._events.add_scalar(name, value, step)
    self._events.flush()

  def close(self) -> None:
    """Closes the files."""
    if self._is_writer:
      self._events.close()


def _step(line: str) -> int:
  try:
    return int(json.loads(line)["step"])
  except (ValueError, KeyError):
    return 2**31  # half a line, left by a kill: dropped
