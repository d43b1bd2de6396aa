"""Thousands of elastic nets on standardised features, from moments: the cost of a fit does not depend on n.

The objective is scikit-learn's, `1/(2n) |y - b - Zw|^2 + alpha l1_ratio |w|_1 + alpha (1 - l1_ratio)/2 |w|^2` with Z
standardised by the training rows (StandardScaler). So are the results, up to rounding. Source: paper, Methods.
"""

import dataclasses

import numpy as np

from msk_jax.regression import moments as moments_lib
from msk_jax.regression import solver
from msk_jax.scores import score_sums

TOLERANCE = 1e-12  # duality gap, relative to the target's variance, where the solver's exact step fails


@dataclasses.dataclass(frozen=True)
class LinearFit:
  """Linear models, with any leading axes.

  Attributes:
    intercept: float64 [...].
    coefficients: float64 [..., p], per unit of the feature; 0 for features constant in training.
    scale: float64 [..., p], the features' standard deviations in training; 1 where they are constant.
  """

  intercept: np.ndarray
  coefficients: np.ndarray
  scale: np.ndarray

  @property
  def standardised(self) -> np.ndarray:
    """The coefficients per standard deviation of the feature, [..., p]."""
    return self.coefficients * self.scale

  def __getitem__(self, index) -> "LinearFit":
    """Indexes the leading axes."""
    return LinearFit(self.intercept[index], self.coefficients[index], self.scale[index])

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    """Returns a single model's predictions, float64 [n], from features [n, p] in their own units."""
    return features_np @ self.coefficients + self.intercept


def fit(
  moments: moments_lib.Moments,
  alpha: np.ndarray | float,
  l1_ratio: np.ndarray | float,
  tolerance: float = TOLERANCE,
  start: np.ndarray | None = None,
) -> LinearFit:
  """Fits an elastic net for each combination of training rows and setting.

  Args:
    moments: [...] of the training rows.
    alpha: [...], above 0, the penalty's weight.
    l1_ratio: [...], 0 to 1. Leading axes of the three are broadcast.
    tolerance: relative duality gap that is enough where rounding or a missing L2 penalty rules out the exact solution.
    start: [..., p], standardised coefficients near the solution. They change only the time that a fit takes.

  Returns:
    The fits, [...] as broadcast.

  Raises:
    ValueError: a fit without rows.
  """
  shape = np.broadcast_shapes(moments.count.shape, np.shape(alpha), np.shape(l1_ratio))
  scale, gram, products, spread = _standardise(moments)
  p = scale.shape[-1]
  alpha, l1_ratio = (np.broadcast_to(values, shape).reshape(-1) for values in (alpha, l1_ratio))
  problems = solver.Problems(
    gram=np.broadcast_to(gram, (*shape, p, p)).reshape(-1, p, p),
    products=np.broadcast_to(products, (*shape, p)).reshape(-1, p),
    spread=np.broadcast_to(spread, shape).reshape(-1),
    l1=alpha * l1_ratio,
    l2=alpha * (1.0 - l1_ratio),
  )
  near = None if start is None else np.broadcast_to(start, (*shape, p)).reshape(-1, p)
  coefficients = solver.solve(problems, tolerance, near).reshape(*shape, p) / scale
  mean = moments.mean
  intercept = mean[..., -1] - (mean[..., :-1] * coefficients).sum(-1)
  return LinearFit(intercept, coefficients, np.broadcast_to(scale, coefficients.shape))


def r2(fits: LinearFit, held_out: moments_lib.Moments) -> np.ndarray:
  """Returns the coefficient of determination on other rows, exactly, from their moments alone.

  Args:
    fits: [...].
    held_out: [...] moments of the predicted rows; leading axes are broadcast.

  Returns:
    float64 [...]; NaN where all targets are equal, or there are no rows.
  """
  weights = np.concatenate([-fits.coefficients, np.ones((*fits.intercept.shape, 1))], axis=-1)
  off = (weights * held_out.mean).sum(-1) - fits.intercept
  squares = np.einsum("...i,...ij,...j->...", weights, held_out.products, weights) + held_out.count * np.square(off)
  return score_sums.r2(squares, held_out.products[..., -1, -1])


def _standardise(moments: moments_lib.Moments) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
  """Returns standard deviations [..., p], correlations [..., p, p] and [..., p] with the target, its variance [...]."""
  if not np.all(moments.count > 0):
    raise ValueError("an elastic net without training rows")
  count = moments.count[..., None]
  covariance = moments.products / count[..., None]
  variance = np.diagonal(covariance, axis1=-2, axis2=-1)[..., :-1]
  # StandardScaler's bound: rounding alone explains a variance below it.
  epsilon = np.finfo(np.float64).eps
  is_constant = variance <= count * epsilon * variance + np.square(count * moments.mean[..., :-1] * epsilon)
  scale = np.sqrt(np.where(is_constant, 1.0, variance))
  moving = np.where(is_constant, 0.0, 1.0 / scale)
  gram = covariance[..., :-1, :-1] * moving[..., :, None] * moving[..., None, :]
  return scale, gram, covariance[..., :-1, -1] * moving, covariance[..., -1, -1]
