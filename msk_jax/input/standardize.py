"""Z-scores with the mean and standard deviation of the training folds."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Standardizer:
  """An affine map to mean 0 and standard deviation 1, and back.

  Attributes:
    mean: [k] or scalar, float64.
    std: [k] or scalar, float64; 1 where a column is constant.
  """

  mean: np.ndarray
  std: np.ndarray

  @classmethod
  def fit(cls, values: np.ndarray) -> "Standardizer":
    """Returns the standardiser of `values`, [n] or [n, k]."""
    values = np.asarray(values, np.float64)
    std = values.std(axis=0)
    return cls(values.mean(axis=0), np.where(std > 0, std, 1.0))

  def apply(self, values: np.ndarray) -> np.ndarray:
    """Returns z-scores of `values`, float32."""
    return ((np.asarray(values, np.float64) - self.mean) / self.std).astype(np.float32)

  def invert(self, scores: np.ndarray) -> np.ndarray:
    """Returns values in the original unit, float64."""
    return np.asarray(scores, np.float64) * self.std + self.mean
