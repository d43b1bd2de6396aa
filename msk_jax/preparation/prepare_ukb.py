"""Prepares UK Biobank's files, or a phantom's: tables, archives, lists of withdrawals, relatedness."""

import dataclasses
import datetime
import pathlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import demographics, families, genetic_fields, joined_tables, scalar_reader, withdrawals
from msk_jax.imaging import dxa_ingest, dxa_zips, ingest_units, views
from msk_jax.io import errors, privacy, run_record
from msk_jax.preparation import (
  archive_people,
  assembly,
  cohort_output,
  kept_folds,
  layout,
  leaving,
  ownership,
  same_people,
  scalar_qc,
  scalar_sets,
  stored_images,
  summary,
)
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables

_GENETICS_VERSION = 1  # raised when the same genetic fields would give another table


@dataclasses.dataclass(frozen=True)
class _Tables:
  """What the tables say of the cohort, without the withdrawn.

  Attributes:
    participants: schema participants.
    visits: schema visits.
    measured: the scalar sets.
    family: int64 [n], a label per participant, equal for relatives.
    relatedness: counts of pairs of relatives.
    left_out: counts of rows, people and samples left out, by reason.
    genetics: what they say of the genotyped; None where no table has principal components.
  """

  participants: pd.DataFrame
  visits: pd.DataFrame
  measured: scalar_sets.ScalarSets
  family: np.ndarray
  relatedness: dict[str, int]
  left_out: dict[str, int]
  genetics: genetic_fields.GeneticFields | None

  @property
  def eid(self) -> list[str]:
    """The participants' ids."""
    return self.participants["eid"].tolist()


