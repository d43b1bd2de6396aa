"""The end of an epoch: evaluation, progress, log, the best parameters, the latest checkpoint."""

import dataclasses
from typing import Any

import jax
import numpy as np
from absl import logging

from msk_jax.scores import metrics
from msk_jax.trained import network, predictor
from msk_jax.training import batch_statistics, learning_rate, not_finite, state
from msk_jax.training.session import Session, stored_samples


def close(session: Session, current: state.TrainState) -> state.TrainState:
  """Evaluates, updates progress, logs, saves the best and the latest; returns the state of the next epoch.

  Raises:
    NotFiniteError: the state or the validation error is not finite; nothing is written.
    InputError: a checkpoint can't be written.
  """
  number = int(current.step)
  not_finite.check_state(session.program, current)
  variables = _variables_to_evaluate(session, current)
  rmse_years, r2 = _validate(session, variables)
  if not np.isfinite(rmse_years):  # finite parameters may give it: no later epoch could be called the best
    raise not_finite.NotFiniteError(number)
  sums = jax.device_get(current.progress)
  current = dataclasses.replace(current, progress=session.program.end_epoch(current.progress, np.float32(rmse_years)))
  is_best = int(current.progress.best_epoch) == int(current.progress.epochs_done)
  record = {
    "epoch": int(current.progress.epochs_done),
    **_training_scores(session, sums),
    "validation_rmse_years": rmse_years,
    "validation_r2": r2,
    "learning_rate": learning_rate.current(number, current.opt_state, session.experiment.train),
    "images_per_second": session.clock.images_per_second,
  }
  session.log.write(number, record)
  _report(record, is_best)
  if is_best:
    session.best.save(number, variables)
  session.save(number, current)
  return current


def _variables_to_evaluate(session: Session, current: state.TrainState) -> predictor.Variables:
  """Returns the parameters with the BatchNorm statistics that the settings ask for: exact ones or the moving ones."""
  num_images = session.experiment.train.exact_statistics_images
  if not num_images:
    return current.variables
  data = session.data
  num_sides = data.inputs.examples.positions.shape[1]
  rows = batch_statistics.choose_rows(data.train_rows, num_images, num_sides, session.experiment.seed)
  stored = stored_samples(data, session.experiment)
  statistics = batch_statistics.of_training_images(session.program, current.variables, stored, rows)
  return {**current.variables, network.BATCH_STATS: statistics}


def _validate(session: Session, variables: predictor.Variables) -> tuple[float, float]:
  """Returns RMSE (years) and R2 of the validation samples."""
  data = session.data
  stored = stored_samples(data, session.experiment)
  predicted = session.program.predictor.ages_of(variables, stored, data.validation_rows)
  chronological = data.inputs.examples.age_years[data.validation_rows]
  return metrics.rmse(chronological, predicted), metrics.r2(chronological, predicted)


def _training_scores(session: Session, sums: state.Progress) -> dict[str, float]:
  """Returns the epoch's mean loss and training RMSE."""
  return {
    "train_loss": float(sums.loss_sum) / session.experiment.train.steps_per_epoch,
    "train_rmse_years": float(np.sqrt(sums.squared_error_sum / sums.num_images) * session.data.scaler.std),
  }


def _report(record: dict[str, Any], is_best: bool) -> None:
  logging.info(
    "epoch %d: training RMSE %.2f, validation RMSE %.2f years (R2 %.3f)%s; %.1f images/s",
    record["epoch"],
    record["train_rmse_years"],
    record["validation_rmse_years"],
    record["validation_r2"],
    ", the best so far" if is_best else "",
    record["images_per_second"],
  )
