"""Several UK Biobank tables as one: the wanted columns, joined on the participant, one row each."""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import application_overlap, cell_rules, column_names, data_codings, table_files
from msk_jax.io import errors

NO_EID = "no_integer_eid"
REPEATED = "repeated_rows"
INSIDE_QUOTES = "lines_inside_quoted_cells"
CONTRADICTORY = "contradictory_participants"
DIFFERENT = "cells_differing_between_tables"

Group = tuple[column_names.Column, ...]  # any one of these columns is enough


@dataclasses.dataclass(frozen=True)
class Joined:
  """What was read.

  Attributes:
    table: text columns, `eid` first and the wanted columns under their classic names (`53-2.0`), all missing where no
      file has them; one row per participant, ordered by eid.
    counts: cells and people left out or doubted, by reason: `CONTRADICTORY`, `DIFFERENT`, and those of the rules.
    file_counts: the same for each file's lines and rows: `NO_EID`, `REPEATED`, `INSIDE_QUOTES`. They do not depend on
      the columns read.
  """

  table: pd.DataFrame
  counts: dict[str, int]
  file_counts: dict[pathlib.Path, dict[str, int]]


def read(
  paths: Iterable[pathlib.Path],
  needed: Sequence[Group],
  optional: Sequence[column_names.Column] = (),
  *,
  rules: Mapping[column_names.Column, cell_rules.Rule] | None = None,
  units: Sequence[Sequence[column_names.Column]] = (),
) -> Joined:
  """Reads the wanted columns of all tables and joins them on the participant.

  Args:
    paths: CSV (comma, tab or semicolon, also gzipped) and Parquet files. A column may be in several of them, with
      different participants or the same: the value of the file named first counts.
    needed: groups of columns; of each group at least one must be in some file.
    optional: columns read where they exist.
    rules: how columns are read, file by file; a column without one stays as it is.
    units: columns that stand or fall together. People whose rows within a file contradict each other in a column lose
      the values of its unit; people without any unit left are dropped. By default all columns are one unit.

  Raises:
    InputError: no tables, unreadable ones, tables of other people, columns of which too much is not understood, or
      needed columns that none of the tables has: all are listed at once.
  """
  files = _inspect_all(paths)
  wanted = list(dict.fromkeys([*(column for group in needed for column in group), *optional]))
  _check_needed(files, needed)
  counts: collections.Counter[str] = collections.Counter({DIFFERENT: 0})
  joined: pd.DataFrame | None = None
  parts: dict[pathlib.Path, _Part] = {}
  for file in files:
    if not any(file.find(column) for column in wanted):
      continue
    part = parts[file.path] = _read_file(file, wanted, rules or {})
    counts.update(part.counts)
    if joined is None:
      joined = part.table
      continue
    _refuse_others(file, part.table, joined)
    joined, num_different = _join(joined, part.table)
    counts[DIFFERENT] += num_different
  if joined is None:
    raise errors.InputError("none of the wanted columns is in the tables.")
  joined = joined.reindex(columns=[str(column) for column in wanted])
  contradicts = [part.contradicts for part in parts.values()]
  joined, counts[CONTRADICTORY] = _without_contradictions(joined, contradicts, units or [wanted])
  table = joined.astype(table_files.TEXT).sort_index().rename_axis("eid").reset_index()
  return Joined(table, dict(counts), {path: part.file_counts for path, part in parts.items()})


def _read_eids(cells: pd.Series, place: cell_rules.Place) -> pd.Series:
  """Returns ids, also numbers below zero, which stand for people who have withdrawn."""
  del place
  return table_files.plain_ids(cells).fillna(cells.where(cells.str.fullmatch(r"-[0-9]+(\.0*)?", na=False)))


# Fewer than five may be notes below the table; `9.00e6` is what a spreadsheet makes of an id.
_EIDS = cell_rules.Rule(_read_eids, "whole numbers with all their digits (not `9.00e6`)", NO_EID, at_least=5)


def total(file_counts: Mapping[pathlib.Path, Mapping[str, int]]) -> dict[str, int]:
  """Returns the sums over files."""
  sums = collections.Counter({NO_EID: 0, REPEATED: 0, INSIDE_QUOTES: 0})
  for counts in file_counts.values():
    sums.update(counts)
  return dict(sums)


def find(paths: Iterable[pathlib.Path], wanted: Iterable[column_names.Column]) -> frozenset[column_names.Column]:
  """Returns which of the wanted columns are in any of the tables; reads the headers alone.

  Raises:
    InputError: no tables, or unreadable ones.
  """
  files = _inspect_all(paths)
  return frozenset(column for column in wanted if any(file.find(column) for file in files))


def _inspect_all(paths: Iterable[pathlib.Path]) -> list[table_files.TableFile]:
  paths = list(paths)
  described = [table_files.inspect(path) for path in paths]
  files = [file for file in described if file is not None]
  skipped = [path.name for path, file in zip(paths, described, strict=True) if file is None]
  if not files:
    raise errors.InputError(
      f"no UK Biobank table found: none of {len(paths)} files ({', '.join(skipped) or 'no file'}) begins with a line "
      f"that names a column {' or '.join(column_names.EID_NAMES)}, delimited by comma, tab or semicolon."
    )
  if skipped:
    logging.warning("files without a column `eid` are not read: %s", ", ".join(skipped))
  return files


