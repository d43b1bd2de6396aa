"""From raw data to a workdir's `cohort/`, `images/` and `qc/`: everything that `train` reads."""

import dataclasses
import datetime
import pathlib
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import demographics, families, scalars, schemas, withdrawal_memory, withdrawals
from msk_jax.cohort import tables as cohort_tables
from msk_jax.imaging import archives, folder, ingest, parts, store, views
from msk_jax.io import cores, errors, privacy, run_record, tables
from msk_jax.preparation import (
  archive_people,
  assembly,
  layout,
  leaving,
  lock,
  outputs,
  own_table,
  ownership,
  relatives,
  same_people,
  scalar_qc,
  scalar_sets,
  summary,
)
from msk_jax.preparation import spec as data_spec

_VERSION = 8  # raised when the same inputs would give other tables


def prepare(
  spec: data_spec.DataSpec,
  workdir: pathlib.Path | str,
  *,
  overwrite: bool = False,
  given: leaving.Given = leaving.Given(),  # noqa: B008 - frozen
) -> None:
  """Brings the workdir up to date with the data; does nothing if it is.

  Args:
    spec: the data and how they are divided.
    workdir: outputs go to its `cohort/`, `images/` and `qc/`; the phantom's raw data to `raw/`.
    overwrite: whether outputs made from another source (kind or root), and a phantom of other settings, may be
      thrown away.
    given: what the call says of withdrawals.

  Raises:
    InputError: data are missing or can't be read, the workdir holds another source's and `overwrite` is not set, or
      lists of withdrawals name more people than withdraw.
  """
  workdir = pathlib.Path(workdir)
  workdir.mkdir(parents=True, exist_ok=True)
  with lock.one_at_a_time(workdir):
    ownership.check(spec, workdir, overwrite)
    ownership.check_no_images(spec, workdir, overwrite)
    if given.forgets:
      leaving.forget(spec, workdir, given)
    if spec.kind == "folder":
      _prepare_folder(spec, workdir, given)
    elif spec.kind == "table":
      _prepare_table(spec, workdir, given)
    else:
      _prepare_ukb(spec, workdir, given, overwrite)


def settings_of(spec: data_spec.DataSpec, workdir: pathlib.Path) -> dict[str, Any]:
  """Returns the settings that determine the outputs, as JSON values."""
  values = dataclasses.asdict(spec)
  for name in ("workers", "allow_no_relatedness", *({"phantom", "folder", "table"} - {spec.kind})):
    del values[name]
  pictures = folder.pipeline_version() if spec.kind == "folder" else ingest.pipeline_version()
  return {**values, **ownership.source_of(spec, workdir), "version": _VERSION, "pictures": pictures}


