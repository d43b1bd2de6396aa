"""The cohort's tables from demographics, image indexes and families: pure functions of tables."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import schemas
from msk_jax.io import errors, tables

_SAME_AGE_YEARS = 1e-6


@dataclasses.dataclass(frozen=True)
class Cohort:
  """The three tables of `cohort/`, ordered by their keys (see `schemas`)."""

  participants: pd.DataFrame
  visits: pd.DataFrame
  folds: pd.DataFrame

  def write(self, folder: pathlib.Path) -> None:
    """Writes the tables; the folds' metadata holds the map's hash."""
    tables.write(folder / "participants.parquet", self.participants, schemas.PARTICIPANTS)
    tables.write(folder / "visits.parquet", self.visits, schemas.VISITS)
    extra = {"hash": fold_map.fold_map_hash(self.folds)}
    tables.write(folder / "folds.parquet", self.folds, schemas.FOLDS, extra)


def available(eid: pd.Series, indexes: Mapping[str, pd.DataFrame]) -> np.ndarray:
  """Returns bool [n, d]: whether each participant has any image in each of d data sets, in the mapping's order."""
  found = np.zeros((len(eid), len(indexes)), bool)
  for column, index in enumerate(indexes.values()):
    found[:, column] = eid.isin(index["eid"].unique())
  return found


def age_for_folds(participants: pd.DataFrame, visits: pd.DataFrame, indexes: Mapping[str, pd.DataFrame]) -> np.ndarray:
  """Returns float64 [n], the age at a participant's first visit with an image, else at their first visit."""
  keys = ["eid", "instance"]
  imaged = pd.concat([index[keys] for index in indexes.values()] or [visits[keys][:0]]).drop_duplicates()
  marked = visits.merge(imaged.assign(has_image=True), on=keys, how="left")
  marked = marked.assign(has_no_image=marked["has_image"].isna()).sort_values(["eid", "has_no_image", "instance"])
  first = marked.drop_duplicates("eid").set_index("eid")["age_years"]
  return np.asarray(first.reindex(participants["eid"]), np.float64)


def make_folds(
  participants: pd.DataFrame,
  visits: pd.DataFrame,
  indexes: Mapping[str, pd.DataFrame],
  *,
  family: np.ndarray | None = None,
  given: np.ndarray | None = None,
  num_folds: int,
  seed: int,
) -> pd.DataFrame:
  """Returns the fold map (schema folds) of all participants; see `folds.assign`."""
  fold = fold_map.assign(
    np.asarray(participants["eid"], str),
    available(participants["eid"], indexes),
    np.asarray(participants["sex"] == schemas.MALE),
    age_for_folds(participants, visits, indexes),
    family,
    given,
    num_folds=num_folds,
    seed=seed,
  )
  return pd.DataFrame({"eid": participants["eid"], "fold": fold}).astype(dict(schemas.FOLDS.columns))


def without(table: pd.DataFrame, withdrawn: Collection[str]) -> pd.DataFrame:
  """Returns the rows of participants who have not withdrawn."""
  return table[~table["eid"].isin(list(withdrawn))].reset_index(drop=True)


def from_folder_table(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
  """Returns participants, visits and given folds (int64 [n], -1 where none) of a folder's table.

  Args:
    table: from `imaging.folder.read_folder_table`: one row per image.

  Raises:
    InputError: rows of one person or visit that contradict each other.
  """
  people, visits = table.groupby("eid"), table.groupby(["eid", "instance"])
  for groups, column, what in ((people, "sex", "person"), (people, "fold", "person"), (visits, "age_years", "visit")):
    spread = groups[column].max() - groups[column].min()
    if num_different := int((spread > _SAME_AGE_YEARS).sum()):
      raise errors.InputError(
        f"the folder's table gives {num_different} times different values of {column.removesuffix('_years')} for "
        f"rows of one {what}: correct them, or tell visits apart in a column `instance` and people in `id`."
      )
  participants = people.agg({"sex": "first", "ethnicity": "max"}).reset_index()  # -5, missing, is the least code
  ages = visits["age_years"].first().reset_index().assign(centre=schemas.CENTRE_MISSING)
  given = np.asarray(people["fold"].first(), np.int64)
  return (
    participants.astype(dict(schemas.PARTICIPANTS.columns)),
    ages.astype(dict(schemas.VISITS.columns)),
    given,
  )
