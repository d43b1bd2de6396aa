"""Q-Q plots: significance against what is expected if nothing is associated."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import figure as mpl_figure
from scipy import stats

from msk_jax.figures import frame, palette, tall_axis, thinning

_EXACT_FROM = 3.0  # -log10 p; weaker values are counted in bins
_BINS = 6_000  # below it: finer than a pixel
_GRID = (900, 900)
_BAND_RANKS = 300
_LEVEL = 0.95


class Quantiles:
  """Values of -log10 p, collected block by block: the strong as they are, the others counted in fine bins.

  Attributes:
    num_values: finite or infinite ones.
    num_missing: NaN.
  """

  def __init__(self) -> None:
    """Starts without values."""
    self.num_values = 0
    self.num_missing = 0
    self._counts = np.zeros(_BINS, np.int64)
    self._strong: list[np.ndarray] = []

  def add(self, neg_log10_p: np.ndarray) -> None:
    """Adds values, float [n], at least 0; NaN without a test, infinite for p = 0."""
    values = np.asarray(neg_log10_p, np.float64)
    present = values[~np.isnan(values)]
    self.num_values += len(present)
    self.num_missing += len(values) - len(present)
    is_strong = present >= _EXACT_FROM
    self._strong.append(present[is_strong])
    bins = (present[~is_strong] * (_BINS / _EXACT_FROM)).astype(np.int64)
    self._counts += np.bincount(np.minimum(bins, _BINS - 1), minlength=_BINS)

  def points(self) -> tuple[np.ndarray, np.ndarray]:
    """Returns expected and observed -log10 p, the strongest first, float64 [k] each.

    Expected of rank i of n: -log10(i / (n + 1)), as in the paper's figures. A bin is a point: its lower edge, at the
    rank of the last value in it.
    """
    strong = np.sort(np.concatenate([np.empty(0), *self._strong]))[::-1]
    filled = np.flatnonzero(self._counts)[::-1]
    ranks = np.concatenate([np.arange(1, len(strong) + 1), len(strong) + np.cumsum(self._counts[filled])])
    observed = np.concatenate([strong, filled * (_EXACT_FROM / _BINS)])
    return -np.log10(ranks / (self.num_values + 1)), observed


def band(num_values: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns expected -log10 p of some ranks, and the lower and upper bounds of 95% of independent values of a rank.

  Order statistics of n uniform values have beta distributions.

  Args:
    num_values: n, at least 1.
  """
  ranks = np.unique(np.geomspace(1, num_values, _BAND_RANKS).round())
  tail = (1 - _LEVEL) / 2
  lower, upper = (stats.beta.ppf(share, ranks, num_values - ranks + 1) for share in (1 - tail, tail))
  return -np.log10(ranks / (num_values + 1)), -np.log10(lower), -np.log10(upper)


def draw(title: str, quantiles: Quantiles, colour: str, lambda_gc: float) -> mpl_figure.Figure:
  """Draws a Q-Q plot with the band of the null hypothesis and lambda.

  Args:
    title: may have several lines.
    quantiles: the values.
    colour: of the points.
    lambda_gc: median chi-square, (beta / se)^2, over its expectation; NaN for none.
  """
  figure, axes = plt.subplots(figsize=(6.0, 6.0), layout="constrained")
  frame.add_title(axes, title)
  expected, observed = quantiles.points()
  heights = tall_axis.fit(axes, observed, headroom=1.06)
  axes.set_ylabel(f"observed {axes.get_ylabel()}")
  reach = 1.04 * float(expected.max(initial=0.0)) or 1.0
  axes.set(xlim=(0, reach), xlabel=f"expected {tall_axis.LABEL}")
  top = axes.get_ylim()[1]
  axes.plot([0, reach], [0, reach], color=palette.INK, linewidth=1, label="expected without any association")
  if quantiles.num_values:
    places, lower, upper = band(quantiles.num_values)
    shade = {"color": palette.OTHER, "alpha": 0.3, "linewidth": 0}
    axes.fill_between(places, lower, upper, label="95% of independent variants", **shade)
  is_infinite = np.isposinf(observed)
  x, y = thinning.thin(expected[~is_infinite], heights[~is_infinite], top, _GRID)
  style = {"color": colour, "linestyle": "none", "markeredgewidth": 0, "rasterized": True}
  axes.plot(x, y, marker="o", markersize=3.2, **style)
  axes.plot(expected[is_infinite], heights[is_infinite], marker="^", markersize=7, **style)
  axes.legend(loc="upper left", frameon=False, fontsize=9)
  frame.clean(axes)
  notes = [f"λ = {lambda_gc:.3f} (median of (β / SE)² over its expectation)" if np.isfinite(lambda_gc) else "λ unknown"]
  notes += tall_axis.describe_special(observed, quantiles.num_missing, 0)
  frame.say(axes, notes if quantiles.num_values else ["no variant to draw", *notes[1:]])
  return figure
