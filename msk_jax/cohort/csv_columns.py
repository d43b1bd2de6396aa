"""Columns of a CSV or tab-separated file as text, and whether its quotes enclose cells.

Classic CSV exports quote cells. In tab exports a quote is a character of the text. A quote read the wrong way swallows
lines. So both ways are tried, and the one that gives every row the header's width counts. If both do, a tab export has
no quoting. If neither does, or quotes would enclose lines that look like rows, the file is refused.
"""

import contextlib
import dataclasses
import functools
import io
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import IO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from absl import logging

from msk_jax.cohort import csv_header
from msk_jax.io import errors, long_cells

_BLOCK_BYTES = 2**24  # holds many rows of the widest tables (a row of 30,000 columns is about 200 kB)
_IN_QUOTES = r'^\s*"(.*)"\s*$'


@dataclasses.dataclass(frozen=True)
class Format:
  """How the rows of a file are written.

  Attributes:
    has_quoting: whether quotes enclose cells.
    has_quotes: whether there are any.
    lines_inside_cells: line ends within quoted cells.
  """

  has_quoting: bool
  has_quotes: bool
  lines_inside_cells: int = 0


@dataclasses.dataclass(frozen=True)
class _Rows:
  """One way to read a file: rows of the header's width, rows of other widths, and whether it could be read whole."""

  num_good: int
  num_odd: int
  is_whole: bool = True

  @property
  def is_consistent(self) -> bool:
    return self.is_whole and not self.num_odd

  @property
  def num_lines(self) -> int:
    return self.num_good + self.num_odd


class _OddTextError(errors.InputError):
  """A row of another width can't be shown to us, as its text is not UTF-8."""


def read_columns(path: pathlib.Path, delimiter: str, width: int, positions: Sequence[int]) -> tuple[pa.Table, Format]:
  """Reads columns of a text table.

  Args:
    path: the file, also gzipped; any line ends; blank lines are skipped.
    delimiter: between its cells.
    width: number of the header's cells.
    positions: the columns wanted, counted from 0.

  Returns:
    Text columns named by their positions, missing where empty; and how the file is written.

  Raises:
    InputError: rows longer or shorter than the header, absurdly long cells, quotes that can be read in two ways, text
      that is not UTF-8, or NUL bytes. What is wrong is counted, not shown.
    OSError, EOFError, pa.ArrowException: the file can't be read; the message may hold a participant's data.
  """
  header = csv_header.read(path)
  names = [str(position) for position in positions]
  if not header.has_rows:
    return pa.table({name: pa.array([], pa.string()) for name in names}), Format(False, False)
  stat = path.stat()
  format_ = _decide(path, delimiter, width, (stat.st_size, stat.st_mtime_ns))
  try:
    table, num_odd = _parse(path, delimiter, width, positions, has_quoting=format_.has_quoting)
  except pa.ArrowInvalid as error:
    if "straddling" in str(error):
      raise _too_long(path) from None
    raise
  if num_odd:
    raise _ragged(path, num_odd)
  long_cells.refuse(path, longest_cell(table))
  if format_.has_quotes and not format_.has_quoting:
    unquoted = pc.ReplaceSubstringOptions(_IN_QUOTES, r"\1")
    cells = [pc.call_function("replace_substring_regex", [column], unquoted) for column in table.columns]
    table = pa.table(cells, names=table.column_names)
  return table, format_


def longest_cell(table: pa.Table) -> int:
  """Returns the bytes of the longest text in a table of texts; 0 for an empty one."""
  lengths = [pc.call_function("max", [pc.call_function("binary_length", [column])]).as_py() for column in table.columns]
  return max((length for length in lengths if length is not None), default=0)


@functools.lru_cache(maxsize=64)  # the same tables are read once per scalar set
def _decide(path: pathlib.Path, delimiter: str, width: int, version: tuple[int, int]) -> Format:
  """Returns how a file is written; `version` changes when the file does.

  Raises:
    InputError: that can't be told.
  """
  del version  # the cache's key
  (num_quotes, num_nuls), last = _count(path, b'"', b"\0")
  if last not in b"\r\n":
    logging.warning("table %s does not end with a line end. If it was cut off, people are missing", path.name)
  if num_nuls:
    raise errors.InputError(
      f"table {path.name} can't be read as text: it holds {num_nuls} NUL bytes. It is damaged, or UTF-16. "
      f"{csv_header.TO_UTF_8.format('UTF-16')}"
    )
  if not num_quotes:
    return Format(has_quoting=False, has_quotes=False)
  quoted = _try(path, delimiter, width, has_quoting=True)
  plain = _try(path, delimiter, width, has_quoting=False)
  is_paired = num_quotes % 2 == 0  # else one is never closed, or quotes do not enclose cells
  if quoted.is_consistent and quoted.num_good == plain.num_lines and (is_paired or not plain.is_consistent):
    return Format(has_quoting=True, has_quotes=True)  # line by line the same cells
  can_quote = quoted.is_consistent and is_paired
  if plain.is_consistent and (delimiter == "\t" or not can_quote):
    return Format(has_quoting=False, has_quotes=True)
  if can_quote:
    _refuse_rows_inside_cells(path, delimiter, width)
    return Format(has_quoting=True, has_quotes=True, lines_inside_cells=plain.num_lines - quoted.num_good)
  if not plain.is_whole:
    raise _too_long(path)
  raise _ragged(path, plain.num_odd)


