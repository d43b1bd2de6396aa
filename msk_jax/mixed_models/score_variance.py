"""Variance of the score of a variant without an effect, when the model that made the residuals is not quite right.

Residuals are r = W y with W = V_c^-1 and V_c = h2 K_-c + (1 - h2) I, where h2 is the whole heritability. What the
chromosome c itself explains is missing in K_-c, so the variance of y is a V_c + b I rather than V_c, with b > 0. The
score of a variant x of c without an effect then has the variance

  x' W (a V_c + b I) W x = a x' W x + b x' W W x.

Taking b = 0 makes tests too significant on chromosomes with effects: by 5-7% of chi-square with four chromosomes and
h2 = .6. `a` and `b` come from the moments

  y' W y = a (n - q) + b tr W,    y' W W y = a tr W + b tr W W,

so that among unrelated people, where x' W x / x' x is tr W / (n - q), the variance is just that of the residuals.
"""

import numpy as np

_LEAST_DETERMINANT = 1e-4  # of the moments' 2 x 2 matrix, its diagonal scaled to 1


def estimate(
  weighted: np.ndarray, squared: np.ndarray, traces: np.ndarray, ratios: np.ndarray, num_free: int
) -> np.ndarray:
  """Returns the variance of x' r for a variant with x' x = 1, float64 [c, t].

  Args:
    weighted: float64 [c, t], y' W y.
    squared: float64 [c, t], y' W W y.
    traces: float64 [2, t], tr W and tr W W.
    ratios: float64 [2, t], means of x' W x / x' x and x' W W x / x' x over variants without their own chromosome.
    num_free: n - q.
  """
  first, second = traces / num_free
  weighted, squared = weighted / num_free, squared / num_free
  # Where W is nearly a multiple of I, a and b can't be told apart and need not be.
  by_residuals = squared * ratios[1] / second
  determinant = second - first**2
  is_distinct = determinant > _LEAST_DETERMINANT * second
  divisor = np.where(is_distinct, determinant, 1.0)
  a = (second * weighted - first * squared) / divisor
  b = (squared - first * weighted) / divisor
  both = a * ratios[0] + b * ratios[1]
  return np.where(is_distinct & (both > 0), both, by_residuals)
