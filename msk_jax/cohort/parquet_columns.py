"""Columns of a Parquet file as text, as other exports have them."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from msk_jax.io import errors, plain_files

_GREATEST_WHOLE = 2.0**53  # beyond it float64 holds no fractions; codes and measurements are below


def names(path: pathlib.Path) -> list[str]:
  """Returns the names of the columns; reads the footer alone.

  Raises:
    OSError, pa.ArrowException: the file can't be read.
  """
  return _open(path).schema_arrow.names


def read(path: pathlib.Path, positions: Sequence[int]) -> pa.Table:
  """Reads columns.

  Args:
    path: the file.
    positions: the columns wanted, counted from 0.

  Returns:
    Text columns named by their positions: whole numbers without point, dates first, lists packed (`1|3`).

  Raises:
    InputError: a column's type is not a value or a list of values.
    OSError, pa.ArrowException: the file can't be read.
  """
  file = _open(path)
  every = file.schema_arrow.names
  raw = file.read(columns=list(dict.fromkeys(every[position] for position in positions)))
  texts = {}
  for position in positions:
    name = every[position]
    same = [column for column, read_name in zip(raw.columns, raw.column_names, strict=True) if read_name == name]
    values = same[every[:position].count(name)]  # two columns may have the same name
    try:
      texts[str(position)] = _as_text(values)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, TypeError):
      raise errors.InputError(
        f"table {path.name}, column {name}: values of type {values.type} can't be read. Export it as "
        "numbers, text or dates."
      ) from None
  return pa.table(texts)


def _open(path: pathlib.Path) -> pq.ParquetFile:
  plain_files.check(path)
  return pq.ParquetFile(path, page_checksum_verification=True)


def _as_text(values: pa.ChunkedArray) -> pa.Array:
  kind = values.type
  types = pa.types
  if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
    return _pack(values)
  if types.is_dictionary(kind):
    return _as_text(values.cast(kind.value_type))
  if types.is_timestamp(kind):
    values = values.cast(pa.date32(), safe=False)  # the day at the place of the time zone
  if types.is_floating(kind):
    values = _whole(values.cast(pa.float64()) if types.is_float16(kind) else values)
  if types.is_duration(kind) or types.is_time(kind):
    raise TypeError(f"{kind} is not a value")
  return values.cast(pa.string()).combine_chunks()


def _pack(values: pa.ChunkedArray) -> pa.Array:
  inner = values.type.value_type
  if pa.types.is_nested(inner):
    raise TypeError(f"a list of {inner} is not a list of values")
  lists = values.to_pylist()
  texts = iter(
    _as_text(pa.chunked_array([pa.array([value for items in lists if items for value in items], inner)])).to_pylist()
  )
  packed = [None if items is None else "|".join(next(texts) or "" for _ in items) for items in lists]
  return pa.array(packed, pa.string())


def _whole(values: pa.ChunkedArray) -> pa.ChunkedArray:
  """Returns floats as integers where all are whole: pandas writes integers as floats when one is missing."""
  numbers = values.to_pandas()  # NaN is missing
  known = numbers.dropna().to_numpy(np.float64)
  is_whole = bool(((np.abs(known) < _GREATEST_WHOLE) & (np.round(known) == known)).all())
  array = pa.array(numbers, values.type, from_pandas=True)
  return pa.chunked_array([array.cast(pa.int64()) if is_whole else array])