def _prepare_ukb(spec: data_spec.DataSpec, workdir: pathlib.Path, given: leaving.Given, overwrite: bool) -> None:
  root = ownership.root_of(spec, workdir)
  if spec.kind == "phantom":
    from msk_jax.simulation import cohort as phantom

    phantom.generate(spec.phantom, root, num_workers(spec), overwrite=overwrite)
  files = layout.find(spec, root, workdir)
  names = {name for path in files.zips if (name := archives.parse_name(path.name)) is not None}
  imaged = frozenset(name.eid for name in names)
  if spec.images_only:
    _read_images_only(spec, files, workdir, leaving.decide(spec, workdir, files.withdrawals, given, imaged))
    return
  settings, hashes = settings_of(spec, workdir), files.hashes() | given.hashes()
  today = datetime.date.today()
  if _is_done(workdir, settings, hashes, today):
    return
  # Tables first: what is wrong with them, or with the names of archives, shows before hours of reading images.
  instances = {0} if spec.scalars_only else {name.instance for name in names}
  everybody = demographics.read(files.tables, instances, today=today)
  in_tables = everybody.participants["eid"]
  gone = leaving.decide(spec, workdir, files.withdrawals, given, in_tables, imaged)
  if not spec.scalars_only and not in_tables.empty:
    archive_people.check(imaged - gone.people, in_tables)
  people, measured, left_out = _of_cohort(spec, files, everybody, gone.people)
  participants, visits = people.participants, people.visits
  family, relatedness = relatives.families(families.read(files.kinship), participants["eid"].tolist(), in_tables)
  key = privacy.load_key(workdir)
  _take_over(spec, workdir, gone)
  counts, stored, indexes, unseen = None, {}, {}, {}
  if not spec.scalars_only:
    counts = ingest.ingest_zips(files.zips, workdir, withdrawn=gone.people, key=key, workers=num_workers(spec))
    stored = read_indexes(workdir, list(views.VIEWS))
    indexes, unseen = assembly.usable_images(stored, visits)
    family = same_people.join(family, participants["eid"].tolist(), counts.sharing)
    left_out["imaged_people_without_demographics"] = _num_strangers(participants, stored)
  _check_withdrawn(gone.people, participants, visits, measured.refused, *stored.values(), *measured.tables.values())
  folds = assembly.make_folds(
    participants, visits, indexes, measured.tables, family=family, num_folds=spec.num_folds, seed=spec.fold_seed
  )
  cohort = assembly.Cohort(participants, visits, folds, measured.tables)
  scalar_qc.write(workdir, measured.refused, key)
  facts = {
    "left_out": left_out,
    "withdrawals": gone.facts,
    "relatedness": {"files": len(files.kinship), **relatedness, "may_be_none": spec.allow_no_relatedness},
    "passed_over": files.passed_over,
    "images_without_age": unseen,
    **measured.facts(),
    **_facts_of_tables(files.tables, root, today),
  }
  _finish(workdir, cohort, settings, hashes, facts, counts)


def _facts_of_tables(paths: Iterable[pathlib.Path], root: pathlib.Path, today: datetime.date) -> dict[str, Any]:
  """Returns what the run record says of the tables: which were read, and the day after which no visit can be."""
  names = [path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path) for path in paths]
  return {"tables": [privacy.redact(name) for name in names], "visits_until": today.isoformat()}


def _take_over(spec: data_spec.DataSpec, workdir: pathlib.Path, gone: leaving.Leaving) -> None:
  """Makes the workdir this source's, and lets it remember those on the lists given."""
  ownership.take_over(spec, workdir)
  withdrawal_memory.remember(workdir, gone.to_remember)


def _of_cohort(
  spec: data_spec.DataSpec, files: layout.Files, everybody: demographics.Demographics, withdrawn: Collection[str]
) -> tuple[demographics.Demographics, scalar_sets.ScalarSets, dict[str, int]]:
  """Returns people, visits and scalar sets without the withdrawn, and counts of what was left out."""
  participants = withdrawals.without(everybody.participants, withdrawn)
  visits = withdrawals.without(everybody.visits, withdrawn)
  if participants.empty:
    raise errors.InputError(f"the tables hold no usable participant: {everybody.counts}.")
  found = scalars.read(files.tables, spec.scalar_sets)
  scalar_sets.check_people(found, everybody.participants["eid"])
  measured = scalar_sets.of_cohort(found, withdrawn, visits)
  if spec.scalars_only and not measured.tables:
    raise errors.InputError("the tables hold no scalar set (the warnings name the fields), and nothing else is wanted.")
  num_withdrawn = len(everybody.participants) - len(participants)
  rows = cohort_tables.total({**everybody.file_counts, **found.file_counts})
  left_out = {**rows, **everybody.counts, **measured.counts, "withdrawn_participants": num_withdrawn}
  left_out[cohort_tables.DIFFERENT] = sum(c[cohort_tables.DIFFERENT] for c in (everybody.counts, measured.counts))
  return dataclasses.replace(everybody, participants=participants, visits=visits), measured, left_out


