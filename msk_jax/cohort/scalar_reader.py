"""UK Biobank's scalar measurements: from tables in any spelling to one table per scalar set, visit by visit.

Source: paper, Methods ("Scalar data"); fields in `scalar_fields`. The heel was measured by two protocols: at first on
one foot (baseline only), later on both, whose mean counts. Values came from the device or were typed in; field 19 says
which for the single foot, 4092 and 4095 for left and right. People with both protocols at baseline get the two-foot
values, which average two measurements and are those of all later visits.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import cell_rules, data_codings, joined_tables, scalar_checks, scalar_fields
from msk_jax.cohort.column_names import Column
from msk_jax.cohort.scalar_fields import HeelFields
from msk_jax.io import errors

CONTRADICTORY = "contradictory_scalar_samples"
UNKNOWN_METHODS = "unknown_heel_methods"  # such heels are missing: which values count is unknown

_FEET = (scalar_fields.LEFT_FOOT, scalar_fields.RIGHT_FOOT)
_METHOD_FIELDS = frozenset(foot.method for foot in (scalar_fields.SINGLE_FOOT, *_FEET))
_NOT_MEASURED = ("not ", "unable", "do not", "prefer not")  # beginnings of meanings that say why there is no value
_MIN_TEXTS = 10  # fewer cells of text are listed in the QC report and refuse no column


@dataclasses.dataclass(frozen=True)
class Scalars:
  """What was read.

  Attributes:
    tables: set name to `eid`, `instance` and its features (float64, NaN missing), one row per sample with any value.
    refused: cells that are not possible values, see `scalar_checks.COLUMNS`.
    counts: what else was left out or doubted, by reason.
    file_counts: lines and rows of each file left out, see `joined_tables.Joined`.
    absent: names of sets without any field in the tables.
  """

  tables: dict[str, pd.DataFrame]
  refused: pd.DataFrame
  counts: dict[str, int]
  absent: tuple[str, ...] = ()
  file_counts: Mapping[pathlib.Path, dict[str, int]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class _Block:
  """Columns of which the tables have all or none: those of a set, an instance and, for the heel, a protocol."""

  set_name: str
  instance: int
  columns: tuple[Column, ...]


def read(paths: Iterable[pathlib.Path], sets: Sequence[str] = scalar_fields.SETS) -> Scalars:
  """Reads scalar sets from UK Biobank tables.

  The text of one set (of the heel: one visit) is in memory at a time. A visit without any of its columns in the tables
  is skipped. So is a set without any of its fields, with a warning.

  Args:
    paths: the tables, see `joined_tables.read`.
    sets: names of the sets wanted.

  Raises:
    InputError: the tables have some but not all of a set's columns at a visit (all missing ones are listed), or a table
      can't be read.
  """
  paths = list(paths)
  blocks = [block for name in sets for block in _blocks(name)]
  present = joined_tables.find(paths, {column for block in blocks for column in block.columns})
  _refuse_incomplete(blocks, present)
  tables: dict[str, pd.DataFrame] = {}
  refused, num_both = [], 0
  reader = _Reader(paths)
  for name in sets:
    visits = list(_read_visits(reader, [block for block in blocks if block.set_name == name], present))
    if visits:
      values = pd.concat([visit.values for visit in visits], ignore_index=True)
      tables[name] = values.sort_values(["eid", "instance"], ignore_index=True)
      refused += [visit.refused for visit in visits]
      num_both += sum(visit.num_both for visit in visits)
  absent = tuple(name for name in sets if name not in tables)
  _warn(absent, blocks)
  counts = {"heels_measured_by_both_protocols": num_both, **reader.counts}
  return Scalars(tables, scalar_checks.joined(refused), counts, absent, reader.file_counts)


def _read_numbers(cells: pd.Series, place: cell_rules.Place) -> pd.Series:
  del place  # each cell can be read by itself
  return cells.where(~np.isnan(data_codings.numbers(cells)))


_NUMBERS = cell_rules.Rule(
  _read_numbers, "numbers with a decimal point", "not_a_number", at_least=_MIN_TEXTS, keeps_cells=True
)


def _read_methods(cells: pd.Series, place: cell_rules.Place) -> pd.Series:
  del place
  is_code = ~np.isnan(data_codings.codes(cells, scalar_fields.METHODS))
  return cells.where(is_code | cells.str.lower().str.startswith(_NOT_MEASURED, na=False))


_METHODS = cell_rules.Rule(
  _read_methods, "codes, `Direct entry`, `Manual entry`, `Not performed` and why", UNKNOWN_METHODS, keeps_cells=True
)


class _Reader:
  """Reads columns of the tables and adds up what is left out; each column is read once."""

  def __init__(self, paths: Sequence[pathlib.Path]):
    self._paths = paths
    self.counts = {joined_tables.DIFFERENT: 0, CONTRADICTORY: 0, UNKNOWN_METHODS: 0}
    self.file_counts: dict[pathlib.Path, dict[str, int]] = {}

  def read(self, visits: Collection[Sequence[Column]]) -> pd.DataFrame:
    """Returns the columns of several visits as text; people whose rows contradict each other at a visit have none."""
    wanted = [column for visit in visits for column in visit]
    rules = {column: _METHODS if column.field in _METHOD_FIELDS else _NUMBERS for column in wanted}
    joined = joined_tables.read(self._paths, [], wanted, rules=rules, units=list(visits))
    self.counts[joined_tables.DIFFERENT] += joined.counts[joined_tables.DIFFERENT]
    self.counts[CONTRADICTORY] += joined.counts[joined_tables.CONTRADICTORY]
    self.counts[UNKNOWN_METHODS] += joined.counts.get(UNKNOWN_METHODS, 0)
    self.file_counts |= joined.file_counts
    return joined.table


@dataclasses.dataclass(frozen=True)
class _Visit:
  """A set's values at a visit, the cells refused, and (heel) how many people have both protocols."""

  values: pd.DataFrame
  refused: pd.DataFrame
  num_both: int = 0


