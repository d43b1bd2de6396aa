"""Associations beside statsmodels and pingouin, pair by pair, and the edges of what can be computed."""

import warnings

import hypothesis
import numpy as np
import pandas as pd
import pingouin
import pytest
import statsmodels.api as sm
from hypothesis import strategies as st

from msk_jax.associations.association import design, direct, partial_correlation

Reason = direct.Reason


def draw(seed=0, n=900, v=12, d=3, num_families=300):
  """Returns variables, outcomes, covariates (age, sex, five levels of a factor), families and people."""
  rng = np.random.default_rng(seed)
  person = rng.integers(0, 2 * num_families, n)
  family = person // 2
  factor = rng.choice(6, n, p=[0.7, 0.1, 0.1, 0.05, 0.03, 0.02])
  age, sex = rng.normal(60, 8, n), rng.integers(0, 2, n)
  covariates = np.column_stack([age, sex, *(factor == k for k in range(1, 6))]).astype(float)
  y = 3 * rng.normal(size=(n, d)) + 0.1 * age[:, None] + rng.normal(size=num_families)[family][:, None]
  x = rng.normal(size=(n, v)) * np.geomspace(0.01, 1000, v) + 0.01 * age[:, None]
  x[:, -1] = x[:, -1] > 300
  x += rng.normal(size=(num_families, v))[family] + 0.1 * y[:, :1]
  x[rng.random((n, v)) < 0.3] = np.nan
  y[rng.random((n, d)) < 0.2] = np.nan
  return x, y, covariates, family, person


def check_pair(results, j, k, data, tolerance=1e-6):
  """Asserts that one pair is as statsmodels has it."""
  x, y, covariates, family, person = data
  has = ~np.isnan(x[:, j]) & ~np.isnan(y[:, k]) & ~np.isnan(covariates).any(axis=1)
  own = x[has, j] - x[has, j].mean()
  kept = [column for column in covariates[has].T if np.ptp(column) > 0]
  model = sm.OLS(y[has, k], np.column_stack([np.ones(has.sum()), own, *kept])).fit()
  clustered = model.get_robustcov_results("cluster", groups=family[has], use_t=True)
  expected = {
    "beta": model.params[1],
    "se": model.bse[1],
    "df": model.df_resid,
    "neg_log10_p": -np.log10(model.pvalues[1]),
    "t": model.tvalues[1],
    "clustered_se": clustered.bse[1],
    "clustered_t": clustered.tvalues[1],
    "clustered_neg_log10_p": -np.log10(clustered.pvalues[1]),
    "sd": own.std(ddof=1),
    "num_samples": has.sum(),
    "num_clusters": len(set(family[has])),
    "num_people": len(set(person[has])),
    "r": model.tvalues[1] / np.sqrt(model.df_resid + model.tvalues[1] ** 2),
  }
  for name, value in expected.items():
    np.testing.assert_allclose(getattr(results, name)[j, k], value, rtol=tolerance, atol=tolerance, err_msg=name)
  assert results.reason[j, k] == Reason.NONE


@pytest.mark.parametrize("seed", [0, 1])
def test_is_as_statsmodels(seed):
  data = draw(seed)
  x, y, covariates, family, person = data
  results = partial_correlation.associate(x, y, covariates, family, person=person)
  for j in range(x.shape[1]):
    for k in range(y.shape[1]):
      check_pair(results, j, k, data)


def test_single_precision_is_close():
  data = draw(2)
  x, y, covariates, family, person = data
  results = partial_correlation.associate(x, y, covariates, family, person=person, dtype=np.float32)
  for j in range(x.shape[1]):
    check_pair(results, j, 1, data, tolerance=1e-4)


