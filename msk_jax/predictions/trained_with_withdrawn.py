"""The list of models that were trained with people who have withdrawn, `models/trained_with_withdrawn.csv`.

Trials of a search are models too: `tuning/knee/inception_v3/trials/<hash>`.
"""

import csv
import io
import pathlib
from collections.abc import Collection, Iterable, Iterator

from msk_jax.cohort import folds as fold_map
from msk_jax.io import atomic, errors, locks, plain_files
from msk_jax.predictions import split_folder

FILE_NAME = f"{split_folder.MODELS}/trained_with_withdrawn.csv"
TRAINING, VALIDATION = "training", "validation"  # a validation fold chooses the best epoch
TUNING = "tuning"  # the folder of searches; each trial has a training
UNKNOWN = -1  # counts as a fold of the training
_LOCK = f"{split_folder.MODELS}/.trained_with_withdrawn.lock"
_COLUMNS = ("model", "split", "role")

Row = tuple[str, ...]


def name_of(folder: str) -> str:
  """Returns the name of a model in the list; empty for a folder outside of those of models and searches.

  Args:
    folder: the model's, as a path in the workdir, such as `models/knee/inception_v3`.
  """
  top, _, rest = folder.partition("/")
  return {split_folder.MODELS: rest, TUNING: folder}.get(top, "")


def rows_of(model: str, k: int, num_folds: int, in_folds: Collection[int]) -> Iterator[Row]:
  """Yields model, split and role of what people in some folds, or of UNKNOWN ones, may have been part of in split k."""
  split = fold_map.split(k, num_folds)
  if not set(in_folds).isdisjoint((*split.train, UNKNOWN)):
    yield model, str(k), TRAINING
  if split.validation in in_folds:
    yield model, str(k), VALIDATION


def note(workdir: pathlib.Path, rows: Iterable[Row]) -> list[Row]:
  """Adds models to the list of a workdir, which is returned: earlier ones too."""
  path = workdir / FILE_NAME
  added = set(rows)
  if not added <= set(_read(path)):
    with locks.in_turn(workdir / _LOCK, f"writes {FILE_NAME}"):
      text = io.StringIO()
      csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *sorted({*_read(path), *added})])
      atomic.write_text(path, text.getvalue())
  return _read(path)


def _read(path: pathlib.Path) -> list[Row]:
  if not path.exists():
    return []
  try:
    rows = list(csv.reader(io.StringIO(plain_files.read_text(path)), strict=True))
  except (OSError, UnicodeError, csv.Error) as error:
    raise errors.InputError(
      f"{path}, which lists the models trained with people who have withdrawn, can't be read ({type(error).__name__}). "
      "Copy it again; without a copy remove it, and run purge with all lists of withdrawals: it writes the list again."
    ) from None
  return [tuple(row) for row in rows[1:] if row]
