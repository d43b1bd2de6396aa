"""Finished models stay when people withdraw: they lose their predictions, and nothing is fitted again.

Each split's `samples.parquet` lists the samples of its test fold, with a hash of all that the model had of each. Where
samples are the same but for people who have withdrawn, so is the model. It is made again where anything else differs:
settings, folds, a measurement, who is there for another reason.
"""

import hashlib
import pathlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import fold_table, withdrawal_memory
from msk_jax.io import errors, outputs, run_record, tables
from msk_jax.predictions import split_table, trained_with_withdrawn
from msk_jax.scalar_models.data import ScalarData
from msk_jax.schemas import prediction_tables
from msk_jax.tabular import job as tabular_job

FILE_NAME = "samples.parquet"
_KEYS = ["eid", "instance"]
_OF_PEOPLE = ("samples.features_np", "samples.age_years", "samples.fold", "samples.eid", "samples.instance")
_LEFT = "samples_withdrawn_since"  # among a record's results


def write_samples(folder: pathlib.Path, data: ScalarData, rows: np.ndarray) -> None:
  """Writes the list of a split's test samples.

  Args:
    folder: the split's.
    data: the set.
    rows: int64 [m], numbers of the samples.
  """
  tables.write(folder / FILE_NAME, _describe(data, rows), prediction_tables.TRAINED_SAMPLES)


def rows_of_search(folder: pathlib.Path, inputs: Mapping[str, str] | None = None) -> int | None:
  """Returns the rows that a finished model's search space was made for, for a model that was kept or may be.

  Args:
    folder: the model's.
    inputs: hashes of the samples; None for whatever the model was made from.

  Returns:
    The number; None where there is no model of these inputs, or its record does not say.
  """
  record = run_record.read(folder)
  if record is None or (inputs is not None and record["inputs"] != dict(inputs)):
    return None
  return record["results"].get(tabular_job.SMALLEST_FIT_ROWS)


def keep(job: tabular_job.Job, data: ScalarData, workdir: pathlib.Path, withdrawn: Collection[str]) -> bool:
  """Takes people who have withdrawn out of a finished model's files; returns whether it did.

  Args:
    job: the model as it would be made, in the search space that it was made in.
    data: the set's samples, without people who have withdrawn.
    workdir: the workdir.
    withdrawn: people whom the cohort has still, and `data` has not.

  Raises:
    InputError: another process makes the model; or a file of the workdir is damaged.
  """
  if not _may_be_kept(run_record.read(job.folder), job):
    return False
  with tabular_job.alone(job):
    record = run_record.read(job.folder)
    if not _may_be_kept(record, job) or outputs.list_damage(job.folder):
      return False
    left = _find_left(job, data)
    if left is None:
      return False
    people = frozenset(left.get_level_values("eid"))
    if people - withdrawal_memory.recall(workdir, people) - frozenset(withdrawn):
      return False
    num_left = record["results"]["samples"] - len(data.eid)
    logging.info(
      "%s is kept: it was fitted on the same samples and %d of people who have withdrawn since. They lose their "
      "predictions. Nothing is fitted again. To fit it without them, delete its run.json.",
      job.name,
      num_left,
    )
    _leave_out(job, workdir, {**record, "results": {**record["results"], _LEFT: num_left}}, left)
  return True


def _describe(data: ScalarData, rows: np.ndarray) -> pd.DataFrame:
  samples = data.samples
  columns = [np.ascontiguousarray(values[rows]) for values in (samples.features_np, samples.target, samples.fold)]
  hashes = [hashlib.sha256(b"|".join(column[i].tobytes() for column in columns)).hexdigest() for i in range(len(rows))]
  return pd.DataFrame({"eid": data.eid[rows], "instance": data.instance[rows], "sha256": hashes})


def _may_be_kept(record: dict[str, Any] | None, job: tabular_job.Job) -> TypeGuard[dict[str, Any]]:
  """Returns whether a model's record is of the job's settings and inputs but for people, and not of just these."""
  if record is None or record["inputs"] == dict(job.inputs):
    return False
  return run_record.fingerprint([record["settings"], _without_people(record["inputs"])]) == run_record.fingerprint(
    [job.record(), _without_people(dict(job.inputs))]
  )


def _without_people(inputs: dict[str, str]) -> dict[str, str]:
  return {name: value for name, value in inputs.items() if name not in _OF_PEOPLE}


def _folders(job: tabular_job.Job) -> Iterator[pathlib.Path]:
  return (job.folder / f"fold_{k}" for k in range(job.plan.num_folds))


def _find_left(job: tabular_job.Job, data: ScalarData) -> pd.MultiIndex | None:
  """Returns (eid, instance) of samples that are not there any more; None if other samples differ, or none can tell."""
  try:
    parts = [tables.read(folder / FILE_NAME, prediction_tables.TRAINED_SAMPLES) for folder in _folders(job)]
  except errors.InputError:
    return None
  before, now = (
    table.astype({"eid": str}).set_index(_KEYS)["sha256"].astype(str)
    for table in (pd.concat(parts), _describe(data, np.arange(len(data.eid))))
  )
  if not now.index.isin(before.index).all() or (before.reindex(now.index) != now).any():
    return None
  return pd.MultiIndex.from_tuples(before.index.difference(now.index), names=_KEYS)


def _leave_out(job: tabular_job.Job, workdir: pathlib.Path, record: dict[str, Any], left: pd.MultiIndex) -> None:
  """Takes samples out of a model's files. Until the record says so, as the last, the next call does it again."""
  _note_trained_with(job, workdir, left)
  changing = {f"{folder.name}/{name}" for folder in _folders(job) for name in (split_table.FILE_NAME, FILE_NAME)}
  rest = {name: value for name, value in record["results"][outputs.FILES].items() if name not in changing}
  run_record.add_results(job.folder, {outputs.FILES: rest})  # what a kill leaves is not taken for damage
  for folder in _folders(job):
    split_table.leave_out_samples(folder, left)
  for folder in _folders(job):  # after all predictions: the next call finds by these lists whose are to be removed
    table = tables.read(folder / FILE_NAME, prediction_tables.TRAINED_SAMPLES)
    is_left = pd.MultiIndex.from_frame(table[_KEYS].astype({"eid": str})).isin(left)
    tables.write(folder / FILE_NAME, table[~is_left], prediction_tables.TRAINED_SAMPLES)
  files = run_record.describe_files(job.folder, sorted({*rest, *changing}))
  results = {**record["results"], outputs.FILES: files}
  run_record.write(job.folder, job.stage, job.record(), job.inputs, record["devices"], results)


def _note_trained_with(job: tabular_job.Job, workdir: pathlib.Path, left: pd.MultiIndex) -> None:
  """Lists the splits that were trained with people who have withdrawn."""
  in_folds: set[int] = set()
  for folder in _folders(job):
    table = split_table.read(folder)
    in_folds.update(table.loc[table["eid"].astype(str).isin(left.get_level_values("eid")), "fold"])
  num_folds = fold_table.read(workdir).num_folds
  rows = [row for k in range(num_folds) for row in trained_with_withdrawn.rows_of(job.name, k, num_folds, in_folds)]
  trained_with_withdrawn.note(workdir, rows)