def test_is_as_pingouin():
  x, y, covariates, _, _ = draw(3)
  results = partial_correlation.associate(x, y, covariates)
  names = [f"c{k}" for k in range(covariates.shape[1])]
  for j in range(x.shape[1]):
    table = pd.DataFrame(np.column_stack([x[:, j], y[:, 0], covariates]), columns=["x", "y", *names])
    with warnings.catch_warnings():
      warnings.simplefilter("ignore")
      expected = pingouin.partial_corr(table.dropna(), "x", "y", names)
    np.testing.assert_allclose(results.r[j, 0], expected["r"].iloc[0], atol=1e-6)
    np.testing.assert_allclose(10 ** -results.neg_log10_p[j, 0], expected.filter(like="p").iloc[0, -1], rtol=1e-6)


def test_rows_may_come_in_any_order_and_blocks():
  x, y, covariates, family, person = draw(4)
  x = np.tile(x, (1, 30))  # more than a block of variables
  expected = partial_correlation.associate(x, y, covariates, family, person=person)
  order = np.random.default_rng(0).permutation(len(x))
  shuffled = partial_correlation.associate(
    x[order], y[order], covariates[order], family[order] + 10**9, person=person[order]
  )
  np.testing.assert_allclose(shuffled.clustered_neg_log10_p, expected.clustered_neg_log10_p, rtol=1e-9)
  np.testing.assert_array_equal(shuffled.num_clusters, expected.num_clusters)
  np.testing.assert_allclose(expected.r[:12], expected.r[-12:], rtol=1e-12)


def test_offset_of_a_hundred_million_with_unit_noise():
  data = draw(5)
  x, y, covariates, family, person = data
  x[:, 3] = np.random.default_rng(0).normal(size=len(x))
  moved = x.copy()
  moved[:, 3] += 1e8
  results = partial_correlation.associate(moved, y + 1e8, covariates, family, person=person)
  for k in range(y.shape[1]):
    check_pair(results, 3, k, (moved, y, covariates, family, person))
  ages = covariates.copy()
  ages[:, 0] += 1e8
  check_pair(partial_correlation.associate(x, y, ages, family, person=person), 2, 0, data)


def test_an_empty_level_of_a_factor_leaves_its_degree_of_freedom():
  data = draw(6)
  x, y, covariates, family, person = data
  x[covariates[:, 4] == 1, 2] = np.nan
  x[covariates[:, 2:].any(axis=1), 3] = np.nan  # only the reference level is left
  results = partial_correlation.associate(x, y, covariates, family, person=person)
  n = results.num_samples
  assert results.df[2, 0] == n[2, 0] - 2 - 6
  assert results.df[3, 0] == n[3, 0] - 2 - 2
  check_pair(results, 2, 0, data)
  check_pair(results, 3, 0, data)


def test_a_covariate_twice_counts_once():
  data = draw(7)
  x, y, covariates, family, person = data
  twice = np.column_stack([covariates, covariates[:, 0] * 3 + 1, covariates[:, 1]])
  check_pair(partial_correlation.associate(x, y, twice, family, person=person), 1, 1, data)


def test_columns_without_a_result_have_a_reason():
  x, y, covariates, family, _ = draw(8)
  x[:, 0], x[:, 1], x[:, 2], x[:, 3] = np.nan, 7.3, 2 * covariates[:, 0] + 5, y[:, 0]
  few = np.flatnonzero(~np.isnan(y[:, 0]))[:3]
  x[:, 4] = np.nan
  x[few, 4] = 1.0, 4.0, 2.0
  x[:, 5] = np.where(np.arange(len(x)) < 6, 1.0, 0.0)
  results = partial_correlation.associate_block(x, design.make(y, covariates, family), fewest_rarer=10)
  assert results.reason[:6, 0].tolist() == [
    Reason.NO_VALUES,
    Reason.CONSTANT,
    Reason.COLLINEAR,
    Reason.PERFECT,
    Reason.FEW,
    Reason.RARE,
  ]
  has_none = results.reason != Reason.NONE
  for name in ("r", "beta", "se", "neg_log10_p", "clustered_se", "clustered_neg_log10_p"):
    np.testing.assert_array_equal(np.isnan(getattr(results, name)), has_none, err_msg=name)