def _check_needed(files: Sequence[table_files.TableFile], needed: Sequence[Group]) -> None:
  missing = [group for group in needed if not any(file.find(column) for file in files for column in group)]
  if not missing:
    return
  lines = []
  for group in missing:
    lines.append(f"  field {' or '.join(str(column.field) for column in group)}: looked for ")
    lines[-1] += ", ".join(f"`{name}`" for column in group for name in column_names.spellings(column))
  raise errors.InputError(
    f"{len(missing)} needed columns are in none of the tables ({', '.join(file.path.name for file in files)}):\n"
    + "\n".join(lines)
    + "\nExport these fields too and put the file beside the others."
  )


@dataclasses.dataclass(frozen=True)
class _Part:
  """What one file holds.

  Attributes:
    table: one row per participant, by eid.
    contradicts: bool by eid and column, for people with several rows: whether these contradict each other.
    counts: as `Joined.counts`.
    file_counts: as `Joined.file_counts`.
  """

  table: pd.DataFrame
  contradicts: pd.DataFrame
  counts: Mapping[str, int]
  file_counts: dict[str, int]


def _read_file(
  file: table_files.TableFile,
  wanted: Sequence[column_names.Column],
  rules: Mapping[column_names.Column, cell_rules.Rule],
) -> _Part:
  """Reads a file's rows with an integer eid, their cells as the rules read them."""
  cells = table_files.read(file, wanted)
  digits = table_files.plain_ids(cells.table["eid"])
  is_id = digits.notna()
  if len(is_id) and not is_id.any():
    raise errors.InputError(f"table {file.path.name}: no value of its column {file.eid_names[0]} is an integer.")
  cell_rules.apply(_EIDS, cells.table["eid"], cell_rules.Place(file.path.name, file.eid_names[0]))
  table = cells.table.assign(eid=digits)[is_id]
  counts: collections.Counter[str] = collections.Counter()
  for column in wanted:
    if column in rules and str(column) in table:
      place = cell_rules.Place(file.path.name, str(file.find(column)))
      table[str(column)], num_bad = cell_rules.apply(rules[column], table[str(column)], place)
      counts[rules[column].count] += num_bad
  table, contradicts, num_repeated = _one_row_each(table)
  num_inside = cells.lines_inside_quoted_cells
  return _Part(
    table, contradicts, counts, {NO_EID: int((~is_id).sum()), INSIDE_QUOTES: num_inside, REPEATED: num_repeated}
  )


def _one_row_each(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
  """Merges rows of one participant; returns the table by eid, `_Part.contradicts`, and how many rows were merged."""
  repeated = table["eid"].duplicated(keep=False)
  single = table[~repeated].set_index("eid")
  several = table[repeated].set_index("eid")
  same = several.apply(_same_spelling).groupby(level="eid")
  contradicts = same.nunique() > 1
  merged = pd.concat([single, several.groupby(level="eid").first()])
  return merged, contradicts, len(several) - several.index.nunique()


def _refuse_others(file: table_files.TableFile, part: pd.DataFrame, joined: pd.DataFrame) -> None:
  """Refuses a table of another application, whose ids are other people's.

  Tables of the same columns may divide a cohort's people among them.
  """
  shared = application_overlap.count(part.index, joined.index)
  has_common = len(part.columns.intersection(joined.columns)) > 0
  if not joined.empty and (shared.is_by_chance or (shared.is_foreign and not has_common)):
    raise errors.InputError(
      f"table {file.path.name}: {shared.num_shared:,} of its {shared.num_people:,} people are in the tables before it, "
      "no more than by chance. It is of another application, whose ids are other people's: take it away, or name the "
      "right tables with --config.data.tables."
    )


def _join(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, int]:
  """Joins two tables by eid, the first's values before the second's; also counts the cells in which they differ."""
  num_different = 0
  everybody = first.index.union(second.index)
  first, second = first.reindex(everybody), second.reindex(everybody)
  for name in second.columns.intersection(first.columns):
    is_other = (first[name] != second[name]).fillna(False)  # missing where either is
    left, right = (_same_spelling(table.loc[is_other, name]) for table in (first, second))
    num_different += int((left != right).sum())
  return first.combine_first(second), num_different


def _same_spelling(cells: pd.Series) -> pd.Series:
  """Returns cells with one spelling per number: `30` and `30.0` are the same."""
  numbers = data_codings.numbers(cells)
  spelled = pd.Series(np.where(np.isnan(numbers), "", numbers.astype(str)), index=cells.index, dtype=cells.dtype)
  return cells.where(np.isnan(numbers), spelled)


def _without_contradictions(
  joined: pd.DataFrame, contradicts: Sequence[pd.DataFrame], units: Sequence[Sequence[column_names.Column]]
) -> tuple[pd.DataFrame, int]:
  """Empties the units in which people's rows contradict each other, and drops people who have none left.

  Returns:
    table: the others.
    num_contradictory: number of people's units that were emptied.
  """
  if not any(of_file.to_numpy(bool).any() for of_file in contradicts):
    return joined, 0
  is_bad = pd.DataFrame(False, index=joined.index, columns=range(len(units)))
  for number, unit in enumerate(units):
    names = [str(column) for column in unit]
    for of_file in contradicts:
      in_unit = of_file.reindex(columns=of_file.columns.intersection(names)).any(axis=1)
      is_bad.loc[in_unit.index[in_unit.to_numpy(bool)], number] = True
    joined.loc[is_bad[number], names] = pd.NA
  return joined[~is_bad.all(axis=1)], int(is_bad.to_numpy().sum())
