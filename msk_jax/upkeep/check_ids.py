"""Whether ids of participants are where none may be: in logs, records, figures' texts, and what may leave."""

import csv
import functools
import gzip
import io
import pathlib
import re
from collections.abc import Iterable, Iterator

from msk_jax.io import errors, tables
from msk_jax.io.tables import Kind
from msk_jax.schemas import cohort_tables, registry
from msk_jax.upkeep import check_folds, check_people, remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

_TEXTS = (".csv", ".json", ".jsonl", ".log", ".md", ".txt", ".html", ".js", ".svg", ".yaml", ".yml", ".tsv")
# Individual-level files without a schema; the program of the site, which has no data in it.
_PASSED_OVER = ("gwas/work/", "gwas/plan/", "images/.parts/", "site/assets/")
_SHARED = ("site/", "release/", "performance/", "loci/", "xwas/associations/", "qc/")
_GROUPS = ("/group_means/", "/credibility/")
_LEAST_LETTERS = 5  # shorter ids can't be told from other numbers
_WORD = re.compile(r"(?<![0-9A-Za-z._-])[0-9A-Za-z_-]{%d,}(?![0-9A-Za-z_-])(?!\.[0-9])" % _LEAST_LETTERS)  # noqa: UP031
_QUOTED = re.compile(r'"([^"\\]*)"')
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_THINGS = (Kind.LOCUS, Kind.COUNT, Kind.PEOPLE, Kind.SAMPLES, Kind.PUBLISHED)
# Numbers of other things: sizes, places on the genome.
_COUNTED = re.compile(r'"(?:bytes|rows|num_\w+)": \d+|\bchr\w+:\d+|\b\d{1,2}:\d+\b')


def find(files: WorkdirFiles, *, thorough: bool) -> Iterator[Finding]:
  """Yields files that hold ids and should not, and tables with ids in folders that may leave.

  Args:
    files: of the workdir.
    thorough: whether packed files are looked at too.
  """
  for name in check_people.list_files(files):
    if name.startswith(_SHARED) or any(part in name for part in _GROUPS):
      yield Finding("it names people, in a folder that may be shared", remedies.remove_and_run(name, files.root), name)
  people = _ids_of_cohort(files)
  if not people:
    return
  for name in files.names:
    if not people.isdisjoint(_WORD.findall(name)):
      yield Finding("its name holds an id of a participant", f"move {name} out of the workdir", name)
    if _is_looked_at(name, thorough=thorough) and (num := _count_ids(files.root / name, people)):
      yield Finding(f"it holds {num:,} ids of participants", remedies.remove_and_run(name, files.root), name)


def list_texts(files: WorkdirFiles, people: frozenset[str]) -> list[str]:
  """Returns the text files, packed or not, that hold any of these people's ids."""
  ids = _telling(people)
  looked_at = [name for name in files.names if ids and _is_looked_at(name, thorough=True)]
  return [name for name in looked_at if _count_ids(files.root / name, ids)]


def _ids_of_cohort(files: WorkdirFiles) -> frozenset[str]:
  """Returns the ids that can be told from other words: of five letters and more, with a digit."""
  try:
    table = tables.read(files.root / check_folds.PEOPLE, cohort_tables.PARTICIPANTS, ["eid"])
  except errors.InputError:
    return frozenset()
  return _telling(table["eid"])


def _telling(people: Iterable[str]) -> frozenset[str]:
  return frozenset(eid for eid in people if len(eid) >= _LEAST_LETTERS and any(letter.isdigit() for letter in eid))


def _is_looked_at(name: str, *, thorough: bool) -> bool:
  is_packed = name.endswith(".gz")
  path = pathlib.PurePosixPath(name.removesuffix(".gz"))
  return path.suffix in _TEXTS and not name.startswith(_PASSED_OVER) and (thorough or not is_packed)


def _count_ids(path: pathlib.Path, people: frozenset[str]) -> int:
  """Returns how many people's ids are in a text file; 0 where it can't be read."""
  try:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace")
  except (OSError, EOFError):
    return 0
  if people.isdisjoint(_WORD.findall(text)):
    return 0
  suffix = pathlib.PurePath(path.name.removesuffix(".gz")).suffix
  if suffix in _SEPARATORS:
    text = _without_numbers_of_things(text, _SEPARATORS[suffix])
  elif suffix == ".js":  # packed tables: numbers are bare, and ids are texts
    text = "\n".join(_QUOTED.findall(text))
  return len(people.intersection(_WORD.findall(_COUNTED.sub("", text))))


def _without_numbers_of_things(text: str, separator: str) -> str:
  """Returns the cells of a table of text, without the columns that schemas say hold counts or places on the genome."""
  rows = csv.reader(io.StringIO(text), delimiter=separator)
  header = next(rows, [])
  kept = [place for place, column in enumerate(header) if column not in _columns_of_things()]
  cells = (row[place] for row in rows for place in kept if place < len(row))
  return "\n".join([*header, *cells])


@functools.cache
def _columns_of_things() -> frozenset[str]:
  schemas = registry.by_name().values()
  return frozenset(name for schema in schemas for name in schema.of_kind(*_THINGS))
