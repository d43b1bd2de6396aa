"""How many rows a table has, about, without reading it whole: so many columns of it fit in memory."""

import pathlib
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from msk_jax.cohort import csv_header

_HEAD_BYTES = 2**22
_GZIP_RATIO = 5  # of tables of numbers


def num_rows(paths: Iterable[pathlib.Path]) -> int:
  """Returns the rows of the longest table: known for Parquet and short files, else estimated from the first lines."""
  return max((_num_rows(path) for path in paths), default=0)


def num_columns(cells: int, rows: int) -> int:
  """Returns how many columns of so many rows have at most so many cells; at least one."""
  return max(1, cells // max(1, rows))


def _num_rows(path: pathlib.Path) -> int:
  try:
    if path.name.lower().endswith(".parquet"):
      return pq.ParquetFile(path).metadata.num_rows
    with csv_header.open_binary(path) as file:
      head = file.read(_HEAD_BYTES)
  except (OSError, EOFError, pa.ArrowException):
    return 0  # whoever reads the table says what is wrong with it
  lines = head.count(b"\n")
  if len(head) < _HEAD_BYTES:
    return max(lines - 1, 1)
  header = head.find(b"\n") + 1
  size = path.stat().st_size * (_GZIP_RATIO if csv_header.is_gzipped(path) else 1)
  return int((size - header) / ((len(head) - header) / max(1, lines - 1)))