@dataclasses.dataclass(frozen=True)
class _Images:
  """The images of the archives.

  Attributes:
    counts: of what was read; None where archives are not wanted.
    stored: view to its whole index.
    usable: view to the images that a model can see.
    unseen: view to the number of images of visits without a known age.
  """

  counts: ingest_units.IngestCounts | None = None
  stored: dict[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
  usable: dict[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
  unseen: dict[str, int] = dataclasses.field(default_factory=dict)


def prepare(
  spec: data_spec.DataSpec,
  workdir: pathlib.Path,
  requested: leaving.WithdrawalFlags,
  overwrite: bool,
  today: datetime.date,
) -> None:
  """Brings the workdir up to date with the files; a phantom is drawn first.

  Args:
    spec: the data.
    workdir: the workdir.
    requested: what the call says of withdrawals.
    overwrite: whether a phantom of other settings is replaced.
    today: the day of the call; visits after it are left out.

  Raises:
    InputError: files are missing or can't be used.
  """
  root = ownership.root_of(spec, workdir)
  if spec.kind == "phantom":
    from msk_jax.simulation import cohort as phantom

    phantom.generate(spec.phantom, root, stored_images.num_workers(spec.workers), overwrite=overwrite)
  files = layout.find(spec, root, workdir)
  names = {name for path in files.zips if (name := dxa_zips.parse_name(path.name)) is not None}
  imaged = frozenset(name.eid for name in names)
  if spec.images_only:
    _read_images_only(spec, files, workdir, leaving.decide(spec, workdir, files.withdrawals, requested, imaged))
    return
  inputs = files.hashes() | requested.hashes() | _genetic_input(files.tables)
  output = cohort_output.describe(spec, workdir, inputs)
  if cohort_output.is_up_to_date(output, workdir, today):
    return
  # Tables first: what is wrong with them, or with the names of archives, shows before hours of reading images.
  instances = {0} if spec.scalars_only else {name.instance for name in names}
  everybody = demographics.read(files.tables, instances, today=today)
  in_tables = everybody.participants["eid"]
  withdrawn = leaving.decide(spec, workdir, files.withdrawals, requested, in_tables, imaged)
  if not spec.scalars_only and not in_tables.empty:
    archive_people.check(imaged - withdrawn.people, in_tables)
  people = _read_tables(spec, files, everybody, withdrawn.people)
  key = privacy.load_key(workdir)
  leaving.take_over(spec, workdir, withdrawn)
  images = _Images() if spec.scalars_only else _read_images(spec, files, workdir, withdrawn.people, people.visits)
  _check_withdrawn(withdrawn.people, people, images)
  cohort, fold_facts = _divide(spec, workdir, people, images)
  scalar_qc.write(workdir, people.measured.refused, key)
  facts = {
    "left_out": people.left_out | _count_strangers(people, images),
    "withdrawals": withdrawn.facts,
    "relatedness": {"files": len(files.kinship), **people.relatedness, "may_be_none": spec.allow_no_relatedness},
    "passed_over": files.passed_over,
    "images_without_age": images.unseen,
    **fold_facts,
    **people.measured.facts(),
    **_genetic_facts(people.genetics),
    **_describe_tables(files.tables, root, today),
  }
  cohort_output.finish(output, workdir, cohort, facts, images.counts)


def _genetic_input(paths: Iterable[pathlib.Path]) -> dict[str, str]:
  """Returns what the inputs of the run record say of the genetic fields: nothing where no table has them."""
  return {"genetics": f"version {_GENETICS_VERSION}"} if genetic_fields.are_in(paths) else {}


def _genetic_facts(genetics: genetic_fields.GeneticFields | None) -> Mapping[str, Any]:
  if genetics is None:
    return {}
  return {"genetics": {"people": len(genetics.table), "pcs": genetics.num_pcs, **genetics.counts}}


def _read_images_only(
  spec: data_spec.DataSpec, files: layout.Files, workdir: pathlib.Path, withdrawn: leaving.Leaving
) -> None:
  leaving.take_over(spec, workdir, withdrawn)
  run_record.remove(workdir / cohort_tables.FOLDER)  # an older cohort may not fit these images
  counts = _ingest(spec, files, workdir, withdrawn.people)
  facts = {"withdrawals": withdrawn.facts, "passed_over": files.passed_over}
  summary.show({"images": counts.images, "left_out": {}, "reasons": counts.reasons, **facts}, workdir)


def _ingest(
  spec: data_spec.DataSpec, files: layout.Files, workdir: pathlib.Path, withdrawn: frozenset[str]
) -> ingest_units.IngestCounts:
  key, workers = privacy.load_key(workdir), stored_images.num_workers(spec.workers)
  return dxa_ingest.ingest_zips(files.zips, workdir, withdrawn=withdrawn, key=key, workers=workers)


def _read_tables(
  spec: data_spec.DataSpec, files: layout.Files, everybody: demographics.Demographics, withdrawn: Collection[str]
) -> _Tables:
  """Returns what the tables and relatedness files say of the people who have not withdrawn."""
  participants = withdrawals.without(everybody.participants, withdrawn)
  visits = withdrawals.without(everybody.visits, withdrawn)
  if participants.empty:
    raise errors.InputError(f"the tables hold no usable participant: {everybody.counts}.")
  values = scalar_reader.read(files.tables, spec.scalar_sets)
  scalar_sets.check_people(values, everybody.participants["eid"])
  measured = scalar_sets.of_cohort(values, withdrawn, visits)
  if spec.scalars_only and not measured.tables:
    raise errors.InputError("the tables hold no scalar set (the warnings name the fields), and nothing else is wanted.")
  num_withdrawn = len(everybody.participants) - len(participants)
  rows = joined_tables.total({**everybody.file_counts, **values.file_counts})
  left_out = {**rows, **everybody.counts, **measured.counts, "withdrawn_participants": num_withdrawn}
  left_out[joined_tables.DIFFERENT] = sum(c[joined_tables.DIFFERENT] for c in (everybody.counts, measured.counts))
  family, relatedness = families.of_cohort(
    families.read(files.kinship), participants["eid"].tolist(), everybody.participants["eid"]
  )
  genetics = genetic_fields.read(files.tables).of(participants["eid"]) if genetic_fields.are_in(files.tables) else None
  return _Tables(participants, visits, measured, family, relatedness, left_out, genetics)


def _read_images(
  spec: data_spec.DataSpec,
  files: layout.Files,
  workdir: pathlib.Path,
  withdrawn: frozenset[str],
  visits: pd.DataFrame,
) -> _Images:
  counts = _ingest(spec, files, workdir, withdrawn)
  stored = stored_images.read_indexes(workdir, list(views.VIEWS))
  return _Images(counts, stored, *assembly.usable_images(stored, visits))


def _divide(
  spec: data_spec.DataSpec, workdir: pathlib.Path, people: _Tables, images: _Images
) -> tuple[assembly.Cohort, dict[str, Any]]:
  """Returns the cohort with its folds, and facts on these: relatives, and people who share a picture, are in one."""
  family = people.family
  if images.counts is not None:
    family = same_people.join(family, people.eid, images.counts.sharing)
  kept = kept_folds.find(spec, workdir, people.participants, family=family)
  folds = assembly.make_folds(
    people.participants,
    people.visits,
    images.usable,
    people.measured.tables,
    family=family,
    given=kept.given,
    num_folds=spec.num_folds,
    seed=spec.fold_seed,
  )
  named = kept.remember(workdir, folds)
  cohort = assembly.Cohort(people.participants, people.visits, named, people.measured.tables, people.genetics)
  return cohort, kept.facts(named)


def _check_withdrawn(withdrawn: Collection[str], people: _Tables, images: _Images) -> None:
  """Checks, before anything is called finished, that withdrawn people are nowhere."""
  written = [people.participants, people.visits, people.measured.refused]
  written += [*images.stored.values(), *people.measured.tables.values()]
  written += [] if people.genetics is None else [people.genetics.table]
  if any(table["eid"].isin(list(withdrawn)).any() for table in written):
    raise RuntimeError("a withdrawn participant is still in a table or image index: nothing was finished")


def _count_strangers(people: _Tables, images: _Images) -> dict[str, int]:
  """Counts people with stored images who are not in the cohort: no model will see them."""
  if images.counts is None:
    return {}
  imaged = pd.concat([index["eid"] for index in images.stored.values()]).drop_duplicates()
  return {"imaged_people_without_demographics": int((~imaged.isin(people.participants["eid"])).sum())}


def _describe_tables(paths: Iterable[pathlib.Path], root: pathlib.Path, today: datetime.date) -> Mapping[str, Any]:
  """Returns what the run record says of the tables: which were read, and the day after which no visit can be."""
  names = [path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path) for path in paths]
  return {"tables": [privacy.redact(name) for name in names], "visits_until": today.isoformat()}
