"""The training loop: epochs of steps, an evaluation after each, and checkpoints from which a run resumes exactly.

The trajectory depends on settings, seed and number of devices alone. The order of operations must not change: steps;
at an epoch's end evaluate, update progress, log, save the best, save the latest; then decide whether to stop.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Callable

import grain
import jax
import numpy as np
from absl import logging

from msk_jax.input import pipeline
from msk_jax.io import command_line
from msk_jax.io import progress as progress_display
from msk_jax.trained import best_parameters, checkpoints, processes
from msk_jax.training import (
  early_stopping,
  epoch_end,
  initial_weights,
  metrics_log,
  not_finite,
  pausing,
  spec,
  state,
  step,
  step_clock,
  time_left,
)
from msk_jax.training.data import Data, sharing_of
from msk_jax.training.program import Program
from msk_jax.training.session import Session

_DROPOUT_STREAM = 1  # folded into the seed: dropout noise differs from the initial parameters' noise


@dataclasses.dataclass(frozen=True)
class Outcome:
  """What a call of `fit` reached.

  Attributes:
    status: finished, or why it paused.
    final: the state at the end of this call.
    passed: how far the training has come.
    images_per_second: training speed of this call, evaluation and compilation left out.
    seconds: duration of this call.
  """

  status: pausing.Status
  final: state.TrainState
  passed: early_stopping.Passed
  images_per_second: float
  seconds: float


def fit(
  program: Program,
  experiment: spec.ExperimentSpec,
  data: Data,
  folder: pathlib.Path,
  budget: pausing.Budget,
  saved: Callable[[], None] = lambda: None,
) -> Outcome:
  """Trains until the run is finished or has to pause; resumes from the newest checkpoint in `folder`.

  Args:
    program: the experiment's compiled functions.
    experiment: its settings.
    data: what is read.
    folder: the model's folder; gets `checkpoints/`, `best/`, `metrics.jsonl` and `tensorboard/`.
    budget: when to pause.
    saved: called after each checkpoint.

  Raises:
    InputError: a checkpoint can't be read or written, or a step gave numbers that are not finite (none of which is
      written).
  """
  settings, began, clock = experiment.train, time.monotonic(), step_clock.StepClock()
  latest = checkpoints.Checkpoints(folder / "checkpoints")
  best = checkpoints.Checkpoints(folder / best_parameters.FOLDER)  # keeps as many as `latest`, which may need them
  with not_finite.explained(settings), latest, best:
    current = _start(program, experiment, latest, best)
    early_stopping.check_not_beyond(early_stopping.Passed.of_state(current, settings), settings)
    log = metrics_log.MetricsLog(folder, int(current.step), processes.is_first())
    stream = pipeline.TrainingStream(
      data.inputs, data.train_rows, settings.batch_size, experiment.seed, data.augmentation
    )
    batches = pipeline.training_batches(stream, int(current.step), sharing_of(experiment.input))
    session = Session(program, experiment, data, latest, best, log, clock, saved)
    paused = None
    with contextlib.closing(log), contextlib.closing(batches):
      while paused is None and not _has_ended(current, settings):
        current, paused = _take_epoch(session, current, batches, budget)
        if int(current.step) % settings.steps_per_epoch == 0:
          with clock.closing_an_epoch():
            current = epoch_end.close(session, current)
    if _has_ended(current, settings):
      best.drop_before(_best_step(current, settings))  # else a reader of a damaged best epoch took the one before
  status = pausing.Status.FINISHED if paused is None or _has_ended(current, settings) else paused
  passed = early_stopping.Passed.of_state(current, settings)
  return Outcome(status, current, passed, clock.images_per_second, time.monotonic() - began)


def _has_ended(current: state.TrainState, settings: spec.OptimizationSpec) -> bool:
  return early_stopping.ending(early_stopping.Passed.of_state(current, settings), settings) is not None


def _best_step(current: state.TrainState, settings: spec.OptimizationSpec) -> int:
  return int(current.progress.best_epoch) * settings.steps_per_epoch


def _start(
  program: Program, experiment: spec.ExperimentSpec, latest: checkpoints.Checkpoints, best: checkpoints.Checkpoints
) -> state.TrainState:
  """Returns the state of the newest checkpoint, or a new one where there is none."""
  if latest.latest_step is None:
    best.drop_after(0)  # of a first epoch that was killed before its checkpoint
    weights = initial_weights.read(experiment.model, program.abstract_state)
    return program.create(jax.random.key(experiment.seed), weights)
  current = latest.load(program.abstract_state)
  logging.info("resuming from step %d", int(current.step))
  best_step = _best_step(current, experiment.train)
  best.drop_after(best_step)
  if best_step and not best.has_whole(best_step):
    raise checkpoints.StartOverError(
      "the best parameters so far (best/) are missing or damaged, and later checkpoints do not hold them. Train the "
      f"model again from its start: {command_line.again('--overwrite')}"
    )
  return current


def _take_epoch(
  session: Session, current: state.TrainState, batches: grain.DatasetIterator, budget: pausing.Budget
) -> tuple[state.TrainState, pausing.Status | None]:
  """Takes the steps up to the epoch's end or the budget's; a pause before the epoch's end leaves a checkpoint."""
  settings = session.experiment.train
  epoch = int(current.progress.epochs_done) + 1
  before, start, stop = (epoch - 1) * settings.steps_per_epoch, int(current.step), epoch * settings.steps_per_epoch
  rng = jax.random.fold_in(jax.random.key(session.experiment.seed), _DROPOUT_STREAM)
  total = settings.steps_per_epoch * settings.batch_size
  passed = early_stopping.Passed.of_state(current, settings)
  pending, paused = None, None
  with progress_display.track(f"epoch {epoch}", total, "images", (start - before) * settings.batch_size) as advance:
    for number in range(start + 1, stop + 1):
      current, metrics = _take_step(session.program, current, next(batches), rng, budget)
      paused = _read_metrics(pending, number - 1)  # one step late, so that the device never waits for the host
      pending = metrics
      session.clock.lap(settings.batch_size)
      advance(settings.batch_size, time_left.describe(session.clock, passed, number, settings))
      if number < stop and (paused or number % settings.checkpoint_every_steps == 0):
        not_finite.check_state(session.program, current)
        session.save(number, current)
        if paused:
          return current, paused
  paused = _read_metrics(pending, stop) or paused
  session.clock.pause()
  return current, paused


def _take_step(
  program: Program, current: state.TrainState, batch: pipeline.Batch, rng: jax.Array, budget: pausing.Budget
) -> tuple[state.TrainState, step.Metrics]:
  """Dispatches a step; this host's vote on pausing goes with the batch."""
  vote = np.full(len(batch["age_z"]), pausing.vote_of(budget.exhausted), np.int32)
  on_devices = program.shardings.to_devices({**batch, "vote": vote})
  vote_b = on_devices.pop("vote")
  return program.train_step(current, on_devices, rng, vote_b)


def _read_metrics(metrics: step.Metrics | None, number: int) -> pausing.Status | None:
  """Makes sure that a step's metrics are finite; returns whether and why the hosts want to pause."""
  if metrics is None:
    return None
  values = {name: float(value) for name, value in jax.device_get(metrics).items()}
  status = pausing.status_of(int(values.pop("vote")))
  if not all(np.isfinite(value) for value in values.values()):
    raise not_finite.NotFiniteError(number)
  return status
