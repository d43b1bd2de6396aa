"""One table file, CSV or Parquet: which UK Biobank columns it has, and the wanted ones as text.

A table may have 500,000 rows and thousands of columns. Files are read in blocks, and only wanted columns are kept: so
memory grows with rows times wanted columns.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from msk_jax.cohort import column_names, csv_columns, csv_header, parquet_columns
from msk_jax.io import errors, ids, missing

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".csv.gz", ".tsv.gz", ".tab.gz", ".txt.gz", ".parquet")
TEXT = pd.StringDtype("pyarrow")

_DELIMITERS = (",", "\t", ";")
_PARQUET = ".parquet"
_PLAIN_ID = r"[1-9][0-9]*"


@dataclasses.dataclass(frozen=True)
class TableFile:
  """What a table's header says.

  Attributes:
    path: the file.
    delimiter: of a text file; None for Parquet.
    header: names of all columns.
    names: UK Biobank column to its names in this file; columns of packed answers are under array 0.
    packed: the names whose cells may hold several answers.
  """

  path: pathlib.Path
  delimiter: str | None
  header: tuple[str, ...]
  names: dict[column_names.Column, tuple[str, ...]]
  packed: frozenset[str]

  @property
  def eid_names(self) -> tuple[str, ...]:
    """The names of the columns of participant ids."""
    return tuple(name for name in self.header if column_names.is_eid(name))

  def find(self, column: column_names.Column) -> str | None:
    """Returns the name of the file's column that holds `column`, or None.

    Raises:
      InputError: two columns of the file hold it.
    """
    names = self.names.get(column, ())
    if len(names) > 1:
      raise errors.InputError(
        f"table {self.path.name}: columns {' and '.join(names)} are the same field; remove one of them."
      )
    if names:
      return names[0]
    first = self.names.get(dataclasses.replace(column, array=0), ())
    return first[0] if first and first[0] in self.packed else None


@dataclasses.dataclass(frozen=True)
class Cells:
  """What was read of a table.

  Attributes:
    table: `eid` and the wanted columns that the file has, as stripped text under their classic names, missing where
      empty or a placeholder; one row per row of the file, numbered from 0.
    lines_inside_quoted_cells: lines of the file that are not a row of their own.
  """

  table: pd.DataFrame
  lines_inside_quoted_cells: int = 0


def is_table_name(name: str) -> bool:
  """Returns whether a file's name ends in one of SUFFIXES, in any case."""
  return name.lower().endswith(SUFFIXES)


def inspect(path: pathlib.Path) -> TableFile | None:
  """Reads a table's header; returns None if it has no column of participant ids.

  Raises:
    InputError: the file can't be read as a table.
  """
  try:
    if _is_parquet(path):
      return _describe(path, None, parquet_columns.names(path))
    header = csv_header.read(path)
  except (OSError, pa.ArrowException, EOFError) as error:
    raise errors.InputError(
      f"table {path.name} can't be read ({type(error).__name__}): is it whole, and of the kind that its name says?"
    ) from None
  for delimiter in _DELIMITERS:
    described = _describe(path, delimiter, csv_header.split(header.text, delimiter))
    if described is not None:
      csv_header.refuse_utf_16(path, header)
      return described
  return None


def read(table: TableFile, wanted: Sequence[column_names.Column]) -> Cells:
  """Reads `eid` and the wanted columns.

  Args:
    table: from `inspect`.
    wanted: columns; those that the file lacks are skipped.

  Raises:
    InputError: the file is damaged, has rows longer or shorter than its header, quotes or an encoding that can't be
      understood, or two columns of ids that differ.
  """
  named = {column: name for column in wanted if (name := table.find(column)) is not None}
  eids = [position for position, name in enumerate(table.header) if column_names.is_eid(name)]
  positions = {column: table.header.index(name) for column, name in named.items()}
  raw, num_inside = _read_positions(table, list(dict.fromkeys([*eids, *positions.values()])))
  columns_of_ids = [_clean(raw[str(position)]) for position in eids]
  _refuse_different_ids(table, columns_of_ids)
  result = {"eid": columns_of_ids[0]}
  for column, name in named.items():
    cells = raw[str(positions[column])]
    picks = name in table.packed and column.array != column_names.ALL_ANSWERS
    result[str(column)] = _pick_answer(cells, column_names.place_in_cell(column)) if picks else _clean(cells)
  return Cells(pd.DataFrame(result), num_inside)


