"""Gaussian elimination of the covariates from sums of products, for many variables at once.

What remains of x and y are the sums of their residuals. A covariate that is a combination of earlier ones among the
complete cases (an empty level of a factor) leaves a pivot of zero: it is dropped there, and the rank says so.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Eliminated:
  """Residual sums of b variables.

  Attributes:
    xx, xy, yy: float64 [b], sums of products of residuals.
    rank: int64 [b], of the covariates with their constant.
    is_doubtful: bool [b], whether a pivot is neither clearly zero nor clearly not.
    of_x: float64 [c, b], coefficients of x on the covariates; zero for those dropped.
    of_y: float64 [c, b], likewise of y.
  """

  xx: np.ndarray
  xy: np.ndarray
  yy: np.ndarray
  rank: np.ndarray
  is_doubtful: np.ndarray
  of_x: np.ndarray
  of_y: np.ndarray


def eliminate(sums: np.ndarray, tolerance: tuple[float, float]) -> Eliminated:
  """Eliminates the covariates.

  Args:
    sums: float64 [p, p, b], lower triangle of the sums of products of c = p - 2 covariates, x and y. Overwritten.
    tolerance: a pivot relative to its first value up to the first is zero; up to the second it is doubtful.
  """
  p, _, b = sums.shape
  c = p - 2
  original = sums[np.arange(c), np.arange(c)].copy()
  rank = np.zeros(b, np.int64)
  is_doubtful = np.zeros(b, bool)
  for j in range(c):
    pivot = sums[j, j]
    is_kept = pivot > tolerance[0] * original[j]
    is_doubtful |= is_kept & (pivot <= tolerance[1] * original[j])
    rank += is_kept
    inverse = np.where(is_kept, 1 / np.where(is_kept, pivot, 1.0), 0.0)
    factor = sums[j + 1 :, j] * inverse
    for i in range(j + 1, p):
      sums[i, j + 1 : i + 1] -= factor[i - j - 1] * sums[j + 1 : i + 1, j]
    sums[j + 1 :, j] = factor
  coefficients = []
  for row in (c, c + 1):
    solved = sums[row, :c].copy()
    for j in range(c - 1, 0, -1):
      solved[:j] -= sums[j, :j] * solved[j]
    coefficients.append(solved)
  return Eliminated(sums[c, c], sums[c + 1, c], sums[c + 1, c + 1], rank, is_doubtful, *coefficients)
