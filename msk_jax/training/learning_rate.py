"""The learning-rate schedule: it rises over the first steps, and falls when the training loss stops falling.

Neither part depends on the length of the training, so a limit that is raised later changes no step before it.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from msk_jax.training import spec

_ANY_IMPROVEMENT = 1e-12  # the paper's min_delta is 0, which optax does not take


def warmed_up(settings: spec.OptimizationSpec) -> float | optax.Schedule:
  """Returns the learning rate before the plateau rule: a number, or with a warm-up a function of the step."""
  return settings.learning_rate if settings.warmup_steps == 0 else lambda count: _at(count, settings)


def _at(count: Any, settings: spec.OptimizationSpec) -> jax.Array:
  """Returns the learning rate of the step after `count` others: it rises in proportion, from the first step on."""
  return settings.learning_rate * jnp.minimum((count + 1) / settings.warmup_steps, 1.0)


def plateau_rule(settings: spec.OptimizationSpec) -> optax.GradientTransformationExtraArgs:
  """Returns the rule that scales updates down after `plateau_patience` epochs without a lower mean training loss."""
  return optax.contrib.reduce_on_plateau(
    factor=settings.plateau_factor,
    patience=settings.plateau_patience,
    rtol=0.0,
    atol=_ANY_IMPROVEMENT,
    accumulation_size=settings.steps_per_epoch,
  )


def current(step: int, opt_state: optax.OptState, settings: spec.OptimizationSpec) -> float:
  """Returns the learning rate of the next step.

  Args:
    step: optimiser steps done.
    opt_state: of `optimizer.make`, whose last part is the plateau rule.
    settings: of the optimiser.
  """
  plateau: Any = tuple(opt_state)[-1]  # type: ignore[arg-type]
  rate = float(_at(step, settings)) if step < settings.warmup_steps else settings.learning_rate
  return rate * float(plateau.scale)
