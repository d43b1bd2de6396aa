"""Scores of predicted against chronological age, from rows. From sums: `score_sums`."""

import numpy as np

from msk_jax.scores import score_sums


def rmse(chronological: np.ndarray, predicted: np.ndarray) -> float:
  """Returns the root mean squared error, years; both [n]."""
  return float(np.sqrt(np.mean(np.square(np.asarray(predicted) - np.asarray(chronological)))))


def mae(chronological: np.ndarray, predicted: np.ndarray) -> float:
  """Returns the mean absolute error, years; both [n]."""
  return float(np.mean(np.abs(np.asarray(predicted) - np.asarray(chronological))))


def r2(chronological: np.ndarray, predicted: np.ndarray) -> float:
  """Returns the coefficient of determination, both [n]; NaN if all ages are equal."""
  chronological = np.asarray(chronological, np.float64)
  if not chronological.size or np.ptp(chronological) == 0:  # deviations from their mean would be rounding alone
    return float("nan")
  spread = np.sum(np.square(chronological - chronological.mean()))
  return float(score_sums.r2(np.sum(np.square(np.asarray(predicted) - chronological)), spread))


def pearson_r(chronological: np.ndarray, predicted: np.ndarray) -> float:
  """Returns Pearson's correlation, both [n]; NaN if either is constant."""
  return _from_sums("pearson_r", chronological, predicted)


def calibration_slope(chronological: np.ndarray, predicted: np.ndarray) -> float:
  """Returns the slope of age regressed on predicted age, both [n]; NaN if all predictions are equal.

  1 is ideal. Below 1 predictions vary too much (an overfitted model), above 1 too little. Source: Cox, Two further
  applications of a model for binary regression, Biometrika 1958.
  """
  return _from_sums("calibration_slope", chronological, predicted)


def _from_sums(name: str, chronological: np.ndarray, predicted: np.ndarray) -> float:
  terms = score_sums.row_terms(chronological, np.asarray(predicted)[:, None])
  return float(score_sums.scores(terms.sum(axis=0))[name][0])


def summary(
  chronological: np.ndarray, predicted: np.ndarray, training_mean_years: float | np.ndarray
) -> dict[str, float | int]:
  """Returns n, r2, rmse and mae, and the rmse of always predicting the training mean.

  Args:
    chronological: [n] ages, years.
    predicted: [n] predicted ages, years.
    training_mean_years: mean age of the training samples, one number or [n] where the samples are of several splits.
  """
  constant = np.broadcast_to(training_mean_years, len(chronological))
  return {
    "n": len(chronological),
    "r2": r2(chronological, predicted),
    "rmse": rmse(chronological, predicted),
    "mae": mae(chronological, predicted),
    "mean_predictor_rmse": rmse(chronological, constant),
  }
