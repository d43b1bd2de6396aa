"""The folder of a split, `<workdir>/models/<model>/fold_<k>`: its path, and the result that says that it is finished.

Its table of predictions is in `split_table`.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.io import atomic, errors, json_files
from msk_jax.predictions import split_table
from msk_jax.scores import metrics

MODELS = "models"
RESULT_NAME = "result.json"
_PREFIX = "fold_"
_SCHEMA, _VERSION = "result", 2  # 2: trainings say how they ended and what they are compared with


def model_folder(workdir: pathlib.Path, model: str) -> pathlib.Path:
  """Returns a model's folder, e.g. `<workdir>/models/knee/inception_v3`."""
  return workdir / MODELS / model


def name_of(k: int) -> str:
  """Returns the name of split k's folder, e.g. `fold_3`."""
  return f"{_PREFIX}{k}"


def path_of(workdir: pathlib.Path, model: str, k: int) -> pathlib.Path:
  """Returns the folder of split k of a model, e.g. `<workdir>/models/knee/inception_v3/fold_3`."""
  return model_folder(workdir, model) / name_of(k)


def number_of(folder: pathlib.Path) -> int:
  """Returns k for a folder that is called like that of split k, else -1."""
  digits = folder.name.removeprefix(_PREFIX)
  return int(digits) if folder.name.startswith(_PREFIX) and digits.isdecimal() else -1


def list_folders(folder: pathlib.Path) -> list[pathlib.Path]:
  """Returns the folders of a model's splits, finished or not, by number; none if the model has no folder.

  Args:
    folder: the model's.
  """
  paths = [path for path in folder.glob(f"{_PREFIX}*") if number_of(path) >= 0]
  return sorted(paths, key=lambda path: (number_of(path), path.name))


def list_finished(folder: pathlib.Path) -> list[pathlib.Path]:
  """Returns the folders of a model's finished splits, by number.

  Args:
    folder: the model's.
  """
  return [path for path in list_folders(folder) if (path / RESULT_NAME).exists()]


def list_models(workdir: pathlib.Path) -> list[str]:
  """Returns the names of all models with a finished split, sorted."""
  root = workdir / MODELS
  folders = [path.parent for path in root.rglob(f"{_PREFIX}*/{RESULT_NAME}")]
  return sorted({path.parent.relative_to(root).as_posix() for path in folders if number_of(path) >= 0})


def read_result(folder: pathlib.Path) -> dict[str, Any] | None:
  """Returns what `result.json` in a split's folder holds, None if that split is not finished.

  Raises:
    InputError: it is damaged.
  """
  path = folder / RESULT_NAME
  try:
    result = json_files.read(path)
    if "fold_map_hash" not in result:
      raise ValueError
  except FileNotFoundError:
    return None
  except (OSError, ValueError):
    raise errors.InputError(
      f"{path} is damaged. Remove it and run the command that made this model again: train and scalars write it again "
      "without training again."
    ) from None
  return result


def write_result(folder: pathlib.Path, result: Mapping[str, Any]) -> None:
  """Writes a split's `versioned` result, whole or not at all. It says that the split is finished: write it last.

  Args:
    folder: the split's.
    result: from `describe`, with what else is known; `fold_map_hash` must be among it.
  """
  atomic.write_json(folder / RESULT_NAME, versioned(result))


def is_of_this_version(result: Mapping[str, Any]) -> bool:
  """Returns whether a result has what this version writes; ensembles and scores need less and read older ones too."""
  return result.get("version") == _VERSION


def versioned(result: Mapping[str, Any]) -> dict[str, Any]:
  """Returns a result with its schema's name and version, as it is in the file."""
  return {"schema": _SCHEMA, "version": _VERSION, **result}


def describe(
  model: str, k: int, data_kind: str, num_training: int, table: pd.DataFrame, training_mean_years: float
) -> dict[str, Any]:
  """Returns what the result of every split says first: of which model it is, and its scores.

  Args:
    model: the model's name.
    k: the split's number.
    data_kind: `phantom`, `ukb` or another.
    num_training: training samples.
    table: the split's predictions (schema predictions).
    training_mean_years: mean age of the training samples.
  """
  scores = {}
  for part in split_parts.PARTS:
    rows = table[table["part"] == part]
    ages, predicted = rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy()
    scores[part] = metrics.summary(ages, predicted, training_mean_years)
  counts = {f"n_{part}": scores[part]["n"] for part in split_parts.PARTS}
  return {"model": model, "fold": k, "data": data_kind, "n_train": num_training, **counts, **scores}


def of_map(folder: pathlib.Path, fold_map_hash: str) -> list[tuple[dict[str, Any], pathlib.Path]]:
  """Returns (result, folder) of the finished splits of a model that are of this fold map, by number.

  Args:
    folder: the model's.
    fold_map_hash: splits of another map are left out: their test folds are other people.
  """
  splits = [(read_result(path), path) for path in list_finished(folder)]
  return [(result, path) for result, path in splits if result and result["fold_map_hash"] == fold_map_hash]


def read_splits(folder: pathlib.Path) -> list[tuple[dict[str, Any], pd.DataFrame]]:
  """Returns (result, predictions) of each finished split of a model, by number.

  Args:
    folder: the model's.
  """
  splits = []
  for path in list_finished(folder):
    result = read_result(path)
    if result is not None:
      splits.append((result, split_table.read(path)))
  return splits


def test_summary(folder: pathlib.Path, fold_map_hash: str) -> tuple[int, dict[str, float | int]]:
  """Returns how many splits of this fold map are finished, and the scores of all their test samples together.

  Args:
    folder: the model's.
    fold_map_hash: splits of another map are left out: their test folds are other people.

  Raises:
    ValueError: no split of this map is finished.
  """
  splits = [(result, table) for result, table in read_splits(folder) if result["fold_map_hash"] == fold_map_hash]
  if not splits:
    raise ValueError(f"no finished split in {folder}")
  tests = [table[table["part"] == split_parts.TEST] for _, table in splits]
  means = [
    np.full(len(rows), result["training_age_mean_years"]) for (result, _), rows in zip(splits, tests, strict=True)
  ]
  pooled = pd.concat(tests)
  ages, predicted = pooled["age_years"].to_numpy(), pooled["predicted_age_years"].to_numpy()
  return len(splits), metrics.summary(ages, predicted, np.concatenate(means))
