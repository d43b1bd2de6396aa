"""Importances of a scalar set: all finished algorithms side by side, in tables and a figure.

Several jobs may make the algorithms of a set, one after the other or at the same time. Whichever finishes one writes
the tables of all that are finished by then.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable

import pandas as pd
from absl import logging

from msk_jax.cohort import scalar_tables, withdrawal_memory
from msk_jax.io import atomic, errors, outputs, run_record, tables
from msk_jax.published import reader
from msk_jax.scalar_models import data, experiment, importance_figure
from msk_jax.schemas import cohort_tables, importance_tables
from msk_jax.tabular import algorithm, algorithms, importances
from msk_jax.tabular import job as tabular_job

IMPORTANCES = "importances"
AGREEMENT = "importance_agreement"
_FILES = [
  *(f"{IMPORTANCES}.{kind}" for kind in ("png", "svg")),
  *(f"{name}.{kind}" for name in (IMPORTANCES, AGREEMENT) for kind in ("csv", "parquet")),
]
_VERSION = 5  # raised when the same models would give other tables


def write(job: experiment.Job, withdrawn: Collection[str] = ()) -> None:
  """Writes tables and figure of a set's importances, unless they are up to date.

  Two jobs may do so at once, and the one with fewer algorithms may be the last to write. Each therefore looks again
  after its last file, and writes again if others have finished since. The last file then always holds all algorithms.
  No lock is needed, which the file systems of clusters do not always have.

  Args:
    job: of any algorithm of the set. Others count if they were made from the same samples with the same settings.
    withdrawn: people whom its samples are without.

  Raises:
    InputError: a finished model's importances are missing or damaged.
  """
  folder = job.folder.parent
  is_published = job.data.name == scalar_tables.ALL and data.is_comparable(job.workdir, job.data.name)
  record = {"set": job.data.name, "published": is_published, "version": _VERSION}
  finished = find_finished(job)
  output = outputs.Output(
    "scalars", folder, record, _hash_inputs(job, finished, withdrawn), f"importances of {job.data.name}"
  )
  if outputs.is_up_to_date(output, lambda: outputs.list_damage(folder)):
    return
  written = None
  while finished and written != finished:
    run_record.remove(folder)
    try:
      by_split = {name: _read_splits(_of(job, name)) for name in finished}
    except errors.InputError:
      if find_finished(job) == finished:
        raise
      by_split = {}  # a job is making one of them again
    if by_split:
      _write_files(job, folder, by_split, is_published)
      files = run_record.describe_files(folder, _FILES)
      inputs = _hash_inputs(job, finished, withdrawn)
      outputs.finish(dataclasses.replace(output, inputs=inputs), {outputs.FILES: files})
      written = finished
    finished = find_finished(job)
  _report(job, finished)


def find_finished(job: experiment.Job) -> dict[str, str]:
  """Returns each finished algorithm of the job's set, samples and settings, with the hash of its run record."""
  finished = {}
  for name in algorithms.ALGORITHMS:
    record = run_record.read(_of(job, name).folder)
    if record is not None and not _changes(job, name, record):
      finished[name] = run_record.fingerprint(record)
  return finished


def _hash_inputs(job: experiment.Job, finished: Iterable[str], withdrawn: Collection[str]) -> dict[str, str]:
  """Returns what a set's tables are made from: models by their records, and the cohort's tables of their samples."""
  cohort = job.workdir / cohort_tables.FOLDER
  name = job.data.name
  sets = scalar_tables.names(cohort) if name == scalar_tables.ALL else [name]
  paths = [_of(job, algorithm_name).folder / run_record.FILE_NAME for algorithm_name in finished]
  paths += [cohort / f"{table}.parquet" for table in ("participants", "visits", "folds")]
  paths += [cohort / scalar_tables.FOLDER / f"{each}.parquet" for each in sets]
  return outputs.hash_files(job.workdir, paths) | withdrawal_memory.hashes(job.workdir, withdrawn)


def _of(job: experiment.Job, name: str) -> experiment.Job:
  return dataclasses.replace(job, algorithm_name=name)


def _changes(job: experiment.Job, name: str, record: dict) -> list[str]:
  """Returns how settings and samples of another algorithm's record differ from the job's."""
  return run_record.changes(record["settings"], _of(job, name).record()) + run_record.changes(
    record["inputs"], job.data.hashes
  )


def _read_splits(job: experiment.Job) -> list[pd.DataFrame]:
  try:
    return tabular_job.read_importances(job.folder, job.data.num_folds)
  except errors.InputError as error:
    raise errors.InputError(
      f"{job.model_name} is finished, but importances of its splits are missing or damaged. {algorithm.HOW_TO_REMAKE}"
    ) from error


def _write_files(
  job: experiment.Job, folder: pathlib.Path, by_split: dict[str, list[pd.DataFrame]], is_published: bool
) -> None:
  summary = importances.summarise(by_split)
  main_measures = importances.main_measures(algorithms.make(name) for name in by_split)
  agreement = importances.agreement(summary, main_measures, reader.importance_agreement() if is_published else None)
  for name, table, schema in (
    (IMPORTANCES, summary, importance_tables.OF_SET),
    (AGREEMENT, agreement, importance_tables.AGREEMENT),
  ):
    tables.write(folder / f"{name}.parquet", table, schema)
    shown = table if is_published else table.drop(columns="published_pearson", errors="ignore")
    with atomic.replacing(folder / f"{name}.csv") as temporary:
      shown.to_csv(temporary, index=False)
  title = f"What goes into ages by {job.data.name.replace('_', ' ')} ({job.data_kind} data)"
  importance_figure.draw(folder / f"{IMPORTANCES}.png", title, summary, main_measures, data.AGE)


def _report(job: experiment.Job, finished: dict[str, str]) -> None:
  """Logs where the importances are, and which models are not among them."""
  path = job.folder.parent / f"{IMPORTANCES}.png"
  logging.info("importances of %s by %s: %s", job.data.name, ", ".join(finished), path)
  if num_constant := int(importances.find_constant(job.data.samples.features_np).sum()):
    logging.info("they leave out %d features that are constant", num_constant)
  for name in algorithms.ALGORITHMS:
    record = run_record.read(_of(job, name).folder)
    if name not in finished and record is not None:
      logging.info(
        "they leave out %s, which was made with other settings or samples (%s)",
        name,
        run_record.listed(_changes(job, name, record)),
      )
