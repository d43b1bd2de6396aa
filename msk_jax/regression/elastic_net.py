"""Elastic nets on standardised features by the thousand, from moments: a fit costs p x p work, whatever n is.

The objective is scikit-learn's, `1/(2n) |y - b - Zw|^2 + alpha l1_ratio |w|_1 + alpha (1 - l1_ratio)/2 |w|^2` with Z
standardised by the training rows (StandardScaler); so are the results, to the tolerance (paper, Methods: elastic nets
are scikit-learn's). The solver is scikit-learn's coordinate descent for Gram matrices.
"""

import dataclasses
import warnings

import numpy as np
from absl import logging

from msk_jax.regression import moments as moments_lib

TOLERANCE = (
  1e-12  # of the duality gap, relative to the target's variance: 1e-8 leaves 1e-4 of a twin column's weight open
)
_MAX_SWEEPS = 100_000  # strongly collinear features under a weak penalty want thousands


@dataclasses.dataclass(frozen=True)
class LinearFit:
  """Linear models; leading axes are free.

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


def fit(moments: moments_lib.Moments, alpha: np.ndarray | float, l1_ratio: np.ndarray | float,
        tolerance: float = TOLERANCE) -> LinearFit:  # fmt: skip
  """Fits an elastic net for each combination of training rows and setting.

  Args:
    moments: [...] of the training rows.
    alpha: [...], above 0, the penalty's weight.
    l1_ratio: [...], 0 to 1. Leading axes of the three are broadcast.
    tolerance: relative duality gap to stop at.

  Returns:
    The fits, [...] as broadcast.

  Raises:
    ValueError: a fit without any row.
  """
  shape = np.broadcast_shapes(moments.count.shape, np.shape(alpha), np.shape(l1_ratio))
  scale, gram, products, spread = _standardise(moments)
  p = scale.shape[-1]
  problems = (
    np.broadcast_to(gram, (*shape, p, p)).reshape(-1, p, p),
    np.broadcast_to(products, (*shape, p)).reshape(-1, p),
    np.broadcast_to(spread, shape).reshape(-1),
    np.broadcast_to(alpha, shape).reshape(-1),
    np.broadcast_to(l1_ratio, shape).reshape(-1),
  )
  coefficients = _solve(*problems, tolerance).reshape(*shape, p) / scale
  mean = moments.mean
  intercept = mean[..., -1] - (mean[..., :-1] * coefficients).sum(-1)
  return LinearFit(intercept, coefficients, np.broadcast_to(scale, coefficients.shape))


def r2(fits: LinearFit, held_out: moments_lib.Moments) -> np.ndarray:
  """Returns the coefficient of determination on other rows, exactly, from their moments alone.

  Args:
    fits: [...].
    held_out: [...] moments of the rows predicted; leading axes are broadcast.

  Returns:
    float64 [...]; NaN where all targets are equal, or there are no rows.
  """
  weights = np.concatenate([-fits.coefficients, np.ones((*fits.intercept.shape, 1))], axis=-1)
  off = (weights * held_out.mean).sum(-1) - fits.intercept
  squares = np.einsum("...i,...ij,...j->...", weights, held_out.products, weights) + held_out.count * np.square(off)
  spread = held_out.products[..., -1, -1]
  return 1.0 - np.divide(squares, spread, out=np.full(np.shape(squares), np.nan), where=spread > 0)


def _standardise(moments: moments_lib.Moments) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
  """Returns standard deviations [..., p], correlations [..., p, p] and [..., p] with the target, its variance [...]."""
  if not np.all(moments.count > 0):
    raise ValueError("an elastic net without training rows")
  count = moments.count[..., None]
  covariance = moments.products / count[..., None]
  variance = np.diagonal(covariance, axis1=-2, axis2=-1)[..., :-1]
  # StandardScaler's bound: a variance that rounding alone explains is none.
  epsilon = np.finfo(np.float64).eps
  is_constant = variance <= count * epsilon * variance + np.square(count * moments.mean[..., :-1] * epsilon)
  scale = np.sqrt(np.where(is_constant, 1.0, variance))
  moving = np.where(is_constant, 0.0, 1.0 / scale)
  gram = covariance[..., :-1, :-1] * moving[..., :, None] * moving[..., None, :]
  return scale, gram, covariance[..., :-1, -1] * moving, covariance[..., -1, -1]


def _solve(gram: np.ndarray, products: np.ndarray, spread: np.ndarray, alpha: np.ndarray, l1_ratio: np.ndarray,
           tolerance: float) -> np.ndarray:  # fmt: skip
  """Returns the coefficients [b, p] of b problems, each by its own coordinate descent."""
  import sklearn
  from sklearn import exceptions, linear_model

  found = np.empty(products.shape)
  num_unfinished = 0
  # With Gram matrix and products given, the path looks at X for its shape and at y for its norm: one row of n = 1.
  shape_only = np.zeros((1, products.shape[1]), order="F")
  with sklearn.config_context(assume_finite=True, skip_parameter_validation=True), warnings.catch_warnings():
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
    for b in range(len(found)):
      _, coefficients, _, sweeps = linear_model.enet_path(
        shape_only, np.sqrt(spread[b : b + 1]), precompute=np.ascontiguousarray(gram[b]), Xy=products[b].copy(),
        l1_ratio=l1_ratio[b], alphas=alpha[b : b + 1], tol=tolerance, max_iter=_MAX_SWEEPS, check_input=False,
        return_n_iter=True,
      )  # fmt: skip
      found[b] = coefficients[:, 0]
      num_unfinished += sweeps[0] >= _MAX_SWEEPS
  if num_unfinished:
    logging.warning("%d of %d elastic nets did not converge: features are almost collinear", num_unfinished, len(found))
  return found
