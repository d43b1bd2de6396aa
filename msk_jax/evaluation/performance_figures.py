"""Figures of performance: scores of all models, and of each model predicted against chronological age as counts."""

import pathlib
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import axes as mpl_axes
from matplotlib import colors, ticker

from msk_jax.disclosure import small_counts
from msk_jax.figures import frame
from msk_jax.predictions import model_names
from msk_jax.predictions.rows import Rows

_BIN_YEARS = (1, 2, 5)  # widths tried, the first that shows enough people is taken
_SHOWN_SHARE = 0.8  # of the people
_BAND_YEARS = 2
_AXIS_YEARS = (0, 130)  # nobody is older
_COLOURS = {
  "general": "#3b3b3b",
  "full_body": "#1f6f8b",
  "spine": "#7a5195",
  "hip": "#c05a3a",
  "knee": "#d69a2d",
  "scalars": "#5a8f5a",
}
_OTHER_COLOUR = "#7f8c99"
_MARKER_POINTS, _GAP_POINTS = 7.1, 3.5  # a diamond's width, corner to corner
_DIAMOND: dict[str, Any] = {
  "marker": "D",
  "markersize": 5,
  "markerfacecolor": "white",
  "markeredgecolor": frame.INK,
  "linestyle": "none",
}


def draw_model(path: pathlib.Path, title: str, found: Rows, subtitle: str) -> None:
  """Draws counts of people by predicted and chronological age, and the error by age.

  No mark stands for fewer than five people.

  Args:
    path: the PNG to write.
    title: the model's name and product.
    found: its test rows.
    subtitle: its scores.
  """
  figure, (left, right) = plt.subplots(1, 2, figsize=(11.2, 5.2), layout="constrained", width_ratios=(1.12, 1))
  figure.suptitle(f"{title}\n{subtitle}", fontsize=11)
  image = _draw_counts(left, found)
  if image is not None:
    ticks = ticker.MaxNLocator(6, integer=True)
    bar = figure.colorbar(image, ax=left, shrink=0.86, pad=0.02, label="samples in a cell", ticks=ticks)
    bar.outline.set_visible(False)
  _draw_error(right, found)
  frame.save(figure, path)


