"""Counts in the cells of a plane, and what is drawn against the middle of bands."""

import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import ticker

from msk_jax.figures import frame, palette


def draw_counts(axes: mpl_axes.Axes, counts: np.ndarray, edges: np.ndarray, label: str) -> None:
  """Draws counts by two quantities with the same unit, the line of equality, and a colour bar.

  Args:
    axes: where to draw.
    counts: float64 [b, b], by the quantity on the horizontal and that on the vertical axis; NaN where nothing is
      drawn.
    edges: float64 [b + 1], ascending, evenly spaced, of both axes.
    label: of the colour bar.
  """
  width = edges[1] - edges[0]
  is_drawn = np.isfinite(counts)
  ends = edges[0], edges[-1]
  if is_drawn.any():
    low, high = np.nanmin(counts), max(np.nanmax(counts), np.nanmin(counts) + 1)
    image = axes.pcolormesh(edges, edges, counts.T, cmap=palette.COUNTS, vmin=low, vmax=high, rasterized=True)
    cells = np.argwhere(is_drawn)
    ends = edges[cells.min()] - width, edges[cells.max() + 1] + width
    ticks = ticker.MaxNLocator(6, integer=True)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.86, pad=0.02, label=label, ticks=ticks)
    bar.outline.set_visible(False)
  axes.plot(ends, ends, color=palette.INK, linewidth=1, label="equality")
  axes.set(xlim=ends, ylim=ends, aspect="equal")
  axes.legend(loc="upper left", frameon=False, fontsize=9)
  frame.clean(axes)


def draw_means(axes: mpl_axes.Axes, x: np.ndarray, mean: np.ndarray, sd: np.ndarray, colour: str) -> None:
  """Draws means with a band of one SD, and a line at zero.

  Args:
    axes: where to draw.
    x: float64 [b], the bands' middles.
    mean: float64 [b].
    sd: float64 [b].
    colour: of line and band.
  """
  axes.axhline(0, color=palette.INK, linewidth=1)
  axes.fill_between(x, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0, label="± SD")
  axes.plot(x, mean, color=colour, marker="o", markersize=3.5, linewidth=1.6, label="mean")
  axes.legend(loc="upper right", frameon=False, fontsize=9)
  frame.clean(axes)
