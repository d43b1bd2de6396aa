"""Which models were trained with people who have withdrawn: the models stay, and are listed."""

import pathlib

from msk_jax.cohort import fold_memory, fold_table, scalar_tables
from msk_jax.imaging import store
from msk_jax.predictions import split_folder, split_table, trained_with_withdrawn
from msk_jax.schemas import cohort_tables
from msk_jax.upkeep import check_people
from msk_jax.upkeep.workdir_files import WorkdirFiles

_SAMPLES = "samples.parquet"  # in the folder of a split
_SCALARS = "scalars/"  # begins the names of scalar models
_TRIALS = "/trials/"  # between the model that is searched and a trial


def find(files: WorkdirFiles, people: frozenset[str]) -> list[tuple[str, ...]]:
  """Returns model, split and role of everything that people were part of, sorted.

  Args:
    files: of the workdir, with the people's data still in it.
    people: ids.

  Raises:
    InputError: there are models, and no map of folds that says what they were trained with.
  """
  models = _models(files) if people else {}
  if not models:
    return []
  folds = fold_table.read(files.root)
  fold_of = _folds_of(files.root, folds, people)
  rows = set()
  for model, folders in models.items():
    theirs = _samples_of(files, model, folders, folds.num_folds) & people
    in_folds = {fold_of[eid] for eid in theirs if eid in fold_of}
    for k in map(split_folder.number_of, map(pathlib.Path, folders)):
      if k < folds.num_folds:
        rows.update(trained_with_withdrawn.rows_of(model, k, folds.num_folds, in_folds))
  return sorted(rows)


def _folds_of(root: pathlib.Path, folds: fold_table.FoldMap, people: frozenset[str]) -> dict[str, int]:
  """Returns the folds of people, also of those who have left the map: `prepare` may have run before."""
  memory = fold_memory.read(root)
  wanted = sorted(people)
  if memory is None or memory.name != folds.name:
    recalled = dict.fromkeys(wanted, trained_with_withdrawn.UNKNOWN)
  else:
    known = zip(wanted, memory.recall(wanted).tolist(), strict=True)
    recalled = {eid: fold for eid, fold in known if fold >= 0}  # others were never divided, so no model has them
  return recalled | {eid: fold for eid, fold in folds.table.itertuples(index=False, name=None) if eid in people}


def _models(files: WorkdirFiles) -> dict[str, list[str]]:
  """Returns the folders of each model's splits, finished or not, by the model's name; trials of searches too."""
  models: dict[str, set[str]] = {}
  for name in [*files.under(split_folder.MODELS), *files.under(trained_with_withdrawn.TUNING)]:
    parts = pathlib.PurePosixPath(name).parts
    place = next((i for i, part in enumerate(parts) if split_folder.number_of(pathlib.Path(part)) >= 0), 0)
    if place:
      model = trained_with_withdrawn.name_of("/".join(parts[:place]))
      models.setdefault(model, set()).add("/".join(parts[: place + 1]))
  return {model: sorted(folders) for model, folders in models.items()}


def _searched(model: str) -> str:
  """Returns a model's name, of a trial that of the model that is searched."""
  return model.removeprefix(f"{trained_with_withdrawn.TUNING}/").partition(_TRIALS)[0]


def _samples_of(files: WorkdirFiles, model: str, folders: list[str], num_folds: int) -> frozenset[str]:
  """Returns whose samples a model has: by lists of samples, or predictions of all splits; else by its data set too.

  The list of a network's split names all its samples, that of a scalar model's split those of the test fold.
  """
  listed = [name for folder in folders if files.has(name := f"{folder}/{_SAMPLES}")]
  names = [name for folder in folders if files.has(name := f"{folder}/{split_table.FILE_NAME}")]
  num_needed = num_folds if model.startswith(_SCALARS) else len(folders)
  if len(listed) >= num_needed:
    names += listed
  elif len(names) < num_folds:
    data_set = _searched(model).rpartition("/")[0]
    measured = f"{cohort_tables.FOLDER}/{scalar_tables.FOLDER}"
    one_set = f"{measured}/{data_set.partition('/')[2]}.parquet"
    names += [name for name in (f"images/{data_set}/{store.INDEX_NAME}", one_set) if files.has(name)]
    if data_set == f"scalars/{scalar_tables.ALL}":
      names += files.under(measured)
  return frozenset().union(*(check_people.read_people(files, name) for name in names))
