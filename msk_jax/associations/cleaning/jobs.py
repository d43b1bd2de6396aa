"""What is read in which pass over the tables: an entry at a visit is a job, and a pass does as many as fit."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import answers, diagnoses, rows
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.associations.cleaning.raw_tables import RawTables
from msk_jax.associations.cleaning.rows import Rows, Scope
from msk_jax.cohort.column_names import Column


@dataclasses.dataclass(frozen=True)
class Job:
  """An entry at a visit.

  Attributes:
    entry: of the catalogue.
    instance: the visit.
    columns: of the entry's fields and of those that it depends on.
    is_for_all_visits: whether the values hold at all visits.
  """

  entry: Entry
  instance: int
  columns: tuple[Column, ...]
  is_for_all_visits: bool

  def scope(self, of_rows: Rows) -> Scope:
    """Returns where the values go."""
    return rows.at_all_visits(of_rows) if self.is_for_all_visits else rows.at_visit(of_rows, self.instance)

  def answers(self, read: dict[Column, Answers]) -> dict[int, Answers]:
    """Returns the answers by field from those of a pass."""
    fields = dict.fromkeys(column.field for column in self.columns)
    return {field: answers.join([read[c] for c in self.columns if c.field == field]) for field in fields}


def make(entries: Sequence[Entry], tables: RawTables, of_rows: Rows) -> list[Job]:
  """Returns the jobs of all entries that the tables have, at visits that are among the rows, in the entries' order."""
  visits = set(np.unique(of_rows.instance).tolist())
  jobs = []
  for entry in entries:
    present = instances_of(entry, tables)
    for_all = entry.timing == "person" and len(present) == 1
    for instance in present:
      if not for_all and instance not in visits:
        continue
      fields = dict.fromkeys((*entry.fields, *entry.helpers))
      columns = tuple(column for field in fields for column in tables.columns_of(field, instance))
      jobs.append(Job(entry, instance, columns, for_all))
  return jobs


def instances_of(entry: Entry, tables: RawTables) -> list[int]:
  """Returns the visits at which the tables have any of an entry's fields."""
  return sorted({instance for field in entry.fields for instance in tables.present.get(field, {})})


def passes(jobs: Sequence[Job], num_columns: int) -> Iterator[list[Job]]:
  """Yields the jobs of each pass: as many as have at most so many columns together, at least one."""
  group: list[Job] = []
  columns: set[Column] = set()
  for job in jobs:
    if group and len(columns | set(job.columns)) > num_columns:
      yield group
      group, columns = [], set()
    group.append(job)
    columns |= set(job.columns)
  if group:
    yield group


def read_diagnoses(tables: RawTables, num_columns: int, num_characters: int) -> tuple[diagnoses.Diagnoses, np.ndarray]:
  """Reads all diagnoses and their dates, some columns at a time.

  Returns:
    diagnoses: all there are.
    is_there: bool [p], whose diagnoses the tables hold, if they have any.

  Raises:
    InputError: see `RawTables.read`.
  """
  joined, people = {}, {}
  for field in (diagnoses.CODES, diagnoses.DATES):
    columns = tables.columns_of(field, 0)
    groups = [columns[start : start + num_columns] for start in range(0, len(columns), num_columns)]
    read = [tables.read_with_people(group) for group in groups]
    joined[field] = answers.join([part for by_column, _ in read for part in by_column.values()])
    people[field] = [is_there for _, is_there in read]
  gathered = diagnoses.gather(joined[diagnoses.CODES], joined[diagnoses.DATES], num_characters)
  return gathered, np.any(people[diagnoses.CODES], axis=0)


def read_visit_days(tables: RawTables, of_rows: Rows) -> np.ndarray:
  """Reads the day of each row's visit, see `diagnoses.days_of_visits`."""
  visits = [int(instance) for instance in np.unique(of_rows.instance)]
  columns = {i: tables.columns_of(diagnoses.VISITS, i) for i in visits}
  read = tables.read([column for each in columns.values() for column in each])
  return diagnoses.days_of_visits([(i, answers.join([read[c] for c in columns[i]])) for i in visits], of_rows)
