"""New weights, as Keras would draw them, from a program that compiles in a second.

`model.init` under `jax.jit` gives the same distribution, but compiles one random generator for each of the
hundreds of parameters: 40 s for InceptionV3 on a CPU. Here one draw serves all.
"""

import functools
import math
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

_FILLS = {"bias": 0.0, "scale": 1.0, "mean": 0.0, "var": 1.0}


def init_variables(
  model: nn.Module, key: jax.Array, image_shape: tuple[int, int, int], num_side_features: int
) -> Mapping[str, Any]:
  """Returns new variables of an age model: kernels Glorot uniform, biases 0, moving means 0, variances 1.

  Pure, so that it may run inside `jax.jit`.

  Args:
    model: an `AgeModel`.
    key: a random key; equal keys give equal weights.
    image_shape: (rows, columns, channels) of one image.
    num_side_features: columns of the side inputs.

  Returns:
    {'params', 'batch_stats'} as `model.init` gives them, float32.

  Raises:
    ValueError: a backbone has parameters of a kind for which no rule is known here.
  """
  image, side = jnp.zeros((1, *image_shape)), jnp.zeros((1, num_side_features))
  shapes = jax.eval_shape(functools.partial(model.init, train=False), key, image, side)
  flat, structure = jax.tree_util.tree_flatten_with_path(shapes)
  total = sum(leaf.size for path, leaf in flat if path[-1].key == "kernel")
  draws, start, made = jax.random.uniform(key, (total,), minval=-1.0, maxval=1.0), 0, []
  for path, leaf in flat:
    kind = path[-1].key
    if kind == "kernel":
      drawn = jax.lax.slice(draws, (start,), (start + leaf.size,)).reshape(leaf.shape)
      made.append(drawn * _glorot_limit(leaf.shape))
      start += leaf.size
    elif kind in _FILLS:
      made.append(jnp.full(leaf.shape, _FILLS[kind], leaf.dtype))
    else:
      raise ValueError(f"no initial value is known for {jax.tree_util.keystr(path)}: add its kind to {__name__}.")
  return jax.tree_util.tree_unflatten(structure, made)


def _glorot_limit(shape: tuple[int, ...]) -> float:
  """Returns the bound of Glorot's uniform distribution for a kernel [..., in, out] (Glorot & Bengio 2010)."""
  *window, fan_in, fan_out = shape
  return math.sqrt(6.0 / (math.prod(window) * (fan_in + fan_out)))
