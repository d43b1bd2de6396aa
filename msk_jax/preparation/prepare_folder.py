"""Prepares a folder of one's own radiographs with its table."""

import pathlib

import numpy as np

from msk_jax.imaging import folder_ingest, folder_spec, folder_table, ingest_parts
from msk_jax.io import errors, privacy, run_record
from msk_jax.preparation import (
  assembly,
  cohort_output,
  kept_folds,
  layout,
  leaving,
  ownership,
  same_people,
  stored_images,
)
from msk_jax.preparation import spec as data_spec


def prepare(spec: data_spec.DataSpec, workdir: pathlib.Path, requested: leaving.WithdrawalFlags) -> None:
  """Brings the workdir up to date with the folder.

  Args:
    spec: the data.
    workdir: the workdir.
    requested: what the call says of withdrawals.

  Raises:
    InputError: the data root is not a folder, or its table can't be used.
  """
  root, name = ownership.root_of(spec, workdir), spec.folder.table
  if not root.is_dir():
    raise errors.InputError(f"the data root {root} is not a folder: give the one that holds {name}.")
  table = folder_table.read(root, spec.folder)
  output = cohort_output.describe(spec, workdir, _hash_files(root, name, table.rows["path"]) | requested.hashes())
  if cohort_output.is_up_to_date(output, workdir):
    return
  withdrawn = leaving.decide(spec, workdir, (), requested, table.rows["eid"])
  table = table.without(withdrawn.people)
  folder_table.report_refused(table, workdir)
  folder_table.check_usable(table)
  participants, visits, fold = assembly.from_samples(table.rows, name)
  assembly.check_given_folds(fold, name, spec.num_folds)
  key = privacy.load_key(workdir)
  leaving.take_over(spec, workdir, withdrawn)
  counts = folder_ingest.ingest_folder(
    root, table, workdir, spec.folder, key=key, workers=stored_images.num_workers(spec.workers)
  )
  indexes, unseen = assembly.usable_images(stored_images.read_indexes(workdir, [folder_spec.VIEW]), visits)
  eid = participants["eid"].tolist()
  family = same_people.join(np.arange(len(participants)), eid, counts.sharing)
  lines = {source: place.line for source, place in counts.places.items()}
  fold = same_people.follow_given(fold, family, eid, counts.sharing, lines, name)
  kept = kept_folds.find(spec, workdir, participants, family=family, given=fold)
  folds = assembly.make_folds(
    participants, visits, indexes, {}, family=family, given=kept.given, num_folds=spec.num_folds, seed=spec.fold_seed
  )
  named = kept.remember(workdir, folds)
  cohort = assembly.Cohort(participants, visits, named)
  facts = {"left_out": {}, "read_as": table.read_as, "withdrawals": withdrawn.facts, "images_without_age": unseen}
  facts |= kept.facts(named)
  cohort_output.finish(output, workdir, cohort, facts, counts)


def _hash_files(root: pathlib.Path, table: str, images) -> dict[str, str]:
  """Returns what the run record's inputs say: the table's content, and each image's path, size and time of change."""
  paths = sorted({root / path for path in images})
  return {
    "table": layout.hash_files([root / table]),
    "images": run_record.fingerprint([(str(path.relative_to(root)), *_size_and_time(path)) for path in paths]),
  }


def _size_and_time(path: pathlib.Path) -> tuple[int, int]:
  source = ingest_parts.source_of("", path)
  return source.size, source.mtime_ns
