"""Horizontal bars with error bars, diamonds beside them, and their values written."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure
from matplotlib import patheffects

from msk_jax.figures import frame, palette

_MARKER_POINTS, _GAP_POINTS = 7.1, 3.5  # a diamond's width, corner to corner
_DIAMOND: dict[str, Any] = {
  "marker": "D",
  "markersize": 5,
  "markerfacecolor": "white",
  "markeredgecolor": palette.INK,
  "linestyle": "none",
}


@dataclasses.dataclass(frozen=True)
class Bars:
  """Bars of one panel.

  Attributes:
    values: float64 [n]; NaN for none.
    sds: float64 [n], half-lengths of the error bars; NaN for none.
    colours: [n].
    x_label: of the axis, with its unit.
    title: above the panel.
    diamonds: float64 [n], values of others to compare with; NaN for none.
    diamond_sds: float64 [n], half-lengths of their error bars; NaN for none.
    digits: how many decimals of each value are written beside its bar; None for no text.
    texts: [n], written instead of the values.
  """

  values: np.ndarray
  sds: np.ndarray
  colours: Sequence[str]
  x_label: str
  title: str = ""
  diamonds: np.ndarray | None = None
  diamond_sds: np.ndarray | None = None
  digits: int | None = None
  texts: Sequence[str] | None = None

  @property
  def has_text(self) -> bool:
    """Whether there is text beside the bars."""
    return self.digits is not None or self.texts is not None


def draw_panels(title: str, labels: Sequence[str], panels: Sequence[Bars], places: np.ndarray) -> mpl_figure.Figure:
  """Draws panels of bars side by side that share their labels.

  Args:
    title: of the figure.
    labels: [n], of the bars.
    panels: at least one, each of n bars.
    places: float64 [n], where each bar is on the vertical axis, from 0 at the top downwards.
  """
  has_text = any(panel.has_text for panel in panels)
  width = (4.6 if has_text else 2.6) * len(panels) + (2.3 if has_text else 3.0)
  figure, row = plt.subplots(
    1,
    len(panels),
    figsize=(width, 1.9 + 0.24 * (places.max(initial=0) + 1)),
    sharey=True,
    squeeze=False,
    layout="constrained",
  )
  figure.suptitle(title, fontsize=12)
  for axes, panel in zip(row[0], panels, strict=True):
    _draw(axes, panel, places)
    axes.tick_params(axis="y", length=0)
  row[0, 0].set_yticks(places, labels, fontsize=8.5, parse_math=False)
  row[0, 0].set_ylim(places.max(initial=0) + 0.8, -0.8)
  return figure


def add_legend(figure: mpl_figure.Figure, label: str) -> None:
  """Says in the figure's corner what the diamonds are."""
  figure.legend([plt.Line2D([], [], **_DIAMOND)], [label], loc="outside lower right", frameon=False, fontsize=9)


def places_with_gaps(groups: Sequence[str]) -> np.ndarray:
  """Returns places of bars, float64 [n], with a gap wherever the next bar is of another group."""
  changes = np.cumsum([i > 0 and groups[i] != groups[i - 1] for i in range(len(groups))])
  return np.arange(len(groups)) + 0.7 * changes


def _draw(axes: mpl_axes.Axes, panel: Bars, places: np.ndarray) -> None:
  sds = np.nan_to_num(panel.sds)
  axes.barh(places, np.nan_to_num(panel.values), height=0.78, color=panel.colours)
  whiskers = axes.errorbar(
    np.nan_to_num(panel.values), places, xerr=sds, fmt="none", ecolor=palette.INK, elinewidth=1, capsize=2
  )
  for line in whiskers.get_children():
    line.set_path_effects([patheffects.withStroke(linewidth=2.5, foreground="white")])  # to be seen on dark bars
  axes.axvline(0, color=palette.INK, linewidth=0.8)
  if panel.diamonds is not None:
    if panel.diamond_sds is not None:
      axes.errorbar(panel.diamonds, places, xerr=panel.diamond_sds, fmt="none", ecolor=palette.INK, elinewidth=1)
    axes.plot(panel.diamonds, places, **_DIAMOND)
  if panel.has_text:
    diamonds = np.full(len(places), np.nan) if panel.diamonds is None else panel.diamonds
    _write_values(axes, panel, places, sds, diamonds)
  axes.set_xlabel(panel.x_label, fontsize=9)
  axes.set_title(panel.title, fontsize=10)
  frame.clean(axes)
  axes.grid(axis="y", visible=False)


def _write_values(axes: mpl_axes.Axes, panel: Bars, places: np.ndarray, sds: np.ndarray, diamonds: np.ndarray) -> None:
  """Writes each value behind its bar, past the diamond: in points, as markers have one size on any scale."""
  if panel.diamond_sds is not None:
    diamonds = diamonds + np.nan_to_num(panel.diamond_sds)
  ends = np.fmax(np.nan_to_num(np.fmax(panel.values + sds, diamonds)), 0.0)
  texts = panel.texts or [f"{value:.{panel.digits}f}" if np.isfinite(value) else "none" for value in panel.values]
  for place, text, end in zip(places, texts, ends, strict=True):
    axes.annotate(
      text,
      (end, place),
      (_MARKER_POINTS / 2 + _GAP_POINTS, 0),
      textcoords="offset points",
      va="center",
      fontsize=7.5,
      color=palette.INK,
    )
  low = min(0.0, float(np.nanmin(np.fmin(panel.values, panel.values - sds), initial=0.0)) * 1.1)
  axes.set_xlim(low, max(float(ends.max(initial=0.0)), 1e-9) * 1.15)
