"""All that a training carries from step to step. Whatever is not here is a pure function of config and seed."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import optax

from msk_jax.models import age_model, initialise


@flax.struct.dataclass
class Progress:
  """Where the run stands, so that a resumed run decides as an uninterrupted one.

  Attributes:
    loss_sum: sum over the epoch's steps of the loss, float32.
    squared_error_sum: sum over the epoch's images of the squared z-scored error, float32.
    num_images: images of the epoch so far, int32.
    best_rmse_years: lowest validation RMSE so far, float32; infinite before the first evaluation.
    best_epoch: the epoch that reached it, int32; 0 for none.
    epochs_since_best: int32.
    epochs_done: evaluated epochs, int32.
  """

  loss_sum: jax.Array
  squared_error_sum: jax.Array
  num_images: jax.Array
  best_rmse_years: jax.Array
  best_epoch: jax.Array
  epochs_since_best: jax.Array
  epochs_done: jax.Array

  @classmethod
  def start(cls) -> "Progress":
    """Returns the progress of a run that has not begun."""
    zero, count = jnp.zeros((), jnp.float32), jnp.zeros((), jnp.int32)
    return cls(zero, zero, count, jnp.full((), jnp.inf, jnp.float32), count, count, count)


@flax.struct.dataclass
class TrainState:
  """Step number, parameters, BatchNorm statistics, optimiser state and progress; no functions.

  Attributes:
    step: optimiser steps done, int32.
    params: the network's parameters, a tree of float32.
    batch_stats: running means and variances, a tree of float32.
    opt_state: Adam's moments and the plateau rule's counters.
    progress: the epoch's sums and the best validation score so far.
  """

  step: jax.Array
  params: Any
  batch_stats: Any
  opt_state: optax.OptState
  progress: Progress


BACKBONE = "backbone"  # the name of its part of parameters and statistics


def create(
  rng: jax.Array,
  backbone: Any = None,
  *,
  model: age_model.AgeModel,
  tx: optax.GradientTransformation,
  image_shape: tuple[int, int, int],
  num_side_inputs: int,
) -> TrainState:
  """Returns the state before the first step.

  Args:
    rng: key of the initial parameters.
    backbone: {'params', 'batch_stats'} that the backbone starts from (`initial_weights`); None for random ones. All
      else is random, and the same with and without.
    model: the network.
    tx: the optimiser.
    image_shape: (rows, columns, channels) of the stored images.
    num_side_inputs: columns of the side network's input.
  """
  variables = initialise.init_variables(model, rng, image_shape, num_side_inputs)
  if backbone is not None:
    variables = {name: {**part, BACKBONE: backbone[name]} for name, part in variables.items() if BACKBONE in part}
  params = variables["params"]
  batch_stats = variables.get("batch_stats", {})
  return TrainState(jnp.zeros((), jnp.int32), params, batch_stats, tx.init(params), Progress.start())
