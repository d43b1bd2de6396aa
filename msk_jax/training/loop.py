"""The training loop: epochs of steps, an evaluation after each, and checkpoints from which a run goes on exactly.

The trajectory depends on settings, seed and number of devices alone. Order of operations, which must not change:
step; at an epoch's end: evaluate, update progress, log, save the best, save the last; then look whether to stop.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Iterator

import grain
import jax
import numpy as np
from absl import logging

from msk_jax.imaging import views
from msk_jax.input import pipeline, standardize
from msk_jax.io import command_line, errors
from msk_jax.io import progress as progress_display
from msk_jax.scores import metrics
from msk_jax.training import (
  checkpoints,
  initial_weights,
  metrics_log,
  optimizer,
  prediction,
  processes,
  sharding,
  spec,
  state,
  step,
  stopping,
)
from msk_jax.training.program import Program, best_of

_SMALLER = 10  # times the learning rate that is advised where numbers are not finite
_DROPOUT_STREAM = 1  # folded into the seed: dropout noise differs from the initial parameters' noise


@dataclasses.dataclass(frozen=True)
class Data:
  """What the loop reads.

  Attributes:
    inputs: the view's examples with standardised age and demographics.
    train_rows: samples trained on.
    validation_rows: samples that choose the best epoch.
    scaler: of the age, fitted on the training samples.
    augmentation: ranges for training images; None for none.
    image_shape: (rows, columns, channels).
  """

  inputs: pipeline.Inputs
  train_rows: np.ndarray
  validation_rows: np.ndarray
  scaler: standardize.Standardizer
  augmentation: views.Augmentation | None
  image_shape: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Outcome:
  """What a call of `fit` reached.

  Attributes:
    status: finished, or why it paused.
    final: the state at the end of this call.
    images_per_second: training speed of this call, evaluation and compilation left out.
    seconds: duration of this call.
  """

  status: stopping.Status
  final: state.TrainState
  images_per_second: float
  seconds: float


def fit(program: Program, experiment: spec.ExperimentSpec, data: Data, folder: pathlib.Path) -> Outcome:
  """Trains until the run is finished or has to pause; goes on from the newest checkpoint in `folder`.

  Args:
    program: the experiment's compiled functions.
    experiment: its settings.
    data: what is read.
    folder: the model's folder; gets `checkpoints/`, `best/`, `metrics.jsonl` and `tensorboard/`.

  Raises:
    InputError: batch size and devices do not fit, a checkpoint can't be read or written, or a step gave numbers that
      are not finite (none of which is written).
  """
  settings = experiment.train
  check_batch_sizes(settings, data.inputs.examples.positions.shape[1])
  began = time.monotonic()
  last = checkpoints.Checkpoints(folder / "checkpoints")
  best = checkpoints.Checkpoints(folder / "best", kept=1)
  with _not_finite_explained(settings), last, best, stopping.Budget(settings.max_hours) as budget:
    current = _start(program, experiment, last, best)
    stopping.check_not_beyond(int(current.step), settings)
    log = metrics_log.MetricsLog(folder, int(current.step), processes.is_first())
    batches = pipeline.training_batches(
      data.inputs,
      data.train_rows,
      settings.batch_size,
      experiment.seed,
      int(current.step),
      data.augmentation,
      sharing_of(experiment.input),
    )
    clock, paused = _Clock(), None
    with contextlib.closing(log), contextlib.closing(batches):
      while paused is None and not stopping.is_finished(current.progress, settings):
        current, paused = _epoch(program, settings, current, batches, experiment.seed, budget, last, clock)
        if int(current.step) % settings.steps_per_epoch == 0:
          current = _close_epoch(program, experiment, data, current, log, best, last, clock)
  finished = paused is None or stopping.is_finished(current.progress, settings)
  return Outcome(
    stopping.Status.FINISHED if finished else paused, current, clock.images_per_second, time.monotonic() - began
  )


def check_batch_sizes(settings: spec.OptimizationSpec, num_sides: int) -> None:
  """Makes sure that batches can be divided.

  Raises:
    InputError: batch sizes, parts and devices do not fit.
  """
  sharding.check_batch_size("config.train.batch_size", settings.batch_size, num_sides, settings.accumulation_parts)
  sharding.check_batch_size("config.train.evaluation_batch_size", settings.evaluation_batch_size, num_sides)


class _Clock:
  """Counts images and the seconds spent on training steps; the first step, which compiles, is left out."""

  def __init__(self):
    self._images, self._seconds = 0, 0.0
    self._since: float | None = None

  def lap(self, images: int) -> None:
    """Counts images, and the time since the last call if nothing paused it."""
    now = time.monotonic()
    if self._since is not None:
      self._images, self._seconds = self._images + images, self._seconds + now - self._since
    self._since = now

  def pause(self) -> None:
    """Leaves out the time until the next `lap`."""
    self._since = None

  @property
  def images_per_second(self) -> float:
    """Images by the second so far, 0 before there is a time."""
    return self._images / self._seconds if self._seconds else 0.0


def _start(
  program: Program, experiment: spec.ExperimentSpec, last: checkpoints.Checkpoints, best: checkpoints.Checkpoints
) -> state.TrainState:
  if last.latest_step is None:
    weights = initial_weights.read(experiment.model, program.abstract_state)
    return program.create(jax.random.key(experiment.seed), weights)
  current = last.load(program.abstract_state)
  logging.info("going on from step %d", int(current.step))
  best_step = int(current.progress.best_epoch) * experiment.train.steps_per_epoch
  best.drop_after(best_step)
  if best_step and not best.has_whole(best_step):
    raise errors.InputError(
      "the best parameters so far (best/) are missing or damaged, and later ones do not hold them. Train the model "
      f"again from its start: {command_line.again('--overwrite')}"
    )
  return current


def sharing_of(settings: spec.InputSpec) -> pipeline.Sharing:
  """Returns this process's part in reading."""
  return pipeline.Sharing(
    jax.process_index(), jax.process_count(), settings.threads, settings.workers, settings.prefetch
  )


