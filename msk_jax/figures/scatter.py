"""Scatter plots of two quantities with the same unit. They show single samples: such a figure does not leave."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import figure as mpl_figure

from msk_jax.figures import frame, palette

_MANY = 500  # points; from here on they are drawn small


@dataclasses.dataclass(frozen=True)
class Points:
  """A series of points.

  Attributes:
    label: its name in the legend.
    x: [n].
    y: [n].
    colour: its colour.
  """

  label: str
  x: np.ndarray
  y: np.ndarray
  colour: str


def draw(
  title: str, x_label: str, y_label: str, series: Sequence[Points], level: tuple[str, float] | None = None
) -> mpl_figure.Figure:
  """Draws series of points on equal axes with the line of equality.

  Args:
    title: of the figure.
    x_label: of the axis, with its unit.
    y_label: of the axis, with its unit.
    series: the points, the last series on top.
    level: name and height of a horizontal line, if any.
  """
  figure, axes = plt.subplots(figsize=(6.2, 6.0), layout="constrained")
  values = np.concatenate([part for points in series for part in (points.x, points.y)])
  low, high = np.floor(values.min()) - 1, np.ceil(values.max()) + 1
  axes.plot([low, high], [low, high], color=palette.INK, linewidth=1, label="equality")
  if level is not None:
    axes.axhline(level[1], color=palette.INK, linewidth=1, linestyle="--", label=level[0])
  for points in series:
    size = 26 if len(points.x) < _MANY else 8
    axes.scatter(
      points.x, points.y, s=size, alpha=0.7, linewidths=0, color=points.colour, label=points.label, rasterized=True
    )
  axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", xlabel=x_label, ylabel=y_label)
  axes.set_title(title, fontsize=11)
  axes.legend(loc="upper left", frameon=False, fontsize=9)
  frame.clean(axes)
  return figure
