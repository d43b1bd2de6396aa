"""The optimiser: clipped gradients, Adam, and a learning rate that halves on a plateau of the training loss."""

from typing import Any

import optax

from msk_jax.training import spec

_OPTIMIZERS = {
  "adam": lambda rate: optax.adam(rate, eps=1e-7),  # Keras' epsilon
  "rmsprop": lambda rate: optax.rmsprop(rate, decay=0.9, eps=1e-7),
  "adadelta": lambda rate: optax.adadelta(rate, rho=0.95, eps=1e-7),
}
_ANY_IMPROVEMENT = 1e-12  # the paper's min_delta is 0, which optax does not take


def make(settings: spec.OptimizationSpec) -> optax.GradientTransformationExtraArgs:
  """Returns the optimiser; call `update(..., value=loss)`, from which the plateau rule takes each epoch's mean."""
  return optax.chain(
    optax.clip_by_global_norm(settings.clip_norm),
    _OPTIMIZERS[settings.optimizer](settings.learning_rate),
    optax.contrib.reduce_on_plateau(
      factor=settings.plateau_factor,
      patience=settings.plateau_patience,
      rtol=0.0,
      atol=_ANY_IMPROVEMENT,
      accumulation_size=settings.steps_per_epoch,
    ),
  )


def learning_rate(opt_state: optax.OptState, settings: spec.OptimizationSpec) -> float:
  """Returns the learning rate that the next step will use, which the chain's last part, the plateau rule, scales."""
  plateau: Any = tuple(opt_state)[-1]  # type: ignore[arg-type]
  return settings.learning_rate * float(plateau.scale)
