"""Takes people out of files: rows of tables go, files that say of a row alone whose it is go whole."""

import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from msk_jax.cohort import fold_table
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import atomic, outputs, run_record, tables
from msk_jax.schemas import cohort_tables, image_tables
from msk_jax.upkeep import check_people
from msk_jax.upkeep.workdir_files import WorkdirFiles

# Tables whose rows name whose the rows of other files are: the folder goes with them.
_POSITIONAL = ("attention_pictures", "xwas_samples")
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
    folder = path.parent
    run_record.remove(folder)  # what a kill leaves counts as unfinished
    atomic.remove(folder)
    return folder.relative_to(files.root).as_posix()
  if header.schema == cohort_tables.FOLDS.name:
    folds = fold_table.read(files.root)
    fold_table.write(files.root, FoldMap(_without(folds.table, people), folds.name))
  else:
    _filter(path, people)
  return ""


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
  """Writes a table again without people's rows; schema and metadata stay."""
  import pyarrow as pa
  import pyarrow.compute as pc
  import pyarrow.parquet as pq

  with tables.damage_named(path):
    table = pq.read_table(path)
  column = table.column(check_people.EID)
  values = pa.array(sorted(people), column.type)
  is_of_others = pc.call_function(
    "invert", [pc.call_function("is_in", [column], pc.SetLookupOptions(value_set=values))]
  )
  with atomic.replacing(path) as temporary:
    pq.write_table(table.filter(is_of_others), temporary)
