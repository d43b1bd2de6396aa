"""When a training ends: at its last epoch, or when the validation error no longer improves."""

from msk_jax.io import errors
from msk_jax.training import spec, state


def has_stopped_early(progress: state.Progress, settings: spec.OptimizationSpec) -> bool:
  """Returns whether the validation RMSE has not improved for `early_stopping_patience` epochs."""
  return int(progress.epochs_since_best) >= settings.early_stopping_patience


def is_finished(progress: state.Progress, settings: spec.OptimizationSpec) -> bool:
  """Returns whether the run has reached its last epoch or has stopped early."""
  return int(progress.epochs_done) >= settings.max_epochs or has_stopped_early(progress, settings)


def check_not_beyond(steps: int, settings: spec.OptimizationSpec) -> None:
  """Refuses a limit on epochs that a training has passed already: its result is not one of so few epochs.

  Args:
    steps: optimiser steps done.
    settings: of this call.

  Raises:
    InputError: there are more steps than `max_epochs` epochs have.
  """
  if steps > settings.max_epochs * settings.steps_per_epoch:
    epochs = steps / settings.steps_per_epoch
    raise errors.InputError(
      f"this training has done {epochs:.4g} epochs, more than config.train.max_epochs = {settings.max_epochs}. Give at "
      "least as many, another --workdir, or --overwrite to train from the start."
    )
