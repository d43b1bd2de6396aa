"""Solves (h2 K + (1 - h2) I) x = b for many right-hand sides at once, each with its own h2 and chromosome left out."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from msk_jax.mixed_models.failures import NotEstimableError
from msk_jax.mixed_models.relationship import Relationship

MAX_ITERATIONS = 200


@dataclasses.dataclass(frozen=True)
class Solution:
  """Solutions and how they were reached.

  Attributes:
    columns: float32 [n, k].
    num_iterations: of the slowest column.
    residual: largest relative residual.
  """

  columns: jax.Array
  num_iterations: int
  residual: float


@jax.jit
def _norms(columns: jax.Array) -> jax.Array:
  return (columns * columns).sum(0)


@jax.jit
def _step(state, product, h2):
  """One step; a column that has converged gets no more change."""
  x, r, p, rr, is_active = state
  vp = h2[None, :] * product + (1.0 - h2[None, :]) * p
  alpha = jnp.where(is_active, rr / jnp.maximum((p * vp).sum(0), 1e-30), 0.0)
  x, r = x + alpha[None, :] * p, r - alpha[None, :] * vp
  after = _norms(r)
  beta = jnp.where(is_active, after / jnp.maximum(rr, 1e-30), 0.0)
  p = r + beta[None, :] * p
  return x, r, p, after


def solve(
  relationship: Relationship, columns: jax.Array, h2: np.ndarray, left_out: np.ndarray, tolerance: float = 1e-4
) -> Solution:
  """Solves by conjugate gradients; one pass over the genotypes per step, for all columns.

  Args:
    relationship: K.
    columns: float32 [n, k], right-hand sides in the space without covariates.
    h2: [k], in [0, 1).
    left_out: int64 [k], see `Relationship.multiply`.
    tolerance: of the residual, relative to the right-hand side.

  Raises:
    NotEstimableError: it does not converge, or a number is not finite.
  """
  share = jnp.asarray(h2, jnp.float32)
  wanted = tolerance**2 * _norms(columns)
  x, r, p = jnp.zeros_like(columns), columns, columns
  rr = _norms(r)
  for iteration in range(MAX_ITERATIONS + 1):
    is_active = ~(rr <= wanted)  # NaN counts as active
    if not bool(is_active.any()):
      residual = float(jnp.sqrt(jnp.max(rr / jnp.maximum(_norms(columns), 1e-30))))
      return Solution(x, iteration, residual)
    product = relationship.multiply(p, left_out)
    x, r, p, rr = _step((x, r, p, rr, is_active), product, share)
  raise NotEstimableError(f"conjugate gradients did not converge in {MAX_ITERATIONS} steps")
