"""All that a training carries from step to step. Everything else is a pure function of config and seed."""

import dataclasses
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import optax

from msk_jax.models import age_model, initialise
from msk_jax.trained import sharding


@flax.struct.dataclass
class Progress:
  """Where the run is, so that a resumed run decides as an uninterrupted one.

  Attributes:
    loss_sum: sum over the epoch's steps of the loss, float32.
    squared_error_sum: sum over the epoch's images of the squared z-scored error, float32.
    num_images: images of the epoch so far, int32.
    best_rmse_years: lowest validation RMSE so far, float32; infinite before the first evaluation.
    best_epoch: the epoch that reached it, int32; 0 for none.
    epochs_since_best: int32.
    longest_stall: the most epochs without a better one after which training still went on, int32.
    epochs_done: evaluated epochs, int32.
  """

  loss_sum: jax.Array
  squared_error_sum: jax.Array
  num_images: jax.Array
  best_rmse_years: jax.Array
  best_epoch: jax.Array
  epochs_since_best: jax.Array
  longest_stall: jax.Array
  epochs_done: jax.Array

  @classmethod
  def start(cls) -> "Progress":
    """Returns the progress of a run that has not begun."""
    zero, count = jnp.zeros((), jnp.float32), jnp.zeros((), jnp.int32)
    return cls(
      loss_sum=zero,
      squared_error_sum=zero,
      num_images=count,
      best_rmse_years=jnp.full((), jnp.inf, jnp.float32),
      best_epoch=count,
      epochs_since_best=count,
      longest_stall=count,
      epochs_done=count,
    )

  def add_step(self, loss: jax.Array, mse: jax.Array, num_images: int) -> "Progress":
    """Returns the progress with a step's loss and mean squared error added to the epoch's sums."""
    return dataclasses.replace(
      self,
      loss_sum=self.loss_sum + loss,
      squared_error_sum=self.squared_error_sum + mse * num_images,
      num_images=self.num_images + num_images,
    )

  def end_epoch(self, rmse_years: jax.Array) -> "Progress":
    """Returns the progress after an epoch's evaluation, with its sums set back to zero."""
    is_better = rmse_years < self.best_rmse_years
    epochs_done = self.epochs_done + 1
    return dataclasses.replace(
      Progress.start(),
      best_rmse_years=jnp.where(is_better, rmse_years, self.best_rmse_years),
      best_epoch=jnp.where(is_better, epochs_done, self.best_epoch),
      epochs_since_best=jnp.where(is_better, 0, self.epochs_since_best + 1),
      longest_stall=jnp.maximum(self.longest_stall, self.epochs_since_best),
      epochs_done=epochs_done,
    )


@flax.struct.dataclass
class TrainState:
  """Step number, parameters and their running mean, BatchNorm statistics, optimiser state and progress; no functions.

  Attributes:
    step: optimiser steps done, int32.
    params: the network's parameters, a tree of float32.
    batch_stats: running means and variances, a tree of float32.
    opt_state: the optimiser's moments and the plateau rule's counters.
    progress: the epoch's sums and the best validation score so far.
    mean_params: running mean of the parameters, like `params`; empty where the settings ask for none.
  """

  step: jax.Array
  params: Any
  batch_stats: Any
  opt_state: optax.OptState
  progress: Progress
  mean_params: Any = dataclasses.field(default_factory=dict)

  @property
  def variables(self) -> dict[str, Any]:
    """The part that predicting needs, {'params', 'batch_stats'}; parameters are the running mean if there is one."""
    return {"params": self.mean_params or self.params, "batch_stats": self.batch_stats}

  def is_sound(self) -> jax.Array:
    """Returns whether the state may be written.

    Network and sums of the epoch must be finite. The optimiser's state must have no NaN; its best loss begins at
    infinity.
    """
    sums = self.progress.loss_sum, self.progress.squared_error_sum
    are_finite = [
      jnp.isfinite(leaf).all() for leaf in jax.tree.leaves((self.params, self.mean_params, self.batch_stats, sums))
    ]
    are_numbers = [~jnp.isnan(leaf).any() for leaf in jax.tree.leaves(self.opt_state)]
    return jnp.stack([*are_finite, *are_numbers]).all()


def create(
  rng: jax.Array,
  backbone: Any = None,
  *,
  model: age_model.AgeModel,
  tx: optax.GradientTransformation,
  image_shape: tuple[int, int, int],
  num_side_inputs: int,
  has_mean: bool = False,
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
    has_mean: whether a running mean of the parameters is kept.
  """
  name = age_model.BACKBONE
  variables = initialise.init_variables(model, rng, image_shape, num_side_inputs)
  if backbone is not None:
    variables = {kind: {**part, name: backbone[kind]} for kind, part in variables.items() if name in part}
  params = variables["params"]
  batch_stats = variables.get("batch_stats", {})
  mean_params = jax.tree.map(jnp.copy, params) if has_mean else {}
  return TrainState(jnp.zeros((), jnp.int32), params, batch_stats, tx.init(params), Progress.start(), mean_params)


def shardings(shapes: TrainState, devices: sharding.Shardings) -> TrainState:
  """Returns where each array of a state is placed: moments split over the axis `state`, all else on every device.

  Args:
    shapes: a state, or its shapes.
    devices: the mesh.
  """
  replicated = jax.tree.map(lambda _: devices.replicated, shapes)
  return dataclasses.replace(replicated, opt_state=jax.tree.map(devices.over_state, shapes.opt_state))
