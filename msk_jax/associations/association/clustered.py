"""Sums over clusters: the middle of the sandwich of variances, and counts of groups.

Source: of the regression y = a x + covariates, the variance of a with clusters g is, by Frisch, Waugh and Lovell,
R_xx^-2 sum_g (sum_{i in g} x_i e_i)^2, where x_i is the variable's residual on the covariates, e_i that of the whole
regression, and R_xx the sum of x_i^2.
"""

import numpy as np

from msk_jax.associations.association import layout
from msk_jax.associations.association.design import Design
from msk_jax.associations.association.moments import Block


def sum_squares(
  block: Block, design: Design, of_x: np.ndarray, of_y: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns the sums over clusters of the squares of their sums of x_i e_i, and the number of clusters.

  Args:
    block: b variables.
    design: of d outcomes, with clusters.
    of_x: float64 [d, c, b], coefficients of x on the covariates.
    of_y: float64 [d, c, b], likewise of y.
    slope: float64 [d, b], of y on x.

  Returns:
    squares: float64 [d, b].
    counts: int64 [d, b], clusters with a complete case.
  """
  assert design.clusters is not None
  b, dtype = block.x.shape[1], block.x.dtype
  # y - C (of_y - slope of_x) - slope x = [C, y] h - slope x
  h = np.concatenate([slope[:, None] * of_x - of_y, np.ones((len(slope), 1, b))], axis=1).astype(dtype)
  of_x, slope = of_x.astype(dtype), slope.astype(dtype)
  squares, counts = np.zeros((design.num_outcomes, b)), np.zeros((design.num_outcomes, b), np.int64)
  longest = max((len(chunk.rows) for chunk in design.clusters), default=0)
  buffers = [np.empty((longest, b), dtype) for _ in range(2)]
  for chunk in design.clusters:
    x, is_there = block.x.take(chunk.rows, axis=0), block.has_x.take(chunk.rows, axis=0)
    has_x = is_there.astype(dtype)
    residual, product = (buffer[: len(chunk.rows)] for buffer in buffers)
    known = np.empty((len(chunk.rows), design.covariates.shape[1] + 1), dtype)
    known[:, :-1] = design.covariates[chunk.rows]
    for d, is_complete in zip(chunk.outcomes, chunk.is_complete, strict=True):
      known[:, -1] = design.y[chunk.rows, d]
      np.matmul(known, h[d], out=residual)
      np.multiply(x, slope[d], out=product)
      residual -= product
      np.matmul(known[:, :-1], of_x[d], out=product)
      np.subtract(x, product, out=product)
      product *= residual
      product *= has_x
      if not is_complete:
        product *= design.has_y[chunk.rows, d, None]
      sums = product if chunk.size == 1 else product.reshape(chunk.size, -1, b).sum(axis=0)
      squares[d] += np.einsum("ij,ij->j", sums, sums)
    _count(chunk, is_there, design.has_y, counts)
  return squares, counts


def count_groups(has: np.ndarray, has_y: np.ndarray, chunks: tuple[layout.Chunk, ...]) -> np.ndarray:
  """Returns how many groups have a row with both, int64 [d, b].

  Args:
    has: bool [n, b].
    has_y: bool [n, d].
    chunks: the layout of the groups.
  """
  counts = np.zeros((has_y.shape[1], has.shape[1]), np.int64)
  for chunk in chunks:
    _count(chunk, has.take(chunk.rows, axis=0), has_y, counts)
  return counts


def _count(chunk: layout.Chunk, has: np.ndarray, has_y: np.ndarray, counts: np.ndarray) -> None:
  """Adds the groups of a chunk with a row that has the variable and the outcome.

  Args:
    chunk: the groups.
    has: bool [m, b], of the chunk's rows.
    has_y: bool [n, d].
    counts: int64 [d, b], added to.
  """
  outcomes = list(chunk.outcomes)
  if chunk.size == 1:
    own = has_y[chunk.rows][:, outcomes].astype(np.float32)
    counts[outcomes] += np.rint(own.T @ has.astype(np.float32)).astype(np.int64)
    return
  of_complete = None
  for d, is_complete in zip(chunk.outcomes, chunk.is_complete, strict=True):
    if not is_complete or of_complete is None:
      own = has if is_complete else has & has_y[chunk.rows, d, None]
      number = _sum_bools(np.logical_or.reduce(own.reshape(chunk.size, -1, has.shape[1]), axis=0))
      of_complete = number if is_complete else of_complete
    else:
      number = of_complete
    counts[d] += number


def _sum_bools(values: np.ndarray) -> np.ndarray:
  """Returns the sums of columns, int64; a matrix product is faster than a sum of bools."""
  return np.rint(np.ones(len(values), np.float32) @ values.astype(np.float32)).astype(np.int64)
