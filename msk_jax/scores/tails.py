"""Two-sided p values on a log scale, without underflow."""

import numpy as np
from scipy import special

_SMALLEST = 1e-290  # below it the tail is from its series
_NUM_TERMS = 40


def neg_log10_p(t: np.ndarray, df: np.ndarray) -> np.ndarray:
  """Returns -log10 of the two-sided p value of Student's t, float64; NaN where t is NaN or df is not positive.

  Far tails: p = I_x(a, 1/2) with a = df / 2 and x = df / (df + t^2), as x^a (1 - x)^(-1/2) / (a B(a, 1/2)) times the
  hypergeometric series 2F1(1/2, 1; a + 1; -df / t^2). Its terms shrink as those of Mills' ratio.

  Args:
    t: float64, any shape.
    df: degrees of freedom, of that shape or broadcast to it.
  """
  t, df = np.broadcast_arrays(np.abs(np.asarray(t, np.float64)), np.asarray(df, np.float64))
  is_usable = ~np.isnan(t) & (df > 0)
  p = 2 * special.stdtr(np.where(is_usable, df, 1.0), np.where(is_usable, -t, 0.0))
  is_far = p < _SMALLEST
  logs = np.array(np.abs(np.log10(np.where(is_far, 1.0, p))))
  logs[is_far] = _far(t[is_far], df[is_far])
  return np.where(is_usable, logs, np.nan)


def _far(t: np.ndarray, df: np.ndarray) -> np.ndarray:
  a, ratio = df / 2, df / t / t
  term = np.ones_like(t)
  total = np.ones_like(t)
  for k in range(_NUM_TERMS):
    term = -term * ratio * (0.5 + k) / (a + 1 + k)
    total += term
  log_x = -np.logaddexp(0.0, 2 * np.log(t) - np.log(df))
  log_p = a * log_x + 0.5 * np.log1p(ratio) - np.log(a) - special.betaln(a, 0.5) + np.log(total)
  return -log_p / np.log(10)
