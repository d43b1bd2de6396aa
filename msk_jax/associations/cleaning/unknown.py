"""What was not understood: counted by field, and named where at least five people share it."""

import collections
import dataclasses
import re

import numpy as np
import pandas as pd

from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.cohort import cell_rules
from msk_jax.schemas import exposure_tables

_MIN_PEOPLE = 5
_MIN_CELLS = 10  # fewer are slips, and refuse no field
_NAMED = 20  # codes of a field
_MAY_BE_ID = re.compile(r"\d{6,}")
_LONGEST = 40


@dataclasses.dataclass
class Unknown:
  """Counts of an entry's cells that are not understood.

  Attributes:
    entry: whose they are.
    num_cells: all cells that are not blank.
    num_unknown: those not understood.
  """

  entry: Entry
  num_cells: int = 0
  num_unknown: int = 0
  _people: dict[str, list[np.ndarray]] = dataclasses.field(default_factory=lambda: collections.defaultdict(list))
  _cells: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)

  def add(self, answers: Answers, is_unknown: np.ndarray, person: np.ndarray | None = None) -> None:
    """Counts answers.

    Args:
      answers: of the entry.
      is_unknown: bool [u], by text.
      person: int64, each unit's person; the unit itself by default.
    """
    self.num_cells += len(answers)
    is_bad = is_unknown[answers.code]
    if not is_bad.any():
      return
    self.num_unknown += int(is_bad.sum())
    code = answers.code[is_bad]
    unit = answers.unit[is_bad] if person is None else person[answers.unit[is_bad]]
    for each in np.unique(code):
      text = str(answers.texts[each])
      self._cells[text] += int((code == each).sum())
      self._people[text].append(np.unique(unit[code == each]))

  @property
  def is_too_much(self) -> bool:
    """Whether so much is not understood that the field must be in another coding than expected."""
    return self.num_unknown >= _MIN_CELLS and self.num_unknown > cell_rules.MAX_SHARE * self.num_cells

  def reason(self) -> str:
    """Returns why nothing is made of the field."""
    what = "codes that its data coding lacks" if self.entry.is_closed else "text where numbers are due"
    return f"{what}: {self.num_unknown / self.num_cells:.0%} of its cells"  # numbers may be of few people

  def rows(self) -> list[dict[str, object]]:
    """Returns rows of schema xwas_unknown_codes; what few people share is in one row without a name."""
    named, others, other_cells = [], [], 0
    for text, cells in self._cells.most_common():
      people = np.unique(np.concatenate(self._people[text]))
      if len(people) >= _MIN_PEOPLE and len(named) < _NAMED and _is_shown(text):
        named.append(self._row(text, len(people), cells))
      else:
        others.append(people)
        other_cells += cells
    if others:
      named.append(self._row("", len(np.unique(np.concatenate(others))), other_cells))
    return named

  def _row(self, code: str, num_people: int, num_cells: int) -> dict[str, object]:
    return {
      "category": self.entry.category,
      "field": str(self.entry.field or ""),
      "variable": self.entry.variable,
      "code": code,
      "num_people": num_people,
      "num_cells": num_cells,
    }


def tabulate(unknown: list[Unknown]) -> pd.DataFrame:
  """Returns what was not understood, schema xwas_unknown_codes."""
  rows = [row for each in unknown for row in each.rows()]
  return pd.DataFrame(rows, columns=list(exposure_tables.UNKNOWN_CODES.columns))


def _is_shown(text: str) -> bool:
  return len(text) <= _LONGEST and not _MAY_BE_ID.search(text)