def _read_images_only(
  spec: data_spec.DataSpec, files: layout.Files, workdir: pathlib.Path, gone: leaving.Leaving
) -> None:
  key = privacy.load_key(workdir)
  _take_over(spec, workdir, gone)
  (workdir / schemas.FOLDER / run_record.FILE_NAME).unlink(missing_ok=True)  # an older cohort may not fit these images
  counts = ingest.ingest_zips(files.zips, workdir, withdrawn=gone.people, key=key, workers=num_workers(spec))
  facts = {"withdrawals": gone.facts, "passed_over": files.passed_over}
  summary.show({"images": counts.images, "left_out": {}, "reasons": counts.reasons, **facts}, workdir)


def _prepare_folder(spec: data_spec.DataSpec, workdir: pathlib.Path, given: leaving.Given) -> None:
  root = ownership.root_of(spec, workdir)
  if not root.is_dir():
    raise errors.InputError(f"the data root {root} is no folder: give the one that holds {spec.folder.table}.")
  table = folder.read_folder_table(root, spec.folder)
  read_as = table.attrs["read_as"]
  paths = sorted({root / path for path in table["path"]})
  hashes = {
    "table": layout.hash_files([root / spec.folder.table]),
    "images": run_record.fingerprint([(str(p.relative_to(root)), *_size_and_time(p)) for p in paths]),
    **given.hashes(),
  }
  settings = settings_of(spec, workdir)
  if _is_done(workdir, settings, hashes):
    return
  gone = leaving.decide(spec, workdir, (), given, table["eid"])
  table = withdrawals.without(table, gone.people)
  folder.forget_refused(table, gone.people)
  folder.report_refused(table, spec.folder.table, workdir)
  folder.check_usable(table, spec.folder.table)
  participants, visits, fold = assembly.from_samples(table, spec.folder.table)
  _check_given(fold, spec.folder.table, spec.num_folds)
  key = privacy.load_key(workdir)
  _take_over(spec, workdir, gone)
  counts = folder.ingest_folder(root, table, workdir, spec.folder, key=key, workers=num_workers(spec))
  indexes, unseen = assembly.usable_images(read_indexes(workdir, [folder.VIEW]), visits)
  family = same_people.join(np.arange(len(participants)), participants["eid"].tolist(), counts.sharing)
  lines = {source: place.line for source, place in counts.places.items()}
  fold = same_people.follow_given(fold, family, participants["eid"].tolist(), counts.sharing, lines, spec.folder.table)
  folds = assembly.make_folds(
    participants, visits, indexes, {}, family=family, given=fold, num_folds=spec.num_folds, seed=spec.fold_seed
  )
  _finish(
    workdir,
    assembly.Cohort(participants, visits, folds),
    settings,
    hashes,
    {"left_out": {}, "read_as": read_as, "withdrawals": gone.facts, "images_without_age": unseen},
    counts,
  )


def _prepare_table(spec: data_spec.DataSpec, workdir: pathlib.Path, given: leaving.Given) -> None:
  path = ownership.root_of(spec, workdir) / spec.table.file
  if not path.is_file():
    raise errors.InputError(f"no table {path} (config.data.root and config.data.table.file).")
  settings, hashes = settings_of(spec, workdir), {"table": layout.hash_files([path]), **given.hashes()}
  if _is_done(workdir, settings, hashes):
    return
  table = own_table.read(path, spec.table)
  gone = leaving.decide(spec, workdir, (), given, table.samples["eid"])
  table = table.without(gone.people)
  participants, visits, fold = assembly.from_samples(table.samples, spec.table.file)
  _check_given(fold, spec.table.file, spec.num_folds)
  measured = scalar_sets.ScalarSets(scalar_sets.with_values(table.scalars), table.refused, table.counts)
  if not measured.tables:
    raise errors.InputError(f"{spec.table.file}: all values of all sets of config.data.table.sets are missing.")
  key = privacy.load_key(workdir)
  _take_over(spec, workdir, gone)
  folds = assembly.make_folds(
    participants, visits, {}, measured.tables, given=fold, num_folds=spec.num_folds, seed=spec.fold_seed
  )
  cohort = assembly.Cohort(participants, visits, folds, measured.tables)
  scalar_qc.write(workdir, measured.refused, key)
  facts = {"left_out": table.counts, "read_as": table.read_as, "withdrawals": gone.facts, **measured.facts()}
  _finish(workdir, cohort, settings, hashes, facts, None)


