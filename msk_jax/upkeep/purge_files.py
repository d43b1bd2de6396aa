"""Takes people out of files: rows of tables go, files that say of a row alone whose it is go whole."""

import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from msk_jax.cohort import fold_table
from msk_jax.durable import known
from msk_jax.io import atomic, errors, outputs, run_record, tables
from msk_jax.predictions import split_table
from msk_jax.schemas import cohort_tables, image_tables
from msk_jax.upkeep import check_people
from msk_jax.upkeep.workdir_files import WorkdirFiles

# Tables whose rows name whose the rows of other files are: the folder goes with them.
_POSITIONAL = ("attention_pictures", "xwas_samples")
NOTE_NAME = "purged.txt"
_OF_WORKDIR = cohort_tables.FOLDER  # the folder whose record lists files of the workdir


def take_out(files: WorkdirFiles, name: str, people: Collection[str]) -> str:
  """Takes people out of a file.

  Args:
    files: of the workdir.
    name: the file, from `check_people.list_files`.
    people: ids.

  Returns:
    The folder that was removed with it; empty where only rows were.
  """
  path, header = files.root / name, files.headers.get(name)
  is_of_pictures = header is not None and header.schema == image_tables.IMAGE_INDEX.name
  if is_of_pictures and check_people.read_people(files, name).isdisjoint(people):
    return ""  # `imaging.departures` has written it, with the pixels
  if header is None or header.schema in _POSITIONAL or is_of_pictures:
    remove_folder(path.parent, last=path, leaves_note=known.is_there(files.root))
    return path.parent.relative_to(files.root).as_posix()
  if header.schema == cohort_tables.FOLDS.name:
    folds = fold_table.read(files.root)
    fold_table.write(files.root, folds.with_people(_without(folds.table, people)))
  else:
    if path.name == split_table.FILE_NAME:
      split_table.outdate_figures(path.parent)
    _filter(path, people)
  return ""


def remove_folder(folder: pathlib.Path, last: pathlib.Path | None = None, *, leaves_note: bool = False) -> None:
  """Removes a folder with all that is in it, or says that it can't.

  Args:
    folder: the folder; of a link, what is in its target.
    last: its file that says whose data it holds; removed last, so that a killed purge is resumed.
    leaves_note: whether a note stays in its place: a durable folder would bring back what a workdir lacks altogether.

  Raises:
    InputError: a file can't be removed.
  """
  try:
    run_record.remove(folder)  # what a kill leaves counts as unfinished
    note = folder / NOTE_NAME
    if leaves_note:
      atomic.write_text(note, "Removed by `python -m msk_jax.purge`: it held data of people who have withdrawn.\n")
    for path in sorted(folder.rglob("*"), reverse=True):
      if path == last or (path == note and leaves_note):
        continue
      if path.is_dir() and not path.is_symlink():
        path.rmdir()
      else:
        path.unlink()
    if last is not None:
      last.unlink()
    if not leaves_note:
      atomic.remove(folder)
  except OSError as error:
    raise errors.InputError(
      f"{folder} holds data of people who have withdrawn and can't be removed: {error.strerror or error}. Make it "
      "writable and run purge again, which finishes."
    ) from error


def update_records(files: WorkdirFiles, names: Collection[str]) -> None:
  """Writes size and hash of changed files into the run records that list them, so that they count as whole."""
  for folder, record in files.records.items():
    if record is None or not (files.root / folder / run_record.FILE_NAME).exists():
      continue
    base = files.root if folder == _OF_WORKDIR else files.root / folder
    listed = record["results"].get(outputs.FILES)
    if not isinstance(listed, Mapping):
      continue
    changed = {key: described for key, described in _describe(base, listed, files.root, names).items()}
    gone = [key for key in listed if (base / key).relative_to(files.root).as_posix() in names and key not in changed]
    if changed or gone:
      kept = {key: value for key, value in listed.items() if key not in gone}
      run_record.add_results(files.root / folder, {outputs.FILES: {**kept, **changed}})


def _describe(
  base: pathlib.Path, listed: Mapping[str, Any], root: pathlib.Path, names: Collection[str]
) -> dict[str, Any]:
  there = [key for key in listed if (base / key).relative_to(root).as_posix() in names and (base / key).is_file()]
  return run_record.describe_files(base, there)


def _without(table, people: Collection[str]):
  return table[~table["eid"].isin(list(people))].reset_index(drop=True)


def _filter(path: pathlib.Path, people: Collection[str]) -> None:
  """Writes a table again without people's rows, where it is, if it is a link; schema and metadata stay."""
  import pyarrow as pa
  import pyarrow.compute as pc
  import pyarrow.parquet as pq

  with tables.damage_named(path):
    table = pq.read_table(path, page_checksum_verification=True)
  column = table.column(check_people.EID).cast(pa.string())  # a user's own table may have numbers
  values = pa.array(sorted(people), column.type)
  is_of_others = pc.call_function(
    "invert", [pc.call_function("is_in", [column], pc.SetLookupOptions(value_set=values))]
  )
  with atomic.replacing(path.resolve()) as temporary:
    pq.write_table(table.filter(is_of_others), temporary, write_page_checksum=True)
