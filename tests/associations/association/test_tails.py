"""p values on a log scale beside mpmath, far beyond what floats hold."""

import mpmath
import numpy as np
import pytest
from scipy import special

from msk_jax.associations.association import tails


def exact(t, df):
  """Returns -log10 of the two-sided p value, with 60 digits."""
  with mpmath.workdps(60):
    x = mpmath.mpf(df) / (df + mpmath.mpf(t) ** 2)
    return float(-mpmath.log10(mpmath.betainc(mpmath.mpf(df) / 2, mpmath.mpf(1) / 2, 0, x, regularized=True)))


@pytest.mark.parametrize(
  ("t", "df"),
  [(0.1, 1), (1e300, 1), (2.0, 5), (1e100, 3), (1e30, 10), (1e6, 100), (60, 1000), (100, 1000), (43, 50_000)],
)
def test_is_as_mpmath(t, df):
  np.testing.assert_allclose(tails.neg_log10_p(np.array(t), np.array(df)), exact(t, df), rtol=1e-12)


def test_both_ways_agree_where_they_meet():
  df = np.array([50.0, 1e3, 5e4, 5e5])
  t = -special.stdtrit(df, 1e-289 / 2)
  near = -np.log10(2 * special.stdtr(df, -t))
  np.testing.assert_allclose(tails._far(t, df), near, rtol=1e-10)


def test_edges():
  t = np.array([0.0, np.inf, np.nan, 3.0, -3.0])
  got = tails.neg_log10_p(t, np.array([10, 10, 10, 0, 10]))
  assert got[0] == 0 and got[1] == np.inf
  np.testing.assert_array_equal(np.isnan(got), [False, False, True, True, False])
  assert got[4] == tails.neg_log10_p(np.array(3.0), np.array(10.0))
