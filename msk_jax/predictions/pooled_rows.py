"""A model's pooled predictions as arrays, without people who are not in the cohort any more."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import source, split_parts, withdrawal_memory, withdrawals
from msk_jax.cohort.people import People
from msk_jax.disclosure import small_counts
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import pooled_record, pooled_table
from msk_jax.schemas import cohort_tables


@dataclasses.dataclass(frozen=True)
class Rows:
  """One part (`validation` or `test`) of a model's predictions.

  Attributes:
    person: int64 [n], the participant's number (`cohort.people`), ascending.
    instance: int64 [n], the visit, ascending within a person.
    fold: int64 [n], the data fold.
    age_years: float64 [n], chronological.
    predicted_years: float64 [n].
  """

  person: np.ndarray
  instance: np.ndarray
  fold: np.ndarray
  age_years: np.ndarray
  predicted_years: np.ndarray

  def __len__(self) -> int:
    return len(self.person)

  @property
  def num_people(self) -> int:
    """Number of participants."""
    return len(np.unique(self.person))

  def has_same_samples(self, other: "Rows") -> bool:
    """Returns whether the other rows are of the same samples, with the same ages."""
    pairs = ((self.person, other.person), (self.instance, other.instance), (self.age_years, other.age_years))
    return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


@dataclasses.dataclass(frozen=True)
class Predictions:
  """A model's predictions.

  Attributes:
    validation: rows of the part `validation`.
    test: rows of the part `test`.
    fold_map_hash: of the folds that the model was trained with.
    num_dropped: rows dropped because their participant is not in the cohort any more.
  """

  validation: Rows
  test: Rows
  fold_map_hash: str
  num_dropped: int


def read_participants(workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> pd.DataFrame:
  """Returns `cohort/participants`, ordered by eid as `cohort.people` numbers them.

  People who are not in it have withdrawn: drop what is theirs.

  Args:
    workdir: holds `cohort/`.
    withdrawn: people who have withdrawn since `prepare` wrote the cohort; they are dropped.
  """
  people = tables.read(workdir / cohort_tables.FOLDER / "participants.parquet", cohort_tables.PARTICIPANTS)
  return withdrawals.without(people, withdrawn).sort_values("eid", ignore_index=True)


def read(workdir: pathlib.Path, product: pooled_table.Product, model: str, participants: pd.DataFrame) -> Predictions:
  """Reads a model's pooled predictions.

  Args:
    workdir: holds `predictions/`.
    product: `sample` or `participant`.
    model: the model's name.
    participants: from `read_participants`.

  Raises:
    InputError: the file does not exist, or a value is not finite.
  """
  table, fold_map_hash = pooled_table.read(workdir, product, model)
  ages = table[["age_years", "predicted_age_years"]].to_numpy(np.float64)
  if not np.isfinite(ages).all():
    raise errors.InputError(
      f"predictions of {model} ({product}) hold ages that are not finite: run python -m msk_jax.ensemble again."
    )
  person = People(participants["eid"]).number_of(table["eid"])
  is_known, part_of = person >= 0, table["part"].to_numpy(str)
  columns = {
    "person": person,
    "instance": table["instance"].to_numpy(np.int64),
    "fold": table["fold"].to_numpy(np.int64),
    "age_years": ages[:, 0],
    "predicted_years": ages[:, 1],
  }
  rows = {part: _ordered(columns, is_known & (part_of == part)) for part in split_parts.PARTS}
  return Predictions(**rows, fold_map_hash=fold_map_hash, num_dropped=int((~is_known).sum()))


def _ordered(columns: dict[str, np.ndarray], chosen: np.ndarray) -> Rows:
  kept = np.flatnonzero(chosen)
  kept = kept[np.lexsort((columns["instance"][kept], columns["person"][kept]))]
  return Rows(**{name: values[kept] for name, values in columns.items()})


def read_all(
  workdir: pathlib.Path, product: pooled_table.Product, participants: pd.DataFrame
) -> dict[str, Predictions]:
  """Reads all models of a product, by name; logs how many rows of people not in the cohort were dropped.

  Raises:
    InputError: predictions of different fold maps, or see `read`.
  """
  names = pooled_table.list_models(workdir, product)
  models = {name: read(workdir, product, name, participants) for name in names}
  if models:
    pooled_table.check_one_fold_map({name: predictions.fold_map_hash for name, predictions in models.items()})
  if num_dropped := sum(predictions.num_dropped for predictions in models.values()):
    logging.info("%s: %d predictions of people who are not in the cohort any more are dropped", product, num_dropped)
  return models


def read_shown(
  workdir: pathlib.Path, product: pooled_table.Product, participants: pd.DataFrame
) -> dict[str, Predictions]:
  """Reads the models of a product with test rows of at least five people, as `read_all`."""
  models = read_all(workdir, product, participants)
  return {name: model for name, model in models.items() if model.test.num_people >= small_counts.FEWEST_PEOPLE}


def nothing_shown() -> errors.InputError:
  """Returns the error for a workdir in which no model is shown."""
  return errors.InputError(
    f"no model has test predictions of {small_counts.FEWEST_PEOPLE} people of the cohort or more, and fewer are not "
    "shown. Prepare more people or train more splits, then run python -m msk_jax.ensemble again."
  )


def hash_inputs(workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> dict[str, str]:
  """Returns hashes by path in the workdir: of pooled predictions, their record, the cohort's tables and its source.

  If people of the cohort have withdrawn, a keyed hash of them is added.

  Raises:
    InputError: there are no predictions, or they are not those of the record.
  """
  cohort = [workdir / cohort_tables.FOLDER / f"{name}.parquet" for name in ("participants", "visits")]
  cohort.append(source.path_of(workdir))  # published numbers are shown beside some data only
  hashes = {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in cohort if path.exists()}
  return pooled_record.hash_predictions(workdir) | hashes | withdrawal_memory.hashes(workdir, withdrawn)


def by_same_rows(models: dict[str, Rows]) -> list[list[str]]:
  """Returns the names in groups of models with the same samples, which share bootstrap draws and sums."""
  groups: list[list[str]] = []
  for name, rows in models.items():
    for group in groups:
      if models[group[0]].has_same_samples(rows):
        group.append(name)
        break
    else:
      groups.append([name])
  return groups
