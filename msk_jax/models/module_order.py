"""The order in which a picture passes the parts of a backbone."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from msk_jax.models import age_model


def backbone_parts(model: age_model.AgeModel, image_shape: tuple[int, int, int], num_side_inputs: int) -> list[str]:
  """Returns the names of the backbone's parts that have parameters, from the picture up; nothing is computed.

  Args:
    model: the network.
    image_shape: (rows, columns, channels).
    num_side_inputs: columns of the side inputs.
  """
  passed: dict[str, None] = {}

  def note(call, args, kwargs, context):
    path = context.module.path
    if len(path) >= 2 and path[0] == age_model.BACKBONE:
      passed.setdefault(path[1])
    return call(*args, **kwargs)

  def run(image_bhwc: jax.Array, side_bk: jax.Array) -> Any:
    with nn.intercept_methods(note):
      return model.init(jax.random.key(0), image_bhwc, side_bk, train=False)

  shapes = jax.eval_shape(run, jnp.zeros((1, *image_shape)), jnp.zeros((1, num_side_inputs)))
  return [name for name in passed if name in shapes["params"][age_model.BACKBONE]]
