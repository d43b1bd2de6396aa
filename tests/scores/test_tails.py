"""p values on a log scale beside mpmath, far beyond what floats hold."""

import mpmath
import numpy as np
import pytest
from scipy import special

from msk_jax.scores import tails


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


@pytest.mark.parametrize(
  ("t2", "free"), [(1.3, 50), (40.0, 1000), (2500.0, 3000), (1e6, 4000), (90_000.0, 40_000), (3e4, 400_000), (1e12, 5)]
)
def test_tail_probabilities_do_not_underflow(t2, free):
  with mpmath.workdps(40):
    half, t = mpmath.mpf(free + 1) / 2, mpmath.sqrt(t2)
    scale = mpmath.gammaprod([half], [mpmath.mpf(free) / 2]) / mpmath.sqrt(free * mpmath.pi)
    step = t / 10 if free < 20 else (free / t + t) / free  # about a tenth of the integral is beyond each two
    ends = [t + k * step for k in (0, 3, 10, 40, 200)]
    tail = mpmath.quad(lambda u: (1 + u * u / free) ** (-half), [*ends, mpmath.inf] if free < 20 else ends)
    expected = float(-mpmath.log10(2 * scale * tail))
  got = tails.neg_log10_p(np.sqrt([t2]), np.array([free]))
  assert got[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("free", [1, 30, 900, 40_000, 400_000])
def test_minus_log_p_grows_with_the_statistic(free):
  values = tails.neg_log10_p(np.sqrt(np.geomspace(1e-8, 1e7, 5001)), np.array(free))
  assert np.isfinite(values).all()
  assert (np.diff(values) > 0).all()
