"""The rows that variables are made for: visits of the samples' people, ordered by person and visit."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.cohort import people, visit_keys
from msk_jax.io import errors, ids


@dataclasses.dataclass(frozen=True)
class Rows:
  """Visits, ordered by person, then by visit.

  Attributes:
    people: the people, numbered.
    person: int64 [r], the person's number.
    instance: int64 [r], the visit.
    sample: int64 [n], each sample's row.
  """

  people: people.People
  person: np.ndarray
  instance: np.ndarray
  sample: np.ndarray

  def __len__(self) -> int:
    return len(self.person)

  def find(self, person: np.ndarray, instance: np.ndarray | int) -> np.ndarray:
    """Returns the rows of visits, int64 [m]; -1 for those that are none.

    Args:
      person: int [m], people's numbers, -1 for unknown ones.
      instance: int [m] or one for all.
    """
    key, wanted = visit_keys.make(self.person, self.instance), visit_keys.make(person, instance)
    place = np.searchsorted(key, wanted).clip(0, len(key) - 1)
    return np.where(key[place] == wanted, place, -1)


@dataclasses.dataclass(frozen=True)
class Scope:
  """Where values go that were read for units: people at a visit, people at all visits, or rows themselves.

  Attributes:
    row: int64 [m], rows.
    unit: int64 [m], the unit whose value a row gets.
    num_units: how many units there are.
  """

  row: np.ndarray
  unit: np.ndarray
  num_units: int


def make(samples: pd.DataFrame, visits: pd.DataFrame | None = None) -> Rows:
  """Returns the rows of the samples, and of all visits of their people if these are given.

  Args:
    samples: `eid`, `instance`.
    visits: schema visits.

  Raises:
    InputError: there are no samples, or one of them twice.
  """
  if samples.empty:
    raise errors.InputError("there are no samples with an accelerated ageing: nothing to associate with.")
  if num := int(samples.duplicated(["eid", "instance"]).sum()):
    raise errors.InputError(f"{num:,} samples are twice among those with an accelerated ageing.")
  everybody = people.People([ids.plain(eid) for eid in samples["eid"].unique().tolist()])
  wanted = visit_keys.make(_number(everybody, samples), samples["instance"].to_numpy(np.int64))
  keys = wanted
  if visits is not None:
    person = _number(everybody, visits)
    is_theirs = person >= 0
    others = visit_keys.make(person[is_theirs], visits["instance"].to_numpy(np.int64)[is_theirs])
    keys = np.concatenate([wanted, others])
  keys = np.unique(keys)
  person = visit_keys.person_of(keys)
  instance = keys - visit_keys.make(person, 0)
  return Rows(everybody, person, instance, np.searchsorted(keys, wanted))


def at_visit(rows: Rows, instance: int) -> Scope:
  """Returns the scope of values per person at a visit."""
  row = np.flatnonzero(rows.instance == instance)
  return Scope(row, rows.person[row], len(rows.people))


def at_all_visits(rows: Rows) -> Scope:
  """Returns the scope of values per person that hold at all visits."""
  return Scope(np.arange(len(rows)), rows.person, len(rows.people))


def _number(everybody: people.People, table: pd.DataFrame) -> np.ndarray:
  eid, place = np.unique(table["eid"].to_numpy(str), return_inverse=True)
  return everybody.number_of([ids.plain(each) for each in eid.tolist()])[place]
