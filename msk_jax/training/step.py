"""One optimiser step and one evaluation step: pure functions of state and batch."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax

from msk_jax.models import age_model
from msk_jax.training import objective, state

Metrics = dict[str, jax.Array]


def train_step(current: state.TrainState, batch: dict[str, jax.Array], rng: jax.Array, *, model: age_model.AgeModel,
               tx: optax.GradientTransformationExtraArgs, l2: float) -> tuple[state.TrainState, Metrics]:  # fmt: skip
  """Takes one step.

  Args:
    current: the state before; its step number picks the dropout noise, so that a resumed run draws the same.
    batch: `image` uint8 [b, h, w, c], `side` float32 [b, k], `age_z` float32 [b].
    rng: key of the run's dropout.
    model: the network.
    tx: the optimiser.
    l2: weight of the L2 penalty.

  Returns:
    The state after, and scalars `loss`, `mse_z`, `grad_norm`.
  """
  noise = jax.random.fold_in(rng, current.step)

  def loss_of(params):
    (age_z, _), updated = model.apply(
      {"params": params, "batch_stats": current.batch_stats},
      batch["image"],
      batch["side"],
      train=True,
      mutable=["batch_stats"],
      rngs={"dropout": noise},
    )
    squared_error = jnp.square(age_z - batch["age_z"])
    mse = jnp.mean(squared_error)
    return mse + l2 * objective.l2_penalty(params), (mse, updated.get("batch_stats", {}))

  (loss, (mse, batch_stats)), grads = jax.value_and_grad(loss_of, has_aux=True)(current.params)
  updates, opt_state = tx.update(grads, current.opt_state, current.params, value=loss)
  num_images = batch["age_z"].shape[0]
  progress = dataclasses.replace(
    current.progress,
    loss_sum=current.progress.loss_sum + loss,
    squared_error_sum=current.progress.squared_error_sum + mse * num_images,
    num_images=current.progress.num_images + num_images,
  )
  params = optax.apply_updates(current.params, updates)
  after = state.TrainState(current.step + 1, params, batch_stats, opt_state, progress)
  return after, {"loss": loss, "mse_z": mse, "grad_norm": optax.tree.norm(grads)}


def predict_step(params: Any, batch_stats: Any, batch: dict[str, jax.Array], *, model: age_model.AgeModel) -> jax.Array:
  """Returns predicted z-scored ages, float32 [b], with running BatchNorm statistics and no dropout."""
  variables = {"params": params, "batch_stats": batch_stats}
  age_z, _ = model.apply(variables, batch["image"], batch["side"], train=False)
  return age_z
