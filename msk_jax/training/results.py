"""What a finished training leaves: predictions, scores, a picture and a machine-readable summary."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.figures import frame
from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_limits, split_table
from msk_jax.trained import best_parameters, checkpoints, processes, reference, tree_hash
from msk_jax.training import (
  baselines,
  compute_environment,
  early_stopping,
  pausing,
  picture_reference,
  prediction_figure,
)
from msk_jax.training.job import Job
from msk_jax.training.program import Program
from msk_jax.training.session import stored_samples

_FIGURE_NAME = "predictions.png"


@dataclasses.dataclass(frozen=True)
class Reached:
  """Where a training ended.

  Attributes:
    passed: how far it has come.
    limits: that it ended by; None if an older version did not record them.
    final_sha256: hash of its last variables.
    seconds: duration of the call that ended it.
    images_per_second: training speed of that call.
  """

  passed: early_stopping.Passed
  limits: split_limits.Limits | None
  final_sha256: str
  seconds: float
  images_per_second: float


def finish(
  program: Program,
  job: Job,
  reached: Reached,
  ridge: pd.DataFrame,
  budget: pausing.Budget,
  withdrawn: Collection[str] = (),
) -> dict[str, Any]:
  """Predicts validation and test samples with the best parameters and writes everything down.

  The model's folder gets `reference.json`, `predictions.parquet`, `predictions.png`, `.svg` and, last, `result.json`.

  Args:
    program: the job's compiled functions.
    job: the training.
    reached: where it ended.
    ridge: from `frozen_baseline.ensure`.
    budget: whose signal ends this before anything is written.
    withdrawn: people of the training who are left out of tables and figure. They count in the scores, as before.

  Returns:
    What `result.json` holds.

  Raises:
    PausedError: a signal asked for an end.
  """
  best = checkpoints.Checkpoints(job.folder / best_parameters.FOLDER, kept=1)
  with best:
    variables = best.load(program.abstract_state.variables)
  stored = stored_samples(job.loaded.data, job.experiment, budget.pause_if_alone_and_told)
  table = job.table_of({part: program.predictor.ages_of(variables, stored, rows) for part, rows in job.rows.items()})
  budget.pause_if_told()
  picture_reference.write(program, job, variables, table)
  scores = baselines.of_result(baselines.join(table, ridge, float(job.loaded.data.scaler.mean)))
  hashes = {"final": reached.final_sha256, "best": tree_hash.tree_sha256(variables)}
  result = split_folder.versioned(_summarise(job, reached, scores, hashes))
  if processes.is_first():
    split_table.write(job.folder, table, job.loaded.hashes["folds"])
    split_table.leave_out(job.folder, withdrawn)
    draw(job, split_table.read(job.folder), result)
    split_folder.write_result(job.folder, result)
  return result


def is_figure_older(folder: pathlib.Path) -> bool:
  """Returns whether the figure was drawn before the predictions were last written: people may have left them since."""
  return (folder / _FIGURE_NAME).stat().st_mtime_ns < (folder / split_table.FILE_NAME).stat().st_mtime_ns


def remove_older_figure(folder: pathlib.Path) -> None:
  """Removes the figure of a split if people have left its predictions since; `draw` needs its data."""
  figure = folder / _FIGURE_NAME
  if figure.exists() and is_figure_older(folder):
    figure.unlink()
    figure.with_suffix(".svg").unlink(missing_ok=True)


def draw(job: Job, table: pd.DataFrame, result: Mapping[str, Any]) -> None:
  """Draws the samples of a table of predictions, with the scores of `result.json`."""
  ages = {
    part: (rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy())
    for part, rows in ((part, table[table["part"] == part]) for part in split_parts.PARTS)
  }
  title = f"{job.experiment.model_name}, split {job.experiment.fold} ({job.data_kind})"
  of_parts = {part: result[part] for part in split_parts.PARTS}
  prediction_figure.draw(job.folder / _FIGURE_NAME, title, ages, of_parts, result["training_age_mean_years"])


def missing_file(folder: pathlib.Path) -> str:
  """Returns which of these files of a finished training is missing or damaged; empty if none."""
  if not frame.is_whole(folder / _FIGURE_NAME):
    return _FIGURE_NAME
  if not reference.is_whole(folder):
    return reference.FILE_NAME
  try:
    split_table.read(folder)
  except errors.InputError:
    return split_table.FILE_NAME
  return ""


def of_ending(passed: early_stopping.Passed, limits: split_limits.Limits | None) -> dict[str, Any]:
  """Returns what `result.json` says of how a training ended under these limits; nothing if they are unknown."""
  if limits is None:
    return {}
  ending = limits.ending(passed.epochs, passed.best_epoch)
  return {
    "ending": ending,
    "still_improving": ending == "max_epochs" and early_stopping.was_improving(passed, limits),
    split_limits.KEY: limits.to_json(),
  }


def _summarise(job: Job, reached: Reached, scores: Mapping[str, Any], hashes: dict[str, str]) -> dict[str, Any]:
  """Returns what `result.json` holds."""
  scaler = job.loaded.data.scaler
  return {
    "model": job.experiment.model_name,
    "fold": job.experiment.fold,
    "data": job.data_kind,
    "n_train": len(job.loaded.data.train_rows),
    **{f"n_{part}": scores[part]["n"] for part in split_parts.PARTS},
    **scores,
    **reached.passed.to_json(),
    **of_ending(reached.passed, reached.limits),
    "seconds": reached.seconds,
    "images_per_second": reached.images_per_second,
    "params_sha256": hashes,
    "training_age_mean_years": float(scaler.mean),
    "training_age_std_years": float(scaler.std),
    "fold_map_hash": job.loaded.hashes["folds"],
    **compute_environment.of_result(job.folder),
  }
