"""Figures of performance: nothing covers anything, and wild predictions do no harm."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from msk_jax.evaluation import performance_figures
from msk_jax.predictions.pooled_rows import Rows


@pytest.fixture(autouse=True)
def closed():
  yield
  plt.close("all")


@pytest.mark.parametrize("published", [[0.876, 0.69, np.nan], [0.8, 0.0, 0.02], [np.nan] * 3])
def test_values_are_written_clear_of_bars_and_diamonds(published):
  values = [0.85, 0.68, 0.01]
  table = pd.DataFrame(
    {"model": ["general", "knee/ensemble", "scalars/heel_densitometry/elastic_net"], "num_people": 9}
  )
  for score in ("r2", "rmse"):
    table = table.assign(**{score: values, f"{score}_sd_bootstrap": 0.01, f"published_{score}": published})
  figure = performance_figures.draw_scores("title", table).figure
  figure.draw_without_rendering()
  for axes in figure.axes:
    diamonds = axes.transData.transform(axes.lines[-1].get_xydata())
    points = figure.dpi / 72
    clear = (np.sqrt(2) * axes.lines[-1].get_markersize() / 2 + 2) * points  # half a diamond, and what an eye needs
    for text, (x, _), value in zip(axes.texts, diamonds, values, strict=True):
      box = text.get_window_extent()
      assert box.x0 > axes.transData.transform((value + 0.01, 0))[0] and box.x1 < axes.bbox.x1
      assert np.isnan(x) or box.x0 > x + clear


def _rows(num_wild: int, wild_years: float) -> Rows:
  """Four hundred good predictions, the first ones wild."""
  rng = np.random.default_rng(0)
  age = rng.uniform(45, 80, 400)
  predicted = age + rng.normal(0, 3, 400)
  predicted[:num_wild] = wild_years
  return Rows(np.arange(400), np.zeros(400, int), np.arange(400) % 10, age, predicted)


@pytest.mark.parametrize("wild_years", [3e5, -3e5, 1e12])
def test_a_wild_prediction_neither_sets_the_axes_nor_is_counted_alone(wild_years):
  rows = _rows(1, wild_years)
  cells = performance_figures.count_cells(rows, 5)
  assert cells.counts.shape[0] <= 26 and cells.edges[0] >= 0 and cells.edges[-1] <= 130 and cells.shown_share > 0.8
  title = performance_figures.draw_model("title", rows, "subtitle").figure.axes[0].get_title()
  assert title.endswith("not drawn: samples of fewer than five people beyond 0 to 130 years")


def test_how_many_are_beyond_the_axes_is_said_of_five_people_or_more():
  assert performance_figures.describe_beyond(_rows(0, 0.0)) == ""
  assert performance_figures.describe_beyond(_rows(5, 130.0)) == "not drawn: 5 samples beyond 0 to 130 years"
  cells = performance_figures.count_cells(_rows(400, 999.0), 5)
  assert np.isnan(cells.counts).all() and cells.shown_share == 0 and cells.fewest_people is None


def test_a_figure_says_how_many_people_it_was_made_of():
  rows = _rows(0, 0.0)
  shared = performance_figures.draw_model("title", rows, "subtitle")
  cells = performance_figures.count_cells(rows, 5)
  band = np.bincount((rows.age_years // 2).astype(int))
  assert shared.num_people == 400
  assert shared.fewest_people == min(np.nanmin(cells.counts), band[band >= 5].min()) >= 5


def test_bars_of_models_worse_than_the_mean_end_inside_the_axis():
  table = pd.DataFrame({"model": ["scalars/a/lightgbm"], "num_people": [9], "r2": [-0.6], "rmse": [13.0]})
  table = table.assign(r2_sd_bootstrap=0.1, rmse_sd_bootstrap=0.4, published_r2=np.nan, published_rmse=np.nan)
  assert performance_figures.draw_scores("title", table).figure.axes[0].get_xlim()[0] < -0.7
