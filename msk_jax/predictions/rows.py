"""A model's predictions as arrays, of the people who are still in the cohort."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
from absl import logging

from msk_jax.cohort import schemas, source, withdrawal_memory, withdrawals
from msk_jax.disclosure import small_counts
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import pooled, pooled_record


@dataclasses.dataclass(frozen=True)
class Rows:
  """One part (`validation` or `test`) of a model's predictions.

  Attributes:
    person: int64 [n], the participant's row in `cohort/participants`, ascending.
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
    """How many participants there are."""
    return len(np.unique(self.person))

  def same_rows(self, other: "Rows") -> bool:
    """Returns whether the other model has the same samples with the same ages."""
    pairs = ((self.person, other.person), (self.instance, other.instance), (self.age_years, other.age_years))
    return all(np.array_equal(one, two) for one, two in pairs)


@dataclasses.dataclass(frozen=True)
class Predictions:
  """A model's validation and test rows, their fold map's hash, and how many rows were dropped (not in the cohort)."""

  validation: Rows
  test: Rows
  fold_map_hash: str
  num_dropped: int


def read_participants(workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> pd.DataFrame:
  """Returns `cohort/participants`, ordered by eid: who is not in it has withdrawn, and nothing of theirs is used.

  Args:
    workdir: holds `cohort/`.
    withdrawn: people who have withdrawn since the cohort was made; they are left out.
  """
  people = tables.read(workdir / schemas.FOLDER / "participants.parquet", schemas.PARTICIPANTS)
  return withdrawals.without(people, withdrawn)


def read(workdir: pathlib.Path, product: pooled.Product, model: str, participants: pd.DataFrame) -> Predictions:
  """Reads a model's pooled predictions.

  Args:
    workdir: holds `predictions/`.
    product: `sample` or `participant`.
    model: the model's name.
    participants: from `read_participants`.

  Raises:
    InputError: there are none, or a value is not finite.
  """
  table, fold_map_hash = pooled.read(workdir, product, model)
  ages = table[["age_years", "predicted_age_years"]].to_numpy(np.float64)
  if not np.isfinite(ages).all():
    raise errors.InputError(f"predictions of {model} ({product}) hold ages that are not finite: make them again.")
  lookup = pyarrow.compute.SetLookupOptions(value_set=pa.array(participants["eid"]))
  index = pyarrow.compute.call_function("index_in", [pa.array(table["eid"])], lookup)
  person = index.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
  is_there, parts = person >= 0, table["part"].to_numpy(str)
  columns = {
    "person": person,
    "instance": table["instance"].to_numpy(np.int64),
    "fold": table["fold"].to_numpy(np.int64),
    "age_years": ages[:, 0],
    "predicted_years": ages[:, 1],
  }
  made = {part: _ordered(columns, is_there & (parts == part)) for part in ("validation", "test")}
  return Predictions(made["validation"], made["test"], fold_map_hash, int((~is_there).sum()))


def _ordered(columns: dict[str, np.ndarray], chosen: np.ndarray) -> Rows:
  kept = np.flatnonzero(chosen)
  kept = kept[np.lexsort((columns["instance"][kept], columns["person"][kept]))]
  return Rows(**{name: values[kept] for name, values in columns.items()})


def read_all(workdir: pathlib.Path, product: pooled.Product, participants: pd.DataFrame) -> dict[str, Predictions]:
  """Reads all models of a product, by name; says how many rows of people not in the cohort were left out.

  Raises:
    InputError: predictions of different fold maps, or see `read`.
  """
  names = pooled.list_models(workdir, product)
  found = {name: read(workdir, product, name, participants) for name in names}
  if found:
    pooled.check_one_fold_map({name: one.fold_map_hash for name, one in found.items()})
  if dropped := sum(one.num_dropped for one in found.values()):
    logging.info("%s: %d predictions of people who are not in the cohort any more are left out", product, dropped)
  return found


def read_shown(workdir: pathlib.Path, product: pooled.Product, participants: pd.DataFrame) -> dict[str, Predictions]:
  """Reads the models of a product with test rows of at least five people, as `read_all`."""
  found = read_all(workdir, product, participants)
  return {name: one for name, one in found.items() if one.test.num_people >= small_counts.FEWEST_PEOPLE}


def nothing_shown() -> errors.InputError:
  """Returns the error for a workdir in which no model is shown."""
  return errors.InputError(
    f"no model has test predictions of {small_counts.FEWEST_PEOPLE} people of the cohort or more; fewer are not "
    "shown. Prepare more people or train more splits, then run python -m msk_jax.ensemble again."
  )


def hash_inputs(workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> dict[str, str]:
  """Returns hashes by path in the workdir: pooled predictions, their record, the cohort's tables, whose data they are.

  Where people of the cohort have withdrawn, a keyed hash of them is added.

  Raises:
    InputError: there is no prediction at all, or what there is is half-made.
  """
  cohort = [workdir / schemas.FOLDER / f"{name}.parquet" for name in ("participants", "visits")]
  cohort.append(source.path_of(workdir))  # published numbers stand beside some data only
  hashes = {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in cohort if path.exists()}
  return pooled_record.hash_predictions(workdir) | hashes | withdrawal_memory.hashes(workdir, withdrawn)


def by_same_rows(models: dict[str, Rows]) -> list[list[str]]:
  """Returns the names in groups of models that have the same rows: these share bootstrap draws and sums."""
  groups: list[list[str]] = []
  for name, found in models.items():
    for group in groups:
      if models[group[0]].same_rows(found):
        group.append(name)
        break
    else:
      groups.append([name])
  return groups
