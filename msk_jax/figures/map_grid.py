"""Maps in a grid of panels, over one grey picture and with one colour scale."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import cm, colors
from matplotlib import figure as mpl_figure

from msk_jax.figures import frame, overlay, palette

_LONG_SIDE = 2.3  # of a panel, inches
_TITLE_POINTS, _ROOM = 8.0, 0.34  # inches above a panel
_TITLE_ROOM = 0.6  # inches above and below all
_EDGES = "without colour at the edges: pixels that too few people of a group have"


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


@dataclasses.dataclass(frozen=True)
class Look:
  """What a figure says of its maps.

  Attributes:
    title: of the figure.
    unit: of the values.
    is_signed: whether values below 0 make younger and those above older; if not, none is below 0.
  """

  title: str
  unit: str
  is_signed: bool = True


def draw(grid: Sequence[Sequence[Panel]], picture: np.ndarray, look: Look) -> mpl_figure.Figure:
  """Draws maps over a picture: red makes older, blue younger; weak values let the picture through.

  Rows without any map are left out, unless there is none at all.

  Args:
    grid: rows of panels, equally many in each.
    picture: float [rows, columns], behind every map.
    look: title, unit and sign.
  """
  grid = [row for row in grid if any(panel.values is not None for panel in row)] or grid
  limit = colour_limit([panel.values for row in grid for panel in row])
  rows, columns = picture.shape
  scale = _LONG_SIDE / max(rows, columns)
  size = (len(grid[0]) * max(columns * scale, 1.25) + 1.3, len(grid) * (rows * scale + _ROOM) + _TITLE_ROOM)
  figure, all_axes = plt.subplots(len(grid), len(grid[0]), figsize=size, layout="constrained", squeeze=False)
  frame.put_title(figure, look.title, _TITLE_POINTS + 2)
  if any(panel.values is not None and np.isnan(panel.values).any() for row in grid for panel in row):
    figure.supxlabel(_EDGES, fontsize=_TITLE_POINTS, color=palette.OTHER)
  norm, colours = colors.Normalize(-limit if look.is_signed else 0.0, limit), overlay.see_through(look.is_signed)
  for row, line in zip(all_axes, grid, strict=True):
    for axes, panel in zip(row, line, strict=True):
      _draw_panel(axes, panel, picture, norm, colours)
  extend = "both" if look.is_signed else "max"
  bar = figure.colorbar(cm.ScalarMappable(norm, colours), ax=all_axes, shrink=0.5, pad=0.02, aspect=30, extend=extend)
  overlay.name_scale(bar, look.unit, overlay.power_of(limit), is_signed=look.is_signed)
  bar.ax.set_facecolor(palette.BEHIND_MAPS)
  bar.outline.set_visible(False)
  return figure


def colour_limit(maps: Sequence[np.ndarray | None]) -> float:
  """Returns the value with the full colour: of all maps together, so that they can be compared; 1 without any."""
  sizes = [np.abs(values[np.isfinite(values)]) for values in maps if values is not None]
  joined = np.concatenate(sizes) if sizes else np.empty(0)
  limit = float(np.percentile(joined, overlay.STRONG)) if len(joined) else 0.0
  return limit if limit > 0 else 1.0


def _draw_panel(
  axes: mpl_axes.Axes, panel: Panel, picture: np.ndarray, norm: colors.Normalize, colours: colors.Colormap
) -> None:
  axes.set_axis_off()
  if panel.values is None:
    axes.imshow(np.full(picture.shape, 1.0), cmap="gray", vmin=0, vmax=1)
    axes.set_title(f"{panel.title}\ntoo few people", fontsize=_TITLE_POINTS, color=palette.OTHER)
    return
  axes.imshow(picture, cmap="gray")
  axes.imshow(np.nan_to_num(panel.values), cmap=colours, norm=norm, interpolation="nearest")
  axes.set_title(f"{panel.title}\n{panel.num_people} people", fontsize=_TITLE_POINTS, color=palette.INK)
