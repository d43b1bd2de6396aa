"""The cohort's tables from demographics, image indexes and families: pure functions of tables."""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import ethnicity, fold_table, genetic_fields, scalar_tables
from msk_jax.cohort import folds as fold_map
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import errors, tables
from msk_jax.labels import cells
from msk_jax.schemas import cohort_tables

_SAME_AGE_YEARS = 1e-6


@dataclasses.dataclass(frozen=True)
class Cohort:
  """The tables of `cohort/`, ordered by their keys (see `schemas.cohort_tables`); genetics where tables have them."""

  participants: pd.DataFrame
  visits: pd.DataFrame
  folds: FoldMap
  scalars: Mapping[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
  genetics: genetic_fields.GeneticFields | None = None

  def write(self, folder: pathlib.Path) -> None:
    """Writes the tables and removes others of an earlier call; the folds are written under the name of their map."""
    for name in set(scalar_tables.names(folder)) - set(self.scalars):
      scalar_tables.remove(folder, name)
    for name, table in self.scalars.items():
      scalar_tables.write(folder, name, table)
    tables.write(folder / "participants.parquet", self.participants, cohort_tables.PARTICIPANTS)
    tables.write(folder / "visits.parquet", self.visits, cohort_tables.VISITS)
    fold_table.write(folder.parent, self.folds)
    path = folder / "genetics.parquet"
    if self.genetics is None:
      path.unlink(missing_ok=True)
    else:
      tables.write(path, self.genetics.table, cohort_tables.GENETICS, {"num_pcs": self.genetics.num_pcs})


def available(eid: pd.Series, data_sets: Mapping[str, pd.DataFrame]) -> np.ndarray:
  """Returns bool [n, d]: whether each participant is in each of d data sets, in the mapping's order."""
  is_in = np.zeros((len(eid), len(data_sets)), bool)
  for column, table in enumerate(data_sets.values()):
    is_in[:, column] = eid.isin(table["eid"].unique())
  return is_in


def age_for_folds(
  participants: pd.DataFrame,
  visits: pd.DataFrame,
  indexes: Mapping[str, pd.DataFrame],
  scalars: Mapping[str, pd.DataFrame],
) -> np.ndarray:
  """Returns float64 [n], the age at a participant's first visit with an image, else with scalars, else at the first."""
  marked = visits.assign(rank=2)
  for rank, data_sets in ((1, scalars), (0, indexes)):
    marked.loc[_is_in(visits, data_sets.values()), "rank"] = rank
  first = marked.sort_values(["eid", "rank", "instance"]).drop_duplicates("eid").set_index("eid")["age_years"]
  return np.asarray(first.reindex(participants["eid"]), np.float64)


def _is_in(visits: pd.DataFrame, data_sets: Iterable[pd.DataFrame]) -> np.ndarray:
  """Returns bool [v]: whether each visit has a row in any of the tables."""
  keys = ["eid", "instance"]
  samples = pd.concat([table[keys] for table in data_sets] or [visits[keys][:0]]).drop_duplicates()
  return visits[keys].merge(samples, on=keys, how="left", indicator=True)["_merge"].eq("both").to_numpy()


def of_visits(table: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
  """Returns the rows of samples that are among the visits: the others have no known age."""
  return table[_is_in(table, [visits])].reset_index(drop=True)


def usable_images(
  indexes: Mapping[str, pd.DataFrame], visits: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
  """Returns the images that a model can see, by view, and how many it can't: those of visits without a known age.

  Args:
    indexes: view to its image index.
    visits: schema visits.
  """
  usable = {view: of_visits(index, visits) for view, index in indexes.items()}
  return usable, {view: len(index) - len(usable[view]) for view, index in indexes.items()}


def make_folds(
  participants: pd.DataFrame,
  visits: pd.DataFrame,
  indexes: Mapping[str, pd.DataFrame],
  scalars: Mapping[str, pd.DataFrame],
  *,
  family: np.ndarray | None = None,
  given: np.ndarray | None = None,
  num_folds: int,
  seed: int,
) -> pd.DataFrame:
  """Returns the fold map (schema folds) of all participants; see `folds.assign`.

  Args:
    participants: schema participants.
    visits: schema visits.
    indexes: view to its image index, images that a model can see alone (`usable_images`).
    scalars: scalar set to its table; its complete cases are a data set to balance, as models are trained on them.
    family: see `folds.People`.
    given: see `folds.People`.
    num_folds: see `folds.assign`.
    seed: see `folds.assign`.

  Raises:
    InputError: a fold without anybody.
  """
  complete = {f"scalars/{name}": table.dropna() for name, table in scalars.items()}
  people = fold_map.People(
    np.asarray(participants["eid"], str),
    available(participants["eid"], {**indexes, **complete}),
    np.asarray(participants["sex"] == cohort_tables.MALE),
    age_for_folds(participants, visits, indexes, scalars),
    family,
    given,
  )
  fold = fold_map.assign(people, num_folds=num_folds, seed=seed)
  check_all_used(fold, num_folds)
  return pd.DataFrame({"eid": participants["eid"], "fold": fold}).astype(cohort_tables.FOLDS.dtypes)


def check_all_used(fold: np.ndarray, num_folds: int) -> None:
  """Checks that somebody is in each fold: later stages know the number of folds from the map alone.

  Raises:
    InputError: nobody is in some fold.
  """
  empty = np.flatnonzero(np.bincount(fold, minlength=num_folds) == 0)
  if len(empty):
    raise errors.InputError(
      f"nobody is in fold {', '.join(map(str, empty))} of {num_folds} folds, and every fold is tested once: set "
      f"config.data.num_folds to the number of folds there are, or prepare more people (there are {len(fold)})."
    )


def check_given_folds(given: np.ndarray, name: str, num_folds: int) -> None:
  """Checks folds that a table gives.

  Args:
    given: int [n], -1 where none is given.
    name: the table's file, for messages.
    num_folds: folds of participants.

  Raises:
    InputError: a fold is too high or, where all are given, nobody is in some fold.
  """
  if given.max(initial=-1) >= num_folds:
    raise errors.InputError(
      f"{name} has a fold {given.max()}, but folds go from 0 to {num_folds - 1} (config.data.num_folds)."
    )
  if given.min(initial=0) >= 0:  # nobody is left to fill a fold: said before images are read
    check_all_used(given, num_folds)


def from_samples(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
  """Returns participants, visits and given folds (int64 [n], -1 where none) of an own table or a folder's.

  Args:
    table: columns line, eid, instance, age_years, sex, ethnicity and fold; one row per sample, or several (images).
    name: the table's file, for messages.

  Raises:
    InputError: rows of one person or visit that contradict each other; the message names their lines.
  """
  people, visits = table.groupby("eid"), table.groupby(["eid", "instance"])
  table = table.assign(ethnicity=_known_ethnicities(table["ethnicity"], name))
  for column, keys in (("sex", ["eid"]), ("fold", ["eid"]), ("ethnicity", ["eid"]), ("age_years", ["eid", "instance"])):
    _refuse_contradictions(table, column, keys, name)
  participants = (
    table.groupby("eid").agg({"sex": "first", "ethnicity": "max"}).reset_index()
  )  # -5, missing, is the least code
  ages = visits["age_years"].first().reset_index().assign(centre=cohort_tables.CENTRE_MISSING)
  given = np.asarray(people["fold"].first(), np.int64)
  return (
    participants.astype(cohort_tables.PARTICIPANTS.dtypes),
    ages.astype(cohort_tables.VISITS.dtypes),
    given,
  )


def _refuse_contradictions(table: pd.DataFrame, column: str, keys: list[str], name: str) -> None:
  """Refuses different values of a column for one person or visit; a missing ethnicity contradicts none."""
  values = table.set_index(pd.Index(table["line"], name=cells.LINE))
  if column == "ethnicity":
    values = values[values["ethnicity"] >= 0]
  groups = values.groupby(keys)[column]
  differs = groups.transform("max") - groups.transform("min") > _SAME_AGE_YEARS
  if differs.any():
    num_different = len(values[differs].drop_duplicates(keys))
    raise errors.InputError(
      f"{name} gives {num_different} times different values of {column.removesuffix('_years')} for rows of one "
      f"{'person' if keys == ['eid'] else 'visit'} ({cells.lines(differs)}): correct them, or tell visits apart in a "
      "column `instance` and people in `id`."
    )


def _known_ethnicities(codes: pd.Series, name: str) -> pd.Series:
  """Returns codes of field 21000, `ethnicity.MISSING` for others, which no model knows."""
  is_known = codes.isin(list(ethnicity.CODES))
  if not is_known.all():
    logging.warning(
      "%s: %d values of ethnicity are not codes of field 21000 and are taken as missing", name, int((~is_known).sum())
    )
  return codes.where(is_known, ethnicity.MISSING)
