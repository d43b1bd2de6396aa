"""The truth of a measured acceleration: errors of prediction attenuate planted partial correlations.

A measured acceleration y is, given age, sex and ethnicity, a sum of latent ones z and of what has nothing to do with X
variables. So the partial correlation of x with y is the sum over dimensions of k times that with z, where k is the
regression of y on all z, in SDs. A dimension's own k is its attenuation, about the correlation of y with z; those of
the others are about 0. General ageing, which is not a latent dimension, has several.
"""

import numpy as np


def attenuation(acceleration_years: np.ndarray, latent_years: np.ndarray, covariates: np.ndarray) -> np.ndarray:
  """Returns k, float64 [d]: multiplied with planted partial correlations and summed, it gives the measured one.

  Args:
    acceleration_years: float64 [n], measured.
    latent_years: float64 [n, d], planted, of the same samples.
    covariates: float64 [n, c], such as age, sex and ethnicity, without a constant.

  Raises:
    ValueError: the shapes differ, a value is not finite, there are too few samples, or the acceleration is constant.
  """
  y, z, c = (np.asarray(values, float) for values in (acceleration_years, latent_years, covariates))
  if y.ndim != 1 or z.ndim != 2 or c.ndim != 2 or not len(y) == len(z) == len(c):
    raise ValueError(f"accelerations {y.shape}, latent ones {z.shape} and covariates {c.shape} do not fit together.")
  if not all(np.isfinite(values).all() for values in (y, z, c)):
    raise ValueError("accelerations and covariates must be finite: leave out samples without them.")
  if len(y) < z.shape[1] + c.shape[1] + 3 or not y.std() > 0:
    raise ValueError(f"{len(y)} samples, or an acceleration that is constant, say nothing about attenuation.")
  design = np.column_stack([np.ones(len(y)), c - c.mean(axis=0)])
  y, z = (values - design @ np.linalg.lstsq(design, values, rcond=None)[0] for values in (y, z))
  return np.linalg.lstsq(z, y, rcond=None)[0] * z.std(axis=0) / y.std()
