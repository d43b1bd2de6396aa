"""When a training will end: at most at its last epoch, at the earliest when no epoch is better any more."""

from msk_jax.io import progress
from msk_jax.training import early_stopping, spec, step_clock

_TOO_LONG_SECONDS = 1000 * 3600.0  # a limit on epochs that nobody waits for is not shown


def describe(
  clock: step_clock.StepClock, passed: early_stopping.Passed, steps: int, settings: spec.OptimizationSpec
) -> str:
  """Returns how long the training will take from here, as a note for its progress; empty before its speed is known.

  Args:
    clock: of this call's steps and evaluations.
    passed: how far the training was when the epoch began.
    steps: optimiser steps done.
    settings: of the training.
  """
  if not clock.images_per_second:
    return ""

  def until(epochs: int) -> float:
    images = (epochs * settings.steps_per_epoch - steps) * settings.batch_size
    return images / clock.images_per_second + (epochs - passed.epochs) * clock.epoch_end_seconds

  first = min(max(passed.best_epoch, 1) + settings.early_stopping_patience, settings.max_epochs)
  earliest, latest = until(first), until(settings.max_epochs)
  if latest > _TOO_LONG_SECONDS:
    return f"(training ends in {progress.format_seconds(earliest)} if no epoch is better)"
  text = f"training ends in at most {progress.format_seconds(latest)}"
  if first < settings.max_epochs:
    text += f", in {progress.format_seconds(earliest)} if no epoch is better"
  return f"({text})"
