"""The network for tabular data: three hidden layers of ReLU nodes and one output (paper, Methods; 128, 64, 32)."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

HIDDEN = (128, 64, 32)  # the published MLPRegressor(hidden_layer_sizes=...)


class Mlp(nn.Module):
  """A fully connected network in float32; `initial_params` gives the parameters to start from.

  Parameters: `dense_0` ... and `output`, each with `kernel` [inputs, nodes] and `bias` [nodes].

  Attributes:
    hidden: nodes of the hidden layers.
  """

  hidden: Sequence[int] = HIDDEN

  @nn.compact
  def __call__(self, x_bp: jax.Array) -> jax.Array:
    """Returns the outputs [b] from standardised features [b, p] float32."""
    for i, nodes in enumerate(self.hidden):
      x_bp = nn.relu(nn.Dense(nodes, dtype=jnp.float32, name=f"dense_{i}")(x_bp))
    return nn.Dense(1, dtype=jnp.float32, name="output")(x_bp)[:, 0]


def apply(params: Any, x_bp: jax.Array, hidden: Sequence[int] = HIDDEN) -> jax.Array:
  """Returns the network's outputs [b] with given parameters."""
  out_b: Any = Mlp(hidden).apply({"params": params}, x_bp)
  return out_b


def layer_names(hidden: Sequence[int] = HIDDEN) -> list[str]:
  """Returns the layers' names from the first to the last."""
  return [*(f"dense_{i}" for i in range(len(hidden))), "output"]


def initial_params(key: jax.Array, num_features: int, hidden: Sequence[int] = HIDDEN) -> dict[str, Any]:
  """Returns parameters to start from: uniform within sqrt(6 / (inputs + nodes)), biases too, as scikit-learn's.

  All are one draw, cut into pieces: a draw for each would take seconds to compile.
  """
  shapes = list(itertools.pairwise([num_features, *hidden, 1]))
  draw = jax.random.uniform(key, (sum((inputs + 1) * nodes for inputs, nodes in shapes),), jnp.float32, -1, 1)
  params, begin = {}, 0
  for name, (inputs, nodes) in zip(layer_names(hidden), shapes, strict=True):
    piece = draw[begin : begin + (inputs + 1) * nodes].reshape(inputs + 1, nodes) * math.sqrt(6 / (inputs + nodes))
    params[name] = {"kernel": piece[:-1], "bias": piece[-1]}
    begin += (inputs + 1) * nodes
  return params
