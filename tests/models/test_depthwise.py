"""The depthwise convolution for CPUs equals XLA's own, values and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.models import depthwise, layers

CASES = [((2, 9, 8, 5), 7, 1), ((2, 3, 2, 4), 7, 1), ((2, 9, 8, 5), 3, 2), ((2, 8, 9, 3), 3, 2), ((1, 1, 1, 2), 3, 1)]


def both(shape, window_px, stride, dtype=jnp.float32):
  """Returns (values, gradients) of XLA's form and of the shifted one, for a loss that tells all places apart."""
  rng = np.random.default_rng(window_px * stride)
  x = jnp.asarray(rng.normal(size=shape), dtype)
  kernel = jnp.asarray(rng.normal(size=(window_px, window_px, 1, shape[-1])), jnp.float32)
  params, results = {"kernel": kernel, "bias": jnp.ones(shape[-1])}, []
  for is_fast in (False, True):
    options = layers.LayerOptions(dtype=dtype, is_fast=is_fast)
    module = depthwise.DepthwiseConv(window_px, stride, use_bias=True, options=options)

    def loss(params, x, module=module):
      y = module.apply({"params": params}, x)
      weights = jnp.arange(y.size, dtype=jnp.float32).reshape(y.shape) / y.size
      return (y * weights).sum(), y

    (_, y), gradients = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))(params, x)
    results.append((y, gradients))
  return results


@pytest.mark.parametrize("shape, window_px, stride", CASES)
def test_values_and_gradients_are_those_of_xla(shape, window_px, stride):
  plain, fast = both(shape, window_px, stride)

  def compare(ours, theirs):
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6 * max(1e-3, np.abs(theirs).max()))

  jax.tree.map(compare, fast, plain)


def test_bfloat16_is_summed_in_float32():
  options = layers.LayerOptions(dtype=jnp.bfloat16, is_fast=True)
  module = depthwise.DepthwiseConv(7, options=options)
  # 1 + 48 x 2^-9: each addition alone would be rounded away in bfloat16, whose steps at 1 are 2^-7.
  kernel = jnp.full((7, 7, 1, 1), 2.0**-9).at[0, 0].set(1.0)
  y = module.apply({"params": {"kernel": kernel}}, jnp.ones((1, 7, 7, 1)))
  assert y.dtype == jnp.bfloat16
  assert float(y[0, 3, 3, 0]) == float(jnp.bfloat16(1 + 48 * 2.0**-9))


def test_the_form_follows_the_option():
  x = jnp.zeros((1, 5, 5, 2))
  variables = depthwise.DepthwiseConv(3).init(jax.random.key(0), x)
  for is_fast in (False, True):
    module = depthwise.DepthwiseConv(3, options=layers.LayerOptions(is_fast=is_fast))
    assert ("conv_general_dilated" in str(jax.make_jaxpr(module.apply)(variables, x))) is not is_fast
