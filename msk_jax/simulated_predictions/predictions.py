"""Writes simulated predictions: a cohort and `models/<model>/fold_<k>/` as if everything had been trained.

For trying and testing what comes after training (ensembles, performance, ages, correlations) at full size, with a
known truth under `raw/truth/`.
"""

import dataclasses
import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import schemas, source
from msk_jax.io import atomic, errors, progress, run_record, tables
from msk_jax.predictions import split_folder
from msk_jax.predictions import split_table as prediction_files
from msk_jax.scores import metrics
from msk_jax.simulated_predictions import draws, error_model, targets
from msk_jax.simulated_predictions import spec as predictions_spec
from msk_jax.simulation import truth

STAGE = "simulate_predictions"
DATA = "simulated"  # as `result.json` and `cohort/source.json` call it
_PROGRAM = "generator_version"
_GENERATOR_VERSION = 1  # raised whenever the same spec gives other numbers

ACCELERATIONS = tables.Schema(
  "simulated_accelerations", 1, {"eid": "string", "dimension": "string", "acceleration_years": "float64"}
)  # what lasts of a dimension's errors: the same at every visit
PERFORMANCE = tables.Schema("simulated_performance", 1, {"model": "string", "r2": "float64"})
CORRELATIONS = tables.Schema(
  "simulated_correlations", 1, {"model": "string", "other_model": "string", "correlation": "float64"}
)  # of accelerations after bias correction


def generate(
  spec: predictions_spec.SimulatedPredictionsSpec, workdir: pathlib.Path, *, overwrite: bool = False
) -> None:
  """Brings the workdir's simulated cohort and predictions up to date; does nothing if they are.

  Args:
    spec: the cohort and its models.
    workdir: where to write.
    overwrite: whether predictions of another spec are replaced.

  Raises:
    InputError: the workdir holds other data, or predictions of another spec.
  """
  settings = settings_of(spec)
  _claim(workdir)
  model = error_model.published(targets.DIMENSIONS if spec.scalars else targets.DIMENSIONS[:-1])
  outputs = _outputs(workdir, model.models, spec.num_folds)
  if run_record.is_current(workdir / schemas.FOLDER, settings, {}) and not _damaged(workdir, outputs):
    logging.info("the simulated predictions are there already: nothing to do")
    return
  _check_replaceable(workdir, settings, overwrite)
  _remove_simulated(workdir)
  cohort = draws.make_cohort(spec)
  samples = draws.samples_of(cohort)
  person = pd.factorize(samples["eid"])[0]
  drawn = draws.draw(model, person, spec.seed)
  age_years = samples["age_years"].to_numpy()
  predicted = draws.predict(model, drawn.errors, age_years)
  extra = {"hash": fold_map.fold_map_hash(cohort.folds)}
  folder = workdir / schemas.FOLDER
  tables.write(folder / "participants.parquet", cohort.participants, schemas.PARTICIPANTS)
  tables.write(folder / "visits.parquet", cohort.visits, schemas.VISITS)
  tables.write(folder / "folds.parquet", cohort.folds, schemas.FOLDS, extra)
  _write_truth(workdir, model, drawn.lasting * age_years.std(), samples["eid"].unique())
  with progress.track("writing predictions", len(model.models), "models") as advance:
    for m, name in enumerate(model.models):
      rows = drawn.is_present[:, m]
      _write_model(workdir, name, samples[rows], predicted[:, rows, m], spec.num_folds, extra["hash"])
      advance()
  results = {"participants": len(cohort.participants), "samples": len(samples), "models": len(model.models)}
  files = run_record.describe_files(workdir, [path.relative_to(workdir).as_posix() for path in outputs])
  run_record.write(folder, STAGE, settings, {}, results={**results, "files": files})
  logging.info("simulated predictions: %d participants, %d samples, %d models", *results.values())


def settings_of(spec: predictions_spec.SimulatedPredictionsSpec) -> dict[str, Any]:
  """Returns the settings that determine the predictions, as the run record has them."""
  return {**dataclasses.asdict(spec), _PROGRAM: _GENERATOR_VERSION}


def expected(model: error_model.ErrorModel) -> tuple[pd.DataFrame, pd.DataFrame]:
  """Returns what the best ensembles of unlimited samples would reach.

  Returns:
    R2 of each model, each group's ensemble and `general` (schema simulated_performance).
    The correlations of their accelerations, each pair once (schema simulated_correlations).
  """
  groups = {f"{name}/ensemble": f"{name}/" for name in (*model.views, *model.dimensions)} | {"general": ""}
  weights = dict(zip(model.models, np.eye(len(model.models)), strict=True))
  for name, prefix in groups.items():
    weights[name] = model.best_weights([leaf for leaf in model.models if leaf.startswith(prefix)])
  names = list(weights)
  matrix = np.array(list(weights.values()))
  covariance = matrix @ model.covariance() @ matrix.T
  root = np.sqrt(np.diag(covariance))
  first, second = np.triu_indices(len(names), 1)
  performance = pd.DataFrame({"model": names, "r2": error_model.r2_of(np.diag(covariance))})
  pairs = {"model": np.array(names)[first], "other_model": np.array(names)[second]}
  values = (covariance / np.outer(root, root))[first, second]
  return performance, pd.DataFrame({**pairs, "correlation": values})


