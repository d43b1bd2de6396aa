"""The fold map on disk, `cohort/folds.parquet`.

The map's name is the hash of the map as it was first drawn. People who leave, or join later, move nobody else: the name
stays, and so do the models that were trained on these folds. Another hash, `rows`, is of the people in it now.
"""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables

FILE_NAME = "folds.parquet"


@dataclasses.dataclass(frozen=True)
class FoldMap:
  """A fold map.

  Attributes:
    table: schema folds.
    name: the hash of the map as it was first drawn; models and predictions are of one map if theirs are equal.
    drawn_folds: the number of folds as it was first drawn, which stays when a fold's last person leaves; 0 where the
      file is an earlier version's and does not say.
  """

  table: pd.DataFrame
  name: str
  drawn_folds: int = 0

  @classmethod
  def drawn(cls, table: pd.DataFrame) -> "FoldMap":
    """Returns a map that has just been drawn."""
    return cls(table, fold_map.fold_map_hash(table))

  @property
  def num_folds(self) -> int:
    """The number of folds."""
    return self.drawn_folds or int(self.table["fold"].max()) + 1

  def with_people(self, table: pd.DataFrame) -> "FoldMap":
    """Returns the same map of other people (schema folds)."""
    return FoldMap(table, self.name, self.num_folds)


def path_of(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the file's path."""
  return workdir / cohort_tables.FOLDER / FILE_NAME


def write(workdir: pathlib.Path, folds: FoldMap) -> None:
  """Writes the map."""
  extra = {"hash": folds.name, "rows": fold_map.fold_map_hash(folds.table), "num_folds": folds.num_folds}
  tables.write(path_of(workdir), folds.table, cohort_tables.FOLDS, extra)


def read(workdir: pathlib.Path) -> FoldMap:
  """Reads the map.

  Raises:
    InputError: there is none, or its people and folds are not those that it was written with.
  """
  path = path_of(workdir)
  table, extra = tables.read(path, cohort_tables.FOLDS), tables.read_extra(path, cohort_tables.FOLDS)
  if not is_as_written(table, extra):
    raise errors.InputError(
      f"{path} does not hold the people and folds that it was written with: somebody has changed it. Remove it and run "
      "prepare again, with the same --workdir: it restores everybody's fold."
    )
  return of_metadata(table, extra)


def of_metadata(table: pd.DataFrame, extra: Mapping[str, Any]) -> FoldMap:
  """Returns the map of a table (schema folds) and its metadata, whether or not it is as it was written."""
  return FoldMap(table, str(extra.get("hash")), int(extra.get("num_folds", 0)))


def is_as_written(table: pd.DataFrame, extra: Mapping[str, Any]) -> bool:
  """Returns whether a map's people and folds are those that its metadata were written with.

  Args:
    table: schema folds.
    extra: the metadata; those of earlier versions have no `rows`, as the map was drawn again whenever anybody left.
  """
  return fold_map.fold_map_hash(table) == extra.get("rows", extra.get("hash"))
