"""K as an operator, and its equations, against dense matrices."""

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import mixed_model_data as simulate
from msk_jax.mixed_models import conjugate_gradients, failures, genotype_blocks, relationship

_N, _M, _PARTS = 150, 1300, 3  # more variants than a block holds


@pytest.fixture(scope="module")
def calls():
  return simulate.draw_genotypes(0, _N, _M, missing=0.03)


@pytest.fixture(scope="module")
def basis():
  return simulate.draw_basis(0, _N)


@pytest.fixture(scope="module")
def operator(calls, basis):
  return relationship.Relationship(simulate.split_chromosomes(calls, _PARTS), basis)


def _dense(calls, basis, left_out=relationship.WHOLE):
  parts = np.array_split(simulate.standardize(calls), _PARTS, axis=1)
  x = np.concatenate([part for number, part in enumerate(parts) if number != left_out], 1)
  x = x - basis @ (basis.T @ x)
  return x @ x.T * ((len(x) - basis.shape[1]) / (x**2).sum())


@pytest.mark.parametrize("left_out", [relationship.WHOLE, 0, 2])
def test_products_are_those_of_the_matrix(calls, basis, operator, left_out):
  columns = np.random.default_rng(0).standard_normal((_N, 4)).astype(np.float32)
  columns -= basis @ (basis.T @ columns)
  product = operator.multiply(jnp.asarray(columns), np.full(4, left_out))
  np.testing.assert_allclose(product, _dense(calls, basis, left_out) @ columns, rtol=0, atol=2e-4)


def test_each_column_leaves_out_its_own_chromosome(calls, basis, operator):
  columns = jnp.asarray(np.repeat(simulate.draw_basis(1, _N)[:, 1:2], 3, 1), jnp.float32)
  columns = relationship.project(operator.basis, columns)
  together = operator.multiply(columns, np.array([0, 1, relationship.WHOLE]))
  for number, left_out in enumerate((0, 1, relationship.WHOLE)):
    alone = operator.multiply(columns[:, number : number + 1], np.array([left_out]))
    np.testing.assert_allclose(together[:, number], alone[:, 0], atol=1e-5)


def test_solutions_solve_their_equations(calls, basis, operator):
  columns = np.random.default_rng(1).standard_normal((_N, 3)).astype(np.float32)
  columns = np.asarray(relationship.project(operator.basis, jnp.asarray(columns)))
  h2, left_out = np.array([0.0, 0.3, 0.9]), np.array([relationship.WHOLE, 1, 2])
  solution = conjugate_gradients.solve(operator, jnp.asarray(columns), h2, left_out, tolerance=1e-5)
  for number in range(3):
    v = h2[number] * _dense(calls, basis, left_out[number]) + (1 - h2[number]) * np.eye(_N)
    np.testing.assert_allclose(v @ np.asarray(solution.columns)[:, number], columns[:, number], atol=3e-4)
  assert solution.residual < 1e-4


def test_missing_calls_are_the_mean_and_constant_variants_count_nothing():
  calls = np.array([[0, 1, 2], [2, 1, genotype_blocks.MISSING], [1, 1, 0], [1, 1, 1]], np.int8)
  x = np.asarray(relationship.standardize(jnp.asarray(calls)))
  assert np.all(x[:, 1] == 0)
  assert x[1, 2] == 0
  np.testing.assert_allclose(x.mean(0), 0, atol=1e-6)
  np.testing.assert_allclose(x[:, 0].std(), 1, rtol=1e-6)


def test_without_variation_there_is_no_matrix(basis):
  with pytest.raises(failures.NotEstimableError, match="no variant varies"):
    relationship.Relationship([genotype_blocks.from_array("1", np.ones((_N, 5), np.int8))], basis)


def test_memory_does_not_depend_on_the_number_of_variants(calls, basis):
  """Blocks are read one at a time, and never more than one block."""
  asked = []

  def read(start, stop):
    asked.append(stop - start)
    return calls[:, start:stop]

  chromosome = genotype_blocks.Chromosome("1", _M, read)
  relationship.Relationship([chromosome], basis)
  assert max(asked) <= genotype_blocks.BLOCK_SIZE
  assert sum(asked) == _M


def test_numbers_that_are_not_finite_do_not_converge(operator):
  columns = jnp.full((_N, 1), jnp.nan)
  with pytest.raises(failures.NotEstimableError):
    conjugate_gradients.solve(operator, columns, np.array([0.3]), np.array([relationship.WHOLE]))
