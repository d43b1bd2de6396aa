"""Several UK Biobank tables as one: the wanted columns, joined on the participant, one row each."""

import collections
import pathlib
from collections.abc import Iterable, Sequence

import pandas as pd
from absl import logging

from msk_jax.cohort import columns, table_files
from msk_jax.io import errors

_NO_EID = "no_integer_eid"
_REPEATED = "repeated_rows"
_CONTRADICTORY = "contradictory_participants"
_DIFFERENT = "cells_differing_between_tables"

Group = tuple[columns.Column, ...]  # any one of these columns will do


def read(
  paths: Iterable[pathlib.Path], needed: Sequence[Group], optional: Sequence[columns.Column] = ()
) -> tuple[pd.DataFrame, dict[str, int]]:
  """Reads the wanted columns of all tables and joins them on the participant.

  Args:
    paths: CSV (comma, tab or semicolon, also gzipped) and Parquet files. A column may be in several of them, with
      different participants or the same: the first file's value counts.
    needed: groups of columns; of each group at least one must be in some file.
    optional: columns read where they exist.

  Returns:
    A table of text columns, `eid` first and the wanted columns under their classic names (`53-2.0`), all missing
    where no file has them; one row per participant, ordered by eid. And counts of what was left out: rows without
    an integer eid, rows that repeat one, participants whose rows contradict each other within a file (left out), and
    cells that differ between files.

  Raises:
    InputError: no tables, unreadable ones, or needed columns that none of them has: all are listed at once.
  """
  files = _inspect_all(paths)
  wanted = list(dict.fromkeys([*(column for group in needed for column in group), *optional]))
  _check_needed(files, needed)
  counts: dict[str, int] = collections.Counter()
  joined: pd.DataFrame | None = None
  contradictory: set[str] = set()
  for file in files:
    if any(file.find(column) for column in wanted):
      part, bad = _one_row_each(_with_integer_eids(table_files.read(file, wanted), counts, file), counts)
      contradictory |= bad
      joined = part if joined is None else _join(joined, part, counts)
  counts[_CONTRADICTORY] = len(contradictory)
  if joined is None:
    raise errors.InputError("none of the columns asked for is in the tables.")
  joined = joined[~joined.index.isin(list(contradictory))].reindex(columns=[str(column) for column in wanted])
  return joined.astype(table_files.TEXT).sort_index().rename_axis("eid").reset_index(), dict(counts)


def find(paths: Iterable[pathlib.Path], wanted: Iterable[columns.Column]) -> frozenset[columns.Column]:
  """Returns which of the wanted columns are in any of the tables; reads nothing but the headers.

  Raises:
    InputError: no tables, or unreadable ones.
  """
  files = _inspect_all(paths)
  return frozenset(column for column in wanted if any(file.find(column) for file in files))


def _inspect_all(paths: Iterable[pathlib.Path]) -> list[table_files.TableFile]:
  paths = sorted(paths)
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


def _with_integer_eids(table: pd.DataFrame, counts: dict[str, int], file: table_files.TableFile) -> pd.DataFrame:
  """Writes ids as plain decimal digits (`9000001.0` loses its point); leaves out and counts other rows."""
  digits = table["eid"].str.extract(r"^0*(\d+)(?:\.0*)?$", expand=False)
  good = digits.notna()
  counts[_NO_EID] += int((~good).sum())
  if len(table) and not good.any():
    raise errors.InputError(f"table {file.path.name}: no value of its column {file.eid_name} is an integer.")
  return table.assign(eid=digits)[good]


def _one_row_each(table: pd.DataFrame, counts: dict[str, int]) -> tuple[pd.DataFrame, set[str]]:
  """Merges rows of one participant; returns the table by eid, and whose rows contradict each other."""
  repeated = table["eid"].duplicated(keep=False)
  single = table[~repeated].set_index("eid")
  if not repeated.any():
    return single, set()
  groups = table[repeated].groupby("eid")
  counts[_REPEATED] += int(repeated.sum()) - groups.ngroups
  contradicts = (groups.nunique() > 1).any(axis=1)
  return pd.concat([single, groups.first()]), set(contradicts.index[contradicts])


def _join(first: pd.DataFrame, second: pd.DataFrame, counts: dict[str, int]) -> pd.DataFrame:
  """Joins two tables by eid; where both have a value the first counts."""
  everybody = first.index.union(second.index)
  first, second = first.reindex(everybody), second.reindex(everybody)
  shared = [name for name in second if name in first]
  both = first[shared].notna() & second[shared].notna()
  counts[_DIFFERENT] += int(((first[shared] != second[shared]) & both).to_numpy().sum())
  return first.combine_first(second)
