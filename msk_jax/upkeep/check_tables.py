"""Whether all tables are whole and as their schemas say."""

from collections.abc import Iterator

from msk_jax.io import errors, table_columns, tables
from msk_jax.schemas import cohort_tables, registry
from msk_jax.upkeep import check_people, remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

VALUES = "xwas/variables/"  # a column per variable, without a schema: the index beside them says what they are


def find(files: WorkdirFiles, *, thorough: bool) -> Iterator[Finding]:
  """Yields tables that can't be read, or are not as the schema of their name says.

  Args:
    files: of the workdir.
    thorough: whether all rows are read, not the headers alone.
  """
  schemas = registry.by_name()
  for name, header in files.headers.items():
    again = remedies.remove_and_run(name, files.root)
    if header is None or (thorough and not _can_be_read(files, name)):
      yield Finding("the table is cut off or damaged", again, name)
    elif not header.schema:
      if not name.startswith(VALUES):
        yield Finding("no stage has written this Parquet file: it does not name its schema", f"move {name} away", name)
    elif problem := _describe(header, schemas):
      yield Finding(problem, again, name)


def is_strange(files: WorkdirFiles, name: str) -> bool:
  """Returns whether nobody can say whose data a table holds: it is damaged, or of no stage and without ids."""
  header = files.headers[name]
  return header is None or not (header.schema or name.startswith(VALUES) or check_people.EID in header.types)


def _describe(header: tables.Header, schemas: dict[str, tables.Schema]) -> str:
  """Returns how a table differs from its schema; empty if it does not."""
  schema = schemas.get(header.schema)
  if header.schema == "scalars":
    schema = cohort_tables.scalars(header.extra.get("features", ()))
  if schema is None:
    return f"this version of msk_jax knows no table {header.schema}"
  if header.version != schema.version:
    return f"the table is {header.schema} version {header.version}, and this msk_jax reads version {schema.version}"
  if list(header.types) != list(schema.columns):
    return f"the table's columns are not those of its schema {header.schema}"
  difference = table_columns.describe_difference(header.types, schema.dtypes)
  return f"the table is not as its schema {header.schema} says: {difference}" if difference else ""


def _can_be_read(files: WorkdirFiles, name: str) -> bool:
  import pyarrow.parquet as pq

  try:
    with tables.damage_named(files.root / name):
      pq.read_table(files.root / name, page_checksum_verification=True)
  except errors.InputError:
    return False
  return True
