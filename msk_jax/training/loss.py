"""The loss: mean squared error of the z-scored age, plus L2 on the added dense kernels."""

from typing import Any

import jax
import jax.numpy as jnp

from msk_jax.models import age_model


def of_predictions(age_z: jax.Array, target_z: jax.Array, params: Any, l2: float) -> tuple[jax.Array, jax.Array]:
  """Returns the loss and the mean squared error in it, scalars.

  Args:
    age_z: predicted z-scored ages, float32 [b].
    target_z: true z-scored ages, float32 [b].
    params: the network's parameters.
    l2: weight of the L2 penalty.
  """
  mse = jnp.mean(jnp.square(age_z - target_z))
  return mse + l2 * l2_penalty(params), mse


def l2_penalty(params: Any) -> jax.Array:
  """Returns the sum of squares of the kernels that the paper regularises: those of the added dense layers."""
  mask = age_model.l2_mask(params)
  squares = jax.tree.map(
    lambda value, is_penalised: jnp.sum(jnp.square(value)) if is_penalised else jnp.float32(0.0), params, mask
  )
  return jax.tree.reduce(jnp.add, squares)