def _epoch(
  program: Program,
  settings: spec.OptimizationSpec,
  current: state.TrainState,
  batches: grain.DatasetIterator,
  seed: int,
  budget: stopping.Budget,
  last: checkpoints.Checkpoints,
  clock: _Clock,
) -> tuple[state.TrainState, stopping.Status | None]:
  """Takes the steps up to the epoch's end, or up to where the budget ends; then a checkpoint lies at that step."""
  start, epoch = int(current.step), int(current.progress.epochs_done) + 1
  stop = epoch * settings.steps_per_epoch
  rng = jax.random.fold_in(jax.random.key(seed), _DROPOUT_STREAM)
  done = start - (epoch - 1) * settings.steps_per_epoch
  what, pending, paused = f"epoch {epoch}", None, None
  total = settings.steps_per_epoch * settings.batch_size
  with progress_display.track(what, total, "images", done * settings.batch_size) as advance:
    for number in range(start + 1, stop + 1):
      current, pending, paused = _take_step(program, current, next(batches), rng, pending, number, budget)
      clock.lap(settings.batch_size)
      advance(settings.batch_size)
      if number < stop and (paused or number % settings.checkpoint_every_steps == 0):
        _check_sound(program, current)
        last.save(number, current)
        if paused:
          return current, paused
  paused = _read_metrics(pending, stop) or paused
  clock.pause()
  return current, paused


def _take_step(
  program: Program,
  current: state.TrainState,
  batch: pipeline.Batch,
  rng: jax.Array,
  pending: step.Metrics | None,
  number: int,
  budget: stopping.Budget,
) -> tuple[state.TrainState, step.Metrics, stopping.Status | None]:
  """Dispatches a step, then looks at the metrics of the one before: the device never waits for the host."""
  vote = np.full(len(batch["age_z"]), stopping.vote_of(budget.exhausted), np.int32)
  sent = program.shardings.to_devices({**batch, "vote": vote})
  vote_b = sent.pop("vote")
  current, fresh = program.train_step(current, sent, rng, vote_b)
  return current, fresh, _read_metrics(pending, number - 1)


def _read_metrics(found: step.Metrics | None, number: int) -> stopping.Status | None:
  """Makes sure that a step's metrics are finite; returns whether and why the hosts want to pause."""
  if found is None:
    return None
  values = {name: float(value) for name, value in jax.device_get(found).items()}
  status = stopping.status_of(int(values.pop("vote")))
  if not all(np.isfinite(value) for value in values.values()):
    raise _NotFiniteError(number)
  return status


def _check_sound(program: Program, current: state.TrainState) -> None:
  """Makes sure that a state may be written."""
  if not bool(program.is_sound(current)):
    raise _NotFiniteError(int(current.step))


class _NotFiniteError(Exception):
  """A step gave numbers that are not finite; holds its number."""


@contextlib.contextmanager
def _not_finite_explained(settings: spec.OptimizationSpec) -> Iterator[None]:
  try:
    yield
  except _NotFiniteError as error:
    smaller = f"--config.train.learning_rate={settings.learning_rate / _SMALLER:g}"
    raise errors.InputError(
      f"step {error} gave numbers that are not finite, and nothing of it was saved. The same settings lead there "
      f"again; start over with a smaller learning rate: {command_line.again(smaller, '--overwrite')}"
    ) from None


def _close_epoch(
  program: Program,
  experiment: spec.ExperimentSpec,
  data: Data,
  current: state.TrainState,
  log: metrics_log.MetricsLog,
  best: checkpoints.Checkpoints,
  last: checkpoints.Checkpoints,
  clock: _Clock,
) -> state.TrainState:
  """Evaluates, updates progress, logs, saves the best and the last."""
  number = int(current.step)
  _check_sound(program, current)
  predicted = prediction.predict_ages(
    program.predict_step,
    current.params,
    current.batch_stats,
    data.inputs,
    data.validation_rows,
    data.scaler,
    experiment.train.evaluation_batch_size,
    sharing_of(experiment.input),
    program.shardings,
  )
  chronological = data.inputs.examples.age_years[data.validation_rows]
  rmse = metrics.rmse(chronological, predicted)
  if not np.isfinite(rmse):  # finite parameters may give it: no later epoch could be called the best
    raise _NotFiniteError(number)
  sums = jax.device_get(current.progress)
  num_steps = experiment.train.steps_per_epoch
  current = dataclasses.replace(current, progress=program.end_epoch(current.progress, np.float32(rmse)))
  epoch = int(current.progress.epochs_done)
  record = {
    "epoch": epoch,
    "train_loss": float(sums.loss_sum) / num_steps,
    "train_rmse_years": float(np.sqrt(sums.squared_error_sum / sums.num_images) * data.scaler.std),
    "validation_rmse_years": rmse,
    "validation_r2": metrics.r2(chronological, predicted),
    "learning_rate": optimizer.learning_rate(current.opt_state, experiment.train),
    "images_per_second": clock.images_per_second,
  }
  log.write(number, record)
  is_best = int(current.progress.best_epoch) == epoch
  logging.info(
    "epoch %d: training RMSE %.2f, validation RMSE %.2f years (R2 %.3f)%s; %.1f images/s",
    epoch,
    record["train_rmse_years"],
    rmse,
    record["validation_r2"],
    ", the best so far" if is_best else "",
    clock.images_per_second,
  )
  if is_best:
    best.save(number, best_of(current))
  last.save(number, current)
  return current
