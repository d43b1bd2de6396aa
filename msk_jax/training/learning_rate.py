"""The learning-rate schedule: it falls when the training loss stops falling."""

from typing import Any

import optax

from msk_jax.training import spec

_ANY_IMPROVEMENT = 1e-12  # the paper's min_delta is 0, which optax does not take


def plateau_rule(settings: spec.OptimizationSpec) -> optax.GradientTransformationExtraArgs:
  """Returns the rule that scales updates down after `plateau_patience` epochs without a lower mean training loss."""
  return optax.contrib.reduce_on_plateau(
    factor=settings.plateau_factor,
    patience=settings.plateau_patience,
    rtol=0.0,
    atol=_ANY_IMPROVEMENT,
    accumulation_size=settings.steps_per_epoch,
  )


def current(opt_state: optax.OptState, settings: spec.OptimizationSpec) -> float:
  """Returns the learning rate of the next step.

  Args:
    opt_state: of `optimizer.make`, whose last part is the plateau rule.
    settings: of the optimiser.
  """
  plateau: Any = tuple(opt_state)[-1]  # type: ignore[arg-type]
  return settings.learning_rate * float(plateau.scale)
