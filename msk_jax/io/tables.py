"""Parquet tables with a name, a version and a fixed set of columns.

A table says in its metadata which schema it follows; the reader refuses what it does not know, so that an old
program never misreads a new file.
"""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msk_jax.io import atomic, errors

if TYPE_CHECKING:
  import pandas as pd

_METADATA_KEY = b"msk_jax"


@dataclasses.dataclass(frozen=True)
class Schema:
  """A table's name, version and columns.

  Attributes:
    name: what the table is, e.g. `visits`.
    version: raised whenever columns or their meaning change.
    columns: column name to pandas dtype (`string`, `int8`, `float64`, ...), in the order written.
  """

  name: str
  version: int
  columns: Mapping[str, str]


def write(
  path: pathlib.Path | str, table: "pd.DataFrame", schema: Schema, extra: Mapping[str, Any] | None = None
) -> None:
  """Writes `table` as Parquet under `schema`.

  Args:
    path: the file to write, whole or not at all.
    table: holds exactly the schema's columns, in any order.
    schema: the columns and their dtypes; values are cast to them.
    extra: JSON values kept in the file's metadata, read back by `read_extra`.

  Raises:
    ValueError: a column is missing or surplus.
  """
  import pyarrow as pa
  import pyarrow.parquet as pq

  missing = [c for c in schema.columns if c not in table]
  surplus = [c for c in table if c not in schema.columns]
  if missing or surplus:
    raise ValueError(f"table {schema.name}: missing columns {missing}, surplus columns {surplus}")
  typed = table[list(schema.columns)].astype(dict(schema.columns))
  arrow = pa.Table.from_pandas(typed, preserve_index=False)
  header = {"schema": schema.name, "version": schema.version, "extra": dict(extra or {})}
  arrow = arrow.replace_schema_metadata({_METADATA_KEY: json.dumps(header, sort_keys=True).encode()})
  with atomic.replacing(path) as temporary:
    pq.write_table(arrow, temporary)


def write_with_csv(
  folder: pathlib.Path, name: str, table: "pd.DataFrame", schema: Schema, hidden: Collection[str] = ()
) -> None:
  """Writes `<name>.parquet` as `write` does and, for people, `<name>.csv` with eight digits.

  Args:
    folder: where both go.
    name: of both files.
    table: see `write`.
    schema: see `write`.
    hidden: columns that the CSV leaves out.
  """
  write(folder / f"{name}.parquet", table, schema)
  shown = table[[column for column in schema.columns if column not in hidden]]
  atomic.write_text(folder / f"{name}.csv", shown.to_csv(index=False, float_format="%.8g", lineterminator="\n"))


def read(path: pathlib.Path | str, schema: Schema, columns: Sequence[str] | None = None) -> "pd.DataFrame":
  """Reads a table written by `write`.

  Args:
    path: the Parquet file.
    schema: what the caller expects.
    columns: the columns wanted; all by default.

  Raises:
    InputError: no such file, a damaged one, another table, or another version of it.
  """
  import pyarrow.parquet as pq

  _check_header(path, schema)
  wanted = list(columns) if columns is not None else list(schema.columns)
  with _damage_named(pathlib.Path(path)):
    table = pq.read_table(path, columns=wanted).to_pandas()
  return table.astype({c: schema.columns[c] for c in wanted})


def read_extra(path: pathlib.Path | str, schema: Schema) -> dict[str, Any]:
  """Returns the `extra` values that `write` kept in the file's metadata.

  Raises:
    InputError: see `read`.
  """
  return _check_header(path, schema)["extra"]


def _check_header(path: pathlib.Path | str, schema: Schema) -> dict[str, Any]:
  import pyarrow.parquet as pq

  path = pathlib.Path(path)
  if not path.exists():
    raise errors.InputError(
      f"no table {path.name} ({schema.name}) in {path.parent}: run the stage that writes it first "
      "(python -m msk_jax.prepare), with the same --workdir."
    )
  with _damage_named(path):
    metadata = pq.read_schema(path).metadata or {}
    header = json.loads(metadata.get(_METADATA_KEY, b"{}"))
  found = (header.get("schema"), header.get("version"))
  if found != (schema.name, schema.version):
    raise errors.InputError(
      f"{path.name} holds table {found[0]} version {found[1]}; this program reads {schema.name} version "
      f"{schema.version}. Run the stage that writes it again, or use the msk_jax version that wrote it."
    )
  return header


@contextlib.contextmanager
def _damage_named(path: pathlib.Path) -> Iterator[None]:
  """Turns what Arrow says of a file that is cut off or no Parquet into an error that says what to do."""
  import pyarrow as pa

  try:
    yield
  except (OSError, pa.ArrowException, json.JSONDecodeError) as error:
    # Arrow's own message may quote values, which are a participant's.
    raise errors.InputError(
      f"{path} can't be read ({type(error).__name__}): it is damaged, or no Parquet file. If it is a copy, copy it "
      "again; else remove it and the run record (run.json) of the stage that wrote it, and run that stage again."
    ) from None
