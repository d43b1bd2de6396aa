"""The order of examples: pure functions of (seed, position), so that any run can resume anywhere.

Position p of the endless stream of training images is image p of step p // batch_size. It depends on the seed alone:
not on interruptions, worker processes or hosts.
"""

import sys

import grain
import numpy as np


class Sides(grain.MapDataset):
  """Expands each sample into its images: (sample, 0), (sample, 1), so that a pair stays in one batch."""

  def __init__(self, parent: grain.MapDataset, num_sides: int):
    super().__init__(parent)
    self._num_sides = num_sides

  def __len__(self) -> int:
    return min(len(self._parent) * self._num_sides, sys.maxsize)  # an endless parent already has the largest length

  def __getitem__(self, index):  # pyrefly: ignore[bad-override]
    if isinstance(index, slice):
      return self.slice(index)
    sample, side = divmod(index, self._num_sides)
    return self._parent[sample], side


class HostRows(grain.MapDataset):
  """Keeps one host's block of consecutive rows of each global batch.

  It keeps blocks of rows, not every n-th row. So the global batch has the same rows in the same places for any number
  of hosts, and the same dropout.
  """

  def __init__(self, parent: grain.MapDataset, batch_size: int, host: int, num_hosts: int):
    super().__init__(parent)
    self._batch_size, self._host, self._rows = batch_size, host, batch_size // num_hosts

  def __len__(self) -> int:
    return len(self._parent) // self._batch_size * self._rows

  def __getitem__(self, index):
    if isinstance(index, slice):
      return self.slice(index)
    step, row = divmod(index, self._rows)
    return self._parent[step * self._batch_size + self._host * self._rows + row]


def training_order(rows: np.ndarray, num_sides: int, seed: int) -> grain.MapDataset:
  """Returns the endless stream of (row, side): each pass shuffled again.

  Args:
    rows: row numbers of the training samples.
    num_sides: images per sample.
    seed: of the shuffling, and of the random maps that follow.
  """
  source = grain.MapDataset.source([int(row) for row in rows])
  return Sides(source.seed(seed).shuffle().repeat(), num_sides)


def evaluation_order(rows: np.ndarray, num_sides: int, batch_size: int) -> np.ndarray:
  """Returns int64 [m, 2] of (row, side) in order; copies of the first fill up the last batch."""
  pairs = np.stack([np.repeat(rows, num_sides), np.tile(np.arange(num_sides), len(rows))], axis=1)
  padding = -len(pairs) % batch_size
  return np.concatenate([pairs, np.repeat(pairs[:1], padding, axis=0)]).astype(np.int64)
