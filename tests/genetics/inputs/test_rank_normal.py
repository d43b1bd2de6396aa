"""The rank-normal transformation, and the pair of stages that it is part of."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from msk_jax.genetics import design, rank_normal
from tests.genetics.inputs import study as studies


def test_quantiles_are_bloms_with_unit_sd():
  values = np.array([3.0, 1.0, np.nan, 2.0, 10.0])
  expected = stats.norm.ppf((np.array([3, 1, 2, 4]) - 0.375) / 4.25)
  transformed = rank_normal.transform(values)
  np.testing.assert_allclose(transformed[[0, 1, 3, 4]], expected / expected.std(ddof=1))
  assert np.isnan(transformed[2])


def test_equal_values_share_their_mean_rank():
  transformed = rank_normal.transform(np.array([1.0, 2.0, 2.0, 3.0]))
  assert transformed[1] == transformed[2] == 0.0


@given(st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=2, max_size=200))
def test_order_is_kept_and_monotone_changes_do_not_matter(values):
  array = np.array(values)
  transformed = rank_normal.transform(array)
  np.testing.assert_array_equal(rank_normal.transform(array * 7 + 3), transformed)
  order = np.argsort(array, kind="stable")
  assert (np.diff(transformed[order]) >= 0).all()
  if len(np.unique(array)) > 1:
    np.testing.assert_allclose(transformed.std(ddof=1), 1.0)


def test_residuals_on_the_covariates_are_transformed_within_each_stratum(study):
  plain = study.gather(dataclasses.replace(studies.SPEC, strata=("all", "female"))).analysis
  spec = dataclasses.replace(studies.SPEC, strata=("all", "female"), transformation="rank_normal")
  transformed = study.gather(spec).analysis
  matrix = design.make(plain.covariates, len(plain.people))
  for before, after in zip(plain.traits, transformed.traits, strict=True):
    assert after.unit == "SD" and before.name == after.name
    np.testing.assert_allclose(np.nanstd(after.values, ddof=1), 1.0)
    left = design.residuals(matrix, before.values)
    np.testing.assert_array_equal(after.values, rank_normal.transform(left))
  assert list(transformed.covariates.quantitative) == list(plain.covariates.quantitative)  # in the second stage again
