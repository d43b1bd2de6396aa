"""Names stand beside their points, and never on each other."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import text as mpl_text

from msk_jax.figures import frame, labels


@pytest.fixture(name="axes")
def make_axes():
  figure, axes = plt.subplots(layout="constrained")
  axes.set(xlim=(0, 1), ylim=(0, 30))
  frame.finish_layout(figure)
  yield axes
  plt.close(figure)


def _boxes(axes: plt.Axes):
  """Returns where names are, without the lines to their points."""
  axes.figure.draw_without_rendering()
  return [mpl_text.Text.get_window_extent(text) for text in axes.texts]


@pytest.mark.parametrize("spread", [0.001, 0.1, 1.0])
def test_names_do_not_overlap_and_stay_inside(axes, spread):
  rng = np.random.default_rng(0)
  x, y = 0.5 + spread * rng.uniform(-0.5, 0.5, 60), rng.uniform(1, 29, 60)
  names = [labels.Label(f"GENE{i}, $OTHER_{i}", a, b) for i, (a, b) in enumerate(zip(x, y, strict=True))]
  num_left_out = labels.place(axes, names, x, y, 25)
  boxes = _boxes(axes)
  assert len(boxes) == 60 - num_left_out and 3 <= len(boxes) <= 25
  assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
  assert all(box.x0 >= axes.bbox.x0 and box.x1 <= axes.bbox.x1 and box.y1 <= axes.bbox.y1 for box in boxes)


def test_the_highest_points_are_named(axes):
  names = [labels.Label(f"GENE{i}", 0.1 + 0.2 * i, 5.0 * (i + 1)) for i in range(4)]
  assert labels.place(axes, names, np.empty(0), np.empty(0), 2) == 2
  assert {text.get_text() for text in axes.texts} == {"GENE3", "GENE2"}


def test_a_name_is_above_its_point_and_keeps_clear_of_others(axes):
  name = [labels.Label("GDF5", 0.5, 10.0)]
  assert labels.place(axes, name, np.array([0.5]), np.array([10.0]), 5) == 0
  alone = _boxes(axes)[0]
  assert alone.y0 > axes.transData.transform((0.5, 10.0))[1]
  x, y = axes.transData.inverted().transform([(alone.x0 + step, (alone.y0 + alone.y1) / 2) for step in (2, 9, 16)]).T
  axes.texts[0].remove()
  labels.place(axes, name, x, y, 5)
  assert not any(_boxes(axes)[0].contains(*point) for point in axes.transData.transform(np.column_stack([x, y])))


def test_no_names(axes):
  assert labels.place(axes, [], np.empty(0), np.empty(0), 5) == 0
