"""Whether people who have withdrawn are anywhere in a workdir."""

import pathlib
from collections.abc import Iterator, Sequence

from msk_jax.io import errors, plain_files, tables
from msk_jax.preparation import withdrawn
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

EID = "eid"
_PEOPLE_TEXT = "people.txt"  # of folders of programs' inputs: an id a line


def find_withdrawn(files: WorkdirFiles, lists: Sequence[pathlib.Path]) -> frozenset[str]:
  """Returns those of everybody in the workdir's tables who have withdrawn; nothing is written.

  Args:
    files: of the workdir.
    lists: further lists of withdrawals.

  Raises:
    InputError: a list, or what the workdir remembers of earlier ones, can't be read.
  """
  everybody = frozenset().union(*(read_people(files, name) for name in list_files(files)))
  return withdrawn.among(files.root, everybody, lists, confirmed=True, may_write=False)


def find(files: WorkdirFiles, people: frozenset[str], remedy: str) -> Iterator[Finding]:
  """Yields files that hold people who have withdrawn."""
  if not people:
    return
  for name in list_files(files):
    if num := len(read_people(files, name) & people):
      yield Finding(f"{num:,} people in it have withdrawn", remedy, name)


def list_files(files: WorkdirFiles) -> list[str]:
  """Returns the paths of all files that name people."""
  with_ids = [name for name, header in files.headers.items() if header is not None and EID in header.types]
  return with_ids + [name for name in files.names if name.rpartition("/")[2] == _PEOPLE_TEXT]


def read_people(files: WorkdirFiles, name: str) -> frozenset[str]:
  """Returns whom a file names; nobody where it can't be read, which other checks report."""
  return try_to_read(files, name) or frozenset()


def try_to_read(files: WorkdirFiles, name: str) -> frozenset[str] | None:
  """Returns whom a file names; None where it can't be read."""
  import pyarrow as pa
  import pyarrow.parquet as pq

  path = files.root / name
  try:
    if name.endswith(_PEOPLE_TEXT):
      return frozenset(plain_files.read_text(path).split())
    with tables.damage_named(path):
      column = pq.read_table(path, columns=[EID], page_checksum_verification=True).column(0)
      return frozenset(column.cast(pa.string()).unique().drop_null().to_pylist())
  except (errors.InputError, OSError, UnicodeError):
    return None
