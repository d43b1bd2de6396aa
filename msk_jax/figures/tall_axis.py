"""A vertical axis of -log10 p that shows the weak beside the very strong, and p = 0."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import ticker

from msk_jax.figures import palette

LABEL = "−log10 p"
_LEAST_BREAK, _GREATEST_BREAK = 15.0, 40.0  # above it the scale is compressed, where anything is far above it
_FAR = 2.5  # times the break
_STRONG, _SHARE_BELOW = 7.3, 0.9  # the break is above most of the strong
_UPPER_SHARE = 0.6  # height above the break, of that below it
_LEAST_HEIGHT = 1.0
_STYLES = ("--", ":", "-.")


@dataclasses.dataclass(frozen=True)
class Line:
  """A level of significance.

  Attributes:
    label: in the legend, e.g. `5e-8`.
    neg_log10_p: its height.
  """

  label: str
  neg_log10_p: float


def lowest(lines: Sequence[Line]) -> float:
  """Returns the height from which associations are significant: that of the lowest line, 0 without lines."""
  return min((line.neg_log10_p for line in lines), default=0.0)


def draw_lines(axes: mpl_axes.Axes, lines: Sequence[Line]) -> None:
  """Draws levels of significance, with entries of the legend."""
  for number, line in enumerate(lines):
    style = _STYLES[number % len(_STYLES)]
    axes.axhline(line.neg_log10_p, color=palette.INK, linewidth=0.9, linestyle=style, label=f"p = {line.label}")


def describe_special(heights: np.ndarray, num_missing: int, num_left_out: int) -> list[str]:
  """Returns what a reader must know of p = 0, of missing p, and of names left out."""
  num_infinite = int(np.isposinf(heights).sum())
  notes = [f"p = 0, drawn at the top: {num_infinite:,}"] if num_infinite else []
  if num_missing:
    notes.append(f"without p, not drawn: {num_missing:,}")
  if num_left_out:
    notes.append(f"without room for a name: {num_left_out:,}")
  return notes


def fit(axes: mpl_axes.Axes, heights: np.ndarray, lines: Sequence[Line] = (), headroom: float = 1.3) -> np.ndarray:
  """Sets the scale, the limits and the label of the vertical axis; says so on the label where the scale changes.

  Args:
    axes: the panel.
    heights: float [n], all that is drawn; may be infinite (p = 0).
    lines: which the axis reaches anyway.
    headroom: height of the axis over that of the highest, for labels.

  Returns:
    The heights at which to draw, float64 [n]; the infinite ones are at the upper edge of what is drawn.
  """
  finite = heights[np.isfinite(heights)]
  highest = max(float(finite.max(initial=0.0)), *(1.05 * line.neg_log10_p for line in lines), _LEAST_HEIGHT)
  if np.isposinf(heights).any():
    highest *= 1.08  # p = 0 is above all others
  middle = _find_break(finite)
  axes.set_ylabel(LABEL)
  if highest > _FAR * middle:
    slope = _UPPER_SHARE * middle / (highest - middle)
    _compress(axes, middle, slope)
    axes.set_ylim(0, highest + (headroom - 1) * (middle / slope) * (1 + _UPPER_SHARE))
    axes.yaxis.set_major_locator(ticker.FixedLocator(list(_ticks(middle, highest))))
  else:
    axes.set_ylim(0, highest * headroom)
    axes.yaxis.set_major_locator(ticker.MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
  axes.yaxis.set_minor_locator(ticker.NullLocator())
  axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%.0f"))
  return np.where(np.isposinf(heights), highest, heights)


def _find_break(heights: np.ndarray) -> float:
  """Returns a height, a multiple of five, with most of the strong below it."""
  strong = heights[(heights > _STRONG) & (heights < heights.max(initial=0.0))]
  height = np.quantile(strong, _SHARE_BELOW, method="lower") if len(strong) else 0.0
  return float(np.clip(np.ceil(height / 5) * 5, _LEAST_BREAK, _GREATEST_BREAK))


def _compress(axes: mpl_axes.Axes, middle: float, slope: float) -> None:
  def compress(y):
    y = np.asarray(y, float)
    return np.where(y > middle, middle + slope * (y - middle), y)

  def stretch(y):
    y = np.asarray(y, float)
    return np.where(y > middle, middle + (y - middle) / slope, y)

  axes.set_yscale("function", functions=(compress, stretch))
  axes.set_ylabel(f"{LABEL}\n(compressed above {middle:.0f})")
  axes.axhline(middle, color=palette.INK, linewidth=0.6, linestyle=(0, (1, 3)), zorder=0.5)


def _ticks(middle: float, highest: float) -> np.ndarray:
  """Returns ticks below and above the break, none so near it that its text touches that of the break."""
  upper = np.asarray(ticker.MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]).tick_values(0, highest))
  upper = upper[(upper > middle + 0.12 * (highest - middle)) & (upper <= highest * 1.001)]
  return np.unique([*np.arange(0, middle + 1, 5 if middle <= 20 else 10), middle, *upper])
