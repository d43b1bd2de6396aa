"""What a finished training leaves: predictions, scores, a picture and a machine-readable summary."""

import hashlib
import pathlib
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.figures import frame
from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.scores import metrics
from msk_jax.trained import best_parameters, checkpoints, processes
from msk_jax.training import compute_environment, early_stopping, loop, prediction_figure
from msk_jax.training.job import Job
from msk_jax.training.program import Program
from msk_jax.training.session import stored_samples

_FIGURE_NAME = "predictions.png"


def finish(program: Program, job: Job, outcome: loop.Outcome) -> dict[str, Any]:
  """Predicts validation and test samples with the best parameters and writes everything down.

  The model's folder gets `predictions.parquet`, `predictions.png`, `.svg` and, last, `result.json`.

  Args:
    program: the job's compiled functions.
    job: the training.
    outcome: of its loop.

  Returns:
    What `result.json` holds.
  """
  best = checkpoints.Checkpoints(job.folder / best_parameters.FOLDER, kept=1)
  with best:
    variables = best.load(program.abstract_state.variables)
  table = _predict_parts(program, job, variables)
  mean_years = float(job.loaded.data.scaler.mean)
  ages = {
    part: (rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy())
    for part, rows in ((part, table[table["part"] == part]) for part in split_parts.PARTS)
  }
  scores = {part: metrics.summary(*pair, mean_years) for part, pair in ages.items()}
  hashes = {"final": tree_sha256(outcome.final.variables), "best": tree_sha256(variables)}
  result = split_folder.versioned(_summarise(job, outcome, scores, hashes))
  if processes.is_first():
    split_table.write(job.folder, table, job.loaded.hashes["folds"])
    title = f"{job.experiment.model_name}, split {job.experiment.fold} ({job.data_kind})"
    prediction_figure.draw(job.folder / _FIGURE_NAME, title, ages, scores, mean_years)
    split_folder.write_result(job.folder, result)
  return result


def missing_file(folder: pathlib.Path) -> str:
  """Returns which file of a finished training is missing or damaged, beside its result; empty if none."""
  if not frame.is_whole(folder / _FIGURE_NAME):
    return _FIGURE_NAME
  try:
    split_table.read(folder)
  except errors.InputError:
    return split_table.FILE_NAME
  return ""


def tree_sha256(tree: Any) -> str:
  """Returns the SHA-256 of a tree of arrays: paths, dtypes, shapes and bytes, in the tree's order."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree_util.tree_flatten_with_path(jax.device_get(tree))[0]:
    digest.update(f"{jax.tree_util.keystr(path)} {leaf.dtype} {leaf.shape} ".encode())
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()


def _predict_parts(program: Program, job: Job, variables: dict[str, Any]) -> pd.DataFrame:
  """Returns the table of predictions of the validation and test samples."""
  data, samples = job.loaded.data, job.loaded.data.inputs.examples
  stored = stored_samples(data, job.experiment)
  tables = []
  for part, rows in zip(split_parts.PARTS, (data.validation_rows, job.loaded.test_rows), strict=True):
    predicted = program.predictor.ages_of(variables, stored, rows)
    tables.append(
      split_table.part_table(
        part, samples.eid[rows], samples.instance[rows], samples.fold[rows], samples.age_years[rows], predicted
      )
    )
  return pd.concat(tables, ignore_index=True)


def _summarise(
  job: Job, outcome: loop.Outcome, scores: Mapping[split_parts.Part, Any], hashes: dict[str, str]
) -> dict[str, Any]:
  """Returns what `result.json` holds."""
  progress, scaler = outcome.final.progress, job.loaded.data.scaler
  return {
    "model": job.experiment.model_name,
    "fold": job.experiment.fold,
    "data": job.data_kind,
    "n_train": len(job.loaded.data.train_rows),
    **{f"n_{part}": scores[part]["n"] for part in split_parts.PARTS},
    **scores,
    "epochs": int(progress.epochs_done),
    "best_epoch": int(progress.best_epoch),
    "stopped_early": early_stopping.has_stopped_early(progress, job.experiment.train),
    "steps": int(outcome.final.step),
    "seconds": outcome.seconds,
    "images_per_second": outcome.images_per_second,
    "params_sha256": hashes,
    "training_age_mean_years": float(scaler.mean),
    "training_age_std_years": float(scaler.std),
    "fold_map_hash": job.loaded.hashes["folds"],
    **compute_environment.of_result(job.folder),
  }
