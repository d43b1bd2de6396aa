"""One optimiser step: a pure function of state and batch."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from msk_jax.models import age_model
from msk_jax.training import loss, state

Metrics = dict[str, jax.Array]
_FIRST_STEPS = 10  # after n steps the running mean keeps at most (1 + n) / (10 + n), as TensorFlow's does


def train_step(
  current: state.TrainState,
  batch: dict[str, jax.Array],
  rng: jax.Array,
  *,
  model: age_model.AgeModel,
  tx: optax.GradientTransformationExtraArgs,
  l2: float,
  num_parts: int = 1,
  mean_keep: float = 0.0,
) -> tuple[state.TrainState, Metrics]:
  """Takes one step.

  Args:
    current: the state before. Its step number picks the dropout noise, so that a resumed run draws the same.
    batch: `image` uint8 [b, h, w, c], `side` float32 [b, k], `age_z` float32 [b].
    rng: key of the run's dropout.
    model: the network.
    tx: the optimiser.
    l2: weight of the L2 penalty.
    num_parts: parts of the batch worked on one after the other, so that memory holds one part's activations. Loss and
      gradient are means over the parts. They equal those of the whole batch except for BatchNorm and dropout:
      BatchNorm normalises each part by its own statistics (their means over the parts enter the moving ones), and each
      part has its own noise.
    mean_keep: what the running mean of the parameters keeps, if the state has one.

  Returns:
    The state after, and scalars `loss`, `mse_z`, `grad_norm`.
  """
  noise = jax.random.fold_in(rng, current.step)

  def loss_of(params, part, noise):
    variables = {"params": params, "batch_stats": current.batch_stats}
    (age_z, _), updated = model.apply(
      variables, part["image"], part["side"], train=True, mutable=["batch_stats"], rngs={"dropout": noise}
    )
    total, mse = loss.of_predictions(age_z, part["age_z"], params, l2)
    return total, (mse, updated.get("batch_stats", {}))

  value_and_grad = jax.value_and_grad(loss_of, has_aux=True)
  if num_parts == 1:
    (total, (mse, batch_stats)), grads = value_and_grad(current.params, batch, noise)
  else:
    parts = jax.tree.map(lambda rows: _split_rows(rows, num_parts), batch)
    keys = jax.random.split(noise, num_parts)
    (total, (mse, batch_stats)), grads = _mean_over(lambda part: value_and_grad(current.params, *part), (parts, keys))
  updates, opt_state = tx.update(grads, current.opt_state, current.params, value=total)
  progress = current.progress.add_step(total, mse, num_images=batch["age_z"].shape[0])
  params = optax.apply_updates(current.params, updates)
  mean_params = _keep_mean(current, params, mean_keep)
  after = state.TrainState(current.step + 1, params, batch_stats, opt_state, progress, mean_params)
  return after, {"loss": total, "mse_z": mse, "grad_norm": optax.tree.norm(grads)}


def _keep_mean(current: state.TrainState, params: Any, keep: float) -> Any:
  """Returns the running mean after a step; early on it keeps less, as there is little to average."""
  share = jnp.minimum(keep, (1 + current.step) / (_FIRST_STEPS + current.step))
  return jax.tree.map(lambda mean, new: new + share * (mean - new), current.mean_params, params) if keep else {}


def _split_rows(rows: jax.Array, num_parts: int) -> jax.Array:
  """Returns [parts, b / parts, ...]: every n-th row, so that each device's rows stay on that device."""
  return jnp.moveaxis(rows.reshape(-1, num_parts, *rows.shape[1:]), 1, 0)


def _mean_over(function: Any, parts: Any) -> Any:
  """Returns the mean of the function's results over the first axis of `parts`, computed one at a time."""
  num_parts = jax.tree.leaves(parts)[0].shape[0]
  first = jax.tree.map(lambda rows: rows[0], parts)
  zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(function, first))

  def add(total, part):
    return jax.tree.map(jnp.add, total, function(part)), None

  total, _ = jax.lax.scan(add, zeros, parts)
  return jax.tree.map(lambda leaf: leaf / num_parts, total)