def _read_visits(reader: _Reader, blocks: Sequence[_Block], present: Collection[Column]) -> Iterator[_Visit]:
  """Reads the visits of one set that are in the tables."""
  by_instance = {
    i: wanted
    for i in scalar_fields.INSTANCES
    if (wanted := [c for block in blocks if block.instance == i for c in block.columns if c in present])
  }
  name = blocks[0].set_name
  if name == scalar_fields.HEEL_DENSITOMETRY:  # 38 columns a visit: one at a time
    yield from (_heel(reader.read([wanted]), i) for i, wanted in by_instance.items())
  elif by_instance:
    text = reader.read(list(by_instance.values()))
    yield from (_plain(text, name, i) for i in by_instance)


def _blocks(name: str) -> list[_Block]:
  if name != scalar_fields.HEEL_DENSITOMETRY:
    fields = [feature.field for feature in scalar_fields.FEATURES[name]]
    return [_Block(name, i, tuple(Column(field, i) for field in fields)) for i in scalar_fields.INSTANCES]
  blocks = []
  for instance in scalar_fields.INSTANCES:
    protocols = ((scalar_fields.SINGLE_FOOT,), _FEET) if instance == 0 else (_FEET,)
    for feet in protocols:
      direct = [field for foot in feet for field in (foot.method, foot.spacing, *foot.direct)]
      manual = [field for foot in feet for field in foot.manual]
      blocks += [_Block(name, instance, tuple(Column(f, instance) for f in fields)) for fields in (direct, manual)]
  return blocks


def _refuse_incomplete(blocks: Sequence[_Block], present: Collection[Column]) -> None:
  lines = []
  for block in blocks:
    lacking = [str(column) for column in block.columns if column not in present]
    if 0 < len(lacking) < len(block.columns):
      lines.append(f"  {block.set_name}, instance {block.instance}: {', '.join(lacking)}")
  if lines:
    raise errors.InputError(
      "the tables have some columns of scalar sets, but not these (in any spelling):\n"
      + "\n".join(lines)
      + "\nExport these fields too, or name the sets that you want (config.data.scalar_sets)."
    )


