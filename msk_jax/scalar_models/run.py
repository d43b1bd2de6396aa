"""The stage `scalars`: all sets, all algorithms, and how their importances compare."""

import pathlib
from collections.abc import Collection, Sequence

import pandas as pd
from absl import logging

from msk_jax.cohort import scalar_tables, schemas
from msk_jax.io import atomic, errors, run_record, tables
from msk_jax.scalar_models import data, experiment, importance_figure, importances, spec

IMPORTANCES = "importances"
AGREEMENT = "importance_agreement"


def run(settings: spec.ScalarsSpec, workdir: pathlib.Path, data_kind: str,
        withdrawn: Collection[str] = ()) -> list[str]:  # fmt: skip
  """Makes every model that is not made yet.

  Args:
    settings: which models and how.
    workdir: holds `cohort/`; models go to `models/scalars/<set>/<algorithm>/`.
    data_kind: `phantom`, `ukb` or another; noted in the results.
    withdrawn: participants to leave out besides those that `prepare` left out.

  Returns:
    The models' names.

  Raises:
    InputError: a set is not there or can't be used; all are looked at before the first is begun.
  """
  names = choose_sets(settings, workdir)
  for name in names:
    data.load(workdir, name, withdrawn)
  models = []
  for name in names:
    loaded = data.load(workdir, name, withdrawn)
    logging.info(
      "scalar set %s: %d complete cases of %d samples, %d features", name, len(loaded.eid), loaded.num_measured,
      len(loaded.samples.names),
    )  # fmt: skip
    jobs = [experiment.Job(loaded, each, settings, data_kind, workdir) for each in settings.algorithms]
    for job in jobs:
      experiment.run(job)
    _write_importances(jobs)
    models += [job.model_name for job in jobs]
  return models


def choose_sets(settings: spec.ScalarsSpec, workdir: pathlib.Path) -> list[str]:
  """Returns the sets to be done: those asked for, or all that are there and, if several, `all` of them joined.

  Raises:
    InputError: none is there, or one that is asked for is not.
  """
  stored = scalar_tables.names(workdir / schemas.FOLDER)
  if not stored:
    raise errors.InputError(
      f"no scalar sets in {workdir / schemas.FOLDER / scalar_tables.FOLDER}: run `python -m msk_jax.prepare` on tables "
      "with the fields of anthropometry, impedance, heel densitometry or hand grip first."
    )
  known = [*stored, scalar_tables.ALL] if len(stored) > 1 else stored
  unknown = [name for name in settings.sets if name not in known]
  if unknown:
    raise errors.InputError(f"config.scalars.sets: no set {', '.join(unknown)}; there are {', '.join(known)}.")
  return list(settings.sets or known)


def _write_importances(jobs: Sequence[experiment.Job]) -> None:
  """Writes tables and figure of one set's importances, unless they are there."""
  folder = jobs[0].folder.parent
  hashes = {job.algorithm_name: run_record.fingerprint(run_record.read(job.folder)) for job in jobs}
  record = {"set": jobs[0].data.name}
  if run_record.is_current(folder, record, hashes):
    return
  by_split = {job.algorithm_name: _read_splits(job.folder, job.data.num_folds) for job in jobs}
  summary = importances.summarise(by_split)
  is_all = jobs[0].data.name == scalar_tables.ALL
  agreement = importances.agreement(summary, is_all)
  for name, table, schema in (
    (IMPORTANCES, summary, importances.OF_SET),
    (AGREEMENT, agreement, importances.AGREEMENT),
  ):
    tables.write(folder / f"{name}.parquet", table, schema)
    with atomic.replacing(folder / f"{name}.csv") as temporary:
      table.to_csv(temporary, index=False)
  title = f"What goes into ages by {jobs[0].data.name.replace('_', ' ')} ({jobs[0].data_kind} data)"
  importance_figure.draw(folder / f"{IMPORTANCES}.png", title, summary)
  run_record.write(folder, "scalars", record, hashes)
  logging.info("importances of %s: %s", jobs[0].data.name, folder / f"{IMPORTANCES}.png")


def _read_splits(folder: pathlib.Path, num_folds: int) -> list[pd.DataFrame]:
  return [
    tables.read(folder / f"fold_{k}" / experiment.IMPORTANCES_NAME, importances.OF_SPLIT) for k in range(num_folds)
  ]
