"""Why a training ends, which limits may be lowered, and how long it will take."""

import dataclasses
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.training import early_stopping, spec, state, time_left

_TRAIN = spec.OptimizationSpec(batch_size=8, images_per_epoch=16)


def test_stops_at_max_epochs_or_without_improvement():
  settings = dataclasses.replace(_TRAIN, max_epochs=4, early_stopping_patience=2)
  assert _endings((5.0, 6.0, 6.0), settings) == [None, None, "patience"]
  assert _endings((5.0, 6.0, 4.0, 5.0), settings) == [None, None, None, "max_epochs"]


def _passed(rmse_years, settings, extra_steps=0):
  """Returns how far a training with these validation errors is, after each epoch."""
  progress, passed = state.Progress.start(), []
  for number, rmse in enumerate(rmse_years, start=1):
    progress = progress.end_epoch(np.float32(rmse))
    step = jnp.int32(number * settings.steps_per_epoch + extra_steps)
    current = state.TrainState(step, {}, {}, (), progress)
    passed.append(early_stopping.Passed.of_state(current, settings))
  return passed


def _endings(rmse_years, settings):
  return [early_stopping.ending(passed, settings) for passed in _passed(rmse_years, settings)]


@pytest.mark.parametrize(
  ("rmse_years", "extra_steps", "least"),
  [
    ((5.0, 6.0, 6.0), 0, 2),  # went on after one epoch without a better one; a patience of two ends it just here
    ((5.0, 6.0, 6.0), 1, 3),  # went on after two
    ((5.0, 6.0, 6.0, 4.0, 4.5), 0, 3),
  ],
)
def test_patience_may_not_fall_below_what_has_been_passed(rmse_years, extra_steps, least):
  settings = dataclasses.replace(_TRAIN, max_epochs=100)
  passed = _passed(rmse_years, settings, extra_steps)[-1]
  early_stopping.check_not_beyond(passed, dataclasses.replace(settings, early_stopping_patience=least))
  with pytest.raises(errors.InputError, match=rf"early_stopping_patience = {least - 1}\. Give at least {least}, "):
    early_stopping.check_not_beyond(passed, dataclasses.replace(settings, early_stopping_patience=least - 1))


def test_an_ending_says_whether_it_was_a_cut_off_and_what_to_raise():
  settings = dataclasses.replace(_TRAIN, max_epochs=4, early_stopping_patience=4)
  improving, stalling = (_passed(rmse, settings)[-1] for rmse in ((5, 4, 3, 2), (5, 4, 5, 5)))
  text = early_stopping.describe_ending(improving, settings)
  assert "max_epochs = 4 WHILE THE VALIDATION ERROR STILL IMPROVED" in text and "--config.train.max_epochs=8" in text
  text = early_stopping.describe_ending(stalling, settings)
  assert "WHILE" not in text and "the best epoch is 2" in text and "--config.train.max_epochs=8" in text
  patient = dataclasses.replace(settings, early_stopping_patience=2)
  assert "no lower validation error in 2 epochs after epoch 2" in early_stopping.describe_ending(stalling, patient)


def test_the_time_left_counts_steps_and_evaluations():
  settings = dataclasses.replace(_TRAIN, batch_size=8, images_per_epoch=80, max_epochs=12, early_stopping_patience=3)
  clock = SimpleNamespace(images_per_second=0.0, epoch_end_seconds=5.0)
  passed = early_stopping.Passed(20, 2, 1, 0)
  assert time_left.describe(clock, passed, 25, settings) == ""
  clock.images_per_second = 8.0
  # 95 steps of a second and 10 evaluations; or 15 steps and 2 evaluations up to epoch 4
  expected = "(training ends in at most 2:25, in 0:25 if no epoch is better)"
  assert time_left.describe(clock, passed, 25, settings) == expected
  endless = dataclasses.replace(settings, max_epochs=100_000_000)
  assert time_left.describe(clock, passed, 25, endless) == "(training ends in 0:25 if no epoch is better)"


def test_limits_that_the_command_line_names_are_known():
  assert spec.named_limits({"train.max_epochs": 3, "train.batch_size": 8, "seed": 1}) == ("max_epochs",)
