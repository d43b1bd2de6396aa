"""One split of a model as training left it: read, checked by itself, and refused with what to do about it."""

import dataclasses
import json
import pathlib
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import split_folder, split_table

MODELS = "models"


@dataclasses.dataclass(frozen=True)
class Split:
  """A finished split.

  Attributes:
    k: its number.
    fold_map_hash: of the map of folds that it was trained with.
    table: schema predictions.
  """

  k: int
  fold_map_hash: str
  table: pd.DataFrame


def folders(workdir: pathlib.Path, leaf: str) -> list[pathlib.Path]:
  """Returns the folders of a model's finished splits, by number."""
  found = [path.parent for path in (workdir / MODELS / leaf).glob(f"fold_*/{split_folder.RESULT_NAME}")]
  numbered = {int(path.name.removeprefix("fold_")): path for path in found if path.name[5:].isdecimal()}
  return [numbered[k] for k in sorted(numbered)]


def remedy(workdir: pathlib.Path, folder: pathlib.Path) -> str:
  """Returns what to do about a split that can't be used.

  A finished training of unchanged settings finds nothing to do: what says that it is finished has to go.
  """
  of_model = folder.parent / run_record.FILE_NAME  # scalar models: one record for all splits
  gone = of_model if of_model.exists() else folder
  return f"Delete {gone.relative_to(workdir).as_posix()}, then run the same training again."


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
  result = _read_result(folder / split_folder.RESULT_NAME, name, advice)
  path = folder / split_table.FILE_NAME
  if not path.exists():
    raise errors.InputError(f"{name} has a {split_folder.RESULT_NAME} but no {path.name}. {advice}")
  try:
    table = split_table.read(folder)
    noted = tables.read_extra(path, split_table.PREDICTIONS).get("fold_map_hash")
  except errors.InputError:
    raise errors.InputError(
      f"{name}/{path.name} can't be read: it is damaged, or another version of msk_jax wrote it. {advice}"
    ) from None
  if noted != result["fold_map_hash"]:
    raise errors.InputError(
      f"{name}: {path.name} and {split_folder.RESULT_NAME} are of different fold maps ({str(noted)[:8]}, "
      f"{result['fold_map_hash'][:8]}), so not of one training. {advice}"
    )
  _check_folds(name, table, result["fold"], num_folds, advice)
  _check_values(name, table, advice)
  return Split(result["fold"], result["fold_map_hash"], table)


def _read_result(path: pathlib.Path, name: str, advice: str) -> dict[str, Any]:
  try:
    result = json.loads(path.read_text(encoding="utf-8"))
    found = {"fold": int(result["fold"]), "fold_map_hash": str(result["fold_map_hash"])}
  except (OSError, KeyError, TypeError, ValueError) as error:
    raise errors.InputError(f"{name}/{path.name} can't be read ({type(error).__name__}). {advice}") from None
  if path.parent.name != f"fold_{found['fold']}":
    raise errors.InputError(
      f"{name}/{path.name} is of split {found['fold']}: the folder was renamed or copied. {advice}"
    )
  return found


def _check_folds(name: str, table: pd.DataFrame, k: int, num_folds: int, advice: str) -> None:
  if k >= num_folds:
    raise errors.InputError(
      f"{name}: the cohort has folds 0 to {num_folds - 1}. Move it out of {MODELS}/, or train on this cohort."
    )
  split = fold_map.split(k, num_folds)
  wanted = table["part"].map({"validation": split.validation, "test": split.test})
  if not (table["fold"] == wanted).all():
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
      f"{name}: {int((~finite).sum())} predictions are not finite: that training went astray. {advice} If it does so "
      f"again, move the folder out of {MODELS}/."
    )
