"""Signed maps in a grid of panels, over one grey picture and with one colour scale."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import cm, colors
from matplotlib import figure as mpl_figure

from msk_jax.figures import overlay, palette

_LONG_SIDE = 2.3  # of a panel, inches
_TITLE_POINTS, _ROOM = 8.0, 0.34  # inches above a panel


@dataclasses.dataclass(frozen=True)
class Panel:
  """A map with its title.

  Attributes:
    title: above the panel.
    num_people: behind the map.
    values: float [rows, columns], NaN for pixels that are not shown; None for a map that is not shown.
  """

  title: str
  num_people: int
  values: np.ndarray | None


def draw(grid: Sequence[Sequence[Panel]], picture: np.ndarray, unit: str) -> mpl_figure.Figure:
  """Draws maps over a picture: red makes older, blue younger; weak values let the picture through.

  Rows without any map are left out, unless there is none at all.

  Args:
    grid: rows of panels, equally many in each.
    picture: float [rows, columns], behind every map.
    unit: of the values.
  """
  grid = [row for row in grid if any(panel.values is not None for panel in row)] or grid
  limit = colour_limit([panel.values for row in grid for panel in row])
  rows, columns = picture.shape
  scale = _LONG_SIDE / max(rows, columns)
  size = (len(grid[0]) * max(columns * scale, 1.25) + 1.3, len(grid) * (rows * scale + _ROOM))
  figure, all_axes = plt.subplots(len(grid), len(grid[0]), figsize=size, layout="constrained", squeeze=False)
  norm = colors.Normalize(-limit, limit)
  for row, line in zip(all_axes, grid, strict=True):
    for axes, panel in zip(row, line, strict=True):
      _draw_panel(axes, panel, picture, norm)
  mappable = cm.ScalarMappable(norm, overlay.see_through(True))
  bar = figure.colorbar(mappable, ax=all_axes, shrink=0.5, pad=0.02, aspect=30, extend="both")
  bar.set_label(f"{unit}\n{overlay.LEGEND}", fontsize=_TITLE_POINTS)
  bar.ax.set_facecolor(overlay.BEHIND)
  bar.ax.tick_params(labelsize=_TITLE_POINTS)
  bar.outline.set_visible(False)
  return figure


def colour_limit(maps: Sequence[np.ndarray | None]) -> float:
  """Returns the value with the full colour: of all maps together, so that they can be compared; 1 without any."""
  sizes = [np.abs(values[np.isfinite(values)]) for values in maps if values is not None]
  joined = np.concatenate(sizes) if sizes else np.empty(0)
  limit = float(np.percentile(joined, overlay.STRONG)) if len(joined) else 0.0
  return limit if limit > 0 else 1.0


def _draw_panel(axes: mpl_axes.Axes, panel: Panel, picture: np.ndarray, norm: colors.Normalize) -> None:
  axes.set_axis_off()
  if panel.values is None:
    axes.imshow(np.full(picture.shape, 1.0), cmap="gray", vmin=0, vmax=1)
    axes.set_title(f"{panel.title}\ntoo few people", fontsize=_TITLE_POINTS, color=palette.OTHER)
    return
  axes.imshow(picture, cmap="gray")
  axes.imshow(np.nan_to_num(panel.values), cmap=overlay.see_through(True), norm=norm, interpolation="nearest")
  axes.set_title(f"{panel.title}\n{panel.num_people} people", fontsize=_TITLE_POINTS, color=palette.INK)
