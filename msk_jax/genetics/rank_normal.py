"""Rank-based inverse normal transformation of residuals.

Source: Blom's offset; covariates again in the second stage: Sofer et al., Genetic Epidemiology 43 (2019), 263.
"""

import numpy as np
from scipy import special, stats

_OFFSET = 3.0 / 8.0  # Blom


def transform(values: np.ndarray) -> np.ndarray:
  """Returns normal quantiles of ranks with an SD of 1; equal values have their mean rank.

  Args:
    values: float64 [n], NaN missing, which stays.
  """
  result = np.full(len(values), np.nan)
  is_known = np.isfinite(values)
  ranks = stats.rankdata(values[is_known], method="average")
  quantiles = special.ndtri((ranks - _OFFSET) / (len(ranks) - 2 * _OFFSET + 1))
  spread = quantiles.std(ddof=1) if len(quantiles) > 1 else 0.0
  result[is_known] = quantiles / spread if spread > 0 else quantiles
  return result
