"""A table of own variables: any columns beside `eid` and, where there are visits, `instance`."""

import dataclasses
import pathlib
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from msk_jax.associations.catalogue import entries
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import answers, rows
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.associations.cleaning.rows import Rows, Scope
from msk_jax.cohort import column_names, data_codings, parquet_columns, table_files, withdrawals
from msk_jax.io import errors, ids, long_cells, missing, table_columns

INSTANCE = "instance"
CATEGORY = "own"
_OWN_KINDS = ("continuous", "ordinal", "binary", "one_hot", "date", entries.AUTO)
_SKIP = "skip"
_KINDS = "column,kind[,main_category,category,label,rules]"
_LAST_INSTANCE = 127


@dataclasses.dataclass(frozen=True)
class OwnTable:
  """An own table and what its columns are.

  Attributes:
    file: its header.
    entries: an entry per column; `variable` is the column.
    scope: whose values the table's rows are.
    row: int64 [t], the unit of each row of the table, -1 where it is nobody's.
    counts: rows left out, by reason.
  """

  file: table_files.TableFile
  entries: tuple[Entry, ...]
  scope: Scope
  unit: np.ndarray
  counts: dict[str, int]

  def read(self, columns: Sequence[str]) -> Iterator[tuple[str, Answers]]:
    """Yields columns and their answers.

    Raises:
      InputError: the table is damaged.
    """
    for name, cells in read_cells(self.file, columns).items():
      yield name, answers.read(cells, self.unit, 0)


def columns_of(path: pathlib.Path) -> tuple[table_files.TableFile, list[str]]:
  """Returns an own table's header and the columns that may be variables.

  Raises:
    InputError: the file is not a table, has no column `eid`, no other column, or one twice.
  """
  file = table_files.inspect(path)
  if file is None:
    raise errors.InputError(f"table {path.name} has no column `eid`, which tells whose its rows are.")
  if twice := table_columns.repeated(file.header):
    raise errors.InputError(f"table {path.name} has the column {twice[0]} twice: remove one of them.")
  of_visit = find_instance(file)
  names = [name for name in file.header if not column_names.is_eid(name) and name != of_visit]
  if not names:
    raise errors.InputError(f"table {path.name} has no column beside `eid` and `{INSTANCE}`.")
  return file, names


def kinds(path: pathlib.Path | None, names: Sequence[str]) -> tuple[Entry, ...]:
  """Returns the entries of an own table's columns; a column without a kind gets it from its answers.

  Args:
    path: CSV of kinds; None: all kinds are told by the answers.
    names: the table's columns.

  Raises:
    InputError: the CSV can't be read, names columns that the table lacks, a column twice, or an unknown kind.
  """
  lines = [] if path is None else entries.read_own_rows(path)
  given = {row.get("column", ""): row for row in lines}
  if path is not None and (not given or "" in given):
    raise errors.InputError(f"{path.name}: each line must name a column; the header is {_KINDS}.")
  if path is not None and (surplus := sorted(set(given) - set(names))):
    raise errors.InputError(f"{path.name} names columns that the table lacks: {', '.join(surplus[:10])}.")
  if path is not None:
    _check_kinds(lines, path.name)
  source = path.name if path is not None else "own table"
  return tuple(
    entries.parse(
      {
        "kind": entries.AUTO,
        "category": CATEGORY,
        "name": name,
        **_filled(given.get(name, {})),
        "variable": name,
        "readings": "first",
      },
      source,
    )
    for name in names
    if given.get(name, {}).get("kind") != _SKIP
  )


def _check_kinds(lines: Sequence[Mapping[str, str]], where: str) -> None:
  names = [row["column"] for row in lines]
  if twice := sorted({name for name in names if names.count(name) > 1}):
    raise errors.InputError(f"{where} names the column {twice[0]} twice: remove one of the lines.")
  known = (*_OWN_KINDS, _SKIP)
  for row in lines:
    if (kind := row.get("kind", "")) and kind not in known:
      raise errors.InputError(f"{where}, {row['column']}: kind must be one of {', '.join(known)}, got `{kind}`.")


