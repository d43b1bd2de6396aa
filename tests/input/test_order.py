"""The order of examples: reproducible, complete, and the same for any number of hosts and workers."""

import numpy as np
import pytest

from msk_jax.input import order, standardize


def _take(dataset, count, start=0):
  return [dataset[i] for i in range(start, start + count)]


def test_each_pass_holds_every_image_once_in_a_new_order():
  rows = np.array([3, 5, 7, 11, 13])
  stream = order.training_order(rows, 2, seed=0)
  passes = [_take(stream, 10, start) for start in (0, 10, 20)]
  for one in passes:
    assert sorted(one) == [(row, side) for row in rows for side in (0, 1)]
    assert all(one[i][0] == one[i + 1][0] and (one[i][1], one[i + 1][1]) == (0, 1) for i in range(0, 10, 2))
  assert passes[0] != passes[1] != passes[2]
  assert _take(order.training_order(rows, 2, seed=1), 10) != passes[0]


@pytest.mark.parametrize("num_hosts", [1, 2, 4])
def test_hosts_together_see_the_global_batches_row_by_row(num_hosts):
  stream = order.training_order(np.arange(9), 1, seed=0)
  batch_size, steps = 8, 5
  hosts = [order.HostRows(stream, batch_size, host, num_hosts) for host in range(num_hosts)]
  rows = batch_size // num_hosts
  for step in range(steps):
    together = [item for host in hosts for item in _take(host, rows, step * rows)]
    assert together == _take(stream, batch_size, step * batch_size)


def test_evaluation_order_is_complete_and_filled_up():
  pairs = order.evaluation_order(np.array([4, 2, 9]), 2, batch_size=4)
  np.testing.assert_array_equal(pairs[:6], [[4, 0], [4, 1], [2, 0], [2, 1], [9, 0], [9, 1]])
  np.testing.assert_array_equal(pairs[6:], [[4, 0], [4, 0]])


def test_standardizer_inverts_and_leaves_constants():
  values = np.array([[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]])
  scaler = standardize.Standardizer.fit(values)
  scores = scaler.apply(values)
  np.testing.assert_allclose(scores.mean(0), 0, atol=1e-7)
  np.testing.assert_allclose(scores.std(0), [1, 0], atol=1e-6)
  np.testing.assert_allclose(scaler.invert(scores), values, atol=1e-6)