def _warn(absent: Sequence[str], blocks: Sequence[_Block]) -> None:
  for name in absent:
    fields = sorted({column.field for block in blocks if block.set_name == name for column in block.columns})
    logging.warning(
      "SCALAR SET %s IS LEFT OUT: none of its fields is in the tables: %s.", name, ", ".join(map(str, fields))
    )


def _plain(text: pd.DataFrame, name: str, instance: int) -> _Visit:
  values, refused = {}, []
  for feature in scalar_fields.FEATURES[name]:
    column = str(Column(feature.field, instance))
    limits = (feature.limits.low, feature.limits.high)
    source = scalar_checks.Source(text["eid"], instance, name, feature.name, column)
    values[feature.name], bad = scalar_checks.check(text[column], limits, source)
    refused.append(bad)
  return _Visit(_with_any_value(text["eid"], instance, values), scalar_checks.joined(refused))


def _heel(text: pd.DataFrame, instance: int) -> _Visit:
  """The heel at a visit: the mean of both feet where both were measured, else the single foot."""
  feet = [_foot(text, foot, instance) for foot in _FEET]
  (left, has_left, bad_left), (right, has_right, bad_right) = feet
  both = {name: np.where(has_left & has_right, (left[name] + right[name]) / 2, np.nan) for name in left}
  refused = [bad_left, bad_right]
  if instance > 0:
    return _Visit(_with_any_value(text["eid"], instance, both), scalar_checks.joined(refused))
  single, _, bad_single = _foot(text, scalar_fields.SINGLE_FOOT, instance)
  has_both = ~np.isnan(list(both.values())).all(axis=0)
  has_single = ~np.isnan(list(single.values())).all(axis=0)
  values = {name: np.where(has_both, both[name], single[name]) for name in both}
  refused.append(bad_single)
  num_both = int((has_both & has_single).sum())
  return _Visit(_with_any_value(text["eid"], instance, values), scalar_checks.joined(refused), num_both)


def _foot(
  text: pd.DataFrame, foot: HeelFields, instance: int
) -> tuple[dict[str, np.ndarray], np.ndarray, pd.DataFrame]:
  """Returns one foot's features (float64 [n] each), whether it was measured (bool [n]), and refused cells."""
  nothing = pd.Series(pd.NA, index=text.index, dtype=text["eid"].dtype)
  cells = lambda field: text.get(str(Column(field, instance)), nothing)  # noqa: E731
  method = data_codings.codes(cells(foot.method), scalar_fields.METHODS)
  is_direct, is_manual = method == scalar_fields.DIRECT, method == scalar_fields.MANUAL
  values, refused = {}, []
  pairs = ((foot.spacing, foot.spacing), *zip(foot.direct, foot.manual, strict=True))
  name = scalar_fields.HEEL_DENSITOMETRY
  for feature, (direct, manual) in zip(scalar_fields.FEATURES[name], pairs, strict=True):
    chosen = cells(direct).where(is_direct, cells(manual).where(is_manual))
    detail = str(Column(direct, instance)) + ("" if direct == manual else f" or {Column(manual, instance)}")
    source = scalar_checks.Source(text["eid"], instance, name, feature.name, detail)
    values[feature.name], bad = scalar_checks.check(chosen, (feature.limits.low, feature.limits.high), source)
    refused.append(bad)
  return values, is_direct | is_manual, scalar_checks.joined(refused)


def _with_any_value(eid: pd.Series, instance: int, values: dict[str, np.ndarray]) -> pd.DataFrame:
  table = pd.DataFrame({"eid": eid.astype("string"), "instance": np.int8(instance), **values})
  return table[table[list(values)].notna().any(axis=1)]
