"""From entries and tables to written variables, pass by pass."""

import collections
import dataclasses
from collections.abc import Sequence

import numpy as np

from msk_jax.associations.catalogue import entries as catalogue
from msk_jax.associations.catalogue import other_fields
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import diagnoses, jobs, table_size
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.associations.cleaning.drafts import Builder
from msk_jax.associations.cleaning.own_table import OwnTable
from msk_jax.associations.cleaning.raw_tables import RawTables
from msk_jax.associations.cleaning.rows import Rows
from msk_jax.associations.cleaning.unknown import Unknown
from msk_jax.associations.cleaning.writer import Writer
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.io import progress

_BY_ANSWERS = "its kind is told by the answers"


@dataclasses.dataclass
class Making:
  """What is needed to make variables, and what was not understood on the way."""

  rows: Rows
  writer: Writer
  spec: ExposureSpec
  unknown: list[Unknown] = dataclasses.field(default_factory=list)

  def from_fields(self, tables: RawTables, work: Sequence[jobs.Job]) -> None:
    """Makes the variables of plain entries.

    Args:
      tables: the raw tables.
      work: the jobs, those of an entry and of a category one after the other.
    """
    left = collections.Counter(id(job.entry) for job in work)
    builders: dict[int, Builder] = {}
    group = _Category()
    groups = list(jobs.passes(work, self._num_columns(tables.num_rows)))
    with progress.track("reading exposures", len(groups), "passes") as advance:
      for each in groups:
        read = tables.read([column for job in each for column in job.columns])
        for job in each:
          if group.name != job.entry.category:
            self._end(group)
            group = _Category(job.entry.category, _waits(work, job.entry.category))
          builder = builders.setdefault(id(job.entry), self._builder(job.entry))
          self._add(builder, job, job.answers(read))
          left[id(job.entry)] -= 1
          if not left[id(job.entry)]:
            self._take(group, builders.pop(id(job.entry)))
        advance()
    self._end(group)

  def from_own_table(self, table: OwnTable) -> None:
    """Makes the variables of an own table."""
    names = {entry.variable: entry for entry in table.entries}
    ordered = sorted(names, key=lambda name: names[name].category)
    step = self._num_columns(len(table.unit))
    for start in range(0, len(ordered), step):
      for name, read in table.read(ordered[start : start + step]):
        builder = self._builder(names[name])
        _tell_kind(builder, read)
        builder.add(table.scope, {0: read})
        self._write(builder, None)
    self.writer.flush()

  def from_diagnoses(self, tables: RawTables, letters: Sequence[Entry]) -> dict[str, int]:
    """Makes the variables of diagnoses; returns what was not understood, by reason.

    Args:
      tables: the raw tables.
      letters: an entry per first letter.
    """
    spec = self.spec
    num_columns = self._num_columns(tables.num_rows)
    read, in_tables = jobs.read_diagnoses(tables, num_columns, spec.diagnosis_characters)
    visit_day = jobs.read_visit_days(tables, self.rows) if spec.diagnoses == "dated" else None
    num_unknown = 0 if visit_day is None else int(np.isnan(visit_day).sum())
    reason = "" if visit_day is None else diagnoses.why_undatable(read, visit_day)
    for entry in letters:
      for draft in diagnoses.drafts(read, entry.levels[0], self.rows, in_tables, visit_day):
        known = dataclasses.replace(draft, values=None, reason=reason) if reason else draft
        self.writer.add(entry, known, [f"counted {spec.diagnoses}"])
      self.writer.flush()
    return {**read.counts, "visits_without_date": num_unknown}

  def _num_columns(self, num_rows: int) -> int:
    return table_size.num_columns(self.spec.cells_per_pass, num_rows)

  def _builder(self, entry: Entry) -> Builder:
    return Builder(entry, len(self.rows), self.spec.max_levels)

  def _add(self, builder: Builder, job: jobs.Job, of_fields: dict[int, Answers]) -> None:
    for field in builder.entry.fields:
      _tell_kind(builder, of_fields.get(field))
    builder.add(job.scope(self.rows), of_fields)

  def _take(self, group: "_Category", builder: Builder) -> None:
    if not group.waits:
      self._write(builder, None)
      return
    group.builders.append(builder)

  def _end(self, group: "_Category") -> None:
    """Writes the builders of a category that wait until all its answers are known."""
    if group.builders:
      answered = np.any([builder.is_answered for builder in group.builders], axis=0)
      for builder in group.builders:
        self._write(builder, answered)
    self.writer.flush()

  def _write(self, builder: Builder, is_category_answered: np.ndarray | None) -> None:
    for draft in builder.drafts(is_category_answered):
      self.writer.add(builder.entry, draft, sorted(builder.notes))
    self.unknown.append(builder.unknown)


@dataclasses.dataclass
class _Category:
  """A category in work; `waits` tells whether blank cells are filled once all its answers are known."""

  name: str = ""
  waits: bool = False
  builders: list[Builder] = dataclasses.field(default_factory=list)


def _waits(work: Sequence[jobs.Job], category: str) -> bool:
  return any(job.entry.fill is not None for job in work if job.entry.category == category)


def _tell_kind(builder: Builder, read: Answers | None) -> None:
  """Gives an entry without a kind the one that its answers show."""
  if builder.entry.kind != catalogue.AUTO or read is None or not len(read):
    return
  kind = other_fields.infer(read.texts)
  builder.entry = dataclasses.replace(
    builder.entry, kind=kind, cleaning=f"{builder.entry.cleaning.replace(catalogue.AUTO, kind)}; {_BY_ANSWERS}"
  )
  builder.unknown.entry = builder.entry
