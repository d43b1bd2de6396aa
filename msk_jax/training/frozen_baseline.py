"""What the network knows before it is trained: a ridge regression on its features, fitted to the training samples.

A training that ends no better has taught the network nothing that its first features did not show. It costs one pass
of the network over the predicted samples and some of the training samples.
"""

import time
from collections.abc import Collection

import jax
import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import split_parts
from msk_jax.io import errors
from msk_jax.predictions import split_table
from msk_jax.scores import metrics
from msk_jax.trained import predictor, processes
from msk_jax.training import batch_statistics, initial_weights, pausing
from msk_jax.training.job import Job
from msk_jax.training.program import Program
from msk_jax.training.session import stored_samples

_VERSION = 2  # raised when the same network and samples give another baseline
_MOST_SAMPLES = 4000  # training samples of the regression
_STATISTICS_IMAGES = 256  # training images that BatchNorm's statistics are taken over
_ALPHAS = np.logspace(-2, 6, 17)


def ensure(program: Program, job: Job, budget: pausing.Budget) -> pd.DataFrame:
  """Returns the baseline's predictions (schema predictions); computes and writes them where they are not there yet.

  All processes call it together. It does not change the training.

  Args:
    program: the job's compiled functions.
    job: the training.
    budget: whose signal ends this before anything is written.

  Raises:
    InputError: see `initial_weights.read`.
    PausedError: a signal asked for an end.
  """
  if processes.agree_on(int(is_there(job))):
    return split_table.read(job.folder, split_table.RIDGE_NAME)
  began = time.monotonic()
  table, about = _compute(program, job, budget)
  if processes.is_first():
    split_table.write(job.folder, table, job.loaded.hashes["folds"], split_table.RIDGE_NAME, about)
  rows = table[table["part"] == split_parts.VALIDATION]
  ages, predicted = rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy()
  logging.info(
    "to compare with: a ridge regression on %d features of the network before training, fitted to %d of %d training "
    "samples, has a validation RMSE of %.2f years (R2 %.3f), the mean age %.2f; it took %.0f s",
    about["num_features"],
    about["num_training"],
    len(job.loaded.data.train_rows),
    metrics.rmse(ages, predicted),
    metrics.r2(ages, predicted),
    metrics.rmse(ages, np.full(len(ages), float(job.loaded.data.scaler.mean))),
    time.monotonic() - began,
  )
  return table


def is_there(job: Job, withdrawn: Collection[str] = ()) -> bool:
  """Returns whether the baseline is in the model's folder, whole, of this version and of the training's samples.

  Args:
    job: the training.
    withdrawn: people who may be missing in it.
  """
  try:
    table = split_table.read(job.folder, split_table.RIDGE_NAME)
    about = split_table.read_about(job.folder, split_table.RIDGE_NAME)
  except errors.InputError:
    return False
  return about.get("baseline_version") == _VERSION and _has_samples(table, job, withdrawn)


def _has_samples(table: pd.DataFrame, job: Job, withdrawn: Collection[str]) -> bool:
  """Returns whether a table has each predicted sample of a training once, but for people who have withdrawn."""
  samples, gone = job.loaded.data.inputs.examples, set(withdrawn)
  wanted = [
    (eid, instance, part)
    for part, rows in job.rows.items()
    for eid, instance in zip(samples.eid[rows].tolist(), samples.instance[rows].tolist(), strict=True)
    if eid not in gone
  ]
  kept = table[~table["eid"].isin(list(gone))]
  return sorted(wanted) == sorted(kept[["eid", "instance", "part"]].itertuples(index=False, name=None))


