"""Writes simulated predictions: a cohort and `models/<model>/fold_<k>/` as if all models had been trained.

They serve to try and test what follows training (ensembles, performance, ages, correlations, genetics) at full size,
with a known truth in `raw/truth/`.
"""

import dataclasses
import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import fold_table, source, split_parts
from msk_jax.cohort import folds as fold_map
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.cohort.people import People
from msk_jax.io import errors, locks, outputs, progress, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulated_predictions import draws, error_model, phantom_cohort, targets
from msk_jax.simulated_predictions import spec as predictions_spec
from msk_jax.simulation import cohort as phantom
from msk_jax.simulation.files import truth

STAGE = "simulate_predictions"
_LOCK = f".{STAGE}_lock"
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
    overwrite: whether to replace predictions of another spec, or another phantom.

  Raises:
    InputError: the workdir holds other data, trained models, or predictions of another spec; or another process writes
      them.
  """
  busy = f"another process runs {STAGE} in {workdir}: wait for it, or give another --workdir"
  with locks.alone(workdir / _LOCK, busy):
    _generate(spec, workdir, overwrite)


def _generate(spec: predictions_spec.SimulatedPredictionsSpec, workdir: pathlib.Path, overwrite: bool) -> None:
  model = error_model.published(targets.DIMENSIONS if spec.scalars else targets.DIMENSIONS[:-1])
  output = outputs.Output(STAGE, _record_folder(spec, workdir), settings_of(spec))
  if spec.phantom is None:
    _claim(workdir)
  _check_replaceable(output, workdir, overwrite)
  cohort = None
  if spec.phantom is not None:
    cohort = phantom_cohort.make_cohort(spec, workdir, overwrite=overwrite)
    output = dataclasses.replace(output, inputs={"cohort": phantom_cohort.hash_cohort(workdir)})
  files = _list_files(workdir, model.models, spec)
  if outputs.is_up_to_date(output, lambda: _list_damage(output, workdir, files)):
    return
  _remove_simulated(output, workdir)
  if cohort is None:
    cohort = draws.make_cohort(spec)
    _write_cohort(workdir, cohort)
  results = _write_predictions(spec, workdir, model, cohort)
  described = run_record.describe_files(workdir, [path.relative_to(workdir).as_posix() for path in files])
  outputs.finish(output, {**results, outputs.FILES: described})
  logging.info("simulated predictions: %d participants, %d samples, %d models", *results.values())


def _write_predictions(
  spec: predictions_spec.SimulatedPredictionsSpec,
  workdir: pathlib.Path,
  model: error_model.ErrorModel,
  cohort: draws.Cohort,
) -> dict[str, int]:
  """Writes all models' predictions and the truth; returns counts."""
  samples = draws.samples_of(cohort)
  people = People(samples["eid"])
  planted = None
  if spec.phantom is not None:
    planted = phantom_cohort.read_latent_sds(workdir, people.eid, model.dimensions)
  drawn = draws.draw(model, people.number_of(samples["eid"]), spec.seed, planted)
  age_years = samples["age_years"].to_numpy()
  predicted = draws.predict(model, drawn.errors, age_years)
  _write_truth(workdir, model, drawn.lasting * age_years.std(), people.eid)
  hash_ = fold_map.fold_map_hash(cohort.folds) if spec.phantom is None else fold_table.read(workdir).name
  with progress.track("writing predictions", len(model.models), "models") as advance:
    for m, name in enumerate(model.models):
      rows = drawn.is_present[:, m]
      _write_model(workdir, name, samples[rows], predicted[:, rows, m], spec.num_folds, hash_)
      advance()
  return {"participants": len(cohort.participants), "samples": len(samples), "models": len(model.models)}


