"""The truth of a measured acceleration: how much of it the planted scores explain in a cohort.

Errors of prediction dilute heritability. General ageing is not a latent dimension: its heritability and genetic
correlations are those of its regression on the five scores.
"""

import dataclasses

import numpy as np

from msk_jax.simulation import latent


@dataclasses.dataclass(frozen=True)
class Generating:
  """What generates the latent accelerations, in the order of `latent.DIMENSIONS`: float64 [5] and [5, 5]."""

  heritability: np.ndarray
  genetic_correlation: np.ndarray


def generating() -> Generating:
  """Returns the heritabilities and genetic correlations of the latent accelerations: the published ones."""
  return Generating(latent.HERITABILITY.copy(), latent.genetic_correlation())


def measured_truth(acceleration_years: np.ndarray, genetic_years: np.ndarray) -> tuple[float, float]:
  """Returns the heritability of a measured acceleration, and its standard error.

  For one score it is the squared correlation, for several the adjusted R2 of a regression on them. The standard error
  is the asymptotic one of R2 (Olkin and Finn, Psychological Bulletin 1995, 118:155).

  Args:
    acceleration_years: float64 [n].
    genetic_years: float64 [n], the planted score of the same dimension, or [n, k], several scores.

  Raises:
    ValueError: the shapes differ, a value is not finite, there are too few people, or the acceleration is constant.
  """
  y, scores = _check(acceleration_years, genetic_years)
  n, k = scores.shape
  r2 = float(np.var(_fit(y, scores)) / np.var(y))
  se = np.sqrt(4 * r2 * (1 - r2) ** 2 * (n - k - 1) ** 2 / ((n**2 - 1) * (n + 3)))
  h2 = r2 if np.ndim(genetic_years) == 1 else 1 - (1 - r2) * (n - 1) / (n - k - 1)
  return h2, float(se)


def measured_genetic_correlation(one_years: np.ndarray, other_years: np.ndarray, genetic_years: np.ndarray) -> float:
  """Returns the genetic correlation of two measured accelerations: that of their regressions on the scores.

  Args:
    one_years: float64 [n].
    other_years: float64 [n], of the same people.
    genetic_years: float64 [n, k], the planted scores.

  Raises:
    ValueError: see `measured_truth`.
  """
  one, other = (_fit(*_check(years, genetic_years)) for years in (one_years, other_years))
  return float(np.corrcoef(one, other)[0, 1])


def _check(acceleration_years: np.ndarray, genetic_years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns both, centred, as [n] and [n, k]."""
  y, scores = np.asarray(acceleration_years, float), np.asarray(genetic_years, float)
  scores = scores[:, None] if scores.ndim == 1 else scores
  if y.ndim != 1 or scores.ndim != 2 or len(y) != len(scores):
    raise ValueError(f"accelerations {y.shape} and scores {np.shape(genetic_years)} do not fit together.")
  if not (np.isfinite(y).all() and np.isfinite(scores).all()):
    raise ValueError("accelerations and scores must be finite: leave out people without them.")
  if len(y) < scores.shape[1] + 3 or not y.std() > 0:
    raise ValueError(f"{len(y)} people, or an acceleration that is constant, say nothing about heritability.")
  return y - y.mean(), scores - scores.mean(axis=0)


def _fit(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
  """Returns the regression of y on the scores, float64 [n]; both are centred."""
  return scores @ np.linalg.lstsq(scores, y, rcond=None)[0]
