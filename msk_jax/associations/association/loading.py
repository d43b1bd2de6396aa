"""Columns centred and in SDs, with their masks: what sums of products are made of."""

import numpy as np

_CHUNK_ROWS = 256
_SAMPLE_ROWS = 256
_CONCENTRATED = 0.5  # share of rows with one value; where it is more, the median is that value


def standardize(values: np.ndarray, used: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Moves columns near zero and scales them to about one, so that sums of their squares keep their digits.

  The centre is the median of some hundred values, which is within a few SDs of the mean; the results don't
  depend on it, as every regression has a constant.

  Args:
    values: float64 [n, v], NaN where missing.
    used: bool [n, 1] or [n, v]; values elsewhere count as missing.
    dtype: of the result.

  Returns:
    standardized: [n, v], zero where missing.
    has: bool [n, v].
    scale: float64 [v], what was divided by.

  Raises:
    ValueError: a value is infinite.
  """
  n, v = values.shape
  standardized, has = np.empty((n, v), dtype), np.empty((n, v), bool)
  centre, scale = _centre_and_scale(values, used)
  inverse = (1 / scale).astype(dtype)
  for first in range(0, n, _CHUNK_ROWS):
    rows = slice(first, first + _CHUNK_ROWS)
    shifted = np.subtract(values[rows], centre, out=standardized[rows], casting="same_kind")
    shifted *= inverse
    lacking = np.isnan(shifted)
    lacking |= ~used[rows]
    np.putmask(shifted, lacking, 0.0)
    if not np.isfinite(shifted.sum()):
      raise _infinite()
    np.logical_not(lacking, out=has[rows])
  return standardized, has, scale


def _infinite() -> ValueError:
  return ValueError("variables, outcomes and covariates must be finite, or NaN where missing")


def _centre_and_scale(values: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns median and SD of a sample of each column, float64 [v] each; 0 and 1 for columns without a value."""
  n, v = values.shape
  step = max(1, n // _SAMPLE_ROWS)
  sample = np.where(np.broadcast_to(used, (n, v))[::step], values[::step], np.nan)
  for column in np.flatnonzero(np.isnan(sample).all(axis=0)):  # few values
    there = np.flatnonzero(~np.isnan(values[:, column]) & used[:, min(column, used.shape[1] - 1)])[:_SAMPLE_ROWS]
    kept = values[there, column][: len(sample)]
    sample[: len(kept), column] = kept
  if np.isinf(sample).any():
    raise _infinite()
  is_empty = np.isnan(sample).all(axis=0)
  sample[:, is_empty] = 0.0
  centre, sd = np.nanmedian(sample, axis=0), np.nanstd(sample, axis=0)
  return centre, np.where(sd > 0, sd, 1.0)


def find_two_valued(values: np.ndarray, has: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns which columns have exactly two values, int64 [k], and the lower of the two, float64 [k].

  Args:
    values: float64 [n, v].
    has: bool [n, v], which count.
  """
  candidates = np.arange(values.shape[1])
  for rows in (slice(0, _CHUNK_ROWS), slice(None)):  # most columns show a third value at once
    chosen, own = values[rows][:, candidates], has[rows][:, candidates]
    low = np.where(own, chosen, np.inf).min(axis=0, initial=np.inf)
    high = np.where(own, chosen, -np.inf).max(axis=0, initial=-np.inf)
    is_kept = ~(own & (chosen > low) & (chosen < high)).any(axis=0)
    candidates, low, high = candidates[is_kept], low[is_kept], high[is_kept]
  return candidates[low < high], low[low < high]


def find_concentrated(standardized: np.ndarray, has: np.ndarray) -> np.ndarray:
  """Returns which columns have one value in more than half of their rows, int64 [k].

  Args:
    standardized: [n, v], from `standardize`: that value is the centre, so that it is zero.
    has: bool [n, v].
  """
  candidates = np.arange(standardized.shape[1])
  for rows in (slice(0, _CHUNK_ROWS), slice(None)):  # most columns are not concentrated in the first rows
    own = has[rows][:, candidates]
    is_commonest = own & (standardized[rows][:, candidates] == 0)
    share = _CONCENTRATED / 2 if rows.stop else _CONCENTRATED
    candidates = candidates[is_commonest.sum(axis=0) > share * own.sum(axis=0)]
  return candidates
