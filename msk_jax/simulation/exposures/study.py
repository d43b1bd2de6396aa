"""Draws a cohort's X variables: writes a table for each main category, and says what was planted."""

import collections
import dataclasses
import pathlib
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort.column_names import Column
from msk_jax.io import atomic, progress
from msk_jax.simulation import people
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.exposures import answers, diagnoses, people_arrays, truth
from msk_jax.simulation.exposures import fields as fields_lib
from msk_jax.simulation.exposures import flaws as flaws_lib
from msk_jax.simulation.exposures import items as items_lib

_Columns = dict[Column, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Study:
  """What was planted.

  Attributes:
    table: of the truth (schema phantom_exposures).
    flaws: of cells and columns.
  """

  table: pd.DataFrame
  flaws: list[flaws_lib.Flaw]


def table_name(main_category: str) -> str:
  """Returns the name of a main category's table, within the phantom's folder."""
  return f"tables/exposures_{main_category}.csv"


def make(
  spec: spec_lib.PhantomSpec,
  cohort: Sequence[people.Person],
  withdrawn: Collection[str],
  folder: pathlib.Path,
) -> Study:
  """Writes the tables of X variables.

  Args:
    spec: the phantom, with X variables.
    cohort: its people, by eid.
    withdrawn: eids of people on the list of withdrawals; they are in these tables too.
    folder: the phantom's folder (`<workdir>/raw`).
  """
  plan = items_lib.plan(spec.seed, spec.exposures)
  flaws = flaws_lib.plan(spec.exposures, spec.seed, plan, cohort, withdrawn)
  writer = _Writer(spec, plan, flaws)
  num_fields = len(plan.fields) + 1
  blocks = list(people_arrays.blocks(cohort))
  with progress.track("drawing X variables", num_fields * len(blocks), "fields") as advance:
    for main_category in fields_lib.MAIN_CATEGORIES:
      writer.write(folder, main_category, blocks, advance)
  table = truth.make_table(plan, blocks[0], writer.counts)
  logging.info("X variables: %d fields, %d variables", num_fields, table["variable"].nunique())
  return Study(table, flaws)


class _Writer:
  """Writes tables, and counts answers.

  Attributes:
    counts: by field's number, answers due and answers that say something.
  """

  def __init__(self, spec: spec_lib.PhantomSpec, plan: items_lib.Plan, flaws: Sequence[flaws_lib.Flaw]):
    self._spec, self._plan, self._flaws = spec, plan, flaws
    self.counts: dict[int, truth.Counts] = collections.defaultdict(truth.Counts)

  def write(
    self,
    folder: pathlib.Path,
    main_category: str,
    blocks: Sequence[people_arrays.Block],
    advance: progress.Advance,
  ) -> None:
    """Writes a main category's table, block by block."""
    parts = self._diagnoses(blocks) if main_category == fields_lib.DISEASES else self._answers(main_category, blocks)
    with atomic.replacing(folder / table_name(main_category)) as path, path.open("w", encoding="utf-8") as file:
      for block, columns in zip(blocks, parts, strict=True):
        names = sorted(columns)
        if block is blocks[0]:
          file.write(",".join(["eid", *map(str, names)]) + "\n")
        self._plant(block, columns, main_category)
        cells = [columns[name].tolist() for name in names]
        file.writelines(",".join(row) + "\n" for row in zip(block.eids, *cells, strict=True))
        advance(sum(field.main_category == main_category for field in self._plan.fields) or 1)

  def _answers(self, main_category: str, blocks: Sequence[people_arrays.Block]) -> Iterator[_Columns]:
    fields = self._plan.of_main_category(main_category)
    single = [flaw for flaw in self._flaws if flaw.kind == flaws_lib.SINGLE_VALUE]
    repeated = [flaw.column for flaw in self._flaws if flaw.kind == flaws_lib.REPEATED_COLUMN]
    biomarkers = self._plan.of_main_category(fields_lib.BIOMARKERS)
    for block in blocks:
      interview = self._interview(block)
      columns: _Columns = {}
      for field in fields:
        answer = interview.ask(field)
        self.counts[field.number].add(answer.is_asked, answer.is_observed)
        columns |= _columns_of(field, answer.texts)
      if main_category == flaws_lib.SINGLE_VALUES_IN:
        columns |= {c: cells for flaw in single for c, cells in _single_value(flaw, block).items()}
        again = [field for field in biomarkers if str(Column(field.number, field.instances[0])) in repeated]
        for field in again:
          copies = _columns_of(field, interview.ask(field).texts)
          columns |= {column: cells for column, cells in copies.items() if str(column) in repeated}
      yield columns

  def _interview(self, block: people_arrays.Block) -> answers.Interview:
    return answers.Interview(self._spec.seed, self._plan, block, self._spec.exposures.missingness)

  def _diagnoses(self, blocks: Sequence[people_arrays.Block]) -> Iterator[_Columns]:
    drawn = [diagnoses.draw(self._spec.seed, self._plan, block) for block in blocks]
    size = 1 + max((int(each.places.max()) for each in drawn if len(each.places)), default=0)
    codes = np.array([item.code for item in self._plan.diagnoses], "<U4")
    for block, each in zip(blocks, drawn, strict=True):
      texts = {number: np.full((len(block), size), "", "<U10") for number in (fields_lib.DIAGNOSES, _DATES)}
      texts[fields_lib.DIAGNOSES][each.rows, each.places] = np.char.add(codes[each.codes], each.digits)
      texts[_DATES][each.rows, each.places] = each.dates.astype(str)
      yield {Column(number, 0, k): cells[:, k] for number, cells in texts.items() for k in range(size)}

  def _plant(self, block: people_arrays.Block, columns: _Columns, main_category: str) -> None:
    by_name = {str(column): cells for column, cells in columns.items()}
    rows = {eid: row for row, eid in enumerate(block.eids)}
    for flaw in self._flaws:
      if flaw.main_category == main_category and flaw.eid in rows:
        by_name[flaw.column][rows[flaw.eid]] = flaw.text


_DATES = fields_lib.DIAGNOSIS_DATES


def _columns_of(field: fields_lib.Field, texts: np.ndarray) -> _Columns:
  return {Column(field.number, i, a): texts[:, i, a] for i in field.instances for a in range(texts.shape[2])}


def _single_value(flaw: flaws_lib.Flaw, block: people_arrays.Block) -> _Columns:
  number = int(flaw.column.partition("-")[0])
  cells = np.where(block.was_there, flaw.text, "").astype("<U10")
  return {Column(number, instance): cells[:, instance] for instance in range(cells.shape[1])}