def open_table(
  path: pathlib.Path, kinds_path: pathlib.Path | None, everybody: Rows, withdrawn: Collection[str] = ()
) -> OwnTable:
  """Reads whose rows an own table has.

  Args:
    path: the table.
    kinds_path: see `kinds`.
    everybody: the rows that variables are made for.
    withdrawn: people who have withdrawn; their rows are dropped and counted.

  Raises:
    InputError: see `columns_of` and `kinds`; or none of its people is among the rows, a person's visit is there
      twice, or a visit is not a number.
  """
  file, names = columns_of(path)
  of_visit = find_instance(file)
  keys = read_cells(file, [file.eid_names[0], *([of_visit] if of_visit else [])])
  eid = keys[file.eid_names[0]].fillna("")
  long_cells.refuse(path, int(eid.str.len().max()) if len(eid) else 0, long_cells.MOST_BYTES_OF_ID, "an id")
  unique, place = np.unique(eid.to_numpy(str), return_inverse=True)
  plain = [ids.plain(each) for each in unique.tolist()]
  person = everybody.people.number_of(plain)[place]
  if not (person >= 0).any():
    raise errors.InputError(
      f"table {path.name}: none of its {len(unique):,} people is among the {len(everybody.people):,} with an "
      "accelerated ageing: are its ids those of the cohort?"
    )
  scope, unit = rows.at_all_visits(everybody), person
  if of_visit:
    scope = Scope(np.arange(len(everybody)), np.arange(len(everybody)), len(everybody))
    unit = np.where(person >= 0, everybody.find(person, _visits(keys[of_visit], path)), -1)
  used = unit[unit >= 0]
  if num := len(used) - len(np.unique(used)):
    raise errors.InputError(f"table {path.name}: {num:,} rows are of a person's visit that another row has, too.")
  counts = {
    "own_rows_of_withdrawn_people": len(withdrawals.listed(unique.tolist(), withdrawn)),
    "own_rows_of_no_sample": int((unit < 0).sum()),
  }
  own = kinds(kinds_path, names)
  if not of_visit:
    own = tuple(dataclasses.replace(entry, cleaning=f"{entry.cleaning}; the same at all visits") for entry in own)
  return OwnTable(file, own, scope, unit, counts)


def _filled(row: dict[str, str]) -> dict[str, str]:
  renamed = {"name" if name == "label" else name: cell for name, cell in row.items()}
  return {name: cell for name, cell in renamed.items() if cell and name != "column"}


def _visits(cells: pd.Series, path: pathlib.Path) -> np.ndarray:
  number = data_codings.numbers(cells)
  is_bad = ~((number >= 0) & (number <= _LAST_INSTANCE) & (number == np.round(number)))
  if is_bad.any():
    raise errors.InputError(
      f"table {path.name}: {int(is_bad.sum()):,} cells of `{INSTANCE}` are not numbers of visits."
    )
  return number.astype(np.int64)


def find_instance(file: table_files.TableFile) -> str:
  """Returns the column of visits, `instance` in any letters; empty if there is none.

  Raises:
    InputError: there are several.
  """
  names = [name for name in file.header if name.strip().lower() == INSTANCE]
  if len(names) > 1:
    raise errors.InputError(f"table {file.path.name} has several columns `{INSTANCE}`: remove all but one.")
  return names[0] if names else ""


def read_cells(file: table_files.TableFile, names: Sequence[str]) -> dict[str, pd.Series]:
  """Returns columns as stripped text, missing where blank.

  Raises:
    InputError: the table is damaged.
  """
  places = {name: place for place, name in enumerate(file.header)}
  try:
    if file.delimiter is None:
      raw = parquet_columns.read(file.path, [places[name] for name in names]).rename_columns(list(names))
    else:
      raw = table_files.read_text(file.path, file.delimiter, names)
  except (OSError, EOFError, pa.ArrowException) as error:
    raise errors.InputError(f"table {file.path.name} can't be read ({type(error).__name__}).") from None
  texts = {name: pd.Series(raw[name].to_pandas(), dtype=table_files.TEXT).str.strip() for name in names}
  return {name: text.mask(missing.is_missing(text)) for name, text in texts.items()}
