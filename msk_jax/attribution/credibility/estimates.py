"""Means and correlations over pictures, with standard errors and intervals over people or over shuffled networks."""

import dataclasses
from typing import Any

import numpy as np

from msk_jax.attribution import whose
from msk_jax.scores import bootstrap

_REPLICATES = 1000
_SEED = 0
_INTERVAL = (2.5, 97.5)  # percentiles
_FEWEST_PEOPLE = 3  # of a standard error
_NO_SPREAD = 1e-12  # variance, relative to the mean square, that rounding explains


@dataclasses.dataclass(frozen=True)
class Estimate:
  """A statistic and how sure it is.

  Attributes:
    value: NaN if there are no samples.
    se: SD over bootstraps of people, or of the mean over shuffles; NaN for fewer than three people or two shuffles.
    low: of the interval of 95%.
    high: of the interval of 95%.
    num_samples: with a value.
    num_people: with a value.
    num_left_out: samples without a value.
    num_shuffles: that the interval is over; 0 where it is over people.
  """

  value: float
  se: float
  low: float
  high: float
  num_samples: int
  num_people: int
  num_left_out: int
  num_shuffles: int = 0


def mean(values: np.ndarray, whose_values: whose.Whose) -> Estimate:
  """Returns the mean over pictures.

  Args:
    values: [n], NaN for pictures that are left out.
    whose_values: [n]; people are drawn with all their pictures.
  """
  is_known = np.isfinite(values)
  terms = np.column_stack([np.ones(is_known.sum()), values[is_known]])
  return _estimate(terms, is_known, whose_values, lambda sums: sums[:, 1] / sums[:, 0])


def correlation(
  first: np.ndarray, second: np.ndarray, whose_values: whose.Whose, given: np.ndarray | None = None
) -> Estimate:
  """Returns Pearson's correlation over pictures.

  Args:
    first: [n], NaN for pictures that are left out.
    second: [n].
    whose_values: see `mean`.
    given: float [n, k]; both variables are taken as residuals of a linear regression on these.
  """
  is_known = np.isfinite(first) & np.isfinite(second)
  x, y = (_residuals(values[is_known], None if given is None else given[is_known]) for values in (first, second))
  terms = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])
  return _estimate(terms, is_known, whose_values, _pearson)


def mean_over_shuffles(values: np.ndarray, whose_values: whose.Whose) -> Estimate:
  """Returns the mean over shuffled networks of the mean over pictures; the interval is that of one shuffle's mean.

  Args:
    values: [s, n], NaN for maps that are left out.
    whose_values: [n].
  """
  is_known = np.isfinite(values)
  counts = is_known.sum(axis=1)
  means = np.where(is_known, values, 0.0).sum(axis=1)[counts > 0] / counts[counts > 0]
  num_samples, num_people, num_left_out = _count(np.any(is_known, axis=0), whose_values)
  if not len(means):
    return Estimate(np.nan, np.nan, np.nan, np.nan, 0, 0, num_left_out)
  se = low = high = np.nan
  if len(means) > 1:
    se = float(means.std(ddof=1) / np.sqrt(len(means)))
    low, high = map(float, np.percentile(means, _INTERVAL))
  return Estimate(float(means.mean()), se, low, high, num_samples, num_people, num_left_out, len(means))


def _count(is_known: Any, whose_values: whose.Whose) -> tuple[int, int, int]:
  """Returns numbers of samples and of people with a value, and of samples without one."""
  known = whose_values.take(is_known)
  num_samples = len(np.unique(known.sample))
  return num_samples, len(np.unique(known.person)), len(np.unique(whose_values.sample)) - num_samples


def _residuals(values: np.ndarray, given: np.ndarray | None) -> np.ndarray:
  """Returns values less their regression on what is given, or less their mean; all but 0 where nothing is left."""
  values = values.astype(np.float64)
  ones = np.ones((len(values), 1))
  design = ones if given is None else np.hstack([ones, given])
  if not len(values):
    return values
  left = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
  return np.where(np.square(left).mean() <= _NO_SPREAD * np.square(values).mean(), 0.0, left)


def _pearson(sums: np.ndarray) -> np.ndarray:
  n, x, y, xx, yy, xy = sums.T
  with np.errstate(divide="ignore", invalid="ignore"):
    spread = (xx - x * x / n) * (yy - y * y / n)
    return np.where(spread > 0, (xy - x * y / n) / np.sqrt(spread), np.nan)


def _estimate(terms: np.ndarray, is_known: np.ndarray, whose_values: whose.Whose, statistic) -> Estimate:
  """Returns a statistic of the sums of terms, [known pictures, k], and its bootstrap over people."""
  num_samples, num_people, num_left_out = _count(is_known, whose_values)
  if not num_people:
    return Estimate(np.nan, np.nan, np.nan, np.nan, 0, 0, num_left_out)
  _, cluster = np.unique(whose_values.person[is_known], return_inverse=True)
  value = float(statistic(terms.sum(axis=0, keepdims=True))[0])
  se = low = high = np.nan
  if num_people >= _FEWEST_PEOPLE:
    drawn = statistic(bootstrap.replicate_sums(terms, _REPLICATES, _SEED, cluster))
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) > 1:
      se = float(drawn.std(ddof=1))
      low, high = map(float, np.percentile(drawn, _INTERVAL))
  return Estimate(value, se, low, high, num_samples, num_people, num_left_out)
