"""Stochastic depth (Huang et al. 2016, arXiv 1603.09382): in training, images skip a block's branch at random."""

import flax.linen as nn
import jax


def drop_branch(branch_bhwc: jax.Array, rate: float, *, train: bool) -> jax.Array:
  """Sets whole images of a branch to 0 and scales the others by 1 / (1 - rate), so that the mean stays.

  Call it inside a module's compact `__call__`. It draws from the rng `dropout`, once per image.

  Args:
    branch_bhwc: [b, h, w, c], to be added to the block's input.
    rate: share of images set to 0, 0 to 1.
    train: whether it acts.

  Returns:
    [b, h, w, c].
  """
  return nn.Dropout(rate, broadcast_dims=(1, 2, 3), deterministic=not train)(branch_bhwc)
