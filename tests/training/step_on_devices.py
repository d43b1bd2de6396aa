"""Takes the same step on meshes of several shapes and prints what comes out, as JSON; wants eight devices."""

import functools
import json
import sys

import flax.linen as nn
import jax
import numpy as np
import optax

from msk_jax.models import backbones, layers
from msk_jax.trained import network, network_spec, sharding
from msk_jax.training import optimizer, spec, state, step

_SHAPE, _SIDE = (40, 32, 1), 5
_MESHES = ((1, 1), (2, 1), (8, 1), (4, 2), (1, 8))  # data x state


class _TwoConvs(layers.Backbone):
  """Two convolutions with BatchNorm: few enough that five meshes compile in seconds."""

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    x_bhwc, out = image_bhwc, {}
    for i, filters in enumerate((16, 64)):
      conv = layers.ConvBatchNorm(filters, (3, 3), stride=2, options=self.options, name=f"conv_{i}")
      x_bhwc = out[f"conv_{i}"] = conv(x_bhwc, train)
    return x_bhwc, out


def _batch() -> dict:
  rng = np.random.default_rng(0)
  return {
    "image": rng.integers(0, 256, (16, *_SHAPE), np.uint8),
    "side": rng.normal(size=(16, _SIDE)).astype(np.float32),
    "age_z": rng.normal(size=16).astype(np.float32),
  }


def main() -> None:
  backbones.BACKBONES["two_convs"] = _TwoConvs
  model = network.build_model(network_spec.ModelSpec("two_convs", num_dense_nodes=16))
  tx = optimizer.make(spec.OptimizationSpec())
  create = functools.partial(state.create, model=model, tx=tx, image_shape=_SHAPE, num_side_inputs=_SIDE)
  found = {}
  for num_data, num_state in _MESHES:
    mesh = sharding.make(num_state, jax.devices()[: num_data * num_state])
    of_state = state.shardings(jax.eval_shape(create, jax.random.key(0)), mesh)
    current = jax.jit(create, out_shardings=of_state)(jax.random.key(0))
    take = jax.jit(
      functools.partial(step.train_step, model=model, tx=tx, l2=0.1),
      in_shardings=(of_state, mesh.by_batch, mesh.replicated),
      out_shardings=(of_state, mesh.replicated),
    )
    rng = jax.random.key(1)
    for _ in range(2):
      current, metrics = take(current, mesh.to_devices(_batch()), rng)
    moments = jax.tree.leaves(optax.tree.get(current.opt_state, "mu"))
    local = sum(leaf.addressable_shards[0].data.size for leaf in moments)
    stats = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(jax.device_get(current.batch_stats))])
    found[f"{num_data}x{num_state}"] = {
      "loss": float(metrics["loss"]),
      "batch_stats": stats.astype(float).tolist(),
      "params_norm": float(optax.tree.norm(current.params)),
      "moment_share": local / sum(leaf.size for leaf in moments),
    }
    found["num_compilations"] = take._cache_size()
  json.dump(found, sys.stdout)


if __name__ == "__main__":
  main()
