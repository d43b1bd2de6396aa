"""New weights, as Keras would draw them, from a program that compiles in seconds.

`model.init` under `jax.jit` gives the same distribution, but compiles one random generator for each of the hundreds of
kernels: 40 s for InceptionV3 on a CPU. Here one draw serves all kernels. All other parameters come from `model.init`,
of which the compiler drops the kernels. So a new kind of parameter needs no rule here.
"""

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp


def init_variables(
  model: nn.Module, key: jax.Array, image_shape: tuple[int, int, int], num_side_features: int
) -> Mapping[str, Any]:
  """Returns new variables of an age model: kernels Glorot uniform, all else by the modules' own initialisers.

  It is pure, so it may run inside `jax.jit`. A kernel is an array that is called `kernel` and has at least two axes. A
  module whose weights must be drawn in another way gives them another name.

  Args:
    model: an `AgeModel`.
    key: a random key; equal keys give equal weights.
    image_shape: (rows, columns, channels) of one image.
    num_side_features: columns of the side inputs.

  Returns:
    {'params', 'batch_stats'} as `model.init` gives them, float32.
  """
  image, side = jnp.zeros((1, *image_shape)), jnp.zeros((1, num_side_features))
  init = jax.jit(functools.partial(model.init, train=False))  # under jit: it is traced once
  flat, structure = jax.tree_util.tree_flatten_with_path(jax.eval_shape(init, key, image, side))
  are_kernels = [path[-1].key == "kernel" and leaf.ndim > 1 for path, leaf in flat]

  @jax.jit
  def init_others(key: jax.Array) -> list[jax.Array]:
    leaves = jax.tree.leaves(init(key, image, side))
    return [leaf for leaf, is_kernel in zip(leaves, are_kernels, strict=True) if not is_kernel]

  kernels = _draw_kernels(
    key, [leaf.shape for (_, leaf), is_kernel in zip(flat, are_kernels, strict=True) if is_kernel]
  )
  parts = {True: iter(kernels), False: iter(init_others(key))}
  return jax.tree_util.tree_unflatten(structure, [next(parts[is_kernel]) for is_kernel in are_kernels])


def _draw_kernels(key: jax.Array, shapes: Sequence[tuple[int, ...]]) -> list[jax.Array]:
  """Cuts one draw of uniform numbers into kernels and scales each by its bound."""
  sizes = [math.prod(shape) for shape in shapes]
  draws = jax.random.uniform(key, (sum(sizes),), minval=-1.0, maxval=1.0)
  starts = itertools.accumulate(sizes, initial=0)
  return [
    jax.lax.slice(draws, (start,), (start + size,)).reshape(shape) * _glorot_limit(shape)
    for start, size, shape in zip(starts, sizes, shapes, strict=False)
  ]


def _glorot_limit(shape: tuple[int, ...]) -> float:
  """Returns the bound of Glorot's uniform distribution for a kernel [..., in, out] (Glorot & Bengio 2010)."""
  *window, fan_in, fan_out = shape
  return math.sqrt(6.0 / (math.prod(window) * (fan_in + fan_out)))
