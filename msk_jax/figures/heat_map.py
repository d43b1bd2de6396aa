"""Heat maps of square matrices of values around zero, such as correlations."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure

from msk_jax.figures import palette

_LEAST_LIMIT = 0.4  # of the colours' range
_MAX_WRITTEN = 12  # rows; in a larger matrix the cells have no text
_MAX_LEVEL = 6  # columns; of more the labels are turned
_LETTER_WIDTH = 0.6  # of the font size


@dataclasses.dataclass(frozen=True)
class Matrix:
  """A square matrix; its diagonal is not drawn.

  Attributes:
    values: float64 [m, m]; NaN for none.
    sds: float64 [m, m].
    labels: [m], of rows and columns.
    groups: [m]; lines part groups whose members stand together. None for no lines.
  """

  values: np.ndarray
  sds: np.ndarray
  labels: Sequence[str]
  groups: Sequence[str] | None = None


def draw(title: str, matrix: Matrix, colour_label: str) -> mpl_figure.Figure:
  """Draws a matrix; each cell of a small one has its value and SD written in it.

  Args:
    title: of the figure.
    matrix: the values.
    colour_label: of the colour bar.
  """
  m = len(matrix.labels)
  is_written = m <= _MAX_WRITTEN
  figure, axes = plt.subplots(figsize=_size(matrix.labels, is_written), layout="constrained")
  values = np.where(np.eye(m, dtype=bool), np.nan, matrix.values)
  strongest = float(np.nanmax(np.abs(values), initial=0.0))
  limit = min(max(np.ceil(strongest * 10) / 10, _LEAST_LIMIT), 1.0)
  image = axes.imshow(values, cmap=palette.SIGNED, vmin=-limit, vmax=limit)
  axes.set_title(title, fontsize=11, loc="left")
  _label(axes, matrix.labels, is_written)
  if is_written:
    _write_cells(axes, matrix, limit)
  elif matrix.groups is not None:
    _part_groups(axes, matrix.groups)
  bar = figure.colorbar(image, ax=axes, shrink=0.7, pad=0.02, label=colour_label)
  bar.outline.set_visible(False)
  if not (values < 0).any():
    bar.ax.set_ylim(0, limit)
  return figure


def join_triangles(above: Matrix, below: Matrix) -> Matrix:
  """Returns a matrix with the cells of one above its diagonal and those of another below; labels are the first's."""
  is_above = np.triu(np.ones(above.values.shape, bool))
  values, sds = (np.where(is_above, getattr(above, name), getattr(below, name)) for name in ("values", "sds"))
  return dataclasses.replace(above, values=values, sds=sds)


def _size(labels: Sequence[str], is_written: bool) -> tuple[float, float]:
  """Returns width and height in inches; the layout doesn't shrink square cells to make room for labels."""
  side = len(labels) * (0.85 if is_written else 0.24)
  label = max(map(len, labels)) * _label_points(is_written) * _LETTER_WIDTH / 72
  return label + side + 1.8, side + 1.0 + (label if _is_turned(labels) else 0.3)


def _label_points(is_written: bool) -> float:
  return 10 if is_written else 7.5


def _is_turned(labels: Sequence[str]) -> bool:
  """Returns whether the columns' labels are turned."""
  return len(labels) > _MAX_LEVEL


def _label(axes: mpl_axes.Axes, labels: Sequence[str], is_written: bool) -> None:
  """Labels rows and columns, and parts the cells by white lines."""
  m = len(labels)
  size = _label_points(is_written)
  axes.set_xticks(range(m), labels, rotation=90 if _is_turned(labels) else 0, fontsize=size)
  axes.set_yticks(range(m), labels, fontsize=size)
  for edge in axes.spines.values():
    edge.set_visible(False)
  axes.set_xticks(np.arange(m + 1) - 0.5, minor=True)
  axes.set_yticks(np.arange(m + 1) - 0.5, minor=True)
  axes.grid(which="minor", color="white", linewidth=1.2 if is_written else 0.6)
  axes.tick_params(which="both", length=0)


def _write_cells(axes: mpl_axes.Axes, matrix: Matrix, limit: float) -> None:
  for i, j in np.argwhere(~np.eye(len(matrix.labels), dtype=bool)):
    value, sd = matrix.values[i, j], matrix.sds[i, j]
    if np.isnan(value):
      axes.text(j, i, "none", ha="center", va="center", color=palette.INK, fontsize=7.5)
      continue
    ink = "white" if abs(value) > 0.65 * limit else palette.INK
    axes.text(j, i - (0.08 if np.isfinite(sd) else 0), f"{value:.3f}", ha="center", va="center", color=ink, fontsize=10)
    if np.isfinite(sd):
      axes.text(j, i + 0.2, f"± {sd:.3f}", ha="center", va="center", color=ink, fontsize=7.5)


def _part_groups(axes: mpl_axes.Axes, groups: Sequence[str]) -> None:
  """Draws lines between groups, if the members of each stand together."""
  ends = [i for i in range(1, len(groups)) if groups[i] != groups[i - 1]]
  if len(ends) >= len(set(groups)):
    return
  for end in ends:
    axes.axhline(end - 0.5, color=palette.INK, linewidth=0.9)
    axes.axvline(end - 0.5, color=palette.INK, linewidth=0.9)
