"""Millions of points, thinned to those that can be seen."""

import numpy as np


class Cloud:
  """Collects points block by block; of those in one cell of a fine grid only the first is kept.

  Points at or above `keep_from` are all kept. So memory is bounded by the cells and by the points kept. What is kept
  doesn't depend on how the points were cut into blocks.

  Attributes:
    num_points: finite or infinitely high ones that were added.
    num_missing: points added without a place, or without a height.
  """

  def __init__(self, x_range: tuple[float, float], keep_from: float, shape: tuple[int, int]):
    """Starts without points.

    Args:
      x_range: of the grid; points beyond it are taken as on its edge, and are kept with their own place.
      keep_from: height of the grid's upper edge; its lower edge is 0.
      shape: cells along x and y; to lose nothing that can be seen, at least the pixels of the figure.
    """
    self.num_points = 0
    self.num_missing = 0
    self._low, width = x_range[0], x_range[1] - x_range[0]
    self._columns, self._rows = shape
    self._x_step = (width if width > 0 else 1.0) / self._columns
    self._keep_from, self._y_step = keep_from, keep_from / self._rows
    self._is_taken = np.zeros(self._columns * self._rows, bool)
    self._parts: list[np.ndarray] = []

  def add(self, x: np.ndarray, y: np.ndarray) -> None:
    """Adds points; a height may be infinite.

    Args:
      x: float [n].
      y: float [n], at least 0.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    is_point = np.isfinite(x) & ~np.isnan(y)
    if not is_point.all():
      x, y = x[is_point], y[is_point]
    self.num_points += len(x)
    self.num_missing += len(is_point) - len(x)
    is_high = y >= self._keep_from
    low = np.flatnonzero(~is_high)
    chosen = np.sort(np.concatenate([np.flatnonzero(is_high), low[self._find_new(x[low], y[low])]]))
    if len(chosen):
      self._parts.append(np.stack([x[chosen], y[chosen]]))

  def points(self) -> tuple[np.ndarray, np.ndarray]:
    """Returns the places and heights that were kept, float64 [k] each, in the order they were added."""
    x, y = np.concatenate([np.empty((2, 0)), *self._parts], axis=1)
    return x, y

  def _find_new(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns the indices of the first points in cells without one, and takes those cells."""
    column = np.clip((x - self._low) / self._x_step, 0, self._columns - 1).astype(np.int64)
    row = np.clip(y / self._y_step, 0, self._rows - 1).astype(np.int64)
    cell = column * self._rows + row
    new = np.flatnonzero(~self._is_taken[cell])
    cells, first = np.unique(cell[new], return_index=True)
    self._is_taken[cells] = True
    return new[first]


def thin(x: np.ndarray, y: np.ndarray, keep_from: float, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
  """Returns the points of one block that a `Cloud` keeps."""
  finite = x[np.isfinite(x)]
  cloud = Cloud((finite.min(initial=0.0), finite.max(initial=0.0)), keep_from, shape)
  cloud.add(x, y)
  return cloud.points()
