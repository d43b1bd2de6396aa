"""The genomic relationship matrix as an operator, whole or without one chromosome."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from msk_jax.mixed_models import genotype_blocks
from msk_jax.mixed_models.failures import NotEstimableError
from msk_jax.mixed_models.genotype_blocks import Chromosome

# GPUs round float32 products to ten bits unless they are told not to: conjugate gradients would not converge.
_multiply = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
WHOLE = -1  # in place of the number of a chromosome that is left out


@jax.jit
def standardize(calls: jax.Array) -> jax.Array:
  """Returns genotypes of mean 0 and variance 1, float32 [n, m]; missing calls are 0, the mean.

  Args:
    calls: int8 [n, m]; variants without variation become 0.
  """
  is_missing = calls == genotype_blocks.MISSING
  count = jnp.maximum(calls.shape[0] - is_missing.sum(0, keepdims=True), 1)
  dosage = jnp.where(is_missing, 0, calls).astype(jnp.float32)
  centred = jnp.where(is_missing, 0.0, dosage - dosage.sum(0, keepdims=True) / count)
  sd = jnp.sqrt((centred * centred).sum(0, keepdims=True) / count)
  return jnp.where(sd > 1e-6, centred / jnp.where(sd > 1e-6, sd, 1.0), 0.0)


@jax.jit
def project(basis: jax.Array, columns: jax.Array) -> jax.Array:
  """Returns columns [n, k] without what the basis [n, q] explains."""
  return columns - _multiply(basis, _multiply(basis.T, columns))


@jax.jit
def _add_product(total: jax.Array, calls: jax.Array, columns: jax.Array, is_kept: jax.Array) -> jax.Array:
  standardized = standardize(calls)
  return total + _multiply(standardized, _multiply(standardized.T, columns) * is_kept[None, :])


@jax.jit
def _squared_norm(calls: jax.Array, basis: jax.Array) -> jax.Array:
  standardized = standardize(calls)
  return (standardized**2).sum() - (_multiply(basis.T, standardized) ** 2).sum()


class Relationship:
  """K and K without one chromosome, with covariates projected out and a mean diagonal of 1.

  Attributes:
    basis: float32 [n, q], orthonormal; spans the covariates.
    names: of the chromosomes.
    num_free: n - q.
  """

  def __init__(self, chromosomes: Sequence[Chromosome], basis: np.ndarray):
    """Reads all genotypes once, for the scale.

    Args:
      chromosomes: what K is made of.
      basis: [n, q], orthonormal.

    Raises:
      NotEstimableError: no variant varies, or covariates leave fewer than two degrees of freedom.
    """
    self._chromosomes = tuple(chromosomes)
    self.basis = jnp.asarray(basis, jnp.float32)
    self.names = tuple(chromosome.name for chromosome in chromosomes)
    self.num_free = basis.shape[0] - basis.shape[1]
    if self.num_free < 2:
      raise NotEstimableError(f"{basis.shape[0]} people and {basis.shape[1]} columns of covariates: too few people")
    norms = np.zeros(len(self.names))
    for number, calls in genotype_blocks.iterate(self._chromosomes):
      norms[number] += float(_squared_norm(jnp.asarray(calls), self.basis))
    self._norms = norms
    if not norms.sum() > 0:
      raise NotEstimableError("no variant varies: there is no relationship matrix")

  def is_empty_without(self, number: int) -> bool:
    """Returns whether no variation is left when a chromosome is left out."""
    return not self._norms_without(np.array([number]))[0] > 0

  def _norms_without(self, left_out: np.ndarray) -> np.ndarray:
    """Returns the sums of squares of all chromosomes but one, float64 [k]."""
    is_kept = np.arange(len(self.names))[:, None] != left_out[None, :]
    return self._norms @ is_kept

  def multiply(self, columns: jax.Array, left_out: np.ndarray) -> jax.Array:
    """Returns K u, float32 [n, k], for each column u with its own chromosome left out; 0 where nothing is left of K.

    Args:
      columns: float32 [n, k]; in the space without covariates.
      left_out: int64 [k], numbers of chromosomes; `WHOLE` for none.
    """
    left_out = np.asarray(left_out)
    is_kept = jnp.asarray(np.arange(len(self.names))[:, None] != left_out[None, :], jnp.float32)  # [chromosomes, k]
    total = jnp.zeros_like(columns)
    for number, calls in genotype_blocks.iterate(self._chromosomes):
      total = _add_product(total, jnp.asarray(calls), columns, is_kept[number])
    norms = self._norms_without(left_out)
    scales = np.divide(self.num_free, norms, out=np.zeros(len(norms)), where=norms > 0)
    return project(self.basis, total) * jnp.asarray(scales, jnp.float32)[None, :]