def _damaged(workdir: pathlib.Path, outputs: Sequence[pathlib.Path]) -> bool:
  """Returns whether a file is missing or not as it was written."""
  return not all(p.exists() for p in outputs) or bool(run_record.damaged_files(workdir / schemas.FOLDER, workdir))


def _outputs(workdir: pathlib.Path, models: Sequence[str], num_folds: int) -> list[pathlib.Path]:
  """Returns all files that `generate` writes, but the record."""
  cohort = [workdir / schemas.FOLDER / f"{name}.parquet" for name in ("participants", "visits", "folds")]
  truths = [truth.path(workdir / "raw", schema) for schema in (ACCELERATIONS, PERFORMANCE, CORRELATIONS)]
  folders = [workdir / "models" / name / f"fold_{k}" for name in models for k in range(num_folds)]
  names = (prediction_files.FILE_NAME, split_folder.RESULT_NAME)
  return [*cohort, *truths, *(folder / name for folder in folders for name in names)]


def _write_truth(
  workdir: pathlib.Path, model: error_model.ErrorModel, lasting_years: np.ndarray, eid: np.ndarray
) -> None:
  performance, correlations = expected(model)
  long = pd.DataFrame(lasting_years, index=eid, columns=list(model.dimensions)).rename_axis("eid").reset_index()
  accelerations = long.melt("eid", var_name="dimension", value_name="acceleration_years")
  for schema, table in ((ACCELERATIONS, accelerations), (PERFORMANCE, performance), (CORRELATIONS, correlations)):
    tables.write(truth.path(workdir / "raw", schema), table, schema)


def _write_model(
  workdir: pathlib.Path, name: str, samples: pd.DataFrame, predicted: np.ndarray, num_folds: int, fold_map_hash: str
) -> None:
  """Writes all splits of a model.

  Args:
    workdir: gets `models/<name>/fold_<k>/`.
    name: the model's.
    samples: [n] those that the model sees.
    predicted: [2, n] predictions of the samples as validation and as test, years.
    num_folds: as many splits.
    fold_map_hash: noted with the predictions.
  """
  fold = samples["fold"].to_numpy()
  for k in range(num_folds):
    split = fold_map.split(k, num_folds)
    parts = []
    for part, data_fold in zip(draws.PARTS, (split.validation, split.test), strict=True):
      rows = fold == data_fold
      eid, instance, age = (samples[column].to_numpy()[rows] for column in ("eid", "instance", "age_years"))
      chosen = predicted[draws.PARTS.index(part)][rows]
      parts.append(prediction_files.part_table(part, eid, instance, fold[rows], age, chosen))
    training_age = samples["age_years"].to_numpy()[np.isin(fold, split.train)]
    folder = workdir / "models" / name / f"fold_{k}"
    prediction_files.write(folder, pd.concat(parts, ignore_index=True), fold_map_hash)
    atomic.write_json(folder / split_folder.RESULT_NAME, _result(name, k, parts, training_age, fold_map_hash))


def _result(
  name: str, k: int, parts: list[pd.DataFrame], training_age: np.ndarray, fold_map_hash: str
) -> dict[str, Any]:
  mean = float(training_age.mean())
  scores = [
    metrics.summary(part["age_years"].to_numpy(), part["predicted_age_years"].to_numpy(), mean) for part in parts
  ]
  return {
    "schema": "result",
    "version": 1,
    "model": name,
    "fold": k,
    "data": DATA,
    "n_train": len(training_age),
    "n_validation": scores[0]["n"],
    "n_test": scores[1]["n"],
    "validation": scores[0],
    "test": scores[1],
    "training_age_mean_years": mean,
    "training_age_std_years": float(training_age.std()),
    "fold_map_hash": fold_map_hash,
  }


def _claim(workdir: pathlib.Path) -> None:
  """Refuses a workdir with other data; marks a fresh one."""
  claimed = source.read(workdir)
  found = claimed["kind"] if claimed else ""
  if not found and any((workdir / name).exists() for name in (schemas.FOLDER, "models", "raw")):
    found = "unknown"
  if found not in ("", DATA):
    raise errors.InputError(f"the workdir {workdir} holds data of kind {found}: give another --workdir.")
  if not found:
    source.write(workdir, {"kind": DATA, "root": ""})


def _check_replaceable(workdir: pathlib.Path, settings: dict[str, Any], overwrite: bool) -> None:
  """Refuses to replace finished predictions of another spec; those of an older program are replaced."""
  record = run_record.read(workdir / schemas.FOLDER)
  differences = run_record.changes(record["settings"], settings) if record else []
  differences = [line for line in differences if not line.startswith(f"{_PROGRAM}:")]
  if differences and not overwrite:
    raise errors.InputError(
      f"the workdir {workdir} holds simulated predictions of other settings ({run_record.listed(differences)}). Give "
      "another --workdir, or --overwrite to replace them."
    )


def _remove_simulated(workdir: pathlib.Path) -> None:
  """Removes another spec's predictions; the record first, so that whatever is left counts as unfinished."""
  (workdir / schemas.FOLDER / run_record.FILE_NAME).unlink(missing_ok=True)
  for path in sorted((workdir / "models").rglob(split_folder.RESULT_NAME)):
    result = split_folder.read_result(path.parent)
    if result is not None and result.get("data") == DATA:
      shutil.rmtree(path.parent)