def count_cells(found: Rows, bin_years: int) -> tuple[np.ndarray, np.ndarray, float]:
  """Returns counts of samples by chronological [rows] and predicted age [columns], NaN below five people.

  Samples with an age beyond 0 to 130 years are in no cell: one prediction gone astray must not set the axes.

  Args:
    found: a model's rows.
    bin_years: width of the cells.

  Returns:
    counts: float64 [b, b].
    edges: float64 [b + 1] of both axes, years.
    shown_share: share of all samples in cells that are not NaN.
  """
  inside = ~_is_beyond(found)
  both = np.stack([found.age_years, found.predicted_years])[:, inside]
  low = np.floor(both.min(initial=_AXIS_YEARS[1]) / bin_years) * bin_years
  num_bins = max(int((both.max(initial=low) - low) // bin_years) + 1, 1)
  place = ((both - low) // bin_years).astype(np.int64)
  cell = place[0] * num_bins + place[1]
  people = small_counts.count_people(cell, found.person[inside], num_bins**2)
  counts = np.bincount(cell, minlength=num_bins**2).astype(np.float64)
  counts[people < small_counts.FEWEST_PEOPLE] = np.nan
  edges = low + bin_years * np.arange(num_bins + 1, dtype=np.float64)
  return counts.reshape(num_bins, num_bins), edges, float(np.nansum(counts) / len(found))


def describe_beyond(found: Rows) -> str:
  """Returns a line on the samples that are in no cell, empty if there are none; it counts no fewer than five people."""
  beyond = _is_beyond(found)
  if not beyond.any():
    return ""
  is_few = len(np.unique(found.person[beyond])) < small_counts.FEWEST_PEOPLE
  who = "samples of fewer than five people" if is_few else f"{int(beyond.sum()):,} samples"
  return f"not drawn: {who} beyond {_AXIS_YEARS[0]} to {_AXIS_YEARS[1]} years"


def _is_beyond(found: Rows) -> np.ndarray:
  low, high = np.minimum(found.age_years, found.predicted_years), np.maximum(found.age_years, found.predicted_years)
  return np.logical_or(low < _AXIS_YEARS[0], high >= _AXIS_YEARS[1])


def error_by_age(found: Rows, band_years: int = _BAND_YEARS) -> pd.DataFrame:
  """Returns age_years (a band's middle), mean_error_years and sd_error_years of bands of at least five people."""
  band = np.floor(found.age_years / band_years).astype(np.int64)
  bands, group = np.unique(band, return_inverse=True)
  people = small_counts.count_people(group, found.person, len(bands))
  error = found.predicted_years - found.age_years
  n = np.bincount(group)
  mean = np.bincount(group, error) / n
  spread = np.sqrt(np.maximum(np.bincount(group, np.square(error)) / n - mean**2, 0))
  columns = {"age_years": (bands + 0.5) * band_years, "mean_error_years": mean, "sd_error_years": spread}
  return pd.DataFrame(columns)[people >= small_counts.FEWEST_PEOPLE]


def draw_scores(path: pathlib.Path, table: pd.DataFrame, title: str) -> None:
  """Draws R2 and RMSE of all models by dimension, published values as diamonds (after the paper's Figure 2).

  Args:
    path: the PNG to write.
    table: performance of one product, in the order to be shown.
    title: of the figure.
  """
  names = table["model"].tolist()
  y = _positions(names)
  figure, (left, right) = plt.subplots(
    1, 2, figsize=(11.5, 1.9 + 0.235 * (y[-1] + 1)), sharey=True, layout="constrained"
  )
  figure.suptitle(title, fontsize=12)
  colours = [_colour(name) for name in names]
  for axes, score, unit, precision in ((left, "r2", "R²", 3), (right, "rmse", "RMSE, years", 2)):
    values, sds = table[score].to_numpy(), np.nan_to_num(table[f"{score}_sd_bootstrap"].to_numpy())
    axes.barh(
      y, values, xerr=sds, height=0.78, color=colours, error_kw={"ecolor": frame.INK, "elinewidth": 1, "capsize": 2}
    )
    published = table[f"published_{score}"].to_numpy()
    axes.plot(published, y, **_DIAMOND)
    _write_values(axes, y, values, sds, published, precision)
    axes.set_xlabel(unit)
    frame.clean(axes)
    axes.grid(axis="y", visible=False)
  left.set_yticks(y, [_label(name) for name in names], fontsize=8.5)
  left.tick_params(axis="y", length=0)
  right.tick_params(axis="y", length=0)
  left.set_ylim(y[-1] + 0.8, -0.8)
  if table["published_r2"].notna().any():
    figure.legend([plt.Line2D([], [], **_DIAMOND)], ["published"], loc="outside lower right", frameon=False, fontsize=9)
  frame.save(figure, path)


def _draw_counts(axes: mpl_axes.Axes, found: Rows):
  counts, edges = _shown_cells(found)
  width = edges[1] - edges[0]
  title = f"cells of {width:.0f} year{'s' if width > 1 else ''} (fewer than five people: not drawn)"
  axes.set(title="\n".join(line for line in (title, describe_beyond(found)) if line))
  axes.title.set_fontsize(10)
  axes.set(xlabel="chronological age (years)", ylabel="predicted age (years)")
  frame.clean(axes)
  image = None
  if np.isfinite(counts).any():
    low, high = np.nanmin(counts), max(np.nanmax(counts), np.nanmin(counts) + 1)
    image = axes.pcolormesh(edges, edges, counts.T, cmap=_counts_map(), vmin=low, vmax=high, rasterized=True)
    drawn = np.argwhere(np.isfinite(counts))
    ends = edges[drawn.min()] - width, edges[drawn.max() + 1] + width
  else:
    ends = edges[0], edges[-1]
  axes.plot(ends, ends, color=frame.INK, linewidth=1, label="equality")
  axes.set(xlim=ends, ylim=ends, aspect="equal")
  axes.legend(loc="upper left", frameon=False, fontsize=9)
  return image


def _shown_cells(found: Rows) -> tuple[np.ndarray, np.ndarray]:
  """Counts and edges of the smallest cells that show most samples, else of the largest."""
  counts, edges = np.empty((0, 0)), np.empty(0)
  for width in _BIN_YEARS:
    counts, edges, shown_share = count_cells(found, width)
    if shown_share >= _SHOWN_SHARE:
      break
  return counts, edges


def _draw_error(axes: mpl_axes.Axes, found: Rows) -> None:
  bands = error_by_age(found)
  age, mean, spread = (bands[name].to_numpy() for name in ("age_years", "mean_error_years", "sd_error_years"))
  axes.axhline(0, color=frame.INK, linewidth=1)
  axes.fill_between(
    age, mean - spread, mean + spread, color=_COLOURS["full_body"], alpha=0.18, linewidth=0, label="± SD"
  )
  axes.plot(age, mean, color=_COLOURS["full_body"], marker="o", markersize=3.5, linewidth=1.6, label="mean")
  axes.set(xlabel="chronological age (years)", ylabel="predicted minus chronological age (years)")
  axes.set_title(f"error by age, bands of {_BAND_YEARS} years", fontsize=10)
  axes.legend(loc="upper right", frameon=False, fontsize=9)
  frame.clean(axes)


def _positions(names: list[str]) -> np.ndarray:
  """Places along the axis, a gap between dimensions."""
  dimensions = [model_names.dimension(name) for name in names]
  gaps = np.cumsum([i > 0 and dimensions[i] != dimensions[i - 1] for i in range(len(names))])
  return np.arange(len(names)) + 0.7 * gaps


def _write_values(axes: mpl_axes.Axes, y, values, sds, published, precision: int) -> None:
  """Writes each score behind its bar, past the marker: in points, as markers have one size on any scale."""
  ends = np.fmax(np.nan_to_num(np.fmax(values + sds, published)), 0.0)
  for at, value, end in zip(y, values, ends, strict=True):
    axes.annotate(
      f"{value:.{precision}f}",
      (end, at),
      (_MARKER_POINTS / 2 + _GAP_POINTS, 0),
      textcoords="offset points",
      va="center",
      fontsize=7.5,
      color=frame.INK,
    )
  low = min(0.0, float(np.nanmin(np.fmin(values, values - sds), initial=0.0)) * 1.1)
  axes.set_xlim(low, max(float(ends.max()), 1e-9) * 1.15)


def _label(name: str) -> str:
  """Dimensions' ensembles stand out."""
  shown = model_names.label(name)
  return shown.upper() if model_names.is_dimension(name) else shown


def _colour(name: str) -> tuple[float, ...]:
  base = colors.to_rgb(_COLOURS.get(model_names.dimension(name), _OTHER_COLOUR))
  share = 1.0 if model_names.is_ensemble(name) else 0.55  # single models paler
  return tuple(share * part + (1 - share) for part in base)


def _counts_map() -> colors.Colormap:
  return colors.LinearSegmentedColormap.from_list("counts", ["#dcebf0", "#79b4c6", "#1f6f8b", "#0b2f45"])
