"""Sums of products over each variable's complete cases, for all variables of a block at once.

Source: with 0/1 masks m_x of a variable, the complete cases' C'C is m_x' vech(CC'), their C'y is m_x'(y C), their C'x
is x'C, where x and y are zero where missing. Rows with the same outcomes share vech(CC') of all these outcomes.
"""

import dataclasses

import numpy as np

from msk_jax.associations.association.design import CHUNK_ROWS, Design


@dataclasses.dataclass(frozen=True)
class Block:
  """Variables as the sums take them.

  Attributes:
    x: float32 or float64 [n, b], centred, in SDs; zero where missing.
    has_x: bool [n, b].
    scale: float64 [b], the SDs.
  """

  x: np.ndarray
  has_x: np.ndarray
  scale: np.ndarray


def sum_products(block: Block, design: Design) -> np.ndarray:
  """Returns the sums of products, float64 [d, p, p, b], p = c + 2: covariates (the constant first), x, y.

  Only the lower triangle is filled.
  """
  c, b = design.covariates.shape[1], block.x.shape[1]
  d, u = design.num_outcomes, len(design.products)
  shared = np.zeros((d, u + c, b))  # products of covariates, C'y
  sums_y = np.zeros((d, 1, b))
  sums_x = np.zeros((d, c + 1, b))  # C'x, x'y
  sums_xx = np.zeros((d, b))
  for segment in design.segments:
    for first in range(0, len(segment.rows), CHUNK_ROWS):
      rows = segment.rows[first : first + CHUNK_ROWS]
      _add(block, design, rows, segment.outcomes, (shared, sums_y, sums_x, sums_xx))
  sums = np.zeros((d, c + 2, c + 2, b))
  sums[:, design.products[:, 1], design.products[:, 0]] = shared[:, :u]
  sums[:, c + 1, :c] = shared[:, u:]
  sums[:, c, :c] = sums_x[:, :c]
  sums[:, c + 1, c] = sums_x[:, c]
  sums[:, c, c] = sums_xx
  sums[:, c + 1, c + 1] = sums_y[:, 0]
  return sums


def _add(block: Block, design: Design, rows: np.ndarray, outcomes: tuple[int, ...], totals) -> None:
  shared, sums_y, sums_x, sums_xx = totals
  dtype, active = block.x.dtype, list(outcomes)
  u, c = len(design.products), design.covariates.shape[1]
  x, has_x = block.x.take(rows, axis=0), block.has_x.take(rows, axis=0).astype(dtype)
  covariates, y = design.covariates[rows], design.y[rows][:, active]
  of_y = (y[:, :, None] * covariates[:, None, :]).reshape(len(rows), -1)
  masked = np.concatenate([design.dot_products(rows), of_y, y**2], axis=1).astype(dtype).T @ has_x
  direct = np.concatenate([covariates, y], axis=1).astype(dtype).T @ x
  shared[active, :u] += masked[:u]
  shared[active, u:] += masked[u : u + c * len(active)].reshape(len(active), c, -1)
  sums_y[active, 0] += masked[u + c * len(active) :]
  sums_x[active, :c] += direct[:c]
  sums_x[active, c] += direct[c:]
  sums_xx[active] += np.einsum("ij,ij->j", x, x)
