"""The axis of -log10 p shows weak and very strong associations, and says where its scale changes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax.figures import tall_axis

_LINES = (tall_axis.Line("5e-8", 7.3), tall_axis.Line("5e-8 / 6", 8.1))


@pytest.fixture(name="axes")
def make_axes():
  figure, axes = plt.subplots()
  yield axes
  plt.close(figure)


def _height_on_page(axes: plt.Axes, y: float) -> float:
  return float(axes.transAxes.inverted().transform(axes.transData.transform((0, y)))[1])


def test_moderate_heights_are_on_a_plain_scale(axes):
  heights = np.array([0.1, 3.0, 12.0])
  np.testing.assert_array_equal(tall_axis.fit(axes, heights, _LINES), heights)
  assert axes.get_ylabel() == tall_axis.LABEL and axes.get_yscale() == "linear"
  assert axes.get_ylim()[1] > 12


@pytest.mark.parametrize("highest", [60.0, 310.0, 5_000.0])
def test_weak_ones_stay_visible_below_a_huge_one(axes, highest):
  tall_axis.fit(axes, np.array([1.0, 9.0, highest]), _LINES)
  assert "compressed above" in axes.get_ylabel()
  assert _height_on_page(axes, 7.3) > 0.1
  assert _height_on_page(axes, 7.3) < _height_on_page(axes, 9.0) < _height_on_page(axes, highest) < 0.9
  ticks = axes.get_yticks()
  assert (np.diff(ticks) > 0).all() and ticks[-1] > highest / 2


def test_p_of_zero_is_drawn_above_all_others(axes):
  y = tall_axis.fit(axes, np.array([1.0, np.inf, 20.0]), _LINES)
  assert np.isfinite(y).all() and y[1] > 20 and y[1] <= axes.get_ylim()[1]


@pytest.mark.parametrize("heights", [[], [np.inf], [0.0]])
def test_the_axis_reaches_the_lines_whatever_is_drawn(axes, heights):
  tall_axis.fit(axes, np.array(heights), _LINES)
  assert 8.1 < axes.get_ylim()[1] < 15


def test_what_is_special_is_counted():
  notes = tall_axis.describe_special(np.array([1.0, np.inf]), 1_200, 3)
  assert notes == ["p = 0, drawn at the top: 1", "without p, not drawn: 1,200", "without room for a name: 3"]
  assert tall_axis.describe_special(np.array([1.0]), 0, 0) == []
