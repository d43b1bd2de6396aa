"""What is made of an entry: drafts of variables, one value per row."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import answers, decoding, readings
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.associations.cleaning.rows import Scope
from msk_jax.associations.cleaning.unknown import Unknown


@dataclasses.dataclass(frozen=True)
class Draft:
  """A variable before missing values are dealt with.

  Attributes:
    name: of the variable.
    label: for people.
    kind: `continuous`, `binary` or `ordinal`.
    values: float64 [r], NaN where missing; None where there is only a reason.
    reason: why it can't be used; empty otherwise.
    note: what to know of it beside the entry's cleaning.
  """

  name: str
  label: str
  kind: str
  values: np.ndarray | None
  reason: str = ""
  note: str = ""


class Builder:
  """Collects an entry's answers visit by visit, and makes its variables."""

  def __init__(self, entry: Entry, num_rows: int, max_levels: int):
    """Starts with nothing read.

    Args:
      entry: of any kind but `diagnosis`.
      num_rows: r.
      max_levels: of a factor.
    """
    self.entry = entry
    self.unknown = Unknown(entry)
    self.notes: set[str] = set()
    self._reason = ""
    self._num_rows, self._max_levels = num_rows, max_levels
    self._values: dict[str, np.ndarray] = {}
    self._levels: list[tuple[Scope, np.ndarray, np.ndarray, np.ndarray]] = []
    self._is_answered = np.zeros(num_rows, bool)
    self._may_be_filled = np.zeros(num_rows, bool)

  @property
  def is_answered(self) -> np.ndarray:
    """Which rows have any answer, also one that is not understood, bool [r]."""
    return self._is_answered

  def add(self, scope: Scope, of_fields: Mapping[int, Answers]) -> None:
    """Adds what was read at a visit.

    Args:
      scope: where the values go.
      of_fields: answers of the entry's fields (0: of an own column) and helpers; fields that no table has are absent.
    """
    own = [of_fields[field] for field in (self.entry.fields or (0,)) if field in of_fields]
    is_counted = self._is_counted(scope, of_fields)
    kept = [_where(part, is_counted) for part in own]
    answered = np.zeros(scope.num_units, bool)
    for part in own:
      answered[part.unit] = True
    self._is_answered[scope.row] |= answered[scope.unit]
    self._may_be_filled[scope.row] |= is_counted[scope.unit]
    decoded = [decoding.decode(part.texts, self.entry) for part in kept]
    for part, each in zip(kept, decoded, strict=True):
      self.unknown.add(part, each.is_unknown)
    if self.entry.kind == "one_hot":
      self._add_levels(scope, kept, decoded)
      return
    helpers = self._helpers(of_fields)
    if self.entry.helper is not None and self.entry.helper.field not in helpers:
      self._reason = f"it needs field {self.entry.helper.field}, which the tables lack"
      return
    pairs = [(part, each.values[part.code]) for part, each in zip(kept, decoded, strict=True)]
    values = readings.first_of_fields(pairs)
    for item, by_unit in readings.reduce(self.entry, values, helpers, scope.num_units).items():
      place = self._values.setdefault(item, np.full(self._num_rows, np.nan))
      place[scope.row] = by_unit[scope.unit]

  def drafts(self, is_category_answered: np.ndarray | None = None) -> Iterator[Draft]:
    """Yields the variables, or one draft that says why there are none.

    Args:
      is_category_answered: bool [r], rows with any answer of the category, where blank cells are filled.
    """
    entry = self.entry
    if self.unknown.is_too_much:
      yield self._refused(self.unknown.reason())
    elif self._reason:
      yield self._refused(self._reason)
    elif entry.kind == "one_hot":
      yield from self._level_drafts()
    elif not self._values:
      yield self._refused("no values")
    else:
      kind = entry.kind if entry.kind in ("binary", "ordinal") else "continuous"
      is_single = set(self._values) == {"_0"}  # one answer, whose number says nothing
      for numbered, values in sorted(self._values.items(), key=lambda pair: (len(pair[0]), pair[0])):
        item = "" if is_single else numbered
        if entry.fill is not None and is_category_answered is not None:
          values[is_category_answered & self._may_be_filled & ~self._is_answered] = entry.fill
        label = entry.name + (f", answer {item[1:]}" if item else "")
        yield Draft(entry.variable + item, label, kind, values)

  def _is_counted(self, scope: Scope, of_fields: Mapping[int, Answers]) -> np.ndarray:
    """Returns for which units the entry's conditions hold, bool [n]."""
    is_counted = np.ones(scope.num_units, bool)
    for condition in self.entry.where:
      if condition.field not in of_fields:
        self.notes.add(f"field {condition.field} is not in the tables: its condition is not checked")
        continue
      field = readings.helper(of_fields[condition.field], self.entry.helper_values.get(condition.field, {}))
      if condition.codes:
        self._check_helper(condition.field, field)
      is_counted &= readings.holds(condition, field, scope.num_units)
    return is_counted

  def _helpers(self, of_fields: Mapping[int, Answers]) -> dict[int, readings.Helper]:
    helper = self.entry.helper
    if helper is None or helper.field not in of_fields:
      return {}
    field = readings.helper(of_fields[helper.field], self.entry.helper_values.get(helper.field, {}))
    self._check_helper(helper.field, field)
    return {helper.field: field}

  def _check_helper(self, number: int, field: readings.Helper) -> None:
    counted = Unknown(self.entry)
    counted.add(field.answers, np.isnan(field.codes))
    if counted.is_too_much:
      self._reason = (
        f"field {number}, on which it depends, is not understood in {counted.num_unknown:,} of "
        f"{counted.num_cells:,} cells"
      )

  def _add_levels(self, scope: Scope, parts: list[Answers], decoded: list[decoding.Decoded]) -> None:
    answered = np.zeros(scope.num_units, bool)
    units, levels = [], []
    for part, each in zip(parts, decoded, strict=True):
      level = each.levels[part.code]
      is_level = level != None  # noqa: E711
      answered[part.unit[is_level]] = True
      units.append(part.unit[is_level])
      levels.append(level[is_level])
    self._levels.append((scope, answered, np.concatenate(units), np.concatenate(levels)))

  def _level_drafts(self) -> Iterator[Draft]:
    entry = self.entry
    seen = sorted({level for *_, levels in self._levels for level in np.unique(levels.astype(str))}, key=_order)
    names = [level for level in seen if not entry.levels or level in entry.levels]
    if len(names) > self._max_levels:
      yield self._refused(f"{len(names):,} levels, more than {self._max_levels:,}: each would be a variable")
      return
    if not names or len({_slug(level) for level in names}) < len(names):
      yield self._refused("levels that differ in signs or capitals alone" if names else "no values")
      return
    for level in names:
      values = np.full(self._num_rows, np.nan)
      for scope, answered, units, levels in self._levels:
        has_it = np.zeros(scope.num_units, bool)
        has_it[units[levels == level]] = True
        values[scope.row] = np.where(answered, has_it, np.nan)[scope.unit]
      yield Draft(f"{entry.variable}_{_slug(level)}", f"{entry.name}: {_meaning(entry, level)}", "binary", values)

  def _refused(self, reason: str) -> Draft:
    return Draft(self.entry.variable, self.entry.name, self.entry.kind, None, reason)


def _where(part: Answers, is_counted: np.ndarray) -> Answers:
  if is_counted.all():
    return part
  kept = is_counted[part.unit]
  return answers.Answers(part.unit[kept], part.place[kept], part.code[kept], part.texts)


def _order(level: str) -> tuple[float, str]:
  try:
    return float(level), level
  except ValueError:
    return float("inf"), level


def _meaning(entry: Entry, level: str) -> str:
  try:
    return entry.values.get(int(level), level)
  except ValueError:
    return level


def _slug(level: str) -> str:
  """Returns a level as the end of a name: codes as they are, meanings in small letters and underscores."""
  try:
    float(level)
  except ValueError:
    return "_".join("".join(each if each.isalnum() else " " for each in level.lower()).split()) or "level"
  return level
