"""The loss: squared error of the z-scored age, plus L2 on the added dense kernels."""

import jax
import jax.numpy as jnp

from msk_jax.models import age_model


def l2_penalty(params: dict) -> jax.Array:
  """Returns the sum of squares of the kernels that the paper regularises: those of the added dense layers."""
  mask = age_model.l2_mask(params)
  squares = jax.tree.map(lambda value, used: jnp.sum(jnp.square(value)) if used else jnp.float32(0.0), params, mask)
  return jax.tree.reduce(jnp.add, squares)
