"""Figures of performance: scores of all models, and of each model predicted against chronological age as counts."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from msk_jax.disclosure import door, small_counts
from msk_jax.figures import bars, bins, palette
from msk_jax.predictions import model_names
from msk_jax.predictions.pooled_rows import Rows

_BIN_YEARS = (1, 2, 5)  # the first width that shows enough people is taken
_SHOWN_SHARE = 0.8  # of the samples
_BAND_YEARS = 2
_AXIS_YEARS = (0, 130)  # nobody is older


@dataclasses.dataclass(frozen=True)
class Cells:
  """Counts of samples by chronological and predicted age.

  Attributes:
    counts: float64 [b, b], by chronological [rows] and predicted age [columns], NaN below five people.
    edges: float64 [b + 1] of both axes, years.
    shown_share: share of all samples in cells that are not NaN.
    fewest_people: people in the cell that has the fewest, of those that are not NaN; None if there are none.
  """

  counts: np.ndarray
  edges: np.ndarray
  shown_share: float
  fewest_people: int | None


def draw_model(title: str, rows: Rows, subtitle: str) -> door.SharedFigure:
  """Draws counts of people by predicted and chronological age, and the error by age.

  No mark stands for fewer than five people.

  Args:
    title: the model's name and product.
    rows: its test rows.
    subtitle: its scores.
  """
  figure, (left, right) = plt.subplots(1, 2, figsize=(11.2, 5.2), layout="constrained", width_ratios=(1.12, 1))
  figure.suptitle(f"{title}\n{subtitle}", fontsize=11)
  cells, bands = _shown_cells(rows), error_by_age(rows)
  bins.draw_counts(left, cells.counts, cells.edges, "samples in a cell")
  width = cells.edges[1] - cells.edges[0]
  lines = (
    f"cells of {width:.0f} year{'s' if width > 1 else ''} (fewer than five people: not drawn)",
    describe_beyond(rows),
  )
  left.set_title("\n".join(line for line in lines if line), fontsize=10)
  left.set(xlabel="chronological age (years)", ylabel="predicted age (years)")
  age, mean, sd = (bands[name].to_numpy() for name in ("age_years", "mean_error_years", "sd_error_years"))
  bins.draw_means(right, age, mean, sd, palette.PARTS["test"])
  right.set_title(f"error by age, bands of {_BAND_YEARS} years", fontsize=10)
  right.set(xlabel="chronological age (years)", ylabel="predicted minus chronological age (years)")
  fewest = [*bands["num_people"].tolist(), *([] if cells.fewest_people is None else [cells.fewest_people])]
  return door.SharedFigure(figure, rows.num_people, min(fewest, default=None))


def draw_scores(title: str, table: pd.DataFrame) -> door.SharedFigure:
  """Draws R2 and RMSE of all models by dimension, published values as diamonds (after the paper's Figure 2).

  Args:
    title: of the figure.
    table: performance of one product, in the order to be shown.
  """
  names = table["model"].tolist()
  colours = [_colour(name) for name in names]
  panels = [
    bars.Bars(
      values=table[score].to_numpy(),
      sds=table[f"{score}_sd_bootstrap"].to_numpy(),
      colours=colours,
      x_label=label,
      diamonds=table[f"published_{score}"].to_numpy(),
      digits=digits,
    )
    for score, label, digits in (("r2", "R²", 3), ("rmse", "RMSE, years", 2))
  ]
  places = bars.places_with_gaps([model_names.dimension(name) for name in names])
  figure = bars.draw_panels(title, [_label(name) for name in names], panels, places)
  if table["published_r2"].notna().any():
    bars.add_legend(figure, "published")
  return door.SharedFigure(figure, int(table["num_people"].max()), int(table["num_people"].min()))


def count_cells(rows: Rows, bin_years: int) -> Cells:
  """Counts samples by chronological and predicted age.

  Samples with an age beyond 0 to 130 years are in no cell: one wild prediction must not set the axes.

  Args:
    rows: a model's rows.
    bin_years: width of the cells.
  """
  inside = ~_is_beyond(rows)
  both = np.stack([rows.age_years, rows.predicted_years])[:, inside]
  low = np.floor(both.min(initial=_AXIS_YEARS[1]) / bin_years) * bin_years
  num_bins = max(int((both.max(initial=low) - low) // bin_years) + 1, 1)
  place = ((both - low) // bin_years).astype(np.int64)
  cell = place[0] * num_bins + place[1]
  people = small_counts.count_people(cell, rows.person[inside], num_bins**2)
  is_shown = people >= small_counts.FEWEST_PEOPLE
  counts = np.where(is_shown, np.bincount(cell, minlength=num_bins**2), np.nan)
  return Cells(
    counts=counts.reshape(num_bins, num_bins),
    edges=low + bin_years * np.arange(num_bins + 1, dtype=np.float64),
    shown_share=float(np.nansum(counts) / len(rows)),
    fewest_people=int(people[is_shown].min()) if is_shown.any() else None,
  )


def describe_beyond(rows: Rows) -> str:
  """Returns a line on the samples that are in no cell, empty if there are none; it counts no fewer than five people."""
  beyond = _is_beyond(rows)
  if not beyond.any():
    return ""
  is_few = len(np.unique(rows.person[beyond])) < small_counts.FEWEST_PEOPLE
  who = "samples of fewer than five people" if is_few else f"{int(beyond.sum()):,} samples"
  return f"not drawn: {who} beyond {_AXIS_YEARS[0]} to {_AXIS_YEARS[1]} years"


def error_by_age(rows: Rows, band_years: int = _BAND_YEARS) -> pd.DataFrame:
  """Returns the error by age in bands of at least five people.

  Args:
    rows: a model's rows.
    band_years: width of the bands.

  Returns:
    age_years (a band's middle), mean_error_years, sd_error_years, num_people.
  """
  band = np.floor(rows.age_years / band_years).astype(np.int64)
  bands, group = np.unique(band, return_inverse=True)
  people = small_counts.count_people(group, rows.person, len(bands))
  error = rows.predicted_years - rows.age_years
  n = np.bincount(group)
  mean = np.bincount(group, error) / n
  variance = np.maximum(np.bincount(group, np.square(error)) / n - mean**2, 0)
  table = pd.DataFrame(
    {
      "age_years": (bands + 0.5) * band_years,
      "mean_error_years": mean,
      "sd_error_years": np.sqrt(variance),
      "num_people": people,
    }
  )
  return table[people >= small_counts.FEWEST_PEOPLE]


def _is_beyond(rows: Rows) -> np.ndarray:
  low, high = np.minimum(rows.age_years, rows.predicted_years), np.maximum(rows.age_years, rows.predicted_years)
  return np.logical_or(low < _AXIS_YEARS[0], high >= _AXIS_YEARS[1])


def _shown_cells(rows: Rows) -> Cells:
  """Returns the smallest cells that show most samples, else the largest."""
  cells = count_cells(rows, _BIN_YEARS[0])
  for width in _BIN_YEARS[1:]:
    if cells.shown_share >= _SHOWN_SHARE:
      break
    cells = count_cells(rows, width)
  return cells


def _label(name: str) -> str:
  """Returns a model's label; those of dimensions' ensembles stand out."""
  label = model_names.label(name)
  return label.upper() if model_names.is_dimension(name) else label


def _colour(name: str) -> str:
  """Returns the colour of a model's dimension, paler for single models."""
  colour = palette.dimension(model_names.dimension(name))
  return colour if model_names.is_ensemble(name) else palette.pale(colour)
