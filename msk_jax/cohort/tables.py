"""Several UK Biobank tables as one: the wanted columns, joined on the participant, one row each."""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import cell_rules, coding, columns, overlap, table_files
from msk_jax.io import errors

NO_EID = "no_integer_eid"
REPEATED = "repeated_rows"
INSIDE_QUOTES = "lines_inside_quoted_cells"
CONTRADICTORY = "contradictory_participants"
DIFFERENT = "cells_differing_between_tables"

Group = tuple[columns.Column, ...]  # any one of these columns will do


@dataclasses.dataclass(frozen=True)
class Joined:
  """What was read.

  Attributes:
    table: text columns, `eid` first and the wanted columns under their classic names (`53-2.0`), all missing where no
      file has them; one row per participant, ordered by eid.
    counts: of cells and people left out or doubted, by reason: `CONTRADICTORY`, `DIFFERENT`, and those of the rules.
    file_counts: the same of each file's lines and rows: `NO_EID`, `REPEATED`, `INSIDE_QUOTES`. They are equal however
      often and for whatever columns a file is read.
  """

  table: pd.DataFrame
  counts: dict[str, int]
  file_counts: dict[pathlib.Path, dict[str, int]]


def read(
  paths: Iterable[pathlib.Path],
  needed: Sequence[Group],
  optional: Sequence[columns.Column] = (),
  *,
  rules: Mapping[columns.Column, cell_rules.Rule] | None = None,
  units: Sequence[Sequence[columns.Column]] = (),
) -> Joined:
  """Reads the wanted columns of all tables and joins them on the participant.

  Args:
    paths: CSV (comma, tab or semicolon, also gzipped) and Parquet files. A column may be in several of them, with
      different participants or the same: the value of the file named first counts.
    needed: groups of columns; of each group at least one must be in some file.
    optional: columns read where they exist.
    rules: how columns are understood, file by file; without one a column stays as it is.
    units: columns that stand or fall together. Whose rows within a file contradict each other in a column has no value
      of its unit, and who has no unit left has no row. By default all columns are one.

  Raises:
    InputError: no tables, unreadable ones, tables of other people, columns of which too much is not understood, or
      needed columns that none of the tables has: all are listed at once.
  """
  files = _inspect_all(paths)
  wanted = list(dict.fromkeys([*(column for group in needed for column in group), *optional]))
  _check_needed(files, needed)
  counts: collections.Counter[str] = collections.Counter({DIFFERENT: 0})
  file_counts = {}
  joined: pd.DataFrame | None = None
  contradictory: list[pd.DataFrame] = []
  for file in files:
    if any(file.find(column) for column in wanted):
      part, file_counts[file.path] = _read_file(file, wanted, rules or {}, counts)
      part, bad = _one_row_each(part, file_counts[file.path])
      contradictory.append(bad)
      if joined is not None:
        _refuse_others(file, part, joined)
      joined = part if joined is None else _join(joined, part, counts)
  if joined is None:
    raise errors.InputError("none of the columns asked for is in the tables.")
  joined = joined.reindex(columns=[str(column) for column in wanted])
  joined = _without_contradictions(joined, contradictory, units or [wanted], counts)
  table = joined.astype(table_files.TEXT).sort_index().rename_axis("eid").reset_index()
  return Joined(table, dict(counts), file_counts)


def _read_eids(cells: pd.Series, place: cell_rules.Place) -> pd.Series:
  """Returns ids; numbers below zero, which stand for people who have withdrawn, are understood too."""
  del place
  return table_files.plain_ids(cells).fillna(cells.where(cells.str.fullmatch(r"-[0-9]+(\.0*)?", na=False)))


# Fewer than five may be notes below the table; `9.00e6` is what a spreadsheet makes of an id.
_EIDS = cell_rules.Rule(_read_eids, "whole numbers with all their digits (not `9.00e6`)", NO_EID, at_least=5)


def total(file_counts: Mapping[pathlib.Path, Mapping[str, int]]) -> dict[str, int]:
  """Returns the sums over files."""
  found = collections.Counter({NO_EID: 0, REPEATED: 0, INSIDE_QUOTES: 0})
  for counts in file_counts.values():
    found.update(counts)
  return dict(found)


