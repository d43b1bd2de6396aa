"""Thinned points lose nothing that can be seen, whatever the blocks they come in."""

import numpy as np
import pytest

from msk_jax.figures import thinning

_LIMIT = 7.3


def _points(n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
  rng = np.random.default_rng(0)
  x, y = rng.uniform(-1, 1, n), rng.exponential(0.5, n)
  y[::500] = _LIMIT + rng.exponential(5.0, len(y[::500]))
  return x, y


@pytest.mark.parametrize("block", [1, 777, 20_000])
def test_what_is_kept_does_not_depend_on_blocks(block):
  x, y = _points(2_000)
  whole, cut = (thinning.Cloud((-1, 1), _LIMIT, (50, 40)) for _ in range(2))
  whole.add(x, y)
  for start in range(0, len(x), block):
    cut.add(x[start : start + block], y[start : start + block])
  np.testing.assert_array_equal(np.stack(whole.points()), np.stack(cut.points()))


def test_each_cell_with_a_point_has_one_and_all_hits_are_kept():
  x, y = _points()
  cloud = thinning.Cloud((-1, 1), _LIMIT, (50, 40))
  cloud.add(x, y)
  kept_x, kept_y = cloud.points()

  def cells(some_x, some_y):
    low = some_y < _LIMIT
    return list(
      zip(*(np.floor(v).astype(int) for v in ((some_x[low] + 1) * 25, some_y[low] / _LIMIT * 40)), strict=True)
    )

  assert len(kept_x) < len(x) / 5
  assert set(cells(kept_x, kept_y)) == set(cells(x, y))
  assert len(set(cells(kept_x, kept_y))) == len(cells(kept_x, kept_y))
  np.testing.assert_array_equal(np.sort(kept_y[kept_y >= _LIMIT]), np.sort(y[y >= _LIMIT]))


def test_missing_points_are_counted_and_infinite_ones_kept():
  cloud = thinning.Cloud((0, 1), _LIMIT, (10, 10))
  cloud.add(np.array([0.1, np.nan, 0.2, 0.3, 5.0]), np.array([np.nan, 1.0, np.inf, 1.0, 2.0]))
  assert (cloud.num_points, cloud.num_missing) == (3, 2)
  np.testing.assert_array_equal(np.stack(cloud.points()), [[0.2, 0.3, 5.0], [np.inf, 1.0, 2.0]])


def test_no_point_and_no_width():
  cloud = thinning.Cloud((0, 0), _LIMIT, (10, 10))
  assert all(len(part) == 0 for part in cloud.points())
  cloud.add(np.empty(0), np.empty(0))
  cloud.add(np.zeros(3), np.ones(3))
  assert len(cloud.points()[0]) == 1
  x, y = thinning.thin(np.array([np.nan]), np.array([1.0]), _LIMIT, (10, 10))
  assert len(x) == len(y) == 0
