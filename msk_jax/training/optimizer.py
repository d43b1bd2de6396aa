"""The optimiser: clipped gradients, Adam, and a learning rate that halves on a plateau of the training loss."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from msk_jax.training import spec

_OPTIMIZERS = {
  "adam": lambda rate: optax.adam(rate, eps=1e-7),  # Keras' value; Keras adds it before the bias correction
  "rmsprop": lambda rate: optax.rmsprop(rate, decay=0.9, eps=1e-7),
  "adadelta": lambda rate: optax.adadelta(rate, rho=0.95, eps=1e-7),
}
_CLIPS = {"global_norm": optax.clip_by_global_norm, "per_variable": lambda norm: _clip_each(norm)}
_ANY_IMPROVEMENT = 1e-12  # the paper's min_delta is 0, which optax does not take


def make(settings: spec.OptimizationSpec) -> optax.GradientTransformationExtraArgs:
  """Returns the optimiser; call `update(..., value=loss)`, from which the plateau rule takes each epoch's mean."""
  return optax.chain(
    _CLIPS[settings.clip](settings.clip_norm),
    _OPTIMIZERS[settings.optimizer](settings.learning_rate),
    optax.contrib.reduce_on_plateau(
      factor=settings.plateau_factor,
      patience=settings.plateau_patience,
      rtol=0.0,
      atol=_ANY_IMPROVEMENT,
      accumulation_size=settings.steps_per_epoch,
    ),
  )


def _clip_each(norm: float) -> optax.GradientTransformation:
  """Scales each parameter's gradient down to `norm` where it is longer, as Keras' `clipnorm` does."""

  def clip(gradient: jax.Array) -> jax.Array:
    return gradient * (norm / jnp.maximum(optax.tree.norm(gradient), norm)).astype(gradient.dtype)

  return optax.stateless(lambda gradients, _: jax.tree.map(clip, gradients))


def learning_rate(opt_state: optax.OptState, settings: spec.OptimizationSpec) -> float:
  """Returns the learning rate that the next step will use, which the chain's last part, the plateau rule, scales."""
  plateau: Any = tuple(opt_state)[-1]  # type: ignore[arg-type]
  return settings.learning_rate * float(plateau.scale)
