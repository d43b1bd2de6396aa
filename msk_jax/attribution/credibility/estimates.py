"""Means and correlations over samples, with standard errors and intervals over people."""

import dataclasses

import numpy as np

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
    se: SD over bootstraps of people; NaN for fewer than three people.
    low: of the interval of 95%.
    high: of the interval of 95%.
    num_samples: with a value.
    num_people: with a value.
    num_left_out: samples without a value.
  """

  value: float
  se: float
  low: float
  high: float
  num_samples: int
  num_people: int
  num_left_out: int


def mean(values: np.ndarray, person: np.ndarray) -> Estimate:
  """Returns the mean over samples.

  Args:
    values: [n], NaN for samples that are left out.
    person: int [n], whose samples they are: people are drawn with all their samples.
  """
  is_known = np.isfinite(values)
  terms = np.column_stack([np.ones(is_known.sum()), values[is_known]])
  return _estimate(terms, person[is_known], int((~is_known).sum()), lambda sums: sums[:, 1] / sums[:, 0])


def correlation(first: np.ndarray, second: np.ndarray, person: np.ndarray, given: np.ndarray | None = None) -> Estimate:
  """Returns Pearson's correlation over samples.

  Args:
    first: [n], NaN for samples that are left out.
    second: [n].
    person: see `mean`.
    given: float [n, k]; both variables are taken as residuals of a linear regression on these.
  """
  is_known = np.isfinite(first) & np.isfinite(second)
  x, y = (_residuals(values[is_known], None if given is None else given[is_known]) for values in (first, second))
  terms = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])
  return _estimate(terms, person[is_known], int((~is_known).sum()), _pearson)


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


def _estimate(terms: np.ndarray, person: np.ndarray, num_left_out: int, statistic) -> Estimate:
  """Returns a statistic of the sums of terms, [n, k], and its bootstrap over people."""
  people, cluster = np.unique(person, return_inverse=True)
  if not len(people):
    return Estimate(np.nan, np.nan, np.nan, np.nan, 0, 0, num_left_out)
  value = float(statistic(terms.sum(axis=0, keepdims=True))[0])
  se = low = high = np.nan
  if len(people) >= _FEWEST_PEOPLE:
    drawn = statistic(bootstrap.replicate_sums(terms, _REPLICATES, _SEED, cluster))
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) > 1:
      se = float(drawn.std(ddof=1))
      low, high = map(float, np.percentile(drawn, _INTERVAL))
  return Estimate(value, se, low, high, len(terms), len(people), num_left_out)
