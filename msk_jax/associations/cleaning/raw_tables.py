"""UK Biobank tables by groups of columns: which are there, and their answers by person."""

import collections
import pathlib
from collections.abc import Collection, Sequence

import numpy as np

from msk_jax.associations.cleaning import answers, table_size
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.cohort import application_overlap, column_names, joined_tables, people, table_files, withdrawals
from msk_jax.cohort.column_names import Column
from msk_jax.io import errors


class RawTables:
  """Tables, joined on the participant, of which a group of columns is in memory at a time.

  Attributes:
    present: field to visit to its columns, ordered; cells with several answers are one column.
    num_rows: of the longest table, about.
    counts: cells and people left out or doubted, by reason.
  """

  def __init__(self, paths: Sequence[pathlib.Path], everybody: people.People, withdrawn: Collection[str] = ()):
    """Reads the tables' headers.

    Args:
      paths: see `joined_tables.read`.
      everybody: whose cells are wanted.
      withdrawn: people who have withdrawn.

    Raises:
      InputError: none of the files is a table, or one can't be read.
    """
    self._paths = list(paths)
    self.num_rows = table_size.num_rows(self._paths)
    self._people = everybody
    self._withdrawn = withdrawn
    self._withdrawn_seen: set[str] = set()
    self._file_counts: dict[pathlib.Path, dict[str, int]] = {}
    self._joined: collections.Counter[str] = collections.Counter()
    files = _inspect(self._paths)
    self.present = _find_columns(files)
    self._twice = {column: file.path.name for file in files for column, names in file.names.items() if len(names) > 1}

  @property
  def counts(self) -> dict[str, int]:
    """Cells and people left out or doubted, by reason."""
    return {
      "withdrawn_people_in_tables": len(self._withdrawn_seen),
      **{name: int(number) for name, number in self._joined.items()},
      **joined_tables.total(self._file_counts),
    }

  def columns_of(self, field: int, instance: int) -> list[Column]:
    """Returns the columns of a field at a visit; none where the tables have none."""
    return self.present.get(field, {}).get(instance, [])

  def refusal(self, fields: Collection[int]) -> str:
    """Returns why fields can't be read: a table has a column twice; empty where they can."""
    twice = sorted((column, name) for column, name in self._twice.items() if column.field in fields)
    return f"column {twice[0][0]} is twice in table {twice[0][1]}: remove one of them" if twice else ""

  def read(self, columns: Sequence[Column]) -> dict[Column, Answers]:
    """Returns the people's answers in a group of columns; see `read_with_people`."""
    return self.read_with_people(columns)[0]

  def read_with_people(self, columns: Sequence[Column]) -> tuple[dict[Column, Answers], np.ndarray]:
    """Reads a group of columns.

    Returns:
      answers: by column.
      is_there: bool [p], who has a row in a table with any of the columns.

    Raises:
      InputError: a table is damaged, has a column twice, or is of another application.
    """
    wanted = list(dict.fromkeys(columns))
    is_there = np.zeros(len(self._people), bool)
    if not wanted:
      return {}, is_there
    units: dict[tuple[int, int], list[Column]] = collections.defaultdict(list)
    for column in wanted:
      units[column.field, column.instance].append(column)
    joined = joined_tables.read(self._paths, [], wanted, units=list(units.values()))
    self._file_counts |= joined.file_counts
    self._joined.update(joined.counts)
    eid = joined.table["eid"].to_numpy(str)
    person = self._people.number_of(eid)
    self._withdrawn_seen |= withdrawals.listed(eid[person < 0].tolist(), self._withdrawn) if self._withdrawn else set()
    self._check_overlap(eid, person)
    is_there[person[person >= 0]] = True
    read = {column: answers.read(joined.table[str(column)], person, column.array) for column in wanted}
    return read, is_there

  def _check_overlap(self, eid: np.ndarray, person: np.ndarray) -> None:
    if not len(eid):
      return
    shared = int((person >= 0).sum())
    is_doubtful = 0 < shared < min(len(eid), len(self._people)) / 2
    by_chance = is_doubtful and application_overlap.count(self._people.eid.tolist(), eid.tolist()).is_by_chance
    if not shared or by_chance:
      raise errors.InputError(
        f"of {len(eid):,} people in the tables of exposures, {shared:,} are among the {len(self._people):,} with an "
        "accelerated ageing" + (", no more than by chance" if shared else "") + ". The tables are of other people "
        "(another application has other ids): give those that the cohort was prepared from."
      )


def _inspect(paths: Sequence[pathlib.Path]) -> list[table_files.TableFile]:
  described = [table_files.inspect(path) for path in paths]
  files = [file for file in described if file is not None]
  if not files:
    raise errors.InputError(
      f"none of {len(paths)} files ({', '.join(path.name for path in paths) or 'no file'}) is a UK Biobank table: they "
      "have no column `eid`."
    )
  return files


def _find_columns(files: Sequence[table_files.TableFile]) -> dict[int, dict[int, list[Column]]]:
  present: dict[int, dict[int, set[Column]]] = collections.defaultdict(lambda: collections.defaultdict(set))
  for file in files:
    for column, names in file.names.items():
      is_packed = any(name in file.packed for name in names)
      array = column_names.ALL_ANSWERS if is_packed else column.array
      present[column.field][column.instance].add(Column(column.field, column.instance, array))
  return {
    field: {instance: sorted(columns) for instance, columns in sorted(visits.items())}
    for field, visits in present.items()
  }
