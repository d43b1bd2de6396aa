"""The optimiser: clipped gradients, then Adam (or another), then the learning-rate schedule."""

import jax
import jax.numpy as jnp
import optax

from msk_jax.training import learning_rate, spec

_OPTIMIZERS = {
  "adam": lambda rate: optax.adam(rate, eps=1e-7),  # Keras' value; Keras adds it before the bias correction
  "rmsprop": lambda rate: optax.rmsprop(rate, decay=0.9, eps=1e-7),
  "adadelta": lambda rate: optax.adadelta(rate, rho=0.95, eps=1e-7),
}
_CLIPS = {"global_norm": optax.clip_by_global_norm, "per_variable": lambda norm: _clip_each(norm)}


def make(settings: spec.OptimizationSpec) -> optax.GradientTransformationExtraArgs:
  """Returns the optimiser; call `update(..., value=loss)`, from which the schedule takes each epoch's mean."""
  return optax.chain(
    _CLIPS[settings.clip](settings.clip_norm),
    _OPTIMIZERS[settings.optimizer](learning_rate.warmed_up(settings)),
    learning_rate.plateau_rule(settings),
  )


def _clip_each(norm: float) -> optax.GradientTransformation:
  """Scales each parameter's gradient down to `norm` where it is longer, as Keras' `clipnorm` does."""

  def clip(gradient: jax.Array) -> jax.Array:
    return gradient * (norm / jnp.maximum(optax.tree.norm(gradient), norm)).astype(gradient.dtype)

  return optax.stateless(lambda gradients, _: jax.tree.map(clip, gradients))
