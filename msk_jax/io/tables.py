"""Parquet tables with a name, a version and a fixed set of columns.

A table's metadata names its schema. The reader refuses any other, so an old program never misreads a new file.
"""

import contextlib
import dataclasses
import enum
import json
import pathlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msk_jax.io import atomic, errors, plain_files, table_columns

if TYPE_CHECKING:
  import pandas as pd
  import pyarrow as pa

BLOCK_ROWS = 2**18  # of `iterate`
BUFFER_BYTES = 2**20  # of a file that `iterate` reads at once
_METADATA_KEY = b"msk_jax"
_CHECKSUMS, _VERIFIED = {"write_page_checksum": True}, {"page_checksum_verification": True}
APART = "apart"  # of a schema: the people of its rows are compared with nobody


class Kind(enum.Enum):
  """What a column holds; `disclosure` decides by it what may leave."""

  IDENTIFIER = "identifier"  # of a person, or of a person's picture or file
  PERSONAL = "personal value"  # a value of one person, e.g. an age
  POSITION = "position"  # where a person's data are in a file
  LOCUS = "place on the genome"  # base pairs
  LABEL = "label"  # a text or code that is not about one person, e.g. a model's name
  PEOPLE = "count of people"
  SAMPLES = "count of samples"  # a person's visits are samples of their own
  COUNT = "count"  # of something else, e.g. folds or features
  ESTIMATE = "estimate"  # a statistic or a parameter, of many people
  PUBLISHED = "published"  # a number of the paper


@dataclasses.dataclass(frozen=True)
class Column:
  """A column of a table.

  Attributes:
    dtype: pandas' name of its type (`string`, `int8`, `float64`, ...).
    kind: what it holds.
    unit: of its numbers, e.g. `years`; empty for numbers without one, and for texts.
    step: of a count: it is rounded down to a multiple of this.
    whole: of a count of people: the column that counts them with others, e.g. `num_people` of `num_people_rarer`.
  """

  dtype: str
  kind: Kind
  unit: str = ""
  step: int = 1
  whole: str = ""


@dataclasses.dataclass(frozen=True)
class Schema:
  """A table's name, version and columns.

  Attributes:
    name: what the table is, e.g. `visits`.
    version: raised whenever columns or their meaning change.
    columns: column name to column, in the order written.
    is_shared: whether the table may leave for sharing, through `disclosure.door` alone.
    people: whose counts it has. Those of tables with the same text are of the same people and compared; `APART`: each
      row is of people of its own. Empty: the first word of the name says it, as of tables of one stage.
    keys: columns that together tell its rows apart, e.g. variant and trait; empty where no one has said it.
  """

  name: str
  version: int
  columns: Mapping[str, Column]
  is_shared: bool = False
  people: str = ""
  keys: tuple[str, ...] = ()

  @property
  def dtypes(self) -> dict[str, str]:
    """Column name to pandas dtype, in the order written."""
    return {name: column.dtype for name, column in self.columns.items()}

  def of_kind(self, *kinds: Kind) -> list[str]:
    """Returns the names of the columns of these kinds, in the order written."""
    return [name for name, column in self.columns.items() if column.kind in kinds]


def write(
  path: pathlib.Path | str,
  table: "pd.DataFrame",
  schema: Schema,
  extra: Mapping[str, Any] | None = None,
  *,
  small: bool = False,
) -> None:
  """Writes `table` as Parquet under `schema`.

  Args:
    path: the file to write, whole or not at all.
    table: holds exactly the schema's columns, in any order.
    schema: the columns and their dtypes; values are cast to them.
    extra: JSON values kept in the file's metadata, read back by `read_extra`.
    small: whether the file is packed as well as Parquet can; it takes longer.

  Raises:
    ValueError: a column is missing or surplus.
  """
  import pyarrow.parquet as pq

  arrow = _to_arrow(table, schema, extra)
  with atomic.replacing(path) as temporary:
    pq.write_table(arrow, temporary, **_CHECKSUMS, **(_pack_well(schema) if small else {}))


def write_parts(
  path: pathlib.Path | str,
  parts: "Iterable[pd.DataFrame]",
  schema: Schema,
  extra: Mapping[str, Any] | None = None,
) -> int:
  """Writes a table that does not fit in memory, part by part; returns its number of rows.

  Args:
    path: the file to write, whole or not at all.
    parts: the table's rows, in order; each as `write` takes it. At least one, which may be empty.
    schema: see `write`.
    extra: see `write`.

  Raises:
    ValueError: see `write`.
  """
  import pyarrow.parquet as pq

  num_rows, writer = 0, None
  with atomic.replacing(path) as temporary:
    try:
      for part in parts:
        arrow = _to_arrow(part, schema, extra)
        writer = writer or pq.ParquetWriter(temporary, arrow.schema, **_CHECKSUMS)
        writer.write_table(arrow)
        num_rows += len(part)
    finally:
      if writer is not None:
        writer.close()
    if writer is None:
      raise ValueError(f"table {schema.name}: it has no part")
  return num_rows


def _to_arrow(table: "pd.DataFrame", schema: Schema, extra: Mapping[str, Any] | None):
  import pyarrow as pa

  missing = [c for c in schema.columns if c not in table]
  surplus = [c for c in table if c not in schema.columns]
  if missing or surplus:
    raise ValueError(f"table {schema.name}: missing columns {missing}, surplus columns {surplus}")
  typed = table[list(schema.columns)].astype(schema.dtypes)
  arrow = pa.Table.from_pandas(typed, preserve_index=False)
  header = {"schema": schema.name, "version": schema.version, "extra": dict(extra or {})}
  return arrow.replace_schema_metadata({_METADATA_KEY: json.dumps(header, sort_keys=True).encode()})


