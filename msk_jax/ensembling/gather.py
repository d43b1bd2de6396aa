"""Models' predictions from their folders: checked, pooled over splits, put in the cohort's order."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.cohort import schemas, visit_keys, withdrawal_memory, withdrawals
from msk_jax.ensembling import splits
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import alike, pooled, split_folder, split_table

PARTS = ("validation", "test")
_SAME_AGE_YEARS = 1e-3  # trainings may keep ages in float32


@dataclasses.dataclass(frozen=True)
class Leaf:
  """A model's predictions over all its splits.

  Attributes:
    table: schema predictions; people and visits of the cohort alone.
    fold_map_hash: of the splits.
    splits: the finished ones.
    num_withdrawn: rows dropped because their participant is not in the cohort (any more).
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
    hashes: file's name to its hash; and a keyed hash of who has withdrawn, if anybody.
  """

  def __init__(self, workdir: pathlib.Path, withdrawn: Collection[str] = ()):
    """Reads `cohort/`.

    Args:
      workdir: holds it.
      withdrawn: people to leave out besides those that `prepare` left out.

    Raises:
      InputError: its tables are missing.
    """
    folder = workdir / schemas.FOLDER
    paths = {name: folder / f"{name}.parquet" for name in ("participants", "visits", "folds")}
    people = withdrawals.without(tables.read(paths["participants"], schemas.PARTICIPANTS, ["eid"]), withdrawn)
    self.participants = np.sort(people["eid"].to_numpy(str))
    self._people = pd.Index(self.participants)
    visits = tables.read(paths["visits"], schemas.VISITS, ["eid", "instance", "age_years"])
    visits = visits[visits["eid"].isin(people["eid"])].sort_values(["eid", "instance"], ignore_index=True)
    self.visits = visits
    self.visit_person = self.person_of(visits)
    self._visit_keys = visit_keys.make(self.visit_person, visits["instance"].to_numpy())
    self.num_folds = int(tables.read(paths["folds"], schemas.FOLDS, ["fold"])["fold"].max()) + 1
    self.fold_map_hash: str = tables.read_extra(paths["folds"], schemas.FOLDS)["hash"]
    self.hashes = {name: run_record.hash_file(path) for name, path in paths.items()}
    self.hashes |= withdrawal_memory.hashes(workdir, withdrawn)

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
  root = workdir / splits.MODELS
  models = {
    path.parent.parent.relative_to(root).as_posix() for path in root.rglob(f"fold_*/{split_folder.RESULT_NAME}")
  }
  found = [name for name in models if splits.folders(workdir, name)]
  if not found:
    raise errors.InputError(
      f"no finished model under {root}: train some first (python -m msk_jax.train, python -m msk_jax.scalars)."
    )
  return sorted(found)


def hash_leaf(workdir: pathlib.Path, leaf: str) -> str:
  """Returns a hash of all of a model's prediction files and of which split each is of."""
  paths = [folder / split_table.FILE_NAME for folder in splits.folders(workdir, leaf)]
  return run_record.fingerprint({path.parent.name: run_record.hash_file(path) for path in paths if path.exists()})


def read_leaf(workdir: pathlib.Path, leaf: str, cohort: Cohort) -> Leaf:
  """Reads and checks a model's predictions.

  Raises:
    InputError: splits of different fold maps or settings, ages that are not the cohort's, or a split that is refused
      by itself (see `splits.read`).
  """
  folders = splits.folders(workdir, leaf)
  found = [splits.read(workdir, folder, cohort.num_folds) for folder in folders]
  fold_map_hash = pooled.check_one_fold_map({f"{leaf}/fold_{one.k}": one.fold_map_hash for one in found})
  if difference := alike.describe_difference(leaf, folders):
    raise errors.InputError(
      f"{difference}, so they are not splits of one model. Delete the folder of the one that should not be "
      f"there under {splits.MODELS}/{leaf}, then train that split with the other's settings."
    )
  table = pd.concat([one.table for one in found], ignore_index=True)
  person = cohort.person_of(table)
  visit = cohort.visit_of(table, person)
  if not (visit >= 0).any():
    raise errors.InputError(
      f"{leaf}: none of its predictions is of a visit of this cohort. Delete {splits.MODELS}/{leaf}, then train it on "
      "this one."
    )
  kept = table[visit >= 0].reset_index(drop=True)
  age = cohort.visits["age_years"].to_numpy()[visit[visit >= 0]]
  if num_other := int((np.abs(kept["age_years"].to_numpy() - age) > _SAME_AGE_YEARS).sum()):
    raise errors.InputError(
      f"{leaf}: {num_other} samples were of another age when it was trained than now in cohort/visits.parquet. The "
      f"data have changed: delete {splits.MODELS}/{leaf}, then run the same training again."
    )
  num_withdrawn = int((person < 0).sum())
  numbers = tuple(one.k for one in found)
  return Leaf(kept, fold_map_hash, numbers, num_withdrawn, len(table) - len(kept) - num_withdrawn)


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
