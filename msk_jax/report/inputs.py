"""What a site is made from: the tables of the stages that are finished, and their run records."""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.cohort import source as source_file
from msk_jax.cohort import withdrawal_memory
from msk_jax.io import errors, run_record, tables
from msk_jax.report import model_records
from msk_jax.report.sections import Data, Files, Page, Source

_COHORT = "cohort/participants.parquet"


@dataclasses.dataclass(frozen=True)
class Inputs:
  """What is there for a site.

  Attributes:
    tables: path in the workdir to table; without those of stages that did not run.
    records: folder in the workdir to its stage's run record.
    files: pattern in the workdir to the paths of large tables; without those of stages that did not run.
    hashes: of all that is read, by path in the workdir; of large tables, of what their stage's record says of them.
    is_drawn: whether people are a phantom's.
    is_comparable: whether published numbers may stand beside.
    models: what is on record of each model.
  """

  tables: Mapping[str, pd.DataFrame]
  files: Mapping[str, Sequence[pathlib.Path]]
  records: Mapping[str, Mapping[str, Any]]
  hashes: Mapping[str, str]
  is_drawn: bool
  is_comparable: bool
  models: Mapping[str, model_records.ModelRecord]

  def missing(self, page: Page, *, optional: bool = False) -> list[Source | Files]:
    """Returns the page's inputs that are not there: those that it needs, or its optional ones."""
    present = self.tables.keys() | self.files.keys()
    return [each for each in page.inputs if each.is_optional == optional and each.path not in present]

  def data_of(self, page: Page) -> Data:
    """Returns what a page is made from."""
    held = {name: self.tables.get(each.path) for name, each in page.sources.items()}
    files = {name: self.files.get(each.path, ()) for name, each in page.files.items()}
    return Data(held, self.is_drawn, self.is_comparable, files, self.records, self.models)


def read(workdir: pathlib.Path, pages: Iterable[Page], withdrawn: Collection[str] = ()) -> Inputs:
  """Returns what the pages need of a workdir.

  Args:
    workdir: holds the folders of the stages.
    pages: say which tables they read.
    withdrawn: people of the cohort who have withdrawn; results with them do not leave.

  Raises:
    InputError: a stage that is unfinished or damaged, or that ran with other people than there are now; stages that
      read different contents of one file.
  """
  records: dict[str, dict[str, Any]] = {}
  by_path: dict[str, pd.DataFrame] = {}
  files: dict[str, list[pathlib.Path]] = {}
  hashes: dict[str, str] = {}
  for source in (source for page in pages for source in page.inputs):
    if source.folder not in records and (record := _read_record(workdir, source, withdrawn)) is not None:
      records[source.folder] = record
    if source.folder not in records or source.path in by_path or source.path in files:
      continue
    if isinstance(source, Files):
      if paths := sorted((workdir / source.folder).glob(source.pattern)):
        files[source.path] = paths
        hashes[source.path] = _fingerprint(records[source.folder], workdir / source.folder, paths)
    elif (path := workdir / source.path).exists():
      by_path[source.path] = tables.read(path, source.schema)
      hashes[source.path] = run_record.hash_file(path)
  _check_one_analysis(records)
  hashes |= {
    f"{folder}/{run_record.FILE_NAME}": run_record.hash_file(workdir / folder / run_record.FILE_NAME)
    for folder in records
  }
  whose = source_file.path_of(workdir)
  if whose.exists():
    hashes[whose.relative_to(workdir).as_posix()] = run_record.hash_file(whose)
  models, of_models = model_records.read(workdir)
  return Inputs(
    by_path,
    files,
    records,
    hashes | of_models,
    source_file.is_drawn(workdir),
    source_file.is_comparable(workdir),
    models,
  )


def _fingerprint(record: Mapping[str, Any], folder: pathlib.Path, paths: Sequence[pathlib.Path]) -> str:
  """Returns one hash of what a run record says of large tables: their stage has hashed them."""
  described = record["results"].get("files", {})
  names = [path.relative_to(folder).as_posix() for path in paths]
  return run_record.fingerprint(
    [[name, described[name] if name in described else run_record.hash_file(folder / name)] for name in names]
  )


def _check_one_analysis(records: Mapping[str, Mapping[str, Any]]) -> None:
  """Refuses results of different analyses side by side: of stages that read different contents of one file."""
  read_by: dict[str, tuple[str, str]] = {}  # path to its hash and the folder made from it
  for folder, record in records.items():
    for path, value in record["inputs"].items():
      first, other = read_by.setdefault(path, (value, folder))
      if "/" in path and first != value:
        raise errors.InputError(
          f"{other}/ and {folder}/ are not of one analysis: they were made of different versions of {path}. Run "
          "the stages that made them again, with the same --workdir."
        )


def _read_record(workdir: pathlib.Path, source: Source | Files, withdrawn: Collection[str]) -> dict[str, Any] | None:
  """Returns the run record of a source's folder; None where there is no such folder."""
  folder = workdir / source.folder
  record = run_record.read(folder)
  if record is None and not folder.exists():
    return None
  again = f"run `python -m msk_jax.{source.stage}` again, with the same --workdir."
  if record is None or run_record.damaged_files(folder):
    raise errors.InputError(f"{folder} is unfinished, or some of its files are damaged: {again}")
  left_out = withdrawal_memory.hashes(workdir, withdrawn)
  cohort = workdir / _COHORT
  people = {_COHORT: run_record.hash_file(cohort)} if cohort.exists() and _COHORT in record["inputs"] else {}
  if any(record["inputs"].get(name) != value for name, value in (left_out | people).items()):
    raise errors.InputError(
      f"{folder} was made of other people than the workdir's cohort has now, maybe of some who have withdrawn: {again}"
    )
  return record