def find(paths: Iterable[pathlib.Path], wanted: Iterable[columns.Column]) -> frozenset[columns.Column]:
  """Returns which of the wanted columns are in any of the tables; reads nothing but the headers.

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
      f"that names a column {' or '.join(columns.EID_NAMES)}, delimited by comma, tab or semicolon."
    )
  if skipped:
    logging.warning("left out, since they have no column `eid`: %s", ", ".join(skipped))
  return files


def _check_needed(files: Sequence[table_files.TableFile], needed: Sequence[Group]) -> None:
  missing = [group for group in needed if not any(file.find(column) for file in files for column in group)]
  if not missing:
    return
  lines = []
  for group in missing:
    lines.append(f"  field {' or '.join(str(column.field) for column in group)}: looked for ")
    lines[-1] += ", ".join(f"`{name}`" for column in group for name in columns.spellings(column))
  raise errors.InputError(
    f"{len(missing)} needed columns are in none of the tables ({', '.join(file.path.name for file in files)}):\n"
    + "\n".join(lines)
    + "\nExport these fields too and put the file beside the others."
  )


def _read_file(
  file: table_files.TableFile,
  wanted: Sequence[columns.Column],
  rules: Mapping[columns.Column, cell_rules.Rule],
  counts: collections.Counter[str],
) -> tuple[pd.DataFrame, dict[str, int]]:
  """Returns a file's rows with an integer eid, their cells as the rules read them, and counts of its lines."""
  cells = table_files.read(file, wanted)
  digits = table_files.plain_ids(cells.table["eid"])
  good = digits.notna()
  if len(good) and not good.any():
    raise errors.InputError(f"table {file.path.name}: no value of its column {file.eid_names[0]} is an integer.")
  place = cell_rules.Place(file.path.name, file.eid_names[0])
  cell_rules.apply(_EIDS, cells.table["eid"], place, collections.Counter())
  table = cells.table.assign(eid=digits)[good]
  for column in wanted:
    if column in rules and str(column) in table:
      place = cell_rules.Place(file.path.name, str(file.find(column)))
      table[str(column)] = cell_rules.apply(rules[column], table[str(column)], place, counts)
  return table, {NO_EID: int((~good).sum()), INSIDE_QUOTES: cells.lines_inside_quoted_cells}


def _one_row_each(table: pd.DataFrame, file_counts: dict[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
  """Merges rows of one participant; returns the table by eid, and bool by eid and column: who contradicts themselves.

  The second has rows only for people with several rows.
  """
  repeated = table["eid"].duplicated(keep=False)
  single = table[~repeated].set_index("eid")
  several = table[repeated].set_index("eid")
  file_counts[REPEATED] = len(several) - several.index.nunique()
  same = several.apply(_same_spelling).groupby(level="eid")
  contradicts = same.nunique() > 1
  return pd.concat([single, several.groupby(level="eid").first()]), contradicts


def _refuse_others(file: table_files.TableFile, part: pd.DataFrame, joined: pd.DataFrame) -> None:
  """Refuses a table of another application: its ids are other people's, and its values would go to the wrong ones.

  A cohort's people may be divided among tables of the same columns.
  """
  shared = overlap.count(part.index, joined.index)
  has_common = len(part.columns.intersection(joined.columns)) > 0
  if not joined.empty and (shared.is_by_chance or (shared.is_foreign and not has_common)):
    raise errors.InputError(
      f"table {file.path.name}: {shared.num_shared:,} of its {shared.num_people:,} people are in the tables before it, "
      "no more than by chance. It is of another application, whose ids are other people's: take it away, or name the "
      "right tables with --config.data.tables."
    )


def _join(first: pd.DataFrame, second: pd.DataFrame, counts: collections.Counter[str]) -> pd.DataFrame:
  """Joins two tables by eid; where both have a value the first counts."""
  everybody = first.index.union(second.index)
  first, second = first.reindex(everybody), second.reindex(everybody)
  for name in second.columns.intersection(first.columns):
    is_other = (first[name] != second[name]).fillna(False)  # missing where either is
    left, right = (_same_spelling(table.loc[is_other, name]) for table in (first, second))
    counts[DIFFERENT] += int((left != right).sum())
  return first.combine_first(second)


def _same_spelling(cells: pd.Series) -> pd.Series:
  """Returns cells with one spelling per number: `30` and `30.0` are the same."""
  numbers = coding.numbers(cells)
  spelled = pd.Series(np.where(np.isnan(numbers), "", numbers.astype(str)), index=cells.index, dtype=cells.dtype)
  return cells.where(np.isnan(numbers), spelled)


def _without_contradictions(
  joined: pd.DataFrame,
  contradictory: Sequence[pd.DataFrame],
  units: Sequence[Sequence[columns.Column]],
  counts: collections.Counter[str],
) -> pd.DataFrame:
  """Empties the units in which people's rows contradict each other, and leaves out who has none left."""
  is_bad = pd.DataFrame(False, index=joined.index, columns=range(len(units)))
  for number, unit in enumerate(units):
    names = [str(column) for column in unit]
    for found in contradictory:
      in_unit = found.reindex(columns=found.columns.intersection(names)).any(axis=1)
      is_bad.loc[in_unit.index[in_unit.to_numpy(bool)], number] = True
    joined.loc[is_bad[number], names] = pd.NA
  counts[CONTRADICTORY] = int(is_bad.to_numpy().sum())
  return joined[~is_bad.all(axis=1)]
