"""Writes simulated predictions: a cohort and `models/<model>/fold_<k>/` as if all models had been trained.

They serve to try and test what follows training (ensembles, performance, ages, correlations) at full size, with a known
truth in `raw/truth/`.
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
from msk_jax.cohort import source, split_parts
from msk_jax.cohort.people import People
from msk_jax.io import errors, outputs, progress, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulated_predictions import draws, error_model, targets
from msk_jax.simulated_predictions import spec as predictions_spec
from msk_jax.simulation.files import truth

STAGE = "simulate_predictions"
DATA = "simulated"  # as `result.json` and `cohort/source.json` call it
_PROGRAM = "generator_version"
_GENERATOR_VERSION = 1  # raised whenever the same spec gives other numbers


def generate(
  spec: predictions_spec.SimulatedPredictionsSpec, workdir: pathlib.Path, *, overwrite: bool = False
) -> None:
  """Brings the workdir's simulated cohort and predictions up to date; does nothing if they are.

  Args:
    spec: the cohort and its models.
    workdir: where to write.
    overwrite: whether to replace predictions of another spec.

  Raises:
    InputError: the workdir holds other data, or predictions of another spec.
  """
  settings = settings_of(spec)
  _claim(workdir)
  model = error_model.published(targets.DIMENSIONS if spec.scalars else targets.DIMENSIONS[:-1])
  files = _list_files(workdir, model.models, spec.num_folds)
  output = outputs.Output(STAGE, workdir / cohort_tables.FOLDER, settings)
  _check_replaceable(workdir, settings, overwrite)
  if outputs.is_up_to_date(output, lambda: _list_damage(workdir, files)):
    return
  _remove_simulated(workdir)
  cohort = draws.make_cohort(spec)
  samples = draws.samples_of(cohort)
  person = People(samples["eid"]).number_of(samples["eid"])
  drawn = draws.draw(model, person, spec.seed)
  age_years = samples["age_years"].to_numpy()
  predicted = draws.predict(model, drawn.errors, age_years)
  extra = {"hash": fold_map.fold_map_hash(cohort.folds)}
  folder = workdir / cohort_tables.FOLDER
  tables.write(folder / "participants.parquet", cohort.participants, cohort_tables.PARTICIPANTS)
  tables.write(folder / "visits.parquet", cohort.visits, cohort_tables.VISITS)
  tables.write(folder / "folds.parquet", cohort.folds, cohort_tables.FOLDS, extra)
  _write_truth(workdir, model, drawn.lasting * age_years.std(), samples["eid"].unique())
  with progress.track("writing predictions", len(model.models), "models") as advance:
    for m, name in enumerate(model.models):
      rows = drawn.is_present[:, m]
      _write_model(workdir, name, samples[rows], predicted[:, rows, m], spec.num_folds, extra["hash"])
      advance()
  results = {"participants": len(cohort.participants), "samples": len(samples), "models": len(model.models)}
  described = run_record.describe_files(workdir, [path.relative_to(workdir).as_posix() for path in files])
  outputs.finish(output, {**results, outputs.FILES: described})
  logging.info("simulated predictions: %d participants, %d samples, %d models", *results.values())


def settings_of(spec: predictions_spec.SimulatedPredictionsSpec) -> dict[str, Any]:
  """Returns the settings that determine the predictions, as the run record has them."""
  return {**dataclasses.asdict(spec), _PROGRAM: _GENERATOR_VERSION}


def expected(model: error_model.ErrorModel) -> tuple[pd.DataFrame, pd.DataFrame]:
  """Returns the performance of the best ensembles at unlimited samples.

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


def _list_damage(workdir: pathlib.Path, files: Sequence[pathlib.Path]) -> list[str]:
  """Returns a line for each file that is missing or not as it was written."""
  missing = [f"{path.relative_to(workdir)} is missing" for path in files if not path.exists()]
  return missing or outputs.list_damage(workdir / cohort_tables.FOLDER, workdir)


def _list_files(workdir: pathlib.Path, models: Sequence[str], num_folds: int) -> list[pathlib.Path]:
  """Returns all files that `generate` writes, but the record."""
  cohort = [workdir / cohort_tables.FOLDER / f"{name}.parquet" for name in ("participants", "visits", "folds")]
  truths = [
    truth.path(workdir / "raw", schema)
    for schema in (
      truth_tables.SIMULATED_ACCELERATIONS,
      truth_tables.SIMULATED_PERFORMANCE,
      truth_tables.SIMULATED_CORRELATIONS,
    )
  ]
  folders = [split_folder.path_of(workdir, name, k) for name in models for k in range(num_folds)]
  names = (split_table.FILE_NAME, split_folder.RESULT_NAME)
  return [*cohort, *truths, *(folder / name for folder in folders for name in names)]