def _refuse_rows_inside_cells(path: pathlib.Path, delimiter: str, width: int) -> None:
  """Refuses a file in which quotes enclose lines that look like rows: the quotes may be plain characters.

  Raises:
    InputError: there are such lines.
  """
  num_inside, is_inside = 0, False
  with _open_lines(path) as lines:
    for line in lines:
      num_inside += is_inside and line.count(delimiter) == width - 1
      is_inside ^= line.count('"') % 2 == 1
  if num_inside:
    raise errors.InputError(
      f"table {path.name}: its quotes can be read in two ways. If they enclose cells, {num_inside} lines of the "
      "header's width are parts of a text; if they are plain characters, each line is a row. Remove the "
      "quotes, or export the table again with tabs between the cells and without quotes."
    )


def _count_lines(path: pathlib.Path) -> int:
  """Returns the number of lines after the header that are not blank."""
  with _open_lines(path) as lines:
    return sum(bool(line.strip()) for line in lines) - 1


def _open_lines(path: pathlib.Path) -> io.TextIOWrapper:
  return io.TextIOWrapper(cast(IO[bytes], csv_header.open_binary(path)), encoding=csv_header.LATIN_1)


def _try(path: pathlib.Path, delimiter: str, width: int, *, has_quoting: bool) -> _Rows:
  try:
    table, num_odd = _parse(path, delimiter, width, [0], has_quoting=has_quoting)
  except _OddTextError:
    return _Rows(_count_lines(path) - 1, num_odd=1)  # how many of them are odd is not known
  except pa.ArrowInvalid:
    return _Rows(0, 0, is_whole=False)
  return _Rows(table.num_rows, num_odd)


def _parse(
  path: pathlib.Path, delimiter: str, width: int, positions: Sequence[int], *, has_quoting: bool
) -> tuple[pa.Table, int]:
  """Returns columns named by their positions, and the number of rows of another width, which are skipped."""
  odd_rows = []

  def skip(row: pa_csv.InvalidRow) -> str:
    if row.text.strip():  # a line of spaces is blank
      odd_rows.append(row.actual_columns)
    return "skip"

  names = [str(position) for position in positions]
  compression = "gzip" if csv_header.is_gzipped(path) else None
  parsing = pa_csv.ParseOptions(
    delimiter=delimiter,
    quote_char='"' if has_quoting else False,
    double_quote=has_quoting,
    newlines_in_values=has_quoting,
    invalid_row_handler=skip,
  )
  with _handler_failures() as failures:
    try:
      with pa.input_stream(str(path), compression=compression) as stream:
        table = pa_csv.open_csv(
          stream,
          read_options=pa_csv.ReadOptions(
            block_size=_BLOCK_BYTES,
            skip_rows=csv_header.read(path).num_lines,
            column_names=[str(i) for i in range(width)],
          ),
          parse_options=parsing,
          convert_options=_as_text(names),
        ).read_all()
    except pa.ArrowInvalid as error:
      if failures:
        raise _OddTextError(
          f"table {path.name}: a row is longer or shorter than the header, and holds text that is not UTF-8. The file "
          f"is damaged, or a delimiter or line end within a text is not quoted. "
          f"{csv_header.TO_UTF_8.format('WINDOWS-1252')}"
        ) from None
      if "UTF8" not in str(error):
        raise
      raise errors.InputError(
        f"table {path.name} can't be read: the columns wanted hold text that is not UTF-8 (perhaps Latin-1 or "
        f"Windows-1252). {csv_header.TO_UTF_8.format('WINDOWS-1252')}"
      ) from None
  return table, len(odd_rows)


@contextlib.contextmanager
def _handler_failures() -> Iterator[list[BaseException | None]]:
  """Yields what fails where Arrow gives an odd row's text to `skip`; Arrow prints it with a traceback and goes on."""
  failures: list[BaseException | None] = []
  before, sys.unraisablehook = sys.unraisablehook, lambda about: failures.append(about.exc_value)
  try:
    yield failures
  finally:
    sys.unraisablehook = before


def _as_text(names: Sequence[str]) -> pa_csv.ConvertOptions:
  """Returns options that read these columns as text, missing where empty."""
  return pa_csv.ConvertOptions(
    include_columns=names,
    column_types=dict.fromkeys(names, pa.string()),
    strings_can_be_null=True,
    null_values=[""],
  )


def _too_long(path: pathlib.Path) -> errors.InputError:
  return errors.InputError(
    f"table {path.name}: a line is longer than {_BLOCK_BYTES:,} bytes. The file is damaged, or a quote in it is never "
    "closed: export it again."
  )


def _ragged(path: pathlib.Path, num_odd: int) -> errors.InputError:
  return errors.InputError(
    f"table {path.name}: {num_odd} rows are longer or shorter than the header. The file is cut off, or its texts or "
    "decimal commas hold unquoted delimiters, or a quote in it is never closed: export it again."
  )


def _count(path: pathlib.Path, *wanted: bytes) -> tuple[list[int], bytes]:
  """Returns how often each byte is in a file, and its last byte."""
  counts, last = [0] * len(wanted), b""
  with csv_header.open_binary(path) as file:
    while block := file.read(_BLOCK_BYTES):
      counts = [count + block.count(byte) for count, byte in zip(counts, wanted, strict=True)]
      last = block[-1:]
  return counts, last