def _pack_well(schema: Schema) -> dict[str, Any]:
  """Returns Parquet's options for a small file: places are stored as differences, texts that repeat by number."""
  loci = schema.of_kind(Kind.LOCUS)
  return {
    "compression": "zstd",
    "compression_level": 19,
    "use_dictionary": [name for name in schema.columns if name not in loci],
    "column_encoding": dict.fromkeys(loci, "DELTA_BINARY_PACKED"),
  }


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

  wanted = list(columns) if columns is not None else list(schema.columns)
  _check_header(path, schema, wanted)
  with damage_named(pathlib.Path(path)):
    table = pq.read_table(path, columns=wanted, **_VERIFIED).to_pandas()
    return table.astype({name: schema.dtypes[name] for name in wanted})


def iterate(
  path: pathlib.Path | str,
  schema: Schema,
  columns: Sequence[str] | None = None,
  *,
  categorical: Sequence[str] = (),
) -> "Iterator[pa.RecordBatch]":
  """Yields a table written by `write` or `write_parts` block by block, in bounded memory.

  Args:
    path: the Parquet file.
    schema: what the caller expects.
    columns: the columns wanted; all by default.
    categorical: columns of texts that are read as dictionaries.

  Raises:
    InputError: see `read`.
  """
  import pyarrow.parquet as pq

  wanted = list(columns) if columns is not None else list(schema.columns)
  _check_header(path, schema, wanted)
  with damage_named(pathlib.Path(path)):
    # By default (pre_buffer) PyArrow holds the whole file.
    file = pq.ParquetFile(
      path, read_dictionary=list(categorical), pre_buffer=False, buffer_size=BUFFER_BYTES, **_VERIFIED
    )
    with file:
      yield from file.iter_batches(BLOCK_ROWS, columns=wanted)


def read_extra(path: pathlib.Path | str, schema: Schema) -> dict[str, Any]:
  """Returns the `extra` values that `write` kept in the file's metadata.

  Raises:
    InputError: see `read`.
  """
  return dict(_check_header(path, schema).extra)


@dataclasses.dataclass(frozen=True)
class Header:
  """What a Parquet file says of itself.

  Attributes:
    schema: the table's name; empty where `write` has not written the file.
    version: of the schema.
    extra: see `write`.
    types: column name to Arrow's name of its type, in the file's order.
    num_rows: number of rows.
  """

  schema: str
  version: int
  extra: Mapping[str, Any]
  types: Mapping[str, str]
  num_rows: int


def read_header(path: pathlib.Path | str) -> Header:
  """Returns what a Parquet file says of itself; no row is read.

  Raises:
    InputError: it is cut off, or not Parquet.
  """
  import pyarrow.parquet as pq

  with damage_named(pathlib.Path(path)):
    plain_files.check(path)
    about = pq.read_metadata(path)
    columns = about.schema.to_arrow_schema()
    stored = _read_metadata((about.metadata or {}).get(_METADATA_KEY, b"{}"))
    if table_columns.repeated(columns.names):
      raise ValueError("columns of one name")
  types = {name: str(kind) for name, kind in zip(columns.names, columns.types, strict=True)}
  return Header(stored.get("schema", ""), stored.get("version", 0), stored.get("extra", {}), types, about.num_rows)


def _read_metadata(text: bytes) -> dict[str, Any]:
  try:
    stored = json.loads(text)
  except RecursionError:
    raise ValueError("metadata nested too deep") from None
  if not isinstance(stored, dict) or not isinstance(stored.get("extra", {}), dict):
    raise ValueError("metadata of another form")
  return stored


def _check_header(path: pathlib.Path | str, schema: Schema, wanted: Sequence[str] = ()) -> Header:
  path = pathlib.Path(path)
  if not path.exists():
    raise errors.InputError(
      f"no table {path.name} ({schema.name}) in {path.parent}: run the stage that writes it first "
      "(python -m msk_jax.prepare), with the same --workdir."
    )
  header = read_header(path)
  if (header.schema, header.version) != (schema.name, schema.version):
    raise errors.InputError(
      f"{path.name} holds table {header.schema or None} version {header.version or None}; this program reads "
      f"{schema.name} version {schema.version}. Run the stage that writes it again, or use the msk_jax version that "
      "wrote it."
    )
  if difference := table_columns.describe_difference(header.types, {name: schema.dtypes[name] for name in wanted}):
    raise errors.InputError(
      f"{path} is not as its schema {schema.name} says: {difference}. Run the stage that writes it again."
    )
  return header


@contextlib.contextmanager
def damage_named(path: pathlib.Path) -> Iterator[None]:
  """Turns what is said of a file that is cut off, damaged or not Parquet into an error that says what to do."""
  import pyarrow as pa

  try:
    yield
  except errors.InputError:
    raise
  except (OSError, pa.ArrowException, ValueError, TypeError, OverflowError) as error:
    # Arrow's own message may quote values, which are a participant's.
    raise errors.InputError(
      f"{path} can't be read ({type(error).__name__}): it is damaged, or not a Parquet file. If it is a copy, copy it "
      "again; else remove it and the run record (run.json) of the stage that wrote it, and run that stage again."
    ) from None
