"""Whether a model's predictions rise with age at all. Where they do not, its accelerated ageing is noise.

The bias correction takes the line of predicted on chronological age away, whatever its slope. So a model that knows
nothing of age gets accelerations that look like any other's.
"""

import dataclasses
import math

import numpy as np

from msk_jax.predictions.pooled_rows import Rows

_LEAST_T = 2.0  # of a slope that is not chance: one ignorant model in forty has more


@dataclasses.dataclass(frozen=True)
class Slope:
  """Slope of predicted on chronological age, years per year, and its standard error."""

  value: float
  standard_error: float

  @property
  def is_above_chance(self) -> bool:
    """Whether the slope is positive, by more than two standard errors."""
    return self.value > _LEAST_T * self.standard_error


def fit_slope(age_years: np.ndarray, predicted_years: np.ndarray, person: np.ndarray) -> Slope:
  """Returns the least-squares slope, with people as clusters: several visits of one person count as one observation.

  Source: Liang and Zeger, Longitudinal data analysis using generalized linear models, Biometrika 1986 (the sandwich
  estimator), times c / (c - 1) for c people.

  Args:
    age_years: float64 [n].
    predicted_years: float64 [n].
    person: int [n].

  Returns:
    The slope. Its standard error is infinite for a single person, and both are NaN where all ages are equal.
  """
  if not len(age_years) or np.ptp(age_years) == 0:
    return Slope(math.nan, math.nan)
  centred = age_years - age_years.mean()
  spread = centred @ centred
  value = float(centred @ predicted_years / spread)
  residual = predicted_years - predicted_years.mean() - value * centred
  _, cluster = np.unique(person, return_inverse=True)
  sums = np.bincount(cluster, centred * residual)
  if len(sums) < 2:
    return Slope(value, math.inf)
  return Slope(value, float(np.sqrt(sums @ sums * len(sums) / (len(sums) - 1)) / spread))


def describe_lack(rows: Rows) -> str:
  """Returns a warning if predictions do not rise with age more than chance allows, else an empty string."""
  slope = fit_slope(rows.age_years, rows.predicted_years, rows.person)
  return "" if slope.is_above_chance else f"{describe(slope)}: its accelerated ageing is noise"


def describe(slope: Slope) -> str:
  """Returns what a slope says that is not above chance."""
  return (
    f"its predictions do not rise with age more than chance allows (slope {slope.value:.3f} years per year, standard "
    f"error {slope.standard_error:.3f})"
  )
