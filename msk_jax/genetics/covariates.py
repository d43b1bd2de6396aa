"""The covariates of the analysed people: who lacks which, levels, and a check that none follows from the others.

Source: paper, Methods ("GWAS"): age at the first visit, sex, ethnicity, assessment centre, 20 principal components.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import ethnicity
from msk_jax.genetics import design
from msk_jax.genetics.analysis import FEMALE, MALE, Covariates
from msk_jax.genetics.spec import CovariateSpec
from msk_jax.io import errors
from msk_jax.schemas import cohort_tables

_SMALL_LEVEL = 10  # people
_SHOWN = 8
_SETTINGS = {"age": "", "sex": "", "pc": "num_pcs"}  # covariate to its setting where the names differ


def lacking(table: pd.DataFrame, spec: CovariateSpec) -> dict[str, np.ndarray]:
  """Returns who lacks what of the wanted covariates: name to bool [n].

  Args:
    table: columns of `cohort_people.CohortPeople.table`.
    spec: which are wanted.
  """
  lacks = {"age": ~np.isfinite(table["age_years"].to_numpy(np.float64))}
  if spec.ethnicity:
    lacks["ethnicity"] = (table["ethnicity"] == ethnicity.MISSING).to_numpy(bool)
  if spec.centre:
    lacks["centre"] = (table["centre"] == cohort_tables.CENTRE_MISSING).to_numpy(bool)
  if spec.num_pcs:
    lacks["principal components"] = table[_pc_names(spec)].isna().any(axis=1).to_numpy(bool)
  if spec.array or spec.batch:
    lacks["array" if spec.array else "batch"] = (table["batch"] == cohort_tables.BATCH_MISSING).to_numpy(bool)
  return lacks


def make(table: pd.DataFrame, spec: CovariateSpec) -> Covariates:
  """Returns the covariates of people who lack none.

  Categorical covariates with one level are left out with a word; levels of few people are named.

  Args:
    table: columns of `cohort_people.CohortPeople.table`, of the analysed people in their order.
    spec: which are wanted.

  Raises:
    InputError: a covariate is constant or follows from others; the message names them and the setting.
  """
  age = table["age_years"].to_numpy(np.float64)
  is_male = (table["sex"] == MALE).to_numpy(bool)
  centred = age - age.mean()
  quantitative = {"age": age}
  if spec.age_squared:
    quantitative["age_squared"] = centred**2
  if spec.age_by_sex and is_male.any() and not is_male.all():
    quantitative["age_by_sex"] = centred * is_male
  elif spec.age_by_sex:
    logging.warning("age_by_sex is left out of the covariates: all people have one sex")
  quantitative |= {name: table[name].to_numpy(np.float64) for name in _pc_names(spec)}
  categorical = _with_several_levels(_levels(table, spec))
  covariates = Covariates(quantitative, categorical)
  _refuse_dependent(covariates, len(table))
  return covariates


def _pc_names(spec: CovariateSpec) -> list[str]:
  return [f"pc_{number}" for number in range(1, spec.num_pcs + 1)]


def _levels(table: pd.DataFrame, spec: CovariateSpec) -> dict[str, np.ndarray]:
  """Returns categorical covariates as texts that no program takes for a number or for missing (batch -9 is real)."""
  batch = table["batch"].to_numpy(np.int64)
  arrays = np.where(batch < 0, "bileve", "axiom")
  levels = {"sex": np.where(table["sex"] == FEMALE, "female", "male")}
  if spec.ethnicity:
    names = table["ethnicity"].map(lambda code: ethnicity.CODES.get(code, f"code{code}"))
    levels["ethnicity"] = names.to_numpy(object).astype(str)
  if spec.centre:
    levels["centre"] = np.char.add("c", table["centre"].to_numpy(np.int64).astype(str))
  if spec.array:
    levels["array"] = arrays
  if spec.batch:
    levels["batch"] = np.char.add(np.char.add(arrays, "_"), np.abs(batch).astype(str))
  return levels


def _with_several_levels(categorical: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  kept = {}
  for name, values in categorical.items():
    levels, counts = np.unique(values, return_counts=True)
    if len(levels) == 1:
      logging.info("%s is left out of the covariates: all people have the level %s", name, levels[0])
      continue
    kept[name] = values
    if len(small := levels[counts < _SMALL_LEVEL]):
      logging.warning(
        "%s: %d levels have fewer than %d people, who stay: %s%s",
        name,
        len(small),
        _SMALL_LEVEL,
        ", ".join(small[:_SHOWN]),
        " and others" if len(small) > _SHOWN else "",
      )
  return kept


def _refuse_dependent(covariates: Covariates, num_people: int) -> None:
  dependent = design.find_dependent(design.make(covariates, num_people))
  lines, settings = [], []
  for column, others in dependent.items():
    named = [str(other) for other in others if other.covariate != design.INTERCEPT]
    shown = ", ".join(named[:_SHOWN]) + (" and others" if len(named) > _SHOWN else "")
    lines.append(f"{column} follows from {shown}" if named else f"{column} is constant")
    settings.append(_setting(column.covariate))
  if lines:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    raise errors.InputError(
      f"covariates of {num_people:,} people are collinear: {'; '.join(lines[:_SHOWN])}{more}. Effects of covariates "
      f"that say the same can't be told apart. Change {' or '.join(dict.fromkeys(settings))}, or analyse more people."
    )


def _setting(covariate: str) -> str:
  name = _SETTINGS.get(covariate.split("_")[0] if covariate.startswith("pc_") else covariate, covariate)
  return f"config.gwas.covariates.{name}" if name else "the people (config.gwas.ethnicities, config.gwas.strata)"
