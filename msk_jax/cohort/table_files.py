"""One table file, CSV or Parquet: which UK Biobank columns it has, and just the wanted ones as text.

A table may have 500,000 rows and thousands of columns. Files are read in blocks, and only wanted columns are kept, so
memory grows with rows times wanted columns, not with the file.
"""

import csv
import dataclasses
import gzip
import pathlib
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from msk_jax.cohort import columns
from msk_jax.io import errors

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".csv.gz", ".tsv.gz", ".tab.gz", ".txt.gz", ".parquet")
TEXT = pd.StringDtype("pyarrow")

_DELIMITERS = (",", "\t", ";")
_BLOCK_BYTES = 2**24  # holds many rows of the widest tables (a row of 30,000 columns is about 200 kB)
_EMPTY = ("", "NA", "NaN", "nan", "NULL", "null", "None", "<NA>")


@dataclasses.dataclass(frozen=True)
class TableFile:
  """What a table's header says.

  Attributes:
    path: the file.
    delimiter: of a text file; None for Parquet.
    eid_name: name of the column of participant ids.
    names: UK Biobank column to its name(s) here, those with packed answers under array 0.
    packed: the names whose cells may hold several answers.
  """

  path: pathlib.Path
  delimiter: str | None
  eid_name: str
  names: dict[columns.Column, tuple[str, ...]]
  packed: frozenset[str]

  def find(self, column: columns.Column) -> str | None:
    """Returns the name of the column that holds `column` here, or None.

    Raises:
      InputError: two columns of the file hold it.
    """
    found = self.names.get(column, ())
    if len(found) > 1:
      raise errors.InputError(
        f"table {self.path.name}: columns {' and '.join(found)} are the same field; remove one of them."
      )
    if found:
      return found[0]
    first = self.names.get(dataclasses.replace(column, array=0), ())
    return first[0] if first and first[0] in self.packed else None


def inspect(path: pathlib.Path) -> TableFile | None:
  """Reads a table's header; returns None if it has no column of participant ids.

  Raises:
    InputError: the file can't be read as a table.
  """
  try:
    if path.suffix == ".parquet":
      return _describe(path, None, pq.ParquetFile(path).schema_arrow.names)
    line = first_line(path)
  except (OSError, pa.ArrowInvalid, UnicodeDecodeError, EOFError) as error:
    raise errors.InputError(
      f"table {path.name} can't be read ({type(error).__name__}): is it whole, and what its name says?"
    ) from None
  for delimiter in _DELIMITERS:
    described = _describe(path, delimiter, split_line(line, delimiter))
    if described is not None:
      return described
  return None


def read(table: TableFile, wanted: Sequence[columns.Column]) -> pd.DataFrame:
  """Returns `eid` and the wanted columns that the file has, as text under their classic names.

  Args:
    table: from `inspect`.
    wanted: columns; those that the file lacks are left out.

  Returns:
    One row per row of the file; cells are stripped text, missing where empty or `NA`.

  Raises:
    InputError: the file is damaged, or has rows longer or shorter than its header.
  """
  found = {column: name for column in wanted if (name := table.find(column)) is not None}
  names = list(dict.fromkeys([table.eid_name, *found.values()]))
  try:
    raw = _read_parquet(table.path, names) if table.delimiter is None else read_text(table.path, table.delimiter, names)
  except (OSError, pa.ArrowException, EOFError) as error:
    # Arrow's own message quotes the offending row, which holds a participant's data.
    raise errors.InputError(
      f"table {table.path.name} can't be read to its end ({type(error).__name__}): copy or export it again."
    ) from None
  result = {"eid": _clean(raw[table.eid_name])}
  for column, name in found.items():
    cells = _clean(raw[name])
    result[str(column)] = _pick_answer(cells, column.array) if name in table.packed else cells
  return pd.DataFrame(result)


