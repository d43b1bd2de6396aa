"""The compiled functions of one training, and how its arrays are placed on the devices."""

import functools
from typing import Any

import jax

from msk_jax.io import errors
from msk_jax.models import batch_moments
from msk_jax.trained import compiler, network, predictor, sharding
from msk_jax.training import optimizer, spec, state, step


class Program:
  """The compiled functions of one training.

  Attributes:
    shardings: of arrays on the devices.
    abstract_state: shapes, dtypes and placement of the training state.
    create: (key, backbone or None) to the state before the first step.
    train_step: (state, batch, key, votes) to the state after and metrics; the state before is given up.
    end_epoch: `Progress.end_epoch`.
    is_sound: `TrainState.is_sound`.
    batch_moments: (params, batch_stats, batch) to the BatchNorm statistics of that batch.
    predictor: the predict program.
  """

  def __init__(self, experiment: spec.ExperimentSpec, image_shape: tuple[int, int, int], num_side_inputs: int):
    """Builds (does not yet compile) the functions.

    Args:
      experiment: the settings.
      image_shape: (rows, columns, channels) of the images.
      num_side_inputs: columns of the side network's input.

    Raises:
      InputError: there is no such backbone, it can't take images of this size, or the devices don't fit the settings.
    """
    model = network.build_model(experiment.model)
    tx = optimizer.make(experiment.train)
    self.shardings = sharding.make(experiment.train.optimizer_shards)
    replicated, by_batch = self.shardings.replicated, self.shardings.by_batch
    create = functools.partial(
      state.create,
      model=model,
      tx=tx,
      image_shape=image_shape,
      num_side_inputs=num_side_inputs,
      has_mean=experiment.train.mean_keep > 0,
    )
    try:
      shapes = jax.eval_shape(create, jax.random.key(experiment.seed))
    except ValueError as error:  # such as images too small for the backbone
      raise errors.InputError(f"config.model: {error}") from error
    of_state = state.shardings(shapes, self.shardings)
    self.abstract_state = sharding.abstract(shapes, of_state)
    self.create = jax.jit(create, out_shardings=of_state)
    take_step = functools.partial(
      step.train_step,
      model=model,
      tx=tx,
      l2=experiment.model.l2,
      num_parts=experiment.train.accumulation_parts,
      mean_keep=experiment.train.mean_keep,
    )
    self.train_step = jax.jit(
      functools.partial(_step_with_votes, take_step),
      in_shardings=(of_state, by_batch, replicated, by_batch),
      out_shardings=(of_state, replicated),
      donate_argnums=(0,),
      compiler_options=compiler.options(),
    )
    self.end_epoch = jax.jit(state.Progress.end_epoch, out_shardings=replicated)
    self.is_sound = jax.jit(state.TrainState.is_sound, out_shardings=replicated)
    self.batch_moments = jax.jit(
      functools.partial(batch_moments.of_batch, model=model),
      in_shardings=(replicated, replicated, by_batch),
      out_shardings=replicated,
      compiler_options=compiler.options(),
    )
    self.predictor = predictor.Predictor(model, self.shardings)


def _step_with_votes(
  take_step: Any, current: state.TrainState, batch: dict[str, jax.Array], rng: jax.Array, vote_b: jax.Array
) -> tuple[state.TrainState, step.Metrics]:
  """Takes a step and adds `vote`, the highest of the hosts' votes on pausing (int32 [b], one for each row).

  A vote that travels with the batch comes back to all hosts after the same step, so that they pause together.
  """
  after, metrics = take_step(current, batch, rng)
  return after, {**metrics, "vote": vote_b.max()}
