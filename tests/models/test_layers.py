"""Layers against brute force, and the order of names against a graph that is walked."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.models import branches, inception_resnet_v2, inception_v3, layers


@pytest.mark.parametrize("shape", [(2, 5, 4, 3), (1, 1, 1, 2), (1, 1, 6, 1), (3, 2, 2, 1)])
def test_average_pool_is_the_mean_of_the_pixels_inside(shape):
  x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
  expected = np.empty_like(x)
  for i in range(shape[1]):
    for j in range(shape[2]):
      expected[:, i, j] = x[:, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].mean(axis=(1, 2))
  np.testing.assert_allclose(layers.average_pool_3x3(jnp.asarray(x)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [(5, 4), (7, 9), (3, 3)])
def test_max_pool_takes_whole_windows_only(size):
  x = np.random.default_rng(1).normal(size=(2, *size, 3)).astype(np.float32)
  rows, columns = (size[0] - 1) // 2, (size[1] - 1) // 2
  expected = np.stack(
    [
      np.stack([x[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max(axis=(1, 2)) for j in range(columns)], axis=1)
      for i in range(rows)
    ],
    axis=1,
  )
  np.testing.assert_array_equal(layers.max_pool_3x3(jnp.asarray(x)), expected)


@pytest.mark.parametrize("train", [True, False])
def test_conv_batch_norm_relu_is_the_formula(train):
  rng = np.random.default_rng(2)
  x = rng.normal(size=(4, 6, 5, 3)).astype(np.float32)
  module = layers.ConvBatchNorm(7, (1, 1), options=layers.LayerOptions(batch_norm_momentum=0.8))
  variables = module.init(jax.random.key(0), x, train=False)
  bias = rng.normal(size=7).astype(np.float32)
  variables["params"]["batch_norm"]["bias"] = jnp.asarray(bias)
  old = {"mean": rng.normal(size=7).astype(np.float32), "var": rng.uniform(1, 2, 7).astype(np.float32)}
  variables["batch_stats"]["batch_norm"] = {key: jnp.asarray(value) for key, value in old.items()}
  y, updated = module.apply(variables, x, train=train, mutable=["batch_stats"])

  z = x @ np.asarray(variables["params"]["conv"]["kernel"])[0, 0]
  mean, var = (z.mean((0, 1, 2)), z.var((0, 1, 2))) if train else (old["mean"], old["var"])
  np.testing.assert_allclose(y, np.maximum((z - mean) / np.sqrt(var + 1e-3) + bias, 0), rtol=1e-4, atol=1e-5)
  expected = {"mean": 0.8 * old["mean"] + 0.2 * mean, "var": 0.8 * old["var"] + 0.2 * var} if train else old
  for key, value in expected.items():
    np.testing.assert_allclose(updated["batch_stats"]["batch_norm"][key], value, rtol=1e-5, atol=1e-6)


def test_variance_survives_a_large_mean():
  rng = np.random.default_rng(3)
  x = (1000 + 0.1 * rng.normal(size=(8, 16, 16, 1))).astype(np.float32)
  module = layers.ConvBatchNorm(1, (1, 1), options=layers.LayerOptions(batch_norm_momentum=0.0))
  variables = module.init(jax.random.key(0), x, train=False)
  variables["params"]["conv"]["kernel"] = jnp.ones((1, 1, 1, 1))
  _, updated = module.apply(variables, x, train=True, mutable=["batch_stats"])
  np.testing.assert_allclose(updated["batch_stats"]["batch_norm"]["var"], [x.var(dtype=np.float64)], rtol=1e-3)


@pytest.mark.parametrize("size", [6, 7])
def test_same_padding_with_stride_2(size):
  """An even size gets one place, at its end; an odd one gets one at either end."""
  x = np.random.default_rng(4).normal(size=(1, size, 1, 1)).astype(np.float32)
  module = layers.ConvBatchNorm(1, (3, 1), stride=2)
  variables = module.init(jax.random.key(0), x, train=False)
  before = size % 2
  padded = np.pad(x[0, :, 0, 0], (before, 1))
  sums = np.asarray([padded[i : i + 3] @ variables["params"]["conv"]["kernel"][:, 0, 0, 0] for i in range(0, size, 2)])
  expected = np.maximum(sums / np.sqrt(1 + 1e-3), 0)
  assert (expected > 0).any()
  np.testing.assert_allclose(module.apply(variables, x, train=False)[0, :, 0, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("relu", [True, False])
def test_a_residual_is_scaled_with_its_bias(relu):
  x = np.random.default_rng(5).normal(size=(1, 2, 2, 3)).astype(np.float32)
  block = inception_resnet_v2.ResidualBlock(inception_resnet_v2.Residual(((branches.square(2),),), 0.17, relu))
  variables = block.init(jax.random.key(0), x, False)
  up = {"kernel": jnp.zeros((1, 1, 2, 3)), "bias": jnp.asarray([1.0, -2.0, 3.0])}
  y = block.apply({**variables, "params": {**variables["params"], "up": up}}, x, False)
  expected = x + 0.17 * np.asarray([1.0, -2.0, 3.0])
  np.testing.assert_allclose(y, np.maximum(expected, 0) if relu else expected, rtol=1e-5, atol=1e-6)


def test_names_by_depth_puts_the_layers_farthest_from_the_end_first():
  block = (
    (branches.square(8),),
    (branches.square(8), branches.Fork(((branches.square(8),), (branches.square(8),)))),
    (branches.AVERAGE_POOL, branches.square(8)),
  )
  names = [f"{name} {kind}" for name, kind in branches.names_by_depth(block)]
  # Layers between each and the block's end, counted by hand:
  # conv_1 6, its normalisation 5, conv_2 and conv_3 3, theirs 2, conv_0 and conv_4 2, theirs 1.
  assert names == [
    "conv_1 conv",
    "conv_1 batch_norm",
    "conv_2 conv",
    "conv_3 conv",
    "conv_0 conv",
    "conv_2 batch_norm",
    "conv_3 batch_norm",
    "conv_4 conv",
    "conv_0 batch_norm",
    "conv_4 batch_norm",
  ]


@pytest.mark.parametrize("network, convolutions", [(inception_v3, 94), (inception_resnet_v2, 244)])
def test_layer_order_names_every_layer_once(network, convolutions):
  order = network.layer_order()
  assert len(set(order)) == len(order)
  assert sum(path[-1] in ("conv", "up") for path in order) == convolutions
