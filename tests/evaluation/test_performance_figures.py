"""Figures of performance: nothing covers anything, wild predictions harm nobody."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from msk_jax.evaluation import drawing, performance_figures


@pytest.fixture
def figure(monkeypatch):
  """Keeps the figure that is drawn, as `kept.figure`."""

  class Kept:
    figure: plt.Figure

  monkeypatch.setattr(drawing, "save", lambda figure, _: setattr(Kept, "figure", figure))
  yield Kept
  plt.close(Kept.figure)


@pytest.mark.parametrize("published", [[0.876, 0.69, np.nan], [0.8, 0.0, 0.02], [np.nan] * 3])
def test_values_are_written_clear_of_bars_and_diamonds(figure, published, tmp_path):
  values = [0.85, 0.68, 0.01]
  table = pd.DataFrame({"model": ["general", "knee/ensemble", "scalars/heel_densitometry/elastic_net"]})
  for score in ("r2", "rmse"):
    table = table.assign(**{score: values, f"{score}_sd_bootstrap": 0.01, f"published_{score}": published})
  performance_figures.draw_scores(tmp_path / "scores.png", table, "title")
  figure.figure.draw_without_rendering()
  for axes in figure.figure.axes:
    diamonds = axes.transData.transform(axes.lines[-1].get_xydata())
    points = figure.figure.dpi / 72
    clear = (np.sqrt(2) * axes.lines[-1].get_markersize() / 2 + 2) * points  # half a diamond, and what an eye needs
    for text, (x, _), value in zip(axes.texts, diamonds, values, strict=True):
      box = text.get_window_extent()
      assert box.x0 > axes.transData.transform((value + 0.01, 0))[0] and box.x1 < axes.bbox.x1
      assert np.isnan(x) or box.x0 > x + clear
