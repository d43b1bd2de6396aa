"""Models' predictions from their folders: checked, pooled over splits, put in the cohort's order."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import schemas, visit_keys
from msk_jax.evaluation import pooled, pooled_predictions, predictions
from msk_jax.io import errors, run_record, tables

MODELS = "models"
PARTS = ("validation", "test")
_SAME_AGE_YEARS = 1e-3  # trainings may keep ages in float32


@dataclasses.dataclass(frozen=True)
class Leaf:
  """A model's predictions over all its splits.

  Attributes:
    table: schema predictions; people and visits of the cohort alone.
    fold_map_hash: of the splits.
    splits: the finished ones.
    num_withdrawn: rows dropped because their participant is not in the cohort.
    num_unknown_visits: rows dropped because the cohort has no such visit of the participant.
  """

  table: pd.DataFrame
  fold_map_hash: str
  splits: tuple[int, ...]
  num_withdrawn: int
  num_unknown_visits: int


class Cohort:
  """The cohort's participants and visits, numbered in the order of ids (and instances).

  Attributes:
    participants: str [people], sorted.
    visits: eid, instance, age_years, ordered by eid and instance; of participants alone.
    visit_person: int64 [visits], each visit's participant.
    num_folds: data folds.
    fold_map_hash: of the cohort's own fold map.
    hashes: file's name to its hash.
  """

  def __init__(self, workdir: pathlib.Path):
    """Reads `cohort/`.

    Raises:
      InputError: its tables are missing.
    """
    folder = workdir / schemas.FOLDER
    paths = {name: folder / f"{name}.parquet" for name in ("participants", "visits", "folds")}
    people = tables.read(paths["participants"], schemas.PARTICIPANTS, ["eid"])["eid"]
    self.participants = np.sort(people.to_numpy(str))
    self._people = pd.Index(self.participants)
    visits = tables.read(paths["visits"], schemas.VISITS, ["eid", "instance", "age_years"])
    visits = visits[visits["eid"].isin(people)].sort_values(["eid", "instance"], ignore_index=True)
    self.visits = visits
    self.visit_person = self.person_of(visits)
    self._visit_keys = visit_keys.make(self.visit_person, visits["instance"].to_numpy())
    self.num_folds = int(tables.read(paths["folds"], schemas.FOLDS, ["fold"])["fold"].max()) + 1
    self.fold_map_hash: str = tables.read_extra(paths["folds"], schemas.FOLDS)["hash"]
    self.hashes = {name: run_record.hash_file(path) for name, path in paths.items()}

  def person_of(self, table: pd.DataFrame) -> np.ndarray:
    """Returns each row's participant, int64 [n]; -1 where the cohort has no such participant."""
    return self._people.get_indexer(pd.Index(table["eid"]))

  def visit_of(self, table: pd.DataFrame, person: np.ndarray) -> np.ndarray:
    """Returns each row's visit, int64 [n]; -1 where the cohort has no such visit."""
    keys = visit_keys.make(person, table["instance"].to_numpy())
    place = np.minimum(np.searchsorted(self._visit_keys, keys), max(len(self._visit_keys) - 1, 0))
    return np.where((person >= 0) & (self._visit_keys[place] == keys), place, -1)


def find_leaves(workdir: pathlib.Path) -> list[str]:
  """Returns the names of all models with a finished split, sorted.

  Raises:
    InputError: there is none.
  """
  root = workdir / MODELS
  found = {path.parent.parent.relative_to(root).as_posix() for path in root.rglob(f"fold_*/{pooled.RESULT_NAME}")}
  if not found:
    raise errors.InputError(
      f"no finished model under {root}: train some first (python -m msk_jax.train, python -m msk_jax.scalars)."
    )
  return sorted(found)


def hash_leaf(workdir: pathlib.Path, leaf: str) -> str:
  """Returns a hash of all of a model's prediction files and of which split each is of."""
  folders = sorted(path.parent for path in (workdir / MODELS / leaf).glob(f"fold_*/{pooled.RESULT_NAME}"))
  hashes = {}
  for folder in folders:
    path = folder / predictions.FILE_NAME
    if not path.exists():
      raise errors.InputError(f"{folder} has a {pooled.RESULT_NAME} but no {path.name}: train that split again.")
    hashes[folder.name] = run_record.hash_file(path)
  return run_record.fingerprint(hashes)


