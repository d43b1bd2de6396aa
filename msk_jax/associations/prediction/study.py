"""Everything that predictions share: accelerated ageing, age, sex, ethnicity, folds; and a category's variables."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.associations.cleaning import exposures
from msk_jax.associations.prediction import clusters
from msk_jax.associations.variables import Variables
from msk_jax.cohort import ethnicity
from msk_jax.cohort.people import People
from msk_jax.disclosure import small_counts
from msk_jax.io import errors

DISEASES = "diseases"  # the main category of which all variables are taken
_BLOCK = 64  # variables read at a time


@dataclasses.dataclass(frozen=True, eq=False)
class Study:
  """Samples, in the order of the cleaned variables.

  Attributes:
    y: float64 [n, d] accelerated ageing, years; NaN where missing.
    dimensions: names of the d outcomes.
    covariates: float64 [n, c] age, sex and ethnicity; NaN in samples that can't be used.
    covariate_names: [c].
    person: int64 [n].
    fold: int64 [n], -1 for people without one.
    num_folds: of the fold map.
  """

  y: np.ndarray
  dimensions: tuple[str, ...]
  covariates: np.ndarray
  covariate_names: tuple[str, ...]
  person: np.ndarray
  fold: np.ndarray
  num_folds: int

  def is_usable(self, k: int) -> np.ndarray:
    """Returns which samples have outcome k, age and a fold, bool [n]."""
    return np.isfinite(self.y[:, k]) & np.isfinite(self.covariates).all(axis=1) & (self.fold >= 0)

  def whole(self, k: int) -> tuple[int, int]:
    """Returns samples and people that have outcome k."""
    rows = self.is_usable(k)
    return int(rows.sum()), len(np.unique(self.person[rows]))


@dataclasses.dataclass(frozen=True, eq=False)
class Category:
  """The variables of a category, or of a main category.

  Attributes:
    main_category: its main category.
    category: empty if it is a main category itself.
    names: of the v usable variables.
    bits: uint64 [v, w], the samples that have each variable.
  """

  main_category: str
  category: str
  names: tuple[str, ...]
  bits: np.ndarray

  def choose(self, rows: np.ndarray) -> clusters.Cluster | None:
    """Returns the best cluster among some samples, bool [n]; of diseases all variables. None without any value."""
    own = self.bits & clusters.pack(rows)
    return clusters.all_of(own) if self.main_category == DISEASES else clusters.find_best(own)


def make(y: np.ndarray, dimensions: tuple[str, ...], cohort: exposures.Cohort) -> Study:
  """Joins accelerated ageing with the cohort.

  Args:
    y: float64 [n, d].
    dimensions: [d].
    cohort: whose n samples they are, with folds.

  Raises:
    InputError: the cohort has no folds.
  """
  if cohort.folds is None:
    raise errors.InputError("the cohort has no folds: run `python -m msk_jax.prepare` again.")
  samples, folds = cohort.samples, cohort.folds
  keys = samples[["eid", "instance"]]
  table = keys.merge(cohort.participants, on="eid", how="left").merge(folds, on="eid", how="left")
  table = table.merge(cohort.visits, on=["eid", "instance"], how="left")
  # All columns of ethnicity, as the models of age get them: which levels there are would depend on the test fold.
  codes = table["ethnicity"].fillna(ethnicity.MISSING).to_numpy(np.int64)
  covariates = np.column_stack(
    [
      table["age_years"].to_numpy(np.float64),
      table["sex"].to_numpy(np.float64, na_value=np.nan),
      ethnicity.one_hot(codes),
    ]
  )
  names = ("age", "sex", *(f"ethnicity_{column.lower()}" for column in ethnicity.ETHNICITY_COLUMNS))
  eid = samples["eid"].astype(str)
  fold = table["fold"].fillna(-1).to_numpy(np.int64)
  num_folds = cohort.num_folds or int(folds["fold"].max()) + 1
  return Study(y, dimensions, covariates, names, People(eid).number_of(eid), fold, num_folds)


def list_categories(index: pd.DataFrame, level: str) -> list[tuple[str, str]]:
  """Returns main category and category (empty at that level) of all that have a row in the index, in its order."""
  columns = (
    index[["main_category", "category"]] if level == "category" else index[["main_category"]].assign(category="")
  )
  return list(columns.drop_duplicates().itertuples(index=False, name=None))


def usable_names(index: pd.DataFrame, main_category: str, category: str) -> tuple[str, ...]:
  """Returns the usable variables of a category."""
  rows = index[(index["main_category"] == main_category) & (index["reason"] == "")]
  return tuple(rows["variable"] if category == "" else rows[rows["category"] == category]["variable"])


def read_category(opened: Variables, main_category: str, category: str) -> Category:
  """Reads who has which variable of a category, block by block."""
  names = usable_names(opened.index, main_category, category)
  parts = [clusters.pack(np.isfinite(values).T) for _, values in opened.iterate(names, _BLOCK)]
  width = len(clusters.pack(np.zeros(len(opened.samples), bool)))
  bits = np.concatenate(parts) if parts else np.zeros((0, width), np.uint64)
  return Category(main_category, category, names, bits)


def unread(main_category: str, category: str, names: tuple[str, ...]) -> Category:
  """Returns a category of which nothing but the variables' names is known."""
  return Category(main_category, category, names, np.zeros((0, 0), np.uint64))


def count_rarer(values: np.ndarray, person: np.ndarray) -> int | None:
  """Returns people with the rarer of two values, 0 of a constant, None of a variable of more values.

  Args:
    values: float64 [n], finite.
    person: int64 [n].
  """
  low, high = values.min(), values.max()
  if low == high:
    return 0
  is_high = values == high
  if not (is_high | (values == low)).all():
    return None
  cells = small_counts.count_people(is_high.astype(np.int64), person, 2)
  return int(cells.min())
