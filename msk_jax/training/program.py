"""The compiled functions of one experiment, and how its arrays lie on the devices."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp

from msk_jax.io import errors
from msk_jax.training import compiler, network, optimizer, sharding, spec, state, step


class Program:
  """The compiled functions of one experiment: `create`, `train_step`, `is_sound`, `end_epoch` and `predict_step`."""

  def __init__(self, experiment: spec.ExperimentSpec, image_shape: tuple[int, int, int], num_side_inputs: int):
    """Builds (does not yet compile) the functions.

    Args:
      experiment: the settings.
      image_shape: (rows, columns, channels) of the images.
      num_side_inputs: columns of the side network's input.

    Raises:
      InputError: no such backbone, it can't take images of this size, or the devices don't fit the settings.
    """
    model = network.build_model(experiment.model)
    tx = optimizer.make(experiment.train)
    self.shardings = sharding.make(experiment.train.optimizer_shards)
    replicated, by_batch = self.shardings.replicated, self.shardings.by_batch
    options = compiler.options()
    create = functools.partial(
      state.create, model=model, tx=tx, image_shape=image_shape, num_side_inputs=num_side_inputs
    )
    try:
      shapes = jax.eval_shape(create, jax.random.key(experiment.seed))
    except ValueError as error:  # such as images too small for the backbone
      raise errors.InputError(f"config.model: {error}") from error
    of_state = self.shardings.of_state(shapes)
    self.abstract_state = sharding.abstract(shapes, of_state)
    self.create = jax.jit(create, out_shardings=of_state)
    take_step = functools.partial(
      step.train_step, model=model, tx=tx, l2=experiment.model.l2, num_parts=experiment.train.accumulation_parts
    )
    self.train_step = jax.jit(
      functools.partial(_step_with_votes, take_step),
      in_shardings=(of_state, by_batch, replicated, by_batch),
      out_shardings=(of_state, replicated),
      donate_argnums=(0,),
      compiler_options=options,
    )
    self.predict_step = jax.jit(
      functools.partial(step.predict_step, model=model),
      in_shardings=(replicated, replicated, by_batch),
      out_shardings=replicated,
      compiler_options=options,
    )
    self.end_epoch = jax.jit(end_epoch, out_shardings=replicated)
    self.is_sound = jax.jit(is_sound, out_shardings=replicated)

  def abstract_best(self) -> dict:
    """Returns shapes and shardings of what the best checkpoint holds."""
    return best_of(self.abstract_state)


def _step_with_votes(
  take_step: Any, current: state.TrainState, batch: dict[str, jax.Array], rng: jax.Array, vote_b: jax.Array
) -> tuple[state.TrainState, step.Metrics]:
  """Takes a step and adds `vote`, the highest of the hosts' votes on pausing (int32 [b], one for each row).

  A vote that travels with the batch comes back to all hosts after the same step, so that they pause together.
  """
  after, metrics = take_step(current, batch, rng)
  return after, {**metrics, "vote": vote_b.max()}


def best_of(current: state.TrainState) -> dict:
  """Returns the part of a state that predicting needs."""
  return {"params": current.params, "batch_stats": current.batch_stats}


def is_sound(current: state.TrainState) -> jax.Array:
  """Returns whether a state may be written: the network is finite, the epoch's sums too, the optimiser without NaN."""
  sums = current.progress.loss_sum, current.progress.squared_error_sum
  finite = [jnp.isfinite(leaf).all() for leaf in jax.tree.leaves((current.params, current.batch_stats, sums))]
  numbers = [~jnp.isnan(leaf).any() for leaf in jax.tree.leaves(current.opt_state)]  # its best loss begins at infinity
  return jnp.stack([*finite, *numbers]).all()


def end_epoch(progress: state.Progress, rmse_years: jax.Array) -> state.Progress:
  """Returns the progress after an epoch's evaluation, with its sums set back to zero."""
  better = rmse_years < progress.best_rmse_years
  done = progress.epochs_done + 1
  return dataclasses.replace(
    state.Progress.start(),
    best_rmse_years=jnp.where(better, rmse_years, progress.best_rmse_years),
    best_epoch=jnp.where(better, done, progress.best_epoch),
    epochs_since_best=jnp.where(better, 0, progress.epochs_since_best + 1),
    epochs_done=done,
  )