def read_leaf(workdir: pathlib.Path, leaf: str, cohort: Cohort) -> Leaf:
  """Reads and checks a model's predictions.

  Raises:
    InputError: splits of different fold maps, rows of another fold than the split's, a sample twice in a part, an
      age that is not finite, or ages that are not the cohort's.
  """
  found = pooled.read_splits(workdir / MODELS / leaf)
  hashes = {f"{leaf}/fold_{result['fold']}": result["fold_map_hash"] for result, _ in found}
  fold_map_hash = pooled_predictions.check_one_fold_map(hashes)
  for result, table in found:
    _check_folds(f"{leaf}, split {result['fold']}", table, int(result["fold"]), cohort.num_folds)
  table = pd.concat([rows for _, rows in found], ignore_index=True)
  _check_values(leaf, table)
  person = cohort.person_of(table)
  visit = cohort.visit_of(table, person)
  if not (visit >= 0).any():
    raise errors.InputError(
      f"{leaf}: none of its predictions is of a visit of this cohort. Train it again on this one."
    )
  kept = table[visit >= 0].reset_index(drop=True)
  age = cohort.visits["age_years"].to_numpy()[visit[visit >= 0]]
  if num_other := int((np.abs(kept["age_years"].to_numpy() - age) > _SAME_AGE_YEARS).sum()):
    raise errors.InputError(
      f"{leaf}: {num_other} samples were of another age when it was trained than now in cohort/visits.parquet. The "
      "data have changed: train it again (--overwrite)."
    )
  num_withdrawn = int((person < 0).sum())
  splits = tuple(sorted(int(result["fold"]) for result, _ in found))
  return Leaf(kept, fold_map_hash, splits, num_withdrawn, len(table) - len(kept) - num_withdrawn)


def align(table: pd.DataFrame, place: np.ndarray, num_places: int) -> tuple[np.ndarray, np.ndarray]:
  """Puts a table of predictions in the cohort's order.

  Args:
    table: schema predictions, [n].
    place: int64 [n], each row's visit or participant.
    num_places: how many there are.

  Returns:
    float64 [2, num_places], predictions as PARTS; NaN where there is none.
    int64 [num_places], data folds; -1 where there is no prediction.
  """
  values = np.full((len(PARTS), num_places), np.nan)
  fold = np.full(num_places, -1)
  predicted, part = table["predicted_age_years"].to_numpy(np.float64), table["part"].to_numpy(str)
  for i, name in enumerate(PARTS):
    rows = part == name
    values[i, place[rows]] = predicted[rows]
  fold[place] = table["fold"].to_numpy(np.int64)
  return values, fold


def _check_folds(what: str, table: pd.DataFrame, k: int, num_folds: int) -> None:
  if k >= num_folds:
    raise errors.InputError(f"{what}: the cohort has folds 0 to {num_folds - 1}. Train again on this cohort.")
  split = fold_map.split(k, num_folds)
  wanted = table["part"].map({"validation": split.validation, "test": split.test})
  if not (table["fold"] == wanted).all():
    raise errors.InputError(
      f"{what}: its rows are not of folds {split.validation} (validation) and {split.test} (test), as a split of "
      f"{num_folds} folds has them. Train it again on this cohort (--overwrite)."
    )


def _check_values(leaf: str, table: pd.DataFrame) -> None:
  if num_twice := int(table.duplicated(["eid", "instance", "part"]).sum()):
    raise errors.InputError(f"{leaf}: {num_twice} samples are twice in one part. Train it again (--overwrite).")
  finite = np.isfinite(table[["age_years", "predicted_age_years"]].to_numpy(np.float64)).all(1)
  if not finite.all():
    raise errors.InputError(
      f"{leaf}: {int((~finite).sum())} predictions are not finite: that training went astray. Train it again "
      "(--overwrite), or move its folder out of models/."
    )
