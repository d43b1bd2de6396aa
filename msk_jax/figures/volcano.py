"""Volcano plots: the size of associations against their significance."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure

from msk_jax.figures import frame, labels, palette, tall_axis, thinning
from msk_jax.figures.scatter import Points
from msk_jax.figures.tall_axis import Line

_GRID = (1_400, 700)  # cells to thin on, finer than the pixels
_MOST_NAMES = 25
_MANY_SERIES = 6  # from here on the legend is beside the panel


@dataclasses.dataclass(frozen=True)
class Volcano:
  """What is drawn.

  Attributes:
    title: may have several lines.
    x_label: of the axis, with its unit.
    series: the size (x) and -log10 p (y) of associations, by colour; the last on top. NaN is not drawn but counted;
      infinite heights (p = 0) are drawn as triangles at the top. Below the lowest line what can't be seen is left out.
    lines: levels of significance.
    names: written beside points, those of the strongest and as far as there is room.
    is_italic: whether names are in italics, as genes are.
    empty: said if no point is above the lowest line.
  """

  title: str
  x_label: str
  series: Sequence[Points]
  lines: Sequence[Line] = ()
  names: Sequence[labels.Label] = ()
  is_italic: bool = False
  empty: str = "nothing is significant"


def draw(volcano: Volcano) -> mpl_figure.Figure:
  """Draws a volcano plot."""
  is_beside = len(volcano.series) + len(volcano.lines) > _MANY_SERIES
  figure, axes = plt.subplots(figsize=(9.4 if is_beside else 7.4, 5.8), layout="constrained")
  frame.add_title(axes, volcano.title)
  limit = tall_axis.lowest(volcano.lines)
  thinned = [_thin(points, limit) for points in volcano.series]
  x, y = (np.concatenate([np.empty(0), *(getattr(each, name) for each in thinned)]) for name in ("x", "y"))
  drawn_at = tall_axis.fit(axes, y, volcano.lines)
  _draw_series(axes, thinned, np.split(drawn_at, np.cumsum([len(each.x) for each in thinned])[:-1]))
  tall_axis.draw_lines(axes, volcano.lines)
  axes.axvline(0, color=palette.INK, linewidth=0.6)
  reach = (1.3 if volcano.names else 1.08) * float(np.abs(x).max(initial=0.0)) or 1.0
  axes.set(xlim=(-reach, reach), xlabel=volcano.x_label)
  frame.clean(axes)
  if is_beside:
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
  else:
    _add_legend_below(figure, len(volcano.series) + len(volcano.lines))
  frame.finish_layout(figure)
  num_left_out = _name(axes, volcano, x[y >= limit], drawn_at[y >= limit])
  frame.say(axes, _notes(volcano, y, limit, num_left_out))
  return figure


def _add_legend_below(figure: mpl_figure.Figure, num_entries: int) -> None:
  """Adds a legend below the panel, in as few rows as fit the figure's width."""
  for num_rows in range(1, num_entries + 1):
    style = {"ncols": -(-num_entries // num_rows), "frameon": False, "fontsize": 9}
    legend = figure.legend(loc="outside lower center", **style)
    figure.draw_without_rendering()
    if legend.get_window_extent().width <= figure.bbox.width:
      return
    if num_rows < num_entries:
      legend.remove()


def _name(axes: mpl_axes.Axes, volcano: Volcano, x: np.ndarray, y: np.ndarray) -> int:
  """Writes the names; returns how many found no room."""
  highest = float(y.max(initial=0.0))
  names = [
    dataclasses.replace(name, y=min(name.y, highest))
    for name in volcano.names
    if np.isfinite(name.x) and not np.isnan(name.y)
  ]
  return labels.place(axes, names, x, y, _MOST_NAMES, is_italic=volcano.is_italic)


def _thin(points: Points, limit: float) -> Points:
  x, y = thinning.thin(points.x, points.y, limit, _GRID) if limit > 0 else _present(points)
  return dataclasses.replace(points, x=x, y=y)


def _present(points: Points) -> tuple[np.ndarray, np.ndarray]:
  is_present = np.isfinite(points.x) & ~np.isnan(points.y)
  return points.x[is_present], points.y[is_present]


def _draw_series(axes: mpl_axes.Axes, series: Sequence[Points], heights: Sequence[np.ndarray]) -> None:
  for points, y in zip(series, heights, strict=True):
    is_infinite = np.isposinf(points.y)
    size = 2.6 if len(y) > 2_000 else 4.0
    style = {"color": points.colour, "linestyle": "none", "markeredgewidth": 0, "rasterized": True}
    axes.plot(points.x[~is_infinite], y[~is_infinite], marker="o", markersize=size, label=points.label, **style)
    axes.plot(points.x[is_infinite], y[is_infinite], marker="^", markersize=size + 3, **style)


def _notes(volcano: Volcano, y: np.ndarray, limit: float, num_left_out: int) -> list[str]:
  num_missing = sum(int((~np.isfinite(points.x) | np.isnan(points.y)).sum()) for points in volcano.series)
  special = tall_axis.describe_special(y, num_missing, num_left_out)
  if not len(y):
    return ["no association to draw", *special]
  return [volcano.empty, *special] if volcano.lines and not (y >= limit).any() else special
