"""The rows that a network sees: training and early-stopping rows by fold, batches as shifted columns of a grid.

Rows are stored once, ordered by fold and shuffled within it. The rows of any set of folds are then a few segments. A
network needs no list of its rows: arithmetic turns a position in its training rows into a row. Everything here depends
on the folds' numbers of rows and on seeds, never on the rows' values. It does not depend on the folds left out.
"""

import dataclasses
from collections.abc import Collection

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np

from msk_jax.io import errors

MAX_BATCH = 1000  # rows a step, published
STOPPING_SHARE = 0.1  # of the training rows held out to decide when to stop, scikit-learn's validation_fraction
Leaf = jax.Array | np.ndarray  # of a tree that NumPy fills and a program takes
_ORDER, _STOPPING = 4, 41  # streams of random numbers


@flax.struct.dataclass
class Segments:
  """Rows as segments of the stored rows, one per fold; each starts anywhere in its fold and wraps round.

  Attributes:
    ends: int32 [..., f], positions at which the folds' segments end; the last is the number of rows.
    starts: int32 [..., f], first stored row of each fold.
    shifts: int32 [..., f], where in its fold each segment starts.
    sizes: int32 [..., f], rows of each fold, at least 1.
  """

  ends: Leaf
  starts: Leaf
  shifts: Leaf
  sizes: Leaf

  def row(self, position: jax.Array) -> jax.Array:
    """Returns the stored rows, int32 [b], at positions [b], all from 0 to the number of rows - 1."""
    fold = jnp.sum(position[:, None] >= self.ends[None, :], axis=1)
    begin = jnp.where(fold > 0, self.ends[fold - 1], 0)
    return self.starts[fold] + (self.shifts[fold] + position - begin) % self.sizes[fold]


@dataclasses.dataclass(frozen=True)
class StoredRows:
  """Rows ordered by fold.

  Attributes:
    order: int64 [n], rows of the samples in stored order.
    starts: int64 [f], first stored row of each fold.
    sizes: int64 [f], rows of each fold.
  """

  order: np.ndarray
  starts: np.ndarray
  sizes: np.ndarray

  @classmethod
  def of(cls, fold: np.ndarray) -> "StoredRows":
    """Returns the order for the folds [n] of the samples."""
    sizes = np.bincount(fold)
    by_fold = np.split(np.argsort(fold, kind="stable"), np.cumsum(sizes)[:-1])
    shuffled = [np.random.default_rng([_ORDER, k]).permutation(rows) for k, rows in enumerate(by_fold)]
    return cls(np.concatenate(shuffled), np.cumsum(sizes) - sizes, sizes)

  def split(self, folds: Collection[int], seed: int) -> tuple[Segments, Segments]:
    """Returns a fit's training rows and early-stopping rows.

    The latter are a tenth (rounded up) of the rows of `folds`, spread evenly over the folds.

    Args:
      folds: of the fit.
      seed: of the choice of early-stopping rows.

    Raises:
      InputError: there are too few rows.
    """
    used = np.array([self.sizes[k] if k in folds else 0 for k in range(len(self.sizes))])
    stopping = np.diff(np.ceil(STOPPING_SHARE * np.cumsum(used)).astype(np.int64), prepend=0)
    if stopping.sum() < 2:
      raise errors.InputError(
        f"a network has {used.sum()} rows to be fitted on, which is too few to hold some out for early stopping: it "
        "needs more than 10 rows in the folds that it is fitted on. Are most folds empty?"
      )
    offsets = np.array([np.random.default_rng([_STOPPING, seed, k]).integers(max(n, 1)) for k, n in enumerate(used)])
    return self._segments(used - stopping, offsets + stopping), self._segments(stopping, offsets)

  def whole(self, fold: int) -> Segments:
    """Returns all rows of a fold.

    Raises:
      InputError: it has none.
    """
    if fold >= len(self.sizes) or self.sizes[fold] == 0:
      raise errors.InputError(f"fold {fold} has no rows to be scored. Make the folds again (prepare), or use fewer.")
    counts = np.where(np.arange(len(self.sizes)) == fold, self.sizes, 0)
    return self._segments(counts, np.zeros_like(counts))

  def _segments(self, counts: np.ndarray, shifts: np.ndarray) -> Segments:
    columns = (np.cumsum(counts), self.starts, shifts, np.maximum(self.sizes, 1))
    return Segments(*(np.asarray(column, np.int32) for column in columns))


@flax.struct.dataclass
class Grid:
  """A fit's training rows as a grid of `num_steps` x `width` positions, filled row by row.

  In each epoch each column is rotated by a shift of its own, and a row of the grid is then a batch. Every training row
  is used once, each time in another batch, at the cost of `width` random numbers. Empty places, fewer than `num_steps`,
  spread over the batches, so that batches have nearly equal size (scikit-learn's last batch is small instead).

  Attributes:
    num_rows: int32, training rows.
    num_steps: int32, batches an epoch: as few as batches of up to 1000 rows allow.
    width: int32, places in a batch, 1000 or less.
  """

  num_rows: Leaf
  num_steps: Leaf
  width: Leaf

  @classmethod
  def of(cls, num_rows: int) -> "Grid":
    """Returns the grid for a number of rows."""
    num_steps = -(-num_rows // MAX_BATCH)
    return cls(*(np.asarray(x, np.int32) for x in (num_rows, num_steps, -(-num_rows // num_steps))))

  def turns(self, key: jax.Array, max_width: int) -> jax.Array:
    """Returns the columns' shifts in an epoch, int32 [max_width]."""
    bits = jax.random.bits(key, (max_width,), jnp.uint32)
    return (bits % self.num_steps.astype(jnp.uint32)).astype(jnp.int32)

  def batch(self, step: jax.Array, turns: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the positions, int32 [max_width], of a batch, and which places hold one; the others are position 0."""
    column = jnp.arange(len(turns), dtype=jnp.int32)
    position = (step + turns) % self.num_steps * self.width + column
    is_held = (column < self.width) & (position < self.num_rows)
    return jnp.where(is_held, position, 0), is_held