def ridge(
  training: np.ndarray, age_z: np.ndarray, fold: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, float, int]:
  """Fits a ridge regression whose penalty is chosen by cross-validation over the training folds.

  Folds hold whole people and families. Leaving out single pictures would leave a person's others in, and choose too
  small a penalty.

  Args:
    training: [n, k] inputs.
    age_z: [n] target.
    fold: int [n], of at least two folds; with one the penalty is the largest.
    others: [m, k] inputs to predict from.

  Returns:
    [m] predictions, the penalty, and how many inputs were used: those that are finite and vary in training.
  """
  from sklearn import linear_model, model_selection

  training, others = np.asarray(training, np.float64), np.asarray(others, np.float64)
  is_used = np.isfinite(training).all(axis=0) & np.isfinite(others).all(axis=0)
  is_used &= np.ptp(np.where(is_used, training, 0.0), axis=0) > 0
  mean, sd = training[:, is_used].mean(axis=0), training[:, is_used].std(axis=0)
  if not is_used.any():
    return np.full(len(others), float(np.mean(age_z))), 0.0, 0
  x, x_of_others = ((values[:, is_used] - mean) / sd for values in (training, others))
  alpha = float(_ALPHAS[-1])
  if len(np.unique(fold)) > 1:
    errors_of = np.zeros(len(_ALPHAS))
    for fitted, left_out in model_selection.LeaveOneGroupOut().split(x, age_z, fold):
      errors_of += _squared_errors(x[fitted], age_z[fitted], x[left_out], age_z[left_out])
    alpha = float(_ALPHAS[np.argmin(errors_of)])
  model = linear_model.Ridge(alpha=alpha).fit(x, age_z)
  return model.predict(x_of_others), alpha, int(is_used.sum())


def _squared_errors(x: np.ndarray, y: np.ndarray, others: np.ndarray, wanted: np.ndarray) -> np.ndarray:
  """Returns the sum of squared errors of each penalty's ridge regression on samples that it was not fitted to."""
  mean_x, mean_y = x.mean(axis=0), y.mean()
  u, s, vt = np.linalg.svd(x - mean_x, full_matrices=False)
  shrunk = s[:, None] / (s[:, None] ** 2 + _ALPHAS[None]) * (u.T @ (y - mean_y))[:, None]
  predicted = mean_y + (others - mean_x) @ (vt.T @ shrunk)
  return np.square(predicted - wanted[:, None]).sum(axis=0)


def _compute(program: Program, job: Job, budget: pausing.Budget) -> tuple[pd.DataFrame, dict[str, float | int]]:
  """Returns the table of predictions, and what is kept with it."""
  data, seed = job.loaded.data, job.experiment.seed
  chosen = _choose(data.train_rows, seed)
  inputs = _inputs_of(program, job, {"training": chosen, **job.rows}, budget)
  parts = [inputs[part] for part in split_parts.PARTS]
  age_z, alpha, num_features = ridge(
    inputs["training"], data.inputs.age_z[chosen], data.inputs.examples.fold[chosen], np.concatenate(parts)
  )
  years = np.split(data.scaler.invert(age_z), np.cumsum([len(part) for part in parts])[:-1])
  about = {
    "baseline_version": _VERSION,
    "alpha": alpha,
    "num_features": num_features,
    "num_training": len(chosen),
  }
  return job.table_of(dict(zip(split_parts.PARTS, years, strict=True))), about


def _inputs_of(
  program: Program, job: Job, rows: dict[str, np.ndarray], budget: pausing.Budget
) -> dict[str, np.ndarray]:
  """Returns pooled features of the network before training, beside the side inputs, [n, k] for each of `rows`."""
  stored = stored_samples(job.loaded.data, job.experiment, budget.pause_if_alone_and_told)
  variables = _initial_variables(program, job, stored)
  return {
    name: np.concatenate(
      [program.predictor.features_of(variables, stored, of_part), job.loaded.data.inputs.demographics[of_part]], axis=1
    )
    for name, of_part in rows.items()
  }


def _initial_variables(program: Program, job: Job, stored: predictor.StoredSamples) -> predictor.Variables:
  """Returns the network before its first step, with BatchNorm statistics of training images."""
  experiment, data = job.experiment, job.loaded.data
  weights = initial_weights.read(experiment.model, program.abstract_state)
  variables = program.create(jax.random.key(experiment.seed), weights).variables
  num_sides = data.inputs.examples.positions.shape[1]
  rows = batch_statistics.choose_rows(data.train_rows, _STATISTICS_IMAGES, num_sides, experiment.seed)
  return {**variables, "batch_stats": batch_statistics.of_training_images(program, variables, stored, rows)}


def _choose(train_rows: np.ndarray, seed: int) -> np.ndarray:
  """Returns the training samples of the regression: all, or a random choice."""
  return np.sort(np.random.default_rng(seed).permutation(train_rows)[:_MOST_SAMPLES])
