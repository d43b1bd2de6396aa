"""Rows of networks: partitions, batches that use each row once, nothing of other folds."""

import jax
import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.tabular.mlp import stored_rows


def _rows(stored: stored_rows.StoredRows, segments: stored_rows.Segments) -> np.ndarray:
  """Returns the samples' rows of segments."""
  position = np.arange(segments.ends[-1], dtype=np.int32)
  segments = jax.tree.map(jax.numpy.asarray, segments)
  return stored.order[np.asarray(segments.row(position))]


def _fold(n: int = 803) -> np.ndarray:
  return np.random.default_rng(0).integers(0, 5, n)


@pytest.mark.parametrize("folds", [(0, 1, 2, 3, 4), (1, 2, 4), (3,)])
def test_training_and_stopping_rows_are_a_partition_of_the_folds(folds):
  fold = _fold()
  stored = stored_rows.StoredRows.of(fold)
  train, stopping = (_rows(stored, segments) for segments in stored.split(folds, seed=7))
  wanted = np.flatnonzero(np.isin(fold, folds))
  np.testing.assert_array_equal(np.sort(np.concatenate([train, stopping])), wanted)
  assert len(stopping) == int(np.ceil(0.1 * len(wanted)))
  shares = np.bincount(fold[stopping], minlength=5)[list(folds)] / np.bincount(fold)[list(folds)]
  np.testing.assert_allclose(shares, 0.1, atol=0.01)


def test_stopping_rows_change_with_the_seed():
  stored = stored_rows.StoredRows.of(_fold())
  first, again, other = (set(_rows(stored, stored.split((0, 1, 2), seed)[1])) for seed in (1, 1, 2))
  assert first == again
  assert len(first & other) < len(first) / 2


def test_rows_of_left_out_folds_are_of_no_consequence_even_absent():
  fold = _fold()
  kept = np.flatnonzero(fold != 2)
  whole, reduced = stored_rows.StoredRows.of(fold), stored_rows.StoredRows.of(fold[kept])
  for a, b in zip(whole.split((0, 1, 3), 5), reduced.split((0, 1, 3), 5), strict=True):
    np.testing.assert_array_equal(_rows(whole, a), kept[_rows(reduced, b)])


def test_whole_fold():
  fold = _fold()
  stored = stored_rows.StoredRows.of(fold)
  np.testing.assert_array_equal(np.sort(_rows(stored, stored.whole(3))), np.flatnonzero(fold == 3))


@pytest.mark.parametrize("num_rows", [9, 630, 1000, 1001, 3517])
def test_each_epoch_uses_each_row_once_in_new_company(num_rows):
  grid = jax.tree.map(jax.numpy.asarray, stored_rows.Grid.of(num_rows))
  assert int(grid.num_steps) == int(np.ceil(num_rows / stored_rows.MAX_BATCH))
  epochs = []
  for seed in range(2):
    turns = grid.turns(jax.random.key(seed), int(grid.width) + 3)  # a program's width may be larger than the grid's
    batches = []
    for step in range(int(grid.num_steps)):
      position, is_held = (np.asarray(x) for x in grid.batch(np.int32(step), turns))
      assert position.min() >= 0
      assert position.max() < num_rows
      batches.append(position[is_held])
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(num_rows))
    assert max(map(len, batches)) <= stored_rows.MAX_BATCH
    epochs.append(batches)
  if num_rows > 3000:
    assert min(map(len, epochs[0])) > 850
    shared = len(np.intersect1d(epochs[0][0], epochs[1][0])) / len(epochs[0][0])
    np.testing.assert_allclose(shared, 1 / len(epochs[0]), atol=0.06)


def test_too_few_rows_are_refused():
  stored = stored_rows.StoredRows.of(np.repeat([0, 2], [4, 30]))
  with pytest.raises(errors.InputError, match="4 rows"):
    stored.split((0, 1), seed=0)
  for fold in (1, 9):
    with pytest.raises(errors.InputError, match=f"fold {fold} has no rows"):
      stored.whole(fold)
