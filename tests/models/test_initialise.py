"""New weights: the tree, the distribution and the independence that Flax' own initialisers would give."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from msk_jax.models import age_model, initialise

IMAGE_SHAPE, SIDE_FEATURES = (48, 40, 1), 25


@functools.cache
def both():
  """Returns the variables made here and by Flax."""
  model = age_model.AgeModel("simple_cnn")
  make = jax.jit(lambda key: initialise.init_variables(model, key, IMAGE_SHAPE, SIDE_FEATURES))
  image, side = jnp.zeros((1, *IMAGE_SHAPE)), jnp.zeros((1, SIDE_FEATURES))
  key = jax.random.key(0, impl="rbg")  # compiles in a third of the time
  flax_made = jax.jit(functools.partial(model.init, train=False))(key, image, side)
  return make(jax.random.key(0)), make(jax.random.key(0)), make(jax.random.key(1)), flax_made


def test_tree_shapes_and_dtypes_are_those_of_flax():
  made, _, _, flax_made = both()
  describe = functools.partial(jax.tree.map, lambda leaf: (leaf.shape, leaf.dtype))
  assert describe(made) == describe(flax_made)


def test_distribution_is_that_of_flax_leaf_by_leaf():
  made, _, _, flax_made = both()
  flat = jax.tree_util.tree_flatten_with_path(made)[0]
  for (path, ours), theirs in zip(flat, jax.tree.leaves(flax_made), strict=True):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if path[-1].key != "kernel":
      np.testing.assert_array_equal(ours, theirs)
    elif ours.size > 4000:
      np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.05)
      np.testing.assert_allclose(np.abs(ours).max(), np.abs(theirs).max(), rtol=0.02)
      assert abs(ours.mean()) < 4 * ours.std() / np.sqrt(ours.size)


def test_equal_keys_give_equal_weights_and_no_two_kernels_share_draws():
  made, again, other, _ = both()
  jax.tree.map(np.testing.assert_array_equal, made, again)
  kernel = lambda tree: np.asarray(tree["params"]["dense_0"]["kernel"])  # noqa: E731
  assert not np.array_equal(kernel(made), kernel(other))
  kernels = [
    np.asarray(leaf) for path, leaf in jax.tree_util.tree_flatten_with_path(made)[0] if path[-1].key == "kernel"
  ]
  scaled = np.concatenate([(leaf / np.abs(leaf).max()).ravel()[:200] for leaf in kernels])
  assert np.unique(scaled.round(6)).size > 0.99 * scaled.size


def test_other_parameters_are_drawn_by_their_own_initialisers():
  class Odd(age_model.AgeModel):
    @age_model.nn.compact
    def __call__(self, image_bhwc, side_bk, *, train):
      self.param("scale", age_model.nn.initializers.constant(1e-6), (3,))
      return self.param("table", age_model.nn.initializers.normal(2.0), (4000,))

  made = initialise.init_variables(Odd("simple_cnn"), jax.random.key(0), IMAGE_SHAPE, SIDE_FEATURES)["params"]
  np.testing.assert_array_equal(made["scale"], np.full(3, 1e-6, np.float32))
  np.testing.assert_allclose(np.std(made["table"]), 2.0, rtol=0.05)


def test_kernels_are_glorot_uniform_as_in_keras():
  kernel = np.asarray(both()[0]["params"]["backbone"]["conv_4"]["conv"]["kernel"])
  limit = np.sqrt(6 / (9 * (96 + 128)))  # Glorot & Bengio 2010: fan in and fan out count the 3x3 window
  assert 0.98 * limit < np.abs(kernel).max() <= limit
  np.testing.assert_allclose(kernel.var(), limit**2 / 3, rtol=0.02)
