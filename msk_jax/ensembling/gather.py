"""Models' predictions read from their folders, checked, pooled over splits and aligned with the cohort."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.cohort import fold_table, visit_keys, withdrawal_memory, withdrawals
from msk_jax.cohort.people import People
from msk_jax.ensembling import splits
from msk_jax.io import errors, outputs, tables
from msk_jax.predictions import pooled_table, split_folder, split_settings, split_table
from msk_jax.schemas import cohort_tables

_SAME_AGE_YEARS = 1e-3  # trainings may keep ages in float32


@dataclasses.dataclass(frozen=True)
class Leaf:
  """A model's predictions over all its splits.

  Attributes:
    table: schema predictions; only people and visits of the cohort.
    fold_map_hash: of the splits.
    splits: numbers of the finished splits.
    num_withdrawn: rows dropped because their participant is not in the cohort any more.
    num_unknown_visits: rows dropped because the cohort has no such visit of the participant.
  """

  table: pd.DataFrame
  fold_map_hash: str
  splits: tuple[int, ...]
  num_withdrawn: int
  num_unknown_visits: int


class Cohort:
  """The cohort's participants and visits, numbered in the order of ids and instances.

  Attributes:
    people: the participants, numbered.
    visits: eid, instance, age_years, ordered by eid and instance; only those of `people`.
    visit_person: int64 [visits], each visit's participant.
    num_folds: data folds.
    fold_map_hash: of the cohort's own fold map.
    hashes: of the tables' files, by path in the workdir; and a keyed hash of people who have
      withdrawn, if there are any.
  """

  def __init__(self, workdir: pathlib.Path, withdrawn: Collection[str] = ()):
    """Reads `cohort/`.

    Args:
      workdir: holds it.
      withdrawn: people to drop, besides those that `prepare` dropped.

    Raises:
      InputError: a table is missing.
    """
    folder = workdir / cohort_tables.FOLDER
    paths = {name: folder / f"{name}.parquet" for name in ("participants", "visits", "folds")}
    participants = withdrawals.without(
      tables.read(paths["participants"], cohort_tables.PARTICIPANTS, ["eid"]), withdrawn
    )
    self.people = People(participants["eid"])
    visits = tables.read(paths["visits"], cohort_tables.VISITS, ["eid", "instance", "age_years"])
    visits = visits[visits["eid"].isin(participants["eid"])].sort_values(["eid", "instance"], ignore_index=True)
    self.visits = visits
    self.visit_person = self.people.number_of(visits["eid"])
    self._visit_keys = visit_keys.make(self.visit_person, visits["instance"].to_numpy())
    folds = fold_table.read(workdir)
    self.num_folds, self.fold_map_hash = folds.num_folds, folds.name
    self.hashes = outputs.hash_files(workdir, paths.values())
    self.hashes |= withdrawal_memory.hashes(workdir, withdrawn)

  def visit_of(self, table: pd.DataFrame) -> np.ndarray:
    """Returns each row's visit as its row in `visits`, int64 [n]; -1 where the cohort has no such visit."""
    person = self.people.number_of(table["eid"])
    keys = visit_keys.make(person, table["instance"].to_numpy())
    visit = np.minimum(np.searchsorted(self._visit_keys, keys), max(len(self._visit_keys) - 1, 0))
    return np.where((person >= 0) & (self._visit_keys[visit] == keys), visit, -1)


def find_leaves(workdir: pathlib.Path) -> list[str]:
  """Returns the names of all models with a finished split, sorted.

  Raises:
    InputError: there are none.
  """
  models = split_folder.list_models(workdir)
  if not models:
    raise errors.InputError(
      f"no finished model under {workdir / split_folder.MODELS}: train some first (python -m msk_jax.train, python -m "
      "msk_jax.scalars)."
    )
  return models


def list_tables(workdir: pathlib.Path, leaf: str) -> list[pathlib.Path]:
  """Returns a model's tables of predictions, split by split."""
  folders = split_folder.list_finished(split_folder.model_folder(workdir, leaf))
  return [path for folder in folders if (path := folder / split_table.FILE_NAME).exists()]


def read_leaf(workdir: pathlib.Path, leaf: str, cohort: Cohort) -> Leaf:
  """Reads and checks a model's predictions.

  Raises:
    InputError: splits of different fold maps or settings, ages that differ from the cohort's, or a split that
      `splits.read` refuses.
  """
  folders = split_folder.list_finished(split_folder.model_folder(workdir, leaf))
  finished = [splits.read(workdir, folder, cohort.num_folds) for folder in folders]
  fold_map_hash = pooled_table.check_one_fold_map(
    {f"{leaf}/{split_folder.name_of(split.k)}": split.fold_map_hash for split in finished}
  )
  if difference := split_settings.describe_difference(leaf, folders):
    raise errors.InputError(
      f"{difference}, so they are not splits of one model. Delete the folder of the one that should not be "
      f"there under {split_folder.MODELS}/{leaf}, then train that split with the other's settings."
    )
  table = pd.concat([split.table for split in finished], ignore_index=True)
  visit = cohort.visit_of(table)
  if not (visit >= 0).any():
    raise errors.InputError(
      f"{leaf}: none of its predictions are of visits of this cohort. Delete {split_folder.MODELS}/{leaf}, "
      "then train it on this one."
    )
  kept = table[visit >= 0].reset_index(drop=True)
  age = cohort.visits["age_years"].to_numpy()[visit[visit >= 0]]
  if num_other := int((np.abs(kept["age_years"].to_numpy() - age) > _SAME_AGE_YEARS).sum()):
    raise errors.InputError(
      f"{leaf}: {num_other} samples had another age when it was trained than in cohort/visits.parquet now. The "
      f"data have changed: delete {split_folder.MODELS}/{leaf}, then run the same training again."
    )
  num_withdrawn = int((cohort.people.number_of(table["eid"]) < 0).sum())
  numbers = tuple(split.k for split in finished)
  return Leaf(kept, fold_map_hash, numbers, num_withdrawn, len(table) - len(kept) - num_withdrawn)
