"""What a finished training leaves: predictions, scores, a picture and a machine-readable summary."""

import pathlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.figures import frame
from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.trained import best_parameters, checkpoints, processes, reference, tree_hash
from msk_jax.training import (
  baselines,
  compute_environment,
  early_stopping,
  loop,
  picture_reference,
  prediction_figure,
  spec,
)
from msk_jax.training.job import Job
from msk_jax.training.program import Program
from msk_jax.training.session import stored_samples

_FIGURE_NAME = "predictions.png"


def finish(program: Program, job: Job, outcome: loop.Outcome, ridge: pd.DataFrame) -> dict[str, Any]:
  """Predicts validation and test samples with the best parameters and writes everything down.

  The model's folder gets `reference.json`, `predictions.parquet`, `predictions.png`, `.svg` and, last, `result.json`.

  Args:
    program: the job's compiled functions.
    job: the training.
    outcome: of its loop.
    ridge: from `frozen_baseline.ensure`.

  Returns:
    What `result.json` holds.
  """
  best = checkpoints.Checkpoints(job.folder / best_parameters.FOLDER, kept=1)
  with best:
    variables = best.load(program.abstract_state.variables)
  stored = stored_samples(job.loaded.data, job.experiment)
  table = job.table_of({part: program.predictor.ages_of(variables, stored, rows) for part, rows in job.rows.items()})
  picture_reference.write(program, job, variables, table)
  mean_years = float(job.loaded.data.scaler.mean)
  ages = {
    part: (rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy())
    for part, rows in ((part, table[table["part"] == part]) for part in split_parts.PARTS)
  }
  scores = baselines.of_result(baselines.join(table, ridge, mean_years))
  hashes = {"final": tree_hash.tree_sha256(outcome.final.variables), "best": tree_hash.tree_sha256(variables)}
  result = split_folder.versioned(_summarise(job, outcome, scores, hashes))
  if processes.is_first():
    split_table.write(job.folder, table, job.loaded.hashes["folds"])
    title = f"{job.experiment.model_name}, split {job.experiment.fold} ({job.data_kind})"
    of_parts = {part: scores[part] for part in split_parts.PARTS}
    prediction_figure.draw(job.folder / _FIGURE_NAME, title, ages, of_parts, mean_years)
    split_folder.write_result(job.folder, result)
  return result


def missing_file(folder: pathlib.Path) -> str:
  """Returns which of these files of a finished training is missing or damaged; empty if none."""
  if not frame.is_whole(folder / _FIGURE_NAME):
    return _FIGURE_NAME
  if not (folder / reference.FILE_NAME).exists():
    return reference.FILE_NAME
  try:
    split_table.read(folder)
  except errors.InputError:
    return split_table.FILE_NAME
  return ""


def of_ending(passed: early_stopping.Passed, settings: spec.OptimizationSpec) -> dict[str, Any]:
  """Returns what `result.json` says of how a training ended under these limits."""
  is_cut_off = early_stopping.ending(passed, settings) == "max_epochs"
  return {
    "ending": early_stopping.ending(passed, settings),
    "still_improving": is_cut_off and early_stopping.was_improving(passed, settings),
  }


def _summarise(job: Job, outcome: loop.Outcome, scores: Mapping[str, Any], hashes: dict[str, str]) -> dict[str, Any]:
  """Returns what `result.json` holds."""
  scaler = job.loaded.data.scaler
  return {
    "model": job.experiment.model_name,
    "fold": job.experiment.fold,
    "data": job.data_kind,
    "n_train": len(job.loaded.data.train_rows),
    **{f"n_{part}": scores[part]["n"] for part in split_parts.PARTS},
    **scores,
    **outcome.passed.to_json(),
    **of_ending(outcome.passed, job.experiment.train),
    "seconds": outcome.seconds,
    "images_per_second": outcome.images_per_second,
    "params_sha256": hashes,
    "training_age_mean_years": float(scaler.mean),
    "training_age_std_years": float(scaler.std),
    "fold_map_hash": job.loaded.hashes["folds"],
    **compute_environment.of_result(job.folder),
  }