def _write_truth(
  workdir: pathlib.Path, model: error_model.ErrorModel, lasting_years: np.ndarray, eid: np.ndarray
) -> None:
  performance, correlations = expected(model)
  long = pd.DataFrame(lasting_years, index=eid, columns=list(model.dimensions)).rename_axis("eid").reset_index()
  accelerations = long.melt("eid", var_name="dimension", value_name="acceleration_years")
  for schema, table in (
    (truth_tables.SIMULATED_ACCELERATIONS, accelerations),
    (truth_tables.SIMULATED_PERFORMANCE, performance),
    (truth_tables.SIMULATED_CORRELATIONS, correlations),
  ):
    tables.write(truth.path(workdir / "raw", schema), table, schema)


def _write_model(
  workdir: pathlib.Path, name: str, samples: pd.DataFrame, predicted: np.ndarray, num_folds: int, fold_map_hash: str
) -> None:
  """Writes all splits of a model.

  Args:
    workdir: gets `models/<name>/fold_<k>/`.
    name: the model's.
    samples: [n] samples that the model predicts.
    predicted: [2, n] predictions of the samples as validation and as test, years.
    num_folds: data folds, and splits.
    fold_map_hash: recorded with the predictions.
  """
  fold = samples["fold"].to_numpy()
  for k in range(num_folds):
    split = fold_map.split(k, num_folds)
    tables_of_parts = []
    for place, (part, data_fold) in enumerate(zip(split_parts.PARTS, (split.validation, split.test), strict=True)):
      rows = fold == data_fold
      eid, instance, age = (samples[column].to_numpy()[rows] for column in ("eid", "instance", "age_years"))
      tables_of_parts.append(split_table.part_table(part, eid, instance, fold[rows], age, predicted[place][rows]))
    training_age = samples["age_years"].to_numpy()[np.isin(fold, split.train)]
    table = pd.concat(tables_of_parts, ignore_index=True)
    folder = split_folder.path_of(workdir, name, k)
    split_table.write(folder, table, fold_map_hash)
    mean_years = float(training_age.mean())
    ages = {"training_age_mean_years": mean_years, "training_age_std_years": float(training_age.std())}
    result = split_folder.describe(name, k, DATA, len(training_age), table, mean_years)
    split_folder.write_result(folder, {**result, **ages, "fold_map_hash": fold_map_hash})


def _claim(workdir: pathlib.Path) -> None:
  """Refuses a workdir with other data; marks a new one as simulated."""
  claimed = source.read(workdir)
  kind = claimed["kind"] if claimed else ""
  if not kind and any((workdir / name).exists() for name in (cohort_tables.FOLDER, split_folder.MODELS, "raw")):
    kind = "unknown"
  if kind not in ("", DATA):
    raise errors.InputError(f"the workdir {workdir} holds data of kind {kind}: give another --workdir.")
  if not kind:
    source.write(workdir, {"kind": DATA, "root": ""})


def _check_replaceable(workdir: pathlib.Path, settings: dict[str, Any], overwrite: bool) -> None:
  """Refuses to replace finished predictions of another spec; those of an older program are replaced."""
  record = run_record.read(workdir / cohort_tables.FOLDER)
  differences = run_record.changes(record["settings"], settings) if record else []
  differences = [line for line in differences if not line.startswith(f"{_PROGRAM}:")]
  if differences and not overwrite:
    raise errors.InputError(
      f"the workdir {workdir} holds simulated predictions of other settings ({run_record.listed(differences)}). Give "
      "another --workdir, or --overwrite to replace them."
    )


def _remove_simulated(workdir: pathlib.Path) -> None:
  """Removes another spec's predictions. The record is removed first, so that an interrupted removal is noticed."""
  run_record.remove(workdir / cohort_tables.FOLDER)
  for model in split_folder.list_models(workdir):
    for folder in split_folder.list_finished(split_folder.model_folder(workdir, model)):
      result = split_folder.read_result(folder)
      if result is not None and result.get("data") == DATA:
        shutil.rmtree(folder)
