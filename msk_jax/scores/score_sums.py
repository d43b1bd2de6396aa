"""Scores from sums over rows. One pass over the rows serves folds, groups and a thousand bootstraps.

R2, RMSE, MAE, Pearson's r and the calibration slope are functions of seven sums per model. A fold, a group of people or
a bootstrap replicate is a set of weights on the rows, and many of them are one matrix product. Ages are centred before
they are squared, so that differences between sums are exact.
"""

import numpy as np

SCORES = ("r2", "rmse", "mae", "pearson_r", "calibration_slope")
_SHARED = 3  # terms that models on the same rows share: 1, age, age^2
_OWN = 4  # terms of each model: error, error^2, |error|, age * error
_NO_SPREAD = 1e-10  # a variance below this share of the mean square is rounding


def row_terms(age_years: np.ndarray, predicted_years: np.ndarray) -> np.ndarray:
  """Returns the terms that each row adds to the sums.

  Args:
    age_years: [n] chronological ages.
    predicted_years: [n, m] predicted ages of m models of the same rows.

  Returns:
    float64 [n, 3 + 4 m]: 1, a and a^2 of the centred age a, then blocks of m: the error e (predicted minus
    chronological), e^2, |e|, a e.
  """
  age = np.asarray(age_years, np.float64)
  predicted = np.asarray(predicted_years, np.float64)
  if predicted.ndim != 2 or predicted.shape[0] != len(age):
    raise ValueError(f"ages {age.shape} and predictions {predicted.shape} do not fit together")
  num_models = predicted.shape[1]
  centred = age - (age.mean() if len(age) else 0.0)
  terms = np.empty((len(age), _SHARED + _OWN * num_models))
  terms[:, 0] = 1.0
  terms[:, 1] = centred
  np.square(centred, out=terms[:, 2])
  error, squared, absolute, product = (terms[:, _SHARED + i * num_models :][:, :num_models] for i in range(_OWN))
  np.subtract(predicted, age[:, None], out=error)
  np.square(error, out=squared)
  np.abs(error, out=absolute)
  np.multiply(error, centred[:, None], out=product)
  return terms


def group_sums(terms: np.ndarray, group: np.ndarray, num_groups: int) -> np.ndarray:
  """Returns the sums of rows by group, float64 [num_groups, k]; empty groups are zero.

  Args:
    terms: [n, k].
    group: int [n], 0 to num_groups - 1.
    num_groups: number of groups.
  """
  order = np.argsort(group, kind="stable")
  starts = np.searchsorted(group[order], np.arange(num_groups + 1))
  sums = np.zeros((num_groups, terms.shape[1]))
  filled = np.flatnonzero(np.diff(starts))
  if len(filled):
    sums[filled] = np.add.reduceat(terms[order], starts[filled], axis=0)
  return sums


def scores(sums: np.ndarray) -> dict[str, np.ndarray]:
  """Returns the scores that sums give.

  Args:
    sums: [..., 3 + 4 m], sums of `row_terms` with any weights.

  Returns:
    For each name of `SCORES` float64 [..., m]. The calibration slope is explained in `metrics`. NaN where there are no
    rows. All but RMSE and MAE are also NaN where all ages are equal; r and the slope, where all predictions are.
  """
  num_models = (sums.shape[-1] - _SHARED) // _OWN
  n, age, age2 = (sums[..., i : i + 1] for i in range(_SHARED))
  blocks = [sums[..., _SHARED + i * num_models :][..., :num_models] for i in range(_OWN)]
  error, squared, absolute, product = blocks
  with np.errstate(divide="ignore", invalid="ignore"):
    age_spread = _cut(age2 - age * age / n, age2)
    covariance = age_spread + (product - age * error / n)
    raw_square = age2 + 2 * product + squared
    predicted_spread = _cut(raw_square - (age + error) ** 2 / n, raw_square)
    return {
      "r2": r2(squared, age_spread),
      "rmse": np.sqrt(squared / n),
      "mae": absolute / n,
      "pearson_r": covariance / np.sqrt(age_spread * predicted_spread),
      "calibration_slope": covariance / predicted_spread,
    }


def r2(squared_errors: np.ndarray | float, spread: np.ndarray | float) -> np.ndarray:
  """Returns the coefficient of determination from two sums: the definition that all of the package shares.

  Args:
    squared_errors: [...], sums of squared errors.
    spread: [...], sums of squares of the target around its mean.

  Returns:
    float64 [...]; NaN where there is no spread.
  """
  unknown = np.full(np.broadcast_shapes(np.shape(squared_errors), np.shape(spread)), np.nan)
  return 1.0 - np.divide(squared_errors, spread, out=unknown, where=np.asarray(spread) > 0)


def _cut(spread: np.ndarray, scale: np.ndarray) -> np.ndarray:
  """Returns a sum of squares, or NaN where rounding alone explains it."""
  return np.where(spread > _NO_SPREAD * scale, spread, np.nan)
