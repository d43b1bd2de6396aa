"""What a finished training leaves: predictions, scores, a picture and a machine-readable summary."""

import hashlib
import pathlib
from typing import Any

import jax
import numpy as np
import pandas as pd

from msk_jax.figures import frame, scatter
from msk_jax.io import atomic, errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.scores import metrics
from msk_jax.training import checkpoints, conditions, data, loop, prediction, processes, spec, stopping
from msk_jax.training.program import Program, best_of

FILE_NAME = split_folder.RESULT_NAME
_FIGURE_NAME = "predictions.png"
_SCHEMA_VERSION = 1


def tree_sha256(tree: Any) -> str:
  """Returns the SHA-256 of a tree of arrays: paths, dtypes, shapes and bytes, in the tree's order."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree_util.tree_flatten_with_path(jax.device_get(tree))[0]:
    digest.update(f"{jax.tree_util.keystr(path)} {leaf.dtype} {leaf.shape} ".encode())
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()


def finish(
  program: Program,
  experiment: spec.ExperimentSpec,
  loaded: data.Loaded,
  outcome: loop.Outcome,
  data_kind: str,
  folder: pathlib.Path,
) -> dict[str, Any]:
  """Predicts validation and test samples with the best parameters and writes everything down.

  Args:
    program: the experiment's compiled functions.
    experiment: its settings.
    loaded: its data.
    outcome: of the finished training.
    data_kind: `phantom`, `ukb` or `folder`.
    folder: the model's folder; gets `predictions.parquet`, `predictions.png` and, last, `result.json`.

  Returns:
    What `result.json` holds.
  """
  best = checkpoints.Checkpoints(folder / "best", kept=1)
  with best:
    tree = best.load(program.abstract_best())
  table = _predict_parts(program, experiment, loaded, tree)
  mean_years = float(loaded.data.scaler.mean)
  ages = {
    part: (rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy())
    for part, rows in ((part, table[table["part"] == part]) for part in ("validation", "test"))
  }
  scores = {part: metrics.summary(*pair, mean_years) for part, pair in ages.items()}
  result = {
    "schema": "result",
    "version": _SCHEMA_VERSION,
    "model": experiment.model_name,
    "fold": experiment.fold,
    "data": data_kind,
    "n_train": len(loaded.data.train_rows),
    "n_validation": scores["validation"]["n"],
    "n_test": scores["test"]["n"],
    "validation": scores["validation"],
    "test": scores["test"],
    "epochs": int(outcome.final.progress.epochs_done),
    "best_epoch": int(outcome.final.progress.best_epoch),
    "stopped_early": stopping.has_stopped_early(outcome.final.progress, experiment.train),
    "steps": int(outcome.final.step),
    "seconds": outcome.seconds,
    "images_per_second": outcome.images_per_second,
    "params_sha256": {"final": tree_sha256(best_of(outcome.final)), "best": tree_sha256(tree)},
    "training_age_mean_years": mean_years,
    "training_age_std_years": float(loaded.data.scaler.std),
    "fold_map_hash": loaded.hashes["folds"],
    **conditions.of_result(folder),
  }
  if processes.is_first():
    split_table.write(folder, table, loaded.hashes["folds"])
    title = f"{experiment.model_name}, split {experiment.fold} ({data_kind})"
    scatter.scatter(folder / _FIGURE_NAME, title, ages, scores, mean_years)
    atomic.write_json(folder / FILE_NAME, result)
  return result


def read(folder: pathlib.Path) -> dict[str, Any] | None:
  """Returns the result in `folder`, None if that training is not finished; see `pooled.read_result`."""
  return split_folder.read_result(folder)


def lacks(folder: pathlib.Path) -> str:
  """Returns which file of a finished training is missing or damaged, beside its result; empty if none."""
  if not frame.is_whole(folder / _FIGURE_NAME):
    return _FIGURE_NAME
  try:
    split_table.read(folder)
  except errors.InputError:
    return split_table.FILE_NAME
  return ""


def _predict_parts(program: Program, experiment: spec.ExperimentSpec, loaded: data.Loaded, tree: dict) -> pd.DataFrame:
  found = loaded.data.inputs.examples
  parts = []
  for part, rows in (("validation", loaded.data.validation_rows), ("test", loaded.test_rows)):
    predicted = prediction.predict_ages(
      program.predict_step,
      tree["params"],
      tree["batch_stats"],
      loaded.data.inputs,
      rows,
      loaded.data.scaler,
      experiment.train.evaluation_batch_size,
      loop.sharing_of(experiment.input),
      program.shardings,
    )
    parts.append(
      split_table.part_table(
        part, found.eid[rows], found.instance[rows], found.fold[rows], found.age_years[rows], predicted
      )
    )
  return pd.concat(parts, ignore_index=True)