def _write_cohort(workdir: pathlib.Path, cohort: draws.Cohort) -> None:
  folder = workdir / cohort_tables.FOLDER
  tables.write(folder / "participants.parquet", cohort.participants, cohort_tables.PARTICIPANTS)
  tables.write(folder / "visits.parquet", cohort.visits, cohort_tables.VISITS)
  fold_table.write(workdir, FoldMap.drawn(cohort.folds))


def settings_of(spec: predictions_spec.SimulatedPredictionsSpec) -> dict[str, Any]:
  """Returns the settings that determine the predictions, as the run record has them."""
  values: dict[str, Any] = dataclasses.asdict(spec)
  if spec.phantom is None:
    del values["phantom"]
  else:
    values = {**values, "phantom": phantom.settings_of(spec.phantom)}
    del values["num_participants"], values["repeat_imaging_fraction"]
  return {**values, _PROGRAM: _GENERATOR_VERSION}


def _record_folder(spec: predictions_spec.SimulatedPredictionsSpec, workdir: pathlib.Path) -> pathlib.Path:
  """Returns the folder of the run record: a phantom's cohort has the record of `prepare`."""
  return workdir / (cohort_tables.FOLDER if spec.phantom is None else split_folder.MODELS)


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


def _list_damage(output: outputs.Output, workdir: pathlib.Path, files: Sequence[pathlib.Path]) -> list[str]:
  """Returns a line for each file that is missing or not as it was written."""
  missing = [f"{path.relative_to(workdir)} is missing" for path in files if not path.exists()]
  return missing or outputs.list_damage(output.folder, workdir)


def _list_files(
  workdir: pathlib.Path, models: Sequence[str], spec: predictions_spec.SimulatedPredictionsSpec
) -> list[pathlib.Path]:
  """Returns all files that `generate` itself writes, but the record."""
  names = ("participants", "visits", "folds") if spec.phantom is None else ()
  cohort = [workdir / cohort_tables.FOLDER / f"{name}.parquet" for name in names]
  truths = [
    truth.path(workdir / "raw", schema)
    for schema in (
      truth_tables.SIMULATED_ACCELERATIONS,
      truth_tables.SIMULATED_PERFORMANCE,
      truth_tables.SIMULATED_CORRELATIONS,
    )
  ]
  folders = [split_folder.path_of(workdir, name, k) for name in models for k in range(spec.num_folds)]
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


def _check_replaceable(output: outputs.Output, workdir: pathlib.Path, overwrite: bool) -> None:
  """Refuses to replace trained models, and finished predictions of another spec; an older program's are replaced."""
  if _has_trained(workdir):
    raise errors.InputError(f"the workdir {workdir} holds trained models: give another --workdir.")
  record = run_record.read(output.folder)
  differences = run_record.changes(record["settings"], output.settings) if record else []
  differences = [line for line in differences if not line.startswith(f"{_PROGRAM}:")]
  if differences and not overwrite:
    raise errors.InputError(
      f"the workdir {workdir} holds simulated predictions of other settings ({run_record.listed(differences)}). Give "
      "another --workdir, or --overwrite to replace them."
    )


def _has_trained(workdir: pathlib.Path) -> bool:
  return any(not is_simulated for _, is_simulated in _list_splits(workdir))


def _remove_simulated(output: outputs.Output, workdir: pathlib.Path) -> None:
  """Removes another spec's predictions. The record is removed first, so that an interrupted removal is noticed."""
  run_record.remove(output.folder)
  for folder, is_simulated in _list_splits(workdir):
    if is_simulated:
      shutil.rmtree(folder)


def _list_splits(workdir: pathlib.Path) -> list[tuple[pathlib.Path, bool]]:
  """Returns the folders of all finished splits, and whether their predictions are simulated."""
  folders = [
    folder
    for model in split_folder.list_models(workdir)
    for folder in split_folder.list_finished(split_folder.model_folder(workdir, model))
  ]
  results = [split_folder.read_result(folder) for folder in folders]
  return [
    (folder, result.get("data") == DATA) for folder, result in zip(folders, results, strict=True) if result is not None
  ]
