"""Corrections for many tests, on -log10 of p values, so that nothing underflows."""

import numpy as np


def bonferroni(neg_log10_p: np.ndarray, num_tests: int) -> np.ndarray:
  """Returns -log10 of p times the number of tests, not below 0; NaN stays.

  Args:
    neg_log10_p: float64 [n].
    num_tests: how many tests were made, those without a result left out.
  """
  return np.maximum(np.asarray(neg_log10_p, np.float64) - np.log10(max(num_tests, 1)), 0.0)


def benjamini_hochberg(neg_log10_p: np.ndarray) -> np.ndarray:
  """Returns -log10 of Benjamini-Hochberg's adjusted p, float64 [n]; NaN stays and is not counted as a test.

  Below the level .05 are the tests of which, on average, at most one in twenty is of no true association.
  Source: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57:289.

  Args:
    neg_log10_p: float64 [n].
  """
  values = np.asarray(neg_log10_p, np.float64)
  adjusted = np.full(values.shape, np.nan)
  tested = np.flatnonzero(~np.isnan(values))
  order = tested[np.argsort(-values[tested], kind="stable")]  # from the smallest p on
  raw = values[order] - np.log10(len(order) / np.arange(1, len(order) + 1))
  # p adjusted is the least of its own and all larger p's: the greatest on this scale, from the end
  adjusted[order] = np.maximum(np.maximum.accumulate(raw[::-1])[::-1], 0.0)
  return adjusted
