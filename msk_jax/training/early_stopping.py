"""When a training ends: at its last epoch, or when the validation error no longer improves.

Neither limit changes what an epoch computes. So both may be raised after a run has ended, and the run then continues to
the bits of one that had them from the start. They may be lowered to what the run has not yet passed.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from msk_jax.io import command_line
from msk_jax.predictions import split_limits
from msk_jax.trained import checkpoints
from msk_jax.training import spec, state

_RECENT = 2  # the error still improved if the best epoch is within patience / 2 of the last


@dataclasses.dataclass(frozen=True)
class Passed:
  """How far a training has come.

  Attributes:
    steps: optimiser steps done.
    epochs: epochs evaluated.
    best_epoch: the one with the lowest validation RMSE; 0 for none.
    longest_stall: the most epochs without a better one after which training still went on; None for a result of an
      older version, which does not say it.
  """

  steps: int
  epochs: int
  best_epoch: int
  longest_stall: int | None

  @classmethod
  def of_state(cls, current: state.TrainState, settings: spec.OptimizationSpec) -> "Passed":
    """Returns how far the training with this state has come."""
    progress, steps = current.progress, int(current.step)
    stall = int(progress.longest_stall)
    if steps > int(progress.epochs_done) * settings.steps_per_epoch:
      stall = max(stall, int(progress.epochs_since_best))
    return cls(steps, int(progress.epochs_done), int(progress.best_epoch), stall)

  @classmethod
  def of_result(cls, result: Mapping[str, Any]) -> "Passed":
    """Returns how far a finished training has come, by its `result.json`."""
    return cls(result["steps"], result["epochs"], result["best_epoch"], result.get("longest_stall"))

  @property
  def is_of_older_version(self) -> bool:
    """Whether a result of an older version says how far the training has come."""
    return self.longest_stall is None

  def to_json(self) -> dict[str, int]:
    """Returns what `of_result` reads."""
    return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


def ending(passed: Passed, settings: spec.OptimizationSpec) -> split_limits.Ending | None:
  """Returns why a training ends here: its patience is spent, else it has reached its last epoch; None if it goes on."""
  return settings.limits.ending(passed.epochs, passed.best_epoch)


def describe_ending(passed: Passed, settings: spec.OptimizationSpec) -> str:
  """Returns a sentence on why a training ended, and on what to raise if it was cut off; empty if it goes on."""
  match ending(passed, settings):
    case "patience":
      return (
        f"Ended by patience: no lower validation error in {passed.epochs - passed.best_epoch} epochs after epoch "
        f"{passed.best_epoch}."
      )
    case "max_epochs":
      more = command_line.again(f"--config.train.max_epochs={2 * passed.epochs}")
      still = " WHILE THE VALIDATION ERROR STILL IMPROVED" if was_improving(passed, settings.limits) else ""
      return (
        f"Ended by config.train.max_epochs = {settings.max_epochs}{still}: the best epoch is {passed.best_epoch}. To "
        f"train on from here: {more}"
      )
  return ""


def was_improving(passed: Passed, limits: split_limits.Limits) -> bool:
  """Returns whether the validation error has improved within the last half of the patience."""
  return (passed.epochs - passed.best_epoch) * _RECENT < limits.early_stopping_patience


def check_not_beyond(passed: Passed, settings: spec.OptimizationSpec) -> None:
  """Refuses limits that a training has passed already: its result is not one of so few epochs or so little patience.

  Raises:
    StartOverError: there are more steps than `max_epochs` epochs have, or the training went on after
      `early_stopping_patience` epochs without a better one.
  """
  keep = "another --workdir, or --overwrite to train from the start."
  if passed.steps > settings.max_epochs * settings.steps_per_epoch:
    epochs = passed.steps / settings.steps_per_epoch
    raise checkpoints.StartOverError(
      f"this training has done {epochs:.4g} epochs, more than config.train.max_epochs = {settings.max_epochs}. Give at "
      f"least as many, {keep}"
    )
  if passed.longest_stall is not None and passed.longest_stall >= settings.early_stopping_patience:
    raise checkpoints.StartOverError(
      f"this training went on after {passed.longest_stall} epochs without a lower validation error, so it has passed "
      f"config.train.early_stopping_patience = {settings.early_stopping_patience}. Give at least "
      f"{passed.longest_stall + 1}, {keep}"
    )
