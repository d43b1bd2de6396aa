"""Genes along a stretch of a chromosome, in rows without overlaps."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from matplotlib import axes as mpl_axes

from msk_jax.figures import palette

_FONT_POINTS = 7.0
_LETTER_WIDTH = 0.66  # of the font size, italic capitals
_MOST_ROWS = 9
_BAR_HEIGHT = 0.22
ROW_INCHES = 0.25


@dataclasses.dataclass(frozen=True)
class Genes:
  """Genes of a stretch.

  Attributes:
    names: [n].
    start_mb: float64 [n].
    end_mb: float64 [n].
  """

  names: Sequence[str]
  start_mb: np.ndarray
  end_mb: np.ndarray


@dataclasses.dataclass(frozen=True)
class Rows:
  """Genes with their places.

  Attributes:
    genes: all genes.
    row: int [n], from 0 at the top; -1 for a gene without room.
    middle_mb: float64 [n], of the name.
    num_rows: at least 1.
  """

  genes: Genes
  row: np.ndarray
  middle_mb: np.ndarray
  num_rows: int

  @property
  def num_left_out(self) -> int:
    """Genes without room."""
    return int((self.row < 0).sum())


def pack(genes: Genes, ends_mb: tuple[float, float], focus_mb: float, width_inches: float) -> Rows:
  """Puts genes in rows, those nearest to the focus first: each in the highest row where it meets no other.

  A gene takes up the room of its bar and of its name.

  Args:
    genes: that overlap the stretch.
    ends_mb: of the stretch.
    focus_mb: a place in it.
    width_inches: of the panel.
  """
  low, high = ends_mb
  mb_per_point = (high - low) / (72 * width_inches)
  start, end = np.clip(genes.start_mb, low, high), np.clip(genes.end_mb, low, high)
  half = np.array([len(name) * _LETTER_WIDTH * _FONT_POINTS / 2 for name in genes.names]) * mb_per_point
  middle = np.clip((start + end) / 2, low + half, np.maximum(high - half, low + half))
  margin = 3 * mb_per_point
  left, right = np.minimum(start, middle - half) - margin, np.maximum(end, middle + half) + margin
  row = np.full(len(genes.names), -1)
  rows: list[list[int]] = []
  away = np.maximum(np.maximum(start - focus_mb, focus_mb - end), 0)
  for i in sorted(range(len(row)), key=lambda i: (away[i], start[i], end[i], genes.names[i])):
    for number in range(_MOST_ROWS):
      if number == len(rows):
        rows.append([])
      if all(right[i] <= left[other] or left[i] >= right[other] for other in rows[number]):
        rows[number].append(i)
        row[i] = number
        break
  return Rows(genes, row, middle, max(len(rows), 1))


def draw(axes: mpl_axes.Axes, rows: Rows, note: str) -> None:
  """Draws genes as bars with their names above.

  Args:
    axes: the panel; its horizontal axis is in Mb and has its limits.
    rows: the genes.
    note: said if there is none.
  """
  low, high = axes.get_xlim()
  for i in np.flatnonzero(rows.row >= 0).tolist():
    y = float(rows.row[i])
    start, end = np.clip([rows.genes.start_mb[i], rows.genes.end_mb[i]], low, high)
    axes.barh(y, end - start, _BAR_HEIGHT, left=start, color=palette.INK, edgecolor=palette.INK, linewidth=0.6)
    axes.text(
      rows.middle_mb[i], y - 0.2, rows.genes.names[i], ha="center", va="bottom", style="italic", parse_math=False
    ).set_fontsize(_FONT_POINTS)
  axes.set_ylim(rows.num_rows - 0.7, -0.85)
  axes.set_yticks([])
  axes.set_ylabel("genes")
  if not len(rows.row):
    axes.text(0.5, 0.5, note, ha="center", va="center", fontsize=8.5, color=palette.INK, transform=axes.transAxes)
