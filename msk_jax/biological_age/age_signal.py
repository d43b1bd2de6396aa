"""Whether a model's predictions rise with age at all. Where they do not, its accelerated ageing is noise.

The bias correction takes the line of predicted on chronological age away, whatever its slope. So a model that knows
nothing of age gets accelerations that look like any other's. Networks see sex and ethnicity. Where these go with age,
the mean age of one's own group rises with age too. So the slope is that within people of one sex and ethnicity.
"""

import dataclasses
import math

import numpy as np
import pandas as pd

from msk_jax.predictions.pooled_rows import Rows

_ROUNDING = 1e-20  # of a sum of squares that is nothing but rounding
_LEAST_T = 2.0  # of a slope that is not chance: one ignorant model in forty has more


@dataclasses.dataclass(frozen=True)
class Slope:
  """Slope of predicted on chronological age within groups, years per year, and its standard error."""

  value: float
  standard_error: float

  @property
  def is_above_chance(self) -> bool:
    """Whether the slope is positive, by more than two standard errors."""
    return self.value > _LEAST_T * self.standard_error


def group_people(participants: pd.DataFrame) -> np.ndarray:
  """Returns a number for each participant's sex and ethnicity together, int64 [p].

  Args:
    participants: schema participants.
  """
  return participants.groupby(["sex", "ethnicity"]).ngroup().to_numpy(np.int64)


def fit_slope(age_years: np.ndarray, predicted_years: np.ndarray, person: np.ndarray, group: np.ndarray) -> Slope:
  """Returns the least-squares slope within groups, with people as clusters: a person's visits count as one observation.

  Source: Liang and Zeger, Longitudinal data analysis using generalized linear models, Biometrika 1986 (the sandwich
  estimator), times c / (c - 1) for c people.

  Args:
    age_years: float64 [n].
    predicted_years: float64 [n].
    person: int or str [n].
    group: int [n], of the person; each group has an intercept of its own.

  Returns:
    The slope. Its standard error is infinite for a single person, and both are NaN where ages within groups are equal.
  """
  _, group = np.unique(group, return_inverse=True)
  age, predicted = (_centre(values, group) for values in (age_years, predicted_years))
  spread = age @ age
  if not len(age) or spread <= _ROUNDING * (age_years @ age_years):
    return Slope(math.nan, math.nan)
  value = float(age @ predicted / spread)
  residual = predicted - value * age
  _, cluster = np.unique(person, return_inverse=True)
  sums = np.bincount(cluster, age * residual)
  if len(sums) < 2:
    return Slope(value, math.inf)
  return Slope(value, float(np.sqrt(sums @ sums * len(sums) / (len(sums) - 1)) / spread))


def _centre(values: np.ndarray, group: np.ndarray) -> np.ndarray:
  """Returns values minus the mean of their group, float64 [n]."""
  sums, counts = np.bincount(group, values), np.bincount(group)
  return values - (sums / np.maximum(counts, 1))[group]


def describe_lack(rows: Rows, group_of_person: np.ndarray) -> str:
  """Returns a warning if predictions do not rise with age more than chance allows, else an empty string.

  Args:
    rows: of a model.
    group_of_person: from `group_people`, of the participants whose numbers the rows have.
  """
  slope = fit_slope(rows.age_years, rows.predicted_years, rows.person, group_of_person[rows.person])
  return "" if slope.is_above_chance else f"{describe(slope)}: its accelerated ageing is noise"


def describe(slope: Slope) -> str:
  """Returns what a slope says that is not above chance."""
  return (
    "its predictions do not rise with age more than chance allows (slope within sex and ethnicity "
    f"{slope.value:.3f} years per year, standard error {slope.standard_error:.3f})"
  )
