"""Stochastic depth: drops whole images, keeps the mean, acts in training only, and in both networks that have it."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.models import backbones, convnext, efficientnet_v2, stochastic_depth
from tests import cases


class Branch(nn.Module):
  rate: float

  @nn.compact
  def __call__(self, x_bhwc, train):
    return stochastic_depth.drop_branch(x_bhwc, self.rate, train=train)


def test_whole_images_are_dropped_and_the_mean_stays():
  x = jnp.ones((2000, 2, 3, 4))
  y = np.asarray(Branch(0.2).apply({}, x, True, rngs={"dropout": jax.random.key(0)}))
  np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1, :1, :1], y.shape))
  assert set(np.unique(y)) == {np.float32(0), np.float32(1.25)}
  assert (y == 0).mean() == pytest.approx(0.2, abs=0.03)  # 3 standard deviations of 2000 draws


def test_nothing_is_dropped_in_evaluation_nor_at_rate_zero():
  x = jnp.ones((8, 1, 1, 1))
  np.testing.assert_array_equal(Branch(0.9).apply({}, x, False), x)
  np.testing.assert_array_equal(Branch(0.0).apply({}, x, True), x)


BLOCKS = {
  "convnext_tiny": lambda rate: convnext.ConvNeXtBlock(rate),
  "fused": lambda rate: efficientnet_v2.FusedMBConv(efficientnet_v2.blocks()[3], rate),
  "mbconv": lambda rate: efficientnet_v2.MBConv(efficientnet_v2.blocks()[12], rate),
}


@pytest.mark.parametrize("name", cases.first_of(["mbconv", "fused", "convnext_tiny"]))
def test_a_dropped_block_is_its_input(name):
  channels = {"convnext_tiny": 8, "fused": 48, "mbconv": 128}[name]
  x = jnp.asarray(np.random.default_rng(0).normal(size=(16, 3, 3, channels)), jnp.float32)
  variables = BLOCKS[name](0.0).init(jax.random.key(0), x, False)
  variables = jax.tree.map(lambda leaf: jnp.full_like(leaf, 0.3) if leaf.ndim == 1 else leaf, variables)

  @functools.partial(jax.jit, static_argnums=(0, 1))
  def run(rate, train):
    y, _ = BLOCKS[name](rate).apply(variables, x, train, rngs={"dropout": jax.random.key(2)}, mutable=["batch_stats"])
    return jnp.abs(y - x).max(axis=(1, 2, 3)) > 0

  assert run(0.5, False).all() and run(0.0, True).all()
  changed = run(0.5, True)
  assert 0 < changed.sum() < changed.size


def test_rates_grow_from_block_to_block_as_in_keras():
  rates = recorded_rates("efficientnet_v2_s")
  assert len(rates) == 35  # blocks with a shortcut, of 40
  np.testing.assert_allclose([rates[0], rates[1], rates[-1]], [0, 0.2 / 40, 0.2 * 39 / 40])
  assert recorded_rates("convnext_tiny") == [0.0] * 18  # Keras' default
  np.testing.assert_allclose(recorded_rates("convnext_tiny", drop_path_rate=0.1), np.linspace(0, 0.1, 18))


def recorded_rates(name: str, **options) -> list[float]:
  """Returns the rates in the order in which a network calls `drop_branch`."""
  found = []
  original = stochastic_depth.drop_branch
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(
      stochastic_depth, "drop_branch", lambda x, rate, *, train: found.append(rate) or original(x, rate, train=train)
    )
    backbone = backbones.make_backbone(name, **options)
    image = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    jax.eval_shape(lambda x: backbone.init(jax.random.key(0), x, train=False), image)
  return found