def _describe(path: pathlib.Path, delimiter: str | None, header: Sequence[str]) -> TableFile | None:
  eids = [name for name in header if columns.is_eid(name)]
  if not eids:
    return None
  names: dict[columns.Column, tuple[str, ...]] = {}
  packed = set()
  for name in header:
    parsed = columns.parse(name)
    if parsed is not None:
      names[parsed.column] = (*names.get(parsed.column, ()), name)
      if parsed.may_be_packed:
        packed.add(name)
  return TableFile(path, delimiter, eids[0], names, frozenset(packed))


def first_line(path: pathlib.Path) -> str:
  """Returns the first line of a text file, UTF-8 with or without byte order mark, also gzipped.

  Raises:
    OSError, EOFError, UnicodeDecodeError: the file can't be read.
  """
  with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
    return file.readline().decode("utf-8-sig")


def split_line(line: str, delimiter: str) -> list[str]:
  """Returns a header line's cells, as they stand but for quotes."""
  return next(csv.reader([line], delimiter=delimiter), [])


def read_text(path: pathlib.Path, delimiter: str, names: Sequence[str]) -> pa.Table:
  """Reads columns of a text table as text, missing where empty or `NA`.

  Args:
    path: the file, also gzipped.
    delimiter: between its cells.
    names: the columns wanted, spelled as in the header.

  Raises:
    InputError: rows longer or shorter than the header: their cells can't be told apart. They are counted, not shown.
    OSError, EOFError, pa.ArrowException: the file can't be read; the message may hold a participant's data.
  """
  odd_rows = []
  reader = pa_csv.open_csv(
    path,
    read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES),
    parse_options=pa_csv.ParseOptions(
      delimiter=delimiter,
      newlines_in_values=True,
      invalid_row_handler=lambda row: odd_rows.append(row.actual_columns) or "skip",
    ),
    convert_options=pa_csv.ConvertOptions(
      include_columns=list(names),
      column_types=dict.fromkeys(names, pa.string()),
      strings_can_be_null=True,
      null_values=list(_EMPTY),
    ),
  )
  result = reader.read_all()
  if odd_rows:
    raise errors.InputError(
      f"table {path.name}: {len(odd_rows)} rows are longer or shorter than the header. The file is cut off, or its "
      "texts or decimal commas hold unquoted delimiters: export it again."
    )
  return result


def _read_parquet(path: pathlib.Path, names: Sequence[str]) -> pa.Table:
  raw = pq.ParquetFile(path).read(columns=list(names))
  return pa.table({name: _as_text(raw[name]) for name in names})


def _as_text(values: pa.ChunkedArray) -> pa.Array:
  """Writes any Parquet type as the text exports have: whole numbers without point, dates first, lists packed."""
  kind = values.type
  if pa.types.is_list(kind) or pa.types.is_large_list(kind):
    packed = [None if answers is None else "|".join(map(str, answers)) for answers in values.to_pylist()]
    return pa.array(packed, pa.string())
  if pa.types.is_dictionary(kind):
    return _as_text(values.cast(kind.value_type))
  if pa.types.is_timestamp(kind):
    values = values.cast(pa.date32(), safe=False)
  if pa.types.is_floating(kind):
    numbers = values.to_pandas()
    if (numbers.dropna() % 1 == 0).all():
      values = pa.chunked_array([pa.array(numbers, pa.float64(), from_pandas=True).cast(pa.int64())])
  return values.cast(pa.string()).combine_chunks()


def _clean(values: pa.ChunkedArray) -> pd.Series:
  text = pd.Series(values.to_pandas(types_mapper=lambda _: TEXT), dtype=TEXT).str.strip()
  return text.mask(text.isin(_EMPTY))


def _pick_answer(cells: pd.Series, array: int) -> pd.Series:
  """Returns answer number `array` of cells that may hold several."""
  several = cells.str.contains(r"[|\[]", na=False)
  if array == 0 and not several.any():
    return cells
  answers = cells[cells.notna()].map(columns.unpack)
  picked = answers.map(lambda found: found[array] if array < len(found) else None)
  return picked.reindex(cells.index).astype(TEXT)
