"""Corrections for many tests beside statsmodels."""

import numpy as np
from statsmodels.stats import multitest

from msk_jax.associations import multiple_testing


def test_is_as_statsmodels():
  p = np.random.default_rng(0).uniform(size=200) ** 4
  p[10] = p[11]
  expected = multitest.multipletests(p, method="fdr_bh")[1]
  np.testing.assert_allclose(10 ** -multiple_testing.benjamini_hochberg(-np.log10(p)), expected, rtol=1e-12)
  expected = multitest.multipletests(p, method="bonferroni")[1]
  np.testing.assert_allclose(10 ** -multiple_testing.bonferroni(-np.log10(p), 200), expected, rtol=1e-12)


def test_missing_results_are_no_tests():
  values = np.array([3.0, np.nan, 400.0, 0.1])
  adjusted = multiple_testing.benjamini_hochberg(values)
  assert np.isnan(adjusted[1])
  np.testing.assert_allclose(adjusted[[0, 2, 3]], [3 - np.log10(1.5), 400 - np.log10(3), 0.1])
  assert multiple_testing.benjamini_hochberg(np.array([np.nan])).shape == (1,)
