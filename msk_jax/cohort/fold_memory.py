"""Everybody's fold, also of people who have left, as keyed hashes: who returns comes back to the same fold.

Else a model could be tested on somebody whom it was trained on. With the workdir's key one can look an id up; nobody
can read the ids (see `withdrawal_memory`).
"""

import dataclasses
import hmac
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import errors, ids, privacy, tables
from msk_jax.schemas import cohort_tables

FILE_NAME = "fold_memory.parquet"


@dataclasses.dataclass(frozen=True)
class Memory:
  """The folds of everybody who was ever in a map.

  Attributes:
    name: of the map, see `FoldMap`.
    drawn_for: names the data, the number of folds and their seed.
    fold_of: keyed hash of an id to fold.
    key: the workdir's.
  """

  name: str
  drawn_for: str
  fold_of: Mapping[str, int]
  key: bytes

  def recall(self, eid: Sequence[str] | np.ndarray) -> np.ndarray:
    """Returns each person's fold, int64 [n]; -1 for people who were never in the map."""
    return np.array([self.fold_of.get(_hash(each, self.key), -1) for each in eid], np.int64)


def read(workdir: pathlib.Path) -> Memory | None:
  """Returns the folds that a workdir remembers; None where it remembers none, or with another key than it has."""
  path = path_of(workdir)
  if not path.exists():
    return None
  try:
    table, extra = tables.read(path, cohort_tables.FOLD_MEMORY), tables.read_extra(path, cohort_tables.FOLD_MEMORY)
  except errors.InputError as error:
    logging.warning("%s", error)
    return None
  key = privacy.load_key(workdir)
  if extra["key_check"] != _hash("key", key):
    logging.warning("%s belongs to another key than this workdir's, and is not read", path)
    return None
  return Memory(extra["name"], extra["drawn_for"], dict(zip(table["person"], table["fold"].tolist(), strict=True)), key)


def remember(workdir: pathlib.Path, drawn_for: str, folds: FoldMap) -> None:
  """Adds people to the memory; that of another map or division is replaced.

  Args:
    workdir: the workdir.
    drawn_for: see `Memory`.
    folds: the map.
  """
  key = privacy.load_key(workdir)
  known = read(workdir)
  is_same = known is not None and (known.name, known.drawn_for) == (folds.name, drawn_for)
  fold_of = dict(known.fold_of) if known is not None and is_same else {}
  hashes = [_hash(eid, key) for eid in folds.table["eid"]]
  fold_of |= dict(zip(hashes, folds.table["fold"].tolist(), strict=True))
  people = sorted(fold_of)
  table = pd.DataFrame({"person": people, "fold": [fold_of[person] for person in people]})
  extra = {"name": folds.name, "drawn_for": drawn_for, "key_check": _hash("key", key)}
  tables.write(path_of(workdir), table, cohort_tables.FOLD_MEMORY, extra)


def path_of(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the file's path."""
  return workdir / cohort_tables.FOLDER / FILE_NAME


def _hash(eid: str, key: bytes) -> str:
  return hmac.digest(key, b"fold " + ids.plain(eid).encode(), "sha256").hex()[:32]
