"""Which models were trained with people who have withdrawn: the models stay, and are listed."""

import csv
import io
import pathlib
from collections.abc import Iterator

from msk_jax.cohort import fold_table, scalar_tables
from msk_jax.cohort import folds as fold_map
from msk_jax.imaging import store
from msk_jax.io import atomic, errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import cohort_tables
from msk_jax.upkeep import check_people
from msk_jax.upkeep.workdir_files import WorkdirFiles

FILE_NAME = f"{split_folder.MODELS}/trained_with_withdrawn.csv"
_SAMPLES = "samples.parquet"  # of a network's training
_COLUMNS = ("model", "split", "role")
TRAINING, VALIDATION = "training", "validation"  # a validation fold chooses the best epoch


def find(files: WorkdirFiles, people: frozenset[str]) -> list[tuple[str, ...]]:
  """Returns model, split and role of everything that people were part of, sorted.

  Args:
    files: of the workdir, with the people's data still in it.
    people: ids.
  """
  try:
    folds = fold_table.read(files.root)
  except errors.InputError:
    return []
  fold_of = folds.table.set_index("eid")["fold"]
  rows = set()
  for model, folders in _models(files).items():
    theirs = _samples_of(files, model, folders, folds.num_folds) & people
    in_folds = {int(fold_of[eid]) for eid in theirs if eid in fold_of.index}
    for k in map(split_folder.number_of, map(pathlib.Path, folders)):
      if k < folds.num_folds:
        rows |= {(model, str(k), role) for role in _roles(fold_map.split(k, folds.num_folds), in_folds)}
  return sorted(rows)


def note(root: pathlib.Path, rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
  """Adds models to the list in the workdir, which is returned: earlier purges' too."""
  path = root / FILE_NAME
  known = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))[1:] if path.exists() else []
  everything = sorted({*map(tuple, known), *rows})
  if everything:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *everything])
    atomic.write_text(path, text.getvalue())
  return everything


def _roles(split: fold_map.Split, in_folds: set[int]) -> Iterator[str]:
  if in_folds.intersection(split.train):
    yield TRAINING
  if split.validation in in_folds:
    yield VALIDATION


def _models(files: WorkdirFiles) -> dict[str, list[str]]:
  """Returns the folders of each model's splits, finished or not, by the model's name."""
  models: dict[str, set[str]] = {}
  for name in files.under(split_folder.MODELS):
    parts = pathlib.PurePosixPath(name).parts
    place = next((i for i, part in enumerate(parts) if split_folder.number_of(pathlib.Path(part)) >= 0), 0)
    if place:
      models.setdefault("/".join(parts[1:place]), set()).add("/".join(parts[: place + 1]))
  return {model: sorted(folders) for model, folders in models.items()}


def _samples_of(files: WorkdirFiles, model: str, folders: list[str], num_folds: int) -> frozenset[str]:
  """Returns whose samples a model has: by lists of samples, or predictions of all splits; else by its data set too."""
  listed = [name for folder in folders if files.has(name := f"{folder}/{_SAMPLES}")]
  names = [name for folder in folders if files.has(name := f"{folder}/{split_table.FILE_NAME}")]
  if len(listed) == len(folders):
    names += listed
  elif len(names) < num_folds:
    data_set = model.rpartition("/")[0]
    measured = f"{cohort_tables.FOLDER}/{scalar_tables.FOLDER}"
    one_set = f"{measured}/{data_set.partition('/')[2]}.parquet"
    names += [name for name in (f"images/{data_set}/{store.INDEX_NAME}", one_set) if files.has(name)]
    if data_set == f"scalars/{scalar_tables.ALL}":
      names += files.under(measured)
  return frozenset().union(*(check_people.read_people(files, name) for name in names))
