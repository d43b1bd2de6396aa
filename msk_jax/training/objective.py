"""The loss: squared error of the z-scored age, plus L2 on the added dense kernels."""

import jax
import jax.numpy as jnp

from msk_jax.models import age_model

PIXEL_SCALE = 1.0 / 255.0  # uint8 to [0, 1], as the paper's generators rescale


def scale_image(image: jax.Array) -> jax.Array:
  """Returns uint8 images as float32 in [0, 1]."""
  return image.astype(jnp.float32) * PIXEL_SCALE


def l2_penalty(params: dict) -> jax.Array:
  """Returns the sum of squares of the kernels that the paper regularises: those of the added dense layers."""
  mask = age_model.l2_mask(params)
  squares = jax.tree.map(lambda value, used: jnp.sum(jnp.square(value)) if used else jnp.float32(0.0), params, mask)
  return jax.tree.reduce(jnp.add, squares)
