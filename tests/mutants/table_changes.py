"""Mutations of Parquet tables and gzipped files that are whole by their own rules."""

import gzip
import io
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.mutants.form import Mutation


def _changed(change: Callable[[pa.Table, np.random.Generator], pa.Table]) -> Mutation:
  """Returns a mutation that reads the table, changes it and writes it again."""

  def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    try:
      table = change(pq.read_table(io.BytesIO(data), use_threads=False), rng)
      out = io.BytesIO()
      pq.write_table(table, out)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError):  # it is damaged already, or can't be cast
      return data[: len(data) // 2]
    return out.getvalue()

  return mutate


def _place(table: pa.Table, rng: np.random.Generator) -> int:
  return int(rng.integers(table.num_columns))


def _drop_column(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  return table.remove_column(_place(table, rng))


def _repeat_column(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  return table.append_column(table.schema.field(place), table.column(place))


def _rename_column(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  names = list(table.column_names)
  names[_place(table, rng)] = "other"
  return table.rename_columns(names)


def _as_text(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  column = pa.array([f"x{value}" for value in table.column(place).to_pylist()], pa.string())
  return table.set_column(place, table.column_names[place], column)


def _as_binary(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  column = pa.array([str(value).encode() + b"\xff" for value in table.column(place).to_pylist()], pa.binary())
  return table.set_column(place, table.column_names[place], column)


def _as_nested(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  column = pa.array([{"value": [value]} for value in table.column(place).to_pylist()])
  return table.set_column(place, table.column_names[place], column)


def _as_float(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  odd = (np.nan, np.inf, -np.inf, 1e300, -1.0, 0.5)
  values = [odd[int(number)] for number in rng.integers(0, len(odd), table.num_rows)]
  return table.set_column(place, table.column_names[place], pa.array(values, pa.float64()))


def _as_missing(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  kind = table.schema.field(place).type if rng.random() < 0.7 else pa.null()
  return table.set_column(place, table.column_names[place], pa.nulls(table.num_rows, kind))


def _some_missing(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  place = _place(table, rng)
  values = [None if rng.random() < 0.1 else value for value in table.column(place).to_pylist()]
  return table.set_column(place, table.column_names[place], pa.array(values, table.schema.field(place).type))


def _no_rows(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  del rng
  return table.slice(0, 0)


def _repeat_rows(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  return pa.concat_tables([table, table.slice(int(rng.integers(table.num_rows)), 3)])


def _shuffle_rows(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  return table.take(rng.permutation(table.num_rows))


def _drop_rows(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  return table.slice(int(rng.integers(1, table.num_rows)))


def _no_metadata(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  del rng
  return table.replace_schema_metadata(None)


def _odd_metadata(table: pa.Table, rng: np.random.Generator) -> pa.Table:
  texts = (b"", b"[]", b"{", b"null", b'{"schema": 1}', b"\xff\xfe", b"[" * 100_000, b'{"schema": {}, "version": []}')
  return table.replace_schema_metadata({b"msk_jax": texts[int(rng.integers(len(texts)))]})


def _many_rows(data: bytes, rng: np.random.Generator) -> bytes:
  """Claims 2^31 rows of one value, which take few bytes."""
  del rng
  try:
    schema = pq.read_schema(io.BytesIO(data))
  except (pa.ArrowException, OSError):
    return data[: len(data) // 2]
  out = io.BytesIO()
  with pq.ParquetWriter(out, schema) as writer:
    for _ in range(16):
      writer.write_table(
        pa.table([pa.nulls(2**21, field.type) for field in schema], schema=schema), row_group_size=2**21
      )
  return out.getvalue()


OF_PARQUET: Mapping[str, Mutation] = {
  **{
    change.__name__.strip("_"): _changed(change)
    for change in (
      _drop_column, _repeat_column, _rename_column, _as_text, _as_binary, _as_nested, _as_float, _as_missing,
      _some_missing, _no_rows, _repeat_rows, _shuffle_rows, _drop_rows, _no_metadata, _odd_metadata,
    )
  },
  "many_rows": _many_rows,
}  # fmt: skip


def _gzip_bomb(data: bytes, rng: np.random.Generator) -> bytes:
  """Unpacks to many blanks after the table."""
  try:
    plain = gzip.decompress(data)
  except (OSError, EOFError, zlib.error):
    plain = b""
  return gzip.compress(plain + b" " * int(rng.integers(2**20, 2**26)), 6)


def _plain_text(data: bytes, rng: np.random.Generator) -> bytes:
  """Is not packed, whatever its name says."""
  del rng
  try:
    return gzip.decompress(data)
  except (OSError, EOFError, zlib.error):
    return data


def _two_parts(data: bytes, rng: np.random.Generator) -> bytes:
  """Is packed in two parts, one behind the other, as some programs do."""
  try:
    plain = gzip.decompress(data)
  except (OSError, EOFError, zlib.error):
    return data
  place = int(rng.integers(len(plain)))
  return gzip.compress(plain[:place]) + gzip.compress(plain[place:])


OF_GZIP: Mapping[str, Mutation] = {"gzip_bomb": _gzip_bomb, "plain_text": _plain_text, "two_parts": _two_parts}
