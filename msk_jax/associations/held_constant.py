"""What is held constant: age, sex and ethnicity of each sample, and options; and who is dependent on whom."""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import families
from msk_jax.cohort.people import People
from msk_jax.io import errors
from msk_jax.schemas import cohort_tables


@dataclasses.dataclass(frozen=True)
class Covariates:
  """Covariates of samples, without a constant.

  Attributes:
    values: float64 [n, c], NaN where missing.
    names: [c].
    num_without_age: samples without an age, which are left out.
  """

  values: np.ndarray
  names: tuple[str, ...]
  num_without_age: int


def covariates(
  samples: pd.DataFrame, participants: pd.DataFrame, visits: pd.DataFrame, options: Collection[str] = ()
) -> Covariates:
  """Returns the covariates of samples; the commonest level of a factor is its reference.

  Args:
    samples: `eid`, `instance`.
    participants: schema participants.
    visits: schema visits.
    options: of `spec.OPTIONAL_COVARIATES`.

  Raises:
    InputError: people of the samples are not in the cohort.
  """
  table = (
    samples[["eid", "instance"]]
    .merge(participants, on="eid", how="left")
    .merge(visits, on=["eid", "instance"], how="left")
  )
  if num := int(table["sex"].isna().sum()):
    raise errors.InputError(f"{num:,} samples are of people who are not in the cohort: prepare it and the ages again.")
  age, sex = table["age_years"].to_numpy(np.float64), table["sex"].to_numpy(np.float64)
  columns = {"age": age, "sex": sex, **_levels("ethnicity", table["ethnicity"].to_numpy(np.int64))}
  centred = age - np.nanmean(age) if np.isfinite(age).any() else age
  if "age_squared" in options:
    columns["age_squared"] = centred**2
  if "age_x_sex" in options:
    columns["age_x_sex"] = centred * sex
  if "centre" in options:
    columns |= _levels("centre", table["centre"].fillna(cohort_tables.CENTRE_MISSING).to_numpy(np.int64))
  num_without_age = int(np.isnan(age).sum())
  if num_without_age:
    logging.warning("%d samples have no age at their visit in the cohort and are left out", num_without_age)
  return Covariates(np.column_stack(list(columns.values())), tuple(columns), num_without_age)


def _levels(name: str, codes: np.ndarray) -> dict[str, np.ndarray]:
  """Returns an indicator per level but the commonest."""
  levels, counts = np.unique(codes, return_counts=True)
  reference = levels[np.argmax(counts)]
  return {f"{name}_{level}": (codes == level).astype(np.float64) for level in levels if level != reference}


@dataclasses.dataclass(frozen=True)
class Groups:
  """Who is who among samples, and who is related.

  Attributes:
    person: int64 [n].
    cluster: int64 [n]: family, or person where no relatedness is given.
    unit: `family` or `participant`.
    counts: of pairs of relatives.
  """

  person: np.ndarray
  cluster: np.ndarray
  unit: str
  counts: dict[str, int]

  @property
  def num_people(self) -> int:
    """Different people."""
    return int(self.person.max(initial=-1)) + 1


def groups(samples: pd.DataFrame, relatedness: Sequence[pathlib.Path], in_tables: Collection[str]) -> Groups:
  """Returns people and families of samples.

  Args:
    samples: `eid`, `instance`.
    relatedness: files, see `families.read`.
    in_tables: everybody of the cohort, to tell whether the files are of other people.
  """
  people = People(samples["eid"].astype(str))
  person = people.number_of(samples["eid"].astype(str))
  if not relatedness:
    logging.warning(
      "NO RELATEDNESS FILE: standard errors are clustered by participant, and relatives count as unrelated. Name the "
      "file with --relatedness"
    )
    return Groups(person, person, "participant", {})
  family, counts = families.of_cohort(families.read(relatedness), people.eid.tolist(), in_tables)
  return Groups(person, family[person], "family", counts)