def first_line(path: pathlib.Path) -> str:
  """Returns the first line of a text file that is not blank, with or without byte order mark, also gzipped.

  Raises:
    OSError, EOFError: the file can't be read.
  """
  return csv_header.read(path).text


def split_line(line: str, delimiter: str) -> list[str]:
  """Returns a header line's cells without quotes."""
  return csv_header.split(line, delimiter)


def read_text(path: pathlib.Path, delimiter: str, names: Sequence[str]) -> pa.Table:
  """Reads columns of a text table as text, missing where empty.

  Args:
    path: the file, also gzipped.
    delimiter: between its cells.
    names: the columns wanted, spelled as in the header.

  Raises:
    InputError: rows longer or shorter than the header, quotes or an encoding that can't be understood.
    OSError, EOFError, pa.ArrowException: the file can't be read; the message may hold a participant's data.
  """
  header = split_line(first_line(path), delimiter)
  first = {name: place for place, name in reversed(list(enumerate(header)))}
  positions = [first[name] for name in names]
  raw, _ = csv_columns.read_columns(path, delimiter, len(header), positions)
  return raw.rename_columns(list(names))


def _describe(path: pathlib.Path, delimiter: str | None, header: Sequence[str]) -> TableFile | None:
  if not any(column_names.is_eid(name) for name in header):
    return None
  names: dict[column_names.Column, tuple[str, ...]] = {}
  packed = set()
  for name in header:
    parsed = column_names.parse(name)
    if parsed is not None:
      names[parsed.column] = (*names.get(parsed.column, ()), name)
      if parsed.may_be_packed:
        packed.add(name)
  return TableFile(path, delimiter, tuple(header), names, frozenset(packed))


def _read_positions(table: TableFile, positions: Sequence[int]) -> tuple[pa.Table, int]:
  """Returns text columns named by their positions, and the number of lines inside quoted cells."""
  try:
    if table.delimiter is None:
      return parquet_columns.read(table.path, positions), 0
    raw, format_ = csv_columns.read_columns(table.path, table.delimiter, len(table.header), positions)
    return raw, format_.lines_inside_cells
  except (OSError, pa.ArrowException, EOFError) as error:
    # Arrow's own message quotes the row, which holds a participant's data.
    raise errors.InputError(
      f"table {table.path.name} can't be read to its end ({type(error).__name__}): copy or export it again."
    ) from None


def _refuse_different_ids(table: TableFile, columns_of_ids: Sequence[pd.Series]) -> None:
  for other in columns_of_ids[1:]:
    different = plain_ids(columns_of_ids[0]).fillna("") != plain_ids(other).fillna("")
    if different.any():
      raise errors.InputError(
        f"table {table.path.name} has the columns {' and '.join(table.eid_names)}, and {int(different.sum())} rows "
        "have different ids in them: whose rows these are can't be told. Remove the wrong column."
      )


def plain_ids(cells: pd.Series) -> pd.Series:
  """Returns ids as decimal digits (see `ids.parse`), missing where a cell is not an integer."""
  is_plain = cells.str.fullmatch(_PLAIN_ID).fillna(False).astype(bool)  # nearly all: they need no parsing
  parsed = cells[~is_plain].map(ids.parse, na_action="ignore")
  return cells.where(is_plain, parsed.reindex(cells.index)).astype(TEXT)


def _is_parquet(path: pathlib.Path) -> bool:
  return path.name.lower().endswith(_PARQUET)


def _clean(values: pa.ChunkedArray) -> pd.Series:
  text = pd.Series(values.to_pandas(types_mapper=lambda _: TEXT), dtype=TEXT).str.strip()
  return text.mask(missing.is_missing(text))


def _pick_answer(values: pa.ChunkedArray, place: int) -> pd.Series:
  """Returns the answer at a place, from 0, of cells that may hold several."""
  cells = _clean(values)
  several = cells.str.contains(r"[|\[]", na=False)
  if place == 0 and not several.any():
    return cells
  answers = cells[cells.notna()].map(column_names.unpack)
  picked = answers.map(lambda parts: parts[place] if place < len(parts) else None)
  picked = picked.reindex(cells.index).astype(TEXT)
  return picked.mask(missing.is_missing(picked))
