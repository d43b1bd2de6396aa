"""Makes the cleaned variables of all categories from raw tables, in bounded memory."""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence

import pandas as pd

from msk_jax.associations import variables
from msk_jax.associations.catalogue import categories
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import jobs, making, measured, own_table, planning, report, table_size, unknown
from msk_jax.associations.cleaning.drafts import Draft
from msk_jax.associations.cleaning.inputs import Cohort, Inputs
from msk_jax.associations.cleaning.writer import Writer
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.io import errors, tables
from msk_jax.schemas import exposure_tables


@dataclasses.dataclass(frozen=True)
class Cost:
  """What making the variables takes, from the tables' headers alone.

  Attributes:
    num_samples: rows of the output.
    num_people: whose rows are read.
    num_fields: of the catalogue that the tables have.
    num_columns: of text that are read.
    num_passes: over the tables.
    text: all this in a line.
  """

  num_samples: int
  num_people: int
  num_fields: int
  num_columns: int
  num_passes: int
  text: str


@dataclasses.dataclass(frozen=True)
class Exposures:
  """What was made, and what was not.

  Attributes:
    index: schema xwas_variables.
    fields: schema xwas_fields.
    categories: schema xwas_categories.
    unknown: schema xwas_unknown_codes.
    counts: cells and people left out or doubted, by reason, for the run record.
  """

  index: pd.DataFrame
  fields: pd.DataFrame
  categories: pd.DataFrame
  unknown: pd.DataFrame
  counts: dict[str, int]


def plan(inputs: Inputs, cohort: Cohort, spec: ExposureSpec) -> Cost:
  """Returns what `make` will take; reads headers alone.

  Raises:
    InputError: no table has any field that is wanted, or a table can't be read.
  """
  of_rows = planning.make_rows(cohort, spec)
  planned = planning.make(inputs, of_rows, spec)
  own = own_table.columns_of(inputs.own_table)[1] if inputs.own_table else []
  if not (planned.jobs or planned.letters or planned.measured or own):
    raise _nothing(planned)
  columns = {column for job in planned.jobs for column in job.columns}
  num_diagnoses = len(planned.diagnosis_columns())
  num_columns = len(columns) + num_diagnoses + len(own)
  per_pass, per_own_pass = (
    table_size.num_columns(spec.cells_per_pass, number)
    for number in (
      planned.tables.num_rows if planned.tables is not None else 0,
      table_size.num_rows([inputs.own_table] if inputs.own_table else []),
    )
  )
  num_passes = len(list(jobs.passes(planned.jobs, per_pass))) + -(-num_diagnoses // per_pass)
  num_passes += -(-len(own) // per_own_pass)
  num_fields = len({job.entry.variable for job in planned.jobs}) + len(planned.measured) + bool(planned.letters)
  text = (
    f"{len(of_rows.sample):,} samples of {len(of_rows.people):,} people; {num_fields:,} fields in {num_columns:,} "
    f"columns{f' and {len(own):,} own ones' if own else ''}; {num_passes:,} passes over the tables; at most "
    f"{min(per_pass, num_columns):,} columns in memory"
  )
  return Cost(len(of_rows.sample), len(of_rows.people), num_fields, num_columns, num_passes, text)


def make(
  folder: pathlib.Path, inputs: Inputs, cohort: Cohort, spec: ExposureSpec, withdrawn: Collection[str] = ()
) -> Exposures:
  """Fills an empty folder with cleaned variables, which `variables.load` reads.

  Args:
    folder: where they go.
    inputs: what they are made from.
    cohort: whose they are; without people who have withdrawn.
    spec: which, and how.
    withdrawn: ids of people who have withdrawn; their rows in the tables are dropped and counted.

  Raises:
    InputError: no variable can be made, none of the tables' people is in the cohort, or an input is damaged.
  """
  of_rows = planning.make_rows(cohort, spec)
  planned = planning.make(inputs, of_rows, spec, withdrawn)
  writer = Writer(folder, of_rows, planning.make_layout(of_rows, cohort, spec))
  work = making.Making(of_rows, writer, spec)
  counts: dict[str, int] = {}
  for entry in planned.measured:
    writer.add(entry, measured.read(planned.scalars, entry, of_rows))
  writer.flush()
  for entry, reason in planned.refused:
    writer.add(entry, Draft(entry.variable, entry.name, entry.kind, None, reason))
  if planned.tables is not None:
    work.from_fields(planned.tables, planned.jobs)
    if planned.letters:
      counts |= work.from_diagnoses(planned.tables, planned.letters)
    counts |= planned.tables.counts
  own: tuple[Entry, ...] = ()
  if inputs.own_table is not None:
    opened = own_table.open_table(inputs.own_table, inputs.own_kinds, of_rows, withdrawn)
    own = opened.entries
    counts |= opened.counts
    work.from_own_table(opened)
  index = writer.table()
  if not (index["reason"] == "").any():
    raise _nothing(planned, index)
  variables.write_index(folder, index, cohort.samples[["eid", "instance"]].reset_index(drop=True), spec.missing)
  return _report(folder, planned, own, index, work, counts)


def _report(
  folder: pathlib.Path,
  planned: planning.Plan,
  own: Sequence[Entry],
  index: pd.DataFrame,
  work: making.Making,
  counts: dict[str, int],
) -> Exposures:
  everything = [*planned.entries, *own]
  fields = report.fields(everything, planned.tables, index, work.unknown)
  present = set(fields.loc[~fields["status"].isin([report.ABSENT, measured.ABSENT]), "variable"])
  by_category = categories.tabulate(everything, present, index)
  unknown_codes = unknown.tabulate(work.unknown)
  for name, table, schema in (
    ("fields", fields, exposure_tables.FIELDS),
    ("categories", by_category, exposure_tables.CATEGORIES),
    ("unknown_codes", unknown_codes, exposure_tables.UNKNOWN_CODES),
  ):
    tables.write_with_csv(folder, name, table, schema)
  counts |= {
    "variables": int((index["reason"] == "").sum()),
    "variables_refused": int((index["reason"] != "").sum()),
    "cells_not_understood": sum(each.num_unknown for each in work.unknown),
    "fields_not_in_the_catalogue": planned.num_fields_beside,
  }
  return Exposures(index, fields, by_category, unknown_codes, counts)


def _nothing(planned: planning.Plan, index: pd.DataFrame | None = None) -> errors.InputError:
  if index is not None and len(index):
    reasons = index["reason"].value_counts()
    listed = "; ".join(f"{reason}: {number:,}" for reason, number in reasons.head(5).items())
    return errors.InputError(
      f"no variable can be used ({listed}). Values of other visits than the samples' count with "
      "config.xwas.exposures.missing."
    )
  return errors.InputError(
    f"no table has any of the {len(planned.entries):,} fields that are wanted: give tables with some of them "
    "(--config.data.tables), an own table, or a table of further fields."
  )
