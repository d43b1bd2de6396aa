"""What a site is made from: the tables of the stages that are finished, and their run records."""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.cohort import fold_table, withdrawal_memory
from msk_jax.cohort import source as source_file
from msk_jax.io import errors, one_analysis, outputs, run_record, tables
from msk_jax.report import model_records
from msk_jax.report.sections import Data, Page, Source
from msk_jax.schemas import cohort_tables


@dataclasses.dataclass(frozen=True)
class Inputs:
  """What is there for a site.

  Attributes:
    tables: path in the workdir to table; without those of stages that did not run.
    records: folder in the workdir to its stage's run record.
    files: pattern in the workdir to the paths of large tables; without those of stages that did not run.
    hashes: of all that is read, by path in the workdir; of large tables, of what their stage's record says of them.
    is_drawn: whether people are a phantom's.
    whose: `drawn`, `real`, or `unknown` where the workdir does not say whose data it holds.
    is_comparable: whether published numbers may stand beside.
    models: what is on record of each model.
    withdrawn: people who have withdrawn.
    num_folds: into which people are dealt; 0 where that is not known.
  """

  tables: Mapping[str, pd.DataFrame]
  files: Mapping[str, Sequence[pathlib.Path]]
  records: Mapping[str, Mapping[str, Any]]
  hashes: Mapping[str, str]
  is_drawn: bool
  whose: str
  is_comparable: bool
  models: Mapping[str, model_records.ModelRecord]
  withdrawn: Collection[str] = ()
  num_folds: int = 0

  def missing(self, page: Page, *, optional: bool = False) -> list[Source]:
    """Returns the page's inputs that are not there: those that it needs, or its optional ones."""
    present = self.tables.keys() | self.files.keys()
    return [each for each in page.inputs if each.is_optional == optional and each.path not in present]

  def data_of(self, page: Page, *, shows_persons: bool = False) -> Data:
    """Returns what a page is made from."""
    held = {name: self.tables.get(each.path) for name, each in page.sources.items() if not each.is_pattern}
    files = {name: self.files.get(each.path, ()) for name, each in page.sources.items() if each.is_pattern}
    return Data(
      held,
      self.is_drawn,
      self.is_comparable,
      files,
      self.records,
      self.models,
      self.withdrawn,
      shows_persons or self.is_drawn,
    )


def read(workdir: pathlib.Path, pages: Iterable[Page], withdrawn: Collection[str] = ()) -> Inputs:
  """Returns what the pages need of a workdir.

  Args:
    workdir: holds the folders of the stages.
    pages: say which tables they read.
    withdrawn: people of the cohort who have withdrawn; results with them do not leave.

  Raises:
    InputError: a stage that is unfinished or damaged, or with people who have withdrawn; stages that are not of one
      analysis.
  """
  records: dict[str, dict[str, Any]] = {}
  held: list[one_analysis.Result] = []
  by_path: dict[str, pd.DataFrame] = {}
  files: dict[str, list[pathlib.Path]] = {}
  hashes: dict[str, str] = {}
  declared = [source for page in pages for source in page.inputs]
  for pattern, source in ((each.path, source) for each in declared for source in _in_folders(workdir, each)):
    if source.folder not in records and (record := _read_record(workdir, source, withdrawn)) is not None:
      records[source.folder] = record
      held += _results(workdir, source, record)
    if source.folder not in records:
      continue
    if "*" in pattern:
      if paths := sorted((workdir / source.folder).glob(source.path.removeprefix(f"{source.folder}/"))):
        known = files.setdefault(pattern, [])
        known += [path for path in paths if path not in known]
        hashes[source.path] = _fingerprint(records[source.folder], workdir / source.folder, paths)
    elif source.path not in by_path and (path := workdir / source.path).exists():
      by_path[source.path] = tables.read(path, source.schema)
      hashes[source.path] = run_record.hash_file(path)
  one_analysis.check(workdir, held)
  hashes |= {
    f"{folder}/{run_record.FILE_NAME}": run_record.hash_file(workdir / folder / run_record.FILE_NAME)
    for folder in records
  }
  whose, folds = source_file.path_of(workdir), fold_table.path_of(workdir)
  for path in (path for path in (whose, folds) if path.exists()):
    hashes[path.relative_to(workdir).as_posix()] = run_record.hash_file(path)
  hashes |= withdrawal_memory.hashes(workdir, withdrawn)
  models, of_models = model_records.read(workdir)
  return Inputs(
    by_path,
    files,
    records,
    hashes | of_models,
    source_file.is_drawn(workdir),
    "drawn" if source_file.is_drawn(workdir) else "real" if source_file.read(workdir) else "unknown",
    source_file.is_comparable(workdir),
    models,
    withdrawn,
    int(tables.read_extra(folds, cohort_tables.FOLDS).get("num_folds", 0)) if folds.exists() else 0,
  )