def read_indexes(workdir: pathlib.Path, names: list[str]) -> dict[str, pd.DataFrame]:
  """Returns view name to the image index in the workdir."""
  return {name: tables.read(workdir / "images" / name / store.INDEX_NAME, store.IMAGE_INDEX) for name in names}


def num_workers(spec: data_spec.DataSpec) -> int:
  """Returns how many processes read images: one per core where the spec says -1."""
  if spec.workers >= 0:
    return spec.workers
  return cores.usable()


def _is_done(
  workdir: pathlib.Path, settings: dict[str, Any], hashes: dict[str, str], today: datetime.date | None = None
) -> bool:
  """Returns whether there is nothing to do; otherwise marks the cohort as unfinished.

  Args:
    workdir: the workdir.
    settings: what determines the tables.
    hashes: of the inputs.
    today: the day of the call, where visits after it are left out.
  """
  cohort = workdir / schemas.FOLDER
  record = run_record.read(cohort)
  if record is None:
    return False
  is_lacking = outputs.remove_damaged(workdir)
  changes = run_record.differences(cohort, settings, hashes)
  waiting, until = record["results"]["left_out"].get("visits_in_the_future"), record["results"].get("visits_until")
  if waiting and today and until != today.isoformat():
    changes.append(f"{waiting} visits were after {until}, the day of the last call")
  if not changes and not is_lacking:
    logging.info("nothing to do: %s is prepared from these data", workdir)
    return True
  if changes:
    logging.info("preparing again, since inputs have changed: %s", "; ".join(changes))
  (cohort / run_record.FILE_NAME).unlink()
  return False


def _finish(
  workdir: pathlib.Path,
  cohort: assembly.Cohort,
  settings: dict[str, Any],
  hashes: dict[str, str],
  facts: dict[str, Any],
  counts: ingest.IngestCounts | None,
) -> None:
  """Writes the tables, then the run record that makes them valid, and prints the summary.

  Args:
    workdir: the workdir.
    cohort: the tables.
    settings: what determines them.
    hashes: of the inputs.
    facts: what else `summary.show` knows.
    counts: of images, or None where there are none.
  """
  cohort.write(workdir / schemas.FOLDER)
  results = {
    "participants": len(cohort.participants),
    "visits": len(cohort.visits),
    "images": {} if counts is None else counts.images,
    "reasons": {} if counts is None else counts.reasons,
    **facts,
  }
  files = outputs.describe(workdir)
  run_record.write(workdir / schemas.FOLDER, "prepare", settings, hashes, results={**results, "files": files})
  summary.show(results, workdir)


def _check_given(given: np.ndarray, name: str, num_folds: int) -> None:
  if given.max(initial=-1) >= num_folds:
    raise errors.InputError(
      f"{name} has a fold {given.max()}, but folds go from 0 to {num_folds - 1} (config.data.num_folds)."
    )
  if given.min(initial=0) >= 0:  # nobody is left to fill a fold: said before images are read
    assembly.check_all_used(given, num_folds)


def _check_withdrawn(withdrawn: Collection[str], *written: pd.DataFrame) -> None:
  """A last look before anything is called finished: withdrawn people must be nowhere."""
  if any(table["eid"].isin(list(withdrawn)).any() for table in written):
    raise RuntimeError("a withdrawn participant is still in a table or image index: nothing was finished")


def _num_strangers(participants: pd.DataFrame, indexes: dict[str, pd.DataFrame]) -> int:
  """Counts people with stored images who are not in the cohort: no model will see them."""
  imaged = pd.concat([index["eid"] for index in indexes.values()]).drop_duplicates()
  return int((~imaged.isin(participants["eid"])).sum())


def _size_and_time(path: pathlib.Path) -> tuple[int, int]:
  source = parts.source_of("", path)
  return source.size, source.mtime_ns
