"""What is to be done: which entries are made in which way, and for which rows."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.associations import longitudinal
from msk_jax.associations.catalogue import other_fields
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import diagnoses, jobs, measured, rows, selection
from msk_jax.associations.cleaning.inputs import Cohort, Inputs
from msk_jax.associations.cleaning.raw_tables import RawTables
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.cohort import column_names
from msk_jax.io import errors, ids


@dataclasses.dataclass(frozen=True)
class Plan:
  """What is to be done: entries by the way they are made.

  Attributes:
    entries: all that are wanted.
    tables: the raw tables, if there are any.
    jobs: of plain entries.
    letters: entries of diagnoses.
    measured: entries whose values the cohort's scalar sets hold.
    scalars: the files of these sets, by set.
    refused: entries that can't be read, each variable once, and why.
    num_fields_beside: fields of the tables that no entry names.
  """

  entries: list[Entry]
  tables: RawTables | None
  jobs: list[jobs.Job]
  letters: list[Entry]
  measured: list[Entry]
  scalars: Mapping[str, pathlib.Path]
  refused: list[tuple[Entry, str]]
  num_fields_beside: int

  def diagnosis_columns(self) -> list[column_names.Column]:
    """Returns the columns of diagnoses and of their dates."""
    if self.tables is None or not self.letters:
      return []
    return [column for field in (diagnoses.CODES, diagnoses.DATES) for column in self.tables.columns_of(field, 0)]


def make_rows(cohort: Cohort, spec: ExposureSpec) -> rows.Rows:
  """Returns the rows: the samples, and where values of other visits count all visits of their people.

  Raises:
    InputError: see `rows.make`.
  """
  return rows.make(cohort.samples, None if spec.missing == "observed" else cohort.visits)


def make(inputs: Inputs, of_rows: rows.Rows, spec: ExposureSpec, withdrawn: Collection[str] = ()) -> Plan:
  """Returns what is to be done; reads headers alone.

  Args:
    inputs: what variables are made from.
    of_rows: the rows.
    spec: which variables, and how.
    withdrawn: ids of people who have withdrawn.

  Raises:
    InputError: a table, the further fields or a category can't be understood.
  """
  raw = RawTables(inputs.tables, of_rows.people, withdrawn) if inputs.tables else None
  present = raw.present if raw is not None else {}
  entries = selection.select(inputs.more_fields, present, spec)
  scalars = measured.files(inputs.scalars, entries)
  is_measured = [entry.feature and measured.SET_OF[entry.feature] in scalars for entry in entries]
  refused = _refused(entries, raw)
  can_be_read = [e for e in entries if not e.feature and e.variable not in {each.variable for each, _ in refused}]
  plain = [e for e in can_be_read if e.kind != "diagnosis"]
  letters = [e for e in can_be_read if e.kind == "diagnosis" and e.field in present]
  named = {diagnoses.DATES, *(field for entry in entries for field in (*entry.fields, *entry.helpers))}
  return Plan(
    entries,
    raw,
    jobs.make(plain, raw, of_rows) if raw is not None else [],
    letters,
    [entry for entry, is_there in zip(entries, is_measured, strict=True) if is_there],
    scalars,
    refused,
    len(set(present) - named - other_fields.NOT_VARIABLES),
  )


def _refused(entries: Sequence[Entry], raw: RawTables | None) -> list[tuple[Entry, str]]:
  """Returns the entries that can't be read at all, each variable once, and why."""
  if raw is None:
    return []
  first = {entry.variable: entry for entry in reversed(entries) if not entry.feature}
  reasons = [(entry, raw.refusal((*entry.fields, *entry.helpers))) for entry in reversed(first.values())]
  return [(entry, reason) for entry, reason in reasons if reason]


def make_layout(of_rows: rows.Rows, cohort: Cohort, spec: ExposureSpec) -> longitudinal.Layout | None:
  """Returns what longitudinal imputation needs to know of the rows; None where only observed values count."""
  if spec.missing == "observed":
    return None
  visits = cohort.visits
  row = of_rows.find(_person(of_rows, visits), visits["instance"].to_numpy(np.int64))
  age = np.full(len(of_rows), np.nan)
  age[row[row >= 0]] = visits["age_years"].to_numpy(np.float64)[row >= 0]
  of_people = cohort.participants
  sex = _by_person(of_rows, of_people, "sex")
  group = longitudinal.ethnic_group(_by_person(of_rows, of_people, "ethnicity"))
  fold = None
  if spec.missing == "out_of_fold":
    if cohort.folds is None:
      raise errors.InputError("slopes out of fold need the cohort's folds: prepare the cohort first.")
    fold = _by_person(of_rows, cohort.folds, "fold")[of_rows.person]
  return longitudinal.Layout(of_rows.person, age, sex[of_rows.person], group[of_rows.person], fold)


def _by_person(of_rows: rows.Rows, table: pd.DataFrame, column: str) -> np.ndarray:
  """Returns a column of a table about people, int64 [p].

  Raises:
    InputError: it lacks some of the people.
  """
  person = _person(of_rows, table)
  values = np.zeros(len(of_rows.people), np.int64)
  is_there = np.zeros(len(of_rows.people), bool)
  values[person[person >= 0]] = table[column].to_numpy(np.int64)[person >= 0]
  is_there[person[person >= 0]] = True
  if not is_there.all():
    raise errors.InputError(f"the cohort's tables lack the {column} of {int((~is_there).sum()):,} people with samples.")
  return values


def _person(of_rows: rows.Rows, table: pd.DataFrame) -> np.ndarray:
  eid, place = np.unique(table["eid"].to_numpy(str), return_inverse=True)
  return of_rows.people.number_of([ids.plain(each) for each in eid.tolist()])[place]
