"""Volcano plots draw what is significant whole, and say what they leave out."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax.figures import labels, volcano
from msk_jax.figures.scatter import Points

_LINES = (volcano.Line("5e-8", 7.3),)


def _draw(x, y, names=(), lines=_LINES) -> plt.Figure:
  points = Points("ages faster", np.asarray(x, float), np.asarray(y, float), "#ee6677")
  return volcano.draw(volcano.Volcano("title", "beta: years", [points], lines, names, empty="no variant below 5e-8"))


def _note(figure: plt.Figure) -> str:
  return figure.axes[0].texts[-1].get_text()


def test_the_significant_are_all_drawn_and_the_others_thinned():
  rng = np.random.default_rng(0)
  x, y = rng.normal(0, 1e-3, 200_000), np.zeros(200_000)
  x[0], y[:5] = 1.0, 8.0
  figure = _draw(x, y)
  drawn = figure.axes[0].lines[0].get_ydata()
  assert (drawn == 8.0).sum() == 5 and len(drawn) < 2_000
  plt.close(figure)


def test_zero_is_in_the_middle():
  figure = _draw([0.1, 0.5], [1.0, 9.0])
  low, high = figure.axes[0].get_xlim()
  assert low == -high and high > 0.5
  plt.close(figure)


@pytest.mark.parametrize(
  ("x", "y", "said"),
  [
    ([], [], "no association to draw"),
    ([np.nan], [1.0], "no association to draw; without p, not drawn: 1"),
    ([0.1], [1.0], "no variant below 5e-8"),
    ([0.1], [np.inf], "p = 0, drawn at the top: 1"),
    ([0.0], [8.0], ""),
  ],
)
def test_special_cases_are_said(x, y, said):
  figure = _draw(x, y)
  assert _note(figure) == said
  plt.close(figure)


def test_names_without_room_are_counted():
  names = [labels.Label(f"GENE{i}", 0.1, 9.0) for i in range(40)]
  figure = _draw([0.1], [9.0], names)
  written = [text.get_text() for text in figure.axes[0].texts if text.get_text().startswith("GENE")]
  assert _note(figure) == f"without room for a name: {40 - len(written)}" and written
  plt.close(figure)


def test_a_volcano_without_lines_or_with_many_series():
  plt.close(_draw([0.1], [3.0], lines=()))
  series = [Points(f"category {i}", np.array([0.1]), np.array([float(i)]), "#333333") for i in range(9)]
  figure = volcano.draw(volcano.Volcano("title", "r", series, _LINES))
  figure.draw_without_rendering()
  legend = figure.legends[0].get_window_extent()
  assert legend.x0 >= figure.axes[0].bbox.x1 and legend.x1 <= figure.bbox.x1 + 1
  plt.close(figure)


@pytest.mark.parametrize("num_series", [2, 5, 7])
def test_the_legend_is_within_the_figure(num_series):
  series = [Points("clinical phenotypes", np.array([0.1]), np.array([9.0]), "#ee6677")] * num_series
  figure = volcano.draw(volcano.Volcano("title", "correlation", series, _LINES))
  box = figure.legends[0].get_window_extent()
  assert len(figure.legends) == 1 and box.x0 >= 0 and box.y0 >= 0
  assert box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height
  plt.close(figure)
