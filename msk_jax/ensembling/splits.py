"""Reads and checks one split of a model; a split that can't be used is refused with what to do about it."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import split_parts
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import prediction_tables


@dataclasses.dataclass(frozen=True)
class Split:
  """A finished split.

  Attributes:
    k: its number.
    fold_map_hash: of the folds that it was trained with.
    table: schema predictions.
  """

  k: int
  fold_map_hash: str
  table: pd.DataFrame


def remedy(workdir: pathlib.Path, folder: pathlib.Path) -> str:
  """Returns what to do about a split that can't be used.

  A training that is finished does nothing when it is run again: what says that it is finished must be deleted.
  """
  of_model = folder.parent / run_record.FILE_NAME  # scalar models have one record for all splits
  path = of_model if of_model.exists() else folder
  return f"Delete {path.relative_to(workdir).as_posix()}, then run the same training again."


def read(workdir: pathlib.Path, folder: pathlib.Path, num_folds: int) -> Split:
  """Reads and checks a split.

  Args:
    workdir: the workdir.
    folder: `models/<model>/fold_<k>` in it.
    num_folds: of the cohort.

  Raises:
    InputError: a damaged file, files of different fold maps, rows of another fold than the split's, a sample twice in
      a part, or an age that is not finite.
  """
  name, advice = folder.relative_to(workdir).as_posix(), remedy(workdir, folder)
  k, fold_map_hash = _read_result(folder, name, advice)
  path = folder / split_table.FILE_NAME
  if not path.exists():
    raise errors.InputError(f"{name} has a {split_folder.RESULT_NAME} but no {path.name}. {advice}")
  try:
    table = split_table.read(folder)
    table_hash = tables.read_extra(path, prediction_tables.PREDICTIONS).get("fold_map_hash")
  except errors.InputError:
    raise errors.InputError(
      f"{name}/{path.name} can't be read: it is damaged, or another version of msk_jax wrote it. {advice}"
    ) from None
  if table_hash != fold_map_hash:
    raise errors.InputError(
      f"{name}: {path.name} and {split_folder.RESULT_NAME} are of different fold maps ({str(table_hash)[:8]}, "
      f"{fold_map_hash[:8]}), so not of the same training. {advice}"
    )
  _check_folds(name, table, k, num_folds, advice)
  _check_values(name, table, advice)
  return Split(k, fold_map_hash, table)


def _read_result(folder: pathlib.Path, name: str, advice: str) -> tuple[int, str]:
  """Returns the split's number and the hash of its fold map."""
  try:
    result = split_folder.read_result(folder) or {}
    k, fold_map_hash = int(result["fold"]), str(result["fold_map_hash"])
  except (errors.InputError, KeyError, TypeError, ValueError):
    raise errors.InputError(f"{name}/{split_folder.RESULT_NAME} can't be read: it is damaged. {advice}") from None
  if folder.name != split_folder.name_of(k):
    raise errors.InputError(
      f"{name}/{split_folder.RESULT_NAME} is of split {k}: the folder was renamed or copied. {advice}"
    )
  return k, fold_map_hash


def _check_folds(name: str, table: pd.DataFrame, k: int, num_folds: int, advice: str) -> None:
  if k >= num_folds:
    raise errors.InputError(
      f"{name}: the cohort has folds 0 to {num_folds - 1}. Move it out of {split_folder.MODELS}/, or train on this "
      "cohort."
    )
  split = fold_map.split(k, num_folds)
  expected = table["part"].map({split_parts.VALIDATION: split.validation, split_parts.TEST: split.test})
  if not (table["fold"] == expected).all():
    raise errors.InputError(
      f"{name}: its rows are not of folds {split.validation} (validation) and {split.test} (test), as a split of "
      f"{num_folds} folds has them. {advice}"
    )


def _check_values(name: str, table: pd.DataFrame, advice: str) -> None:
  if num_twice := int(table.duplicated(["eid", "instance", "part"]).sum()):
    raise errors.InputError(f"{name}: {num_twice} samples are twice in one part. {advice}")
  finite = np.isfinite(table[["age_years", "predicted_age_years"]].to_numpy(np.float64)).all(1)
  if not finite.all():
    raise errors.InputError(
      f"{name}: {int((~finite).sum())} predictions are not finite: that training diverged. {advice} If it diverges "
      f"again, move the folder out of {split_folder.MODELS}/."
    )