def test_an_outcome_that_the_covariates_explain_has_a_reason():
  x, y, covariates, family, _ = draw(9)
  y[:, 1] = covariates[:, 0] - 2 * covariates[:, 1]
  results = partial_correlation.associate(x, y, covariates, family)
  assert (results.reason[:, 1] == Reason.OUTCOME).all()
  assert (results.reason[:, 0] == Reason.NONE).all()


def test_one_cluster_has_no_clustered_error():
  x, y, covariates, _, _ = draw(10)
  results = partial_correlation.associate(x, y, covariates, np.zeros(len(x), int))
  assert np.isnan(results.clustered_se).all()
  assert np.isfinite(results.se).all()


def test_the_rarer_value_is_counted_in_people():
  x, y, covariates, family, person = draw(11)
  x[:, 0] = np.where(person < 7, 4.5, -1.0)
  x[person == 3, 0] = np.nan
  results = partial_correlation.associate(x, y, covariates, family, person=person)
  has = ~np.isnan(y[:, 0]) & (x[:, 0] == 4.5)
  assert results.num_rarer[0, 0] == len(set(person[has]))
  assert (results.num_rarer[1:-1] == -1).all()


def test_people_without_the_commonest_value_are_counted():
  x, y, covariates, family, person = draw(11)
  x[:, 0] = np.where(person < 7, 1.0, np.where(person < 9, 0.5, 0.0))  # yes, perhaps, no
  x[:, 1] = np.arange(len(x)) % 3  # no value is in most rows
  results = partial_correlation.associate(x, y, covariates, family, person=person)
  has = ~np.isnan(y[:, 0]) & (x[:, 0] > 0)
  assert results.num_rarer[0, 0] == len(set(person[has]))
  assert results.num_rarer[1, 0] == -1
  few = partial_correlation.associate_block(x, design.make(y, covariates, family), fewest_rarer=len(x) // 2)
  assert few.reason[0, 0] == Reason.RARE


@pytest.mark.parametrize("which", ["x", "y", "covariates"])
def test_infinite_values_are_refused(which):
  x, y, covariates, _, _ = draw(12)
  {"x": x, "y": y, "covariates": covariates}[which][5, 0] = np.inf
  with pytest.raises(ValueError, match="finite"):
    partial_correlation.associate(x, y, covariates)


@hypothesis.given(
  seed=st.integers(0, 10**6),
  extra=st.integers(0, 6),
  num_covariates=st.integers(0, 4),
  log_scale=st.floats(-6, 6),
  offset=st.sampled_from([0.0, 1.0, 1e8]),
)
@hypothesis.settings(max_examples=60, deadline=None)
def test_few_rows_are_as_statsmodels(seed, extra, num_covariates, log_scale, offset):
  rng = np.random.default_rng(seed)
  n = num_covariates + 3 + extra  # from one degree of freedom on, the constant and x counted
  covariates = rng.normal(size=(n + 4, num_covariates))
  unit = 10**log_scale
  x, y = rng.normal(size=(n + 4, 2)), rng.normal(size=(n + 4, 1))
  x[:2], y[2:4] = np.nan, np.nan  # masked rows
  moved = unit * (x + offset)
  x = unit * (moved / unit - offset)  # with the digits that are left
  family = rng.permutation(np.arange(n + 4) // 2)
  results = partial_correlation.associate(moved, y, covariates, family)
  model = sm.OLS(y[4:, 0], np.column_stack([np.ones(n), x[4:, 0] / unit, covariates[4:]])).fit()
  np.testing.assert_allclose(results.beta[0, 0] * unit, model.params[1], rtol=1e-6, atol=1e-7)
  np.testing.assert_allclose(results.se[0, 0] * unit, model.bse[1], rtol=1e-6)
  assert results.df[0, 0] == model.df_resid == extra + 1
  clustered = model.get_robustcov_results("cluster", groups=family[4:], use_t=True)
  if len(set(family[4:])) > num_covariates + 2:
    np.testing.assert_allclose(results.clustered_se[0, 0] * unit, clustered.bse[1], rtol=1e-5)