def _in_folders(workdir: pathlib.Path, source: Source) -> list[Source]:
  """Returns a source in each folder of the workdir that has files of it."""
  if "*" not in source.folder:
    return [source]
  folders = {path.parent.relative_to(workdir).as_posix() for path in workdir.glob(source.path)}
  return source.in_folders(sorted(folders))


def _fingerprint(record: Mapping[str, Any], folder: pathlib.Path, paths: Sequence[pathlib.Path]) -> str:
  """Returns one hash of what a run record says of large tables: their stage has hashed them."""
  described = record["results"].get("files", {})
  names = [path.relative_to(folder).as_posix() for path in paths]
  return run_record.fingerprint(
    [[name, described[name] if name in described else run_record.hash_file(folder / name)] for name in names]
  )


def _read_record(workdir: pathlib.Path, source: Source, withdrawn: Collection[str]) -> dict[str, Any] | None:
  """Returns the run record of a source's folder; None where nothing of it is there."""
  folder = workdir / source.folder
  record = run_record.read(folder)
  if record is None and not any(workdir.glob(source.path)):
    return None
  again = f"run `python -m msk_jax.{source.stage}` again, with the same --workdir."
  base = workdir if source.folder == cohort_tables.FOLDER else folder  # its record lists files of other folders, too
  if record is None or run_record.damaged_files(folder, base):
    raise errors.InputError(f"{folder} is unfinished, or some of its files are damaged: {again}")
  whose = _record_of_people(workdir, folder, source, record)
  if whose is None:
    raise errors.InputError(f"{folder} was made of another version of {(folder / source.whose).resolve()}: {again}")
  left_out = withdrawal_memory.hashes(workdir, withdrawn) if source.whose else {}
  if any(whose["inputs"].get(name) != value for name, value in left_out.items()):
    raise errors.InputError(f"{folder} was made with people who have withdrawn since: {again}")
  return record


def _record_of_people(
  workdir: pathlib.Path, folder: pathlib.Path, source: Source, record: dict[str, Any]
) -> dict[str, Any] | None:
  """Returns the run record that says whose results these are; None if they were made of another version of it."""
  if source.whose in ("", "."):
    return record
  path = (folder / source.whose).resolve()
  other = run_record.read(path)
  if other is None or not _is_made_of(record, other, path.relative_to(workdir.resolve()).as_posix()):
    return None
  return other


def _is_made_of(record: dict[str, Any], other: dict[str, Any], folder: str) -> bool:
  """Returns whether results were made of all files that another folder of the workdir holds now."""
  files = other["results"].get(outputs.FILES, {})
  return bool(files) and all(record["inputs"].get(f"{folder}/{name}") == each["sha256"] for name, each in files.items())


def _results(workdir: pathlib.Path, source: Source, record: dict[str, Any]) -> list[one_analysis.Result]:
  """Returns a source's results, and those that say whose they are: what must be of one analysis with all others."""
  results = [one_analysis.Result(source.folder, source.stage, record)]
  folder = (workdir / source.folder / source.whose).resolve()
  other = run_record.read(folder) if source.whose not in ("", ".") else None
  if other is not None:
    results.append(one_analysis.Result(folder.relative_to(workdir.resolve()).as_posix(), source.stage, other))
  return results
