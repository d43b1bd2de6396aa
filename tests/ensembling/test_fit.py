"""Elastic nets of ensembles: equal to scikit-learn row by row, inner folds by participant, no look beyond the split."""

import numpy as np
import pytest
from sklearn import linear_model, metrics, model_selection, pipeline, preprocessing

from msk_jax.ensembling import fit, spec

_SPEC = spec.EnsembleSpec(num_trials=4)


def _rows(n_people=150, p=4, splits=3, seed=0, visits=2):
  rng = np.random.default_rng(seed)
  person = np.repeat(np.arange(n_people), visits)
  order = rng.permutation(len(person))
  person = person[order]
  age = rng.uniform(45, 80, len(person))
  inputs = 60 + 0.7 * (age[:, None] - 60) + rng.normal(0, 3, (len(person), 1)) + rng.normal(0, 2, (len(person), p))
  return fit.Rows(inputs, age, person % splits, person)


def _net(setting):
  net = linear_model.ElasticNet(**setting, tol=1e-12, max_iter=100_000)
  return pipeline.make_pipeline(preprocessing.StandardScaler(), net)


def test_equal_to_scikit_learn_row_by_row():
  """Same inner folds, same settings: inner R2, coefficients and cross-fitted predictions are scikit-learn's."""
  rows = _rows()
  fitted = fit.fit(rows, _SPEC)
  assert [one.split for one in fitted.splits] == [0, 1, 2]
  for one in fitted.splits:
    at = np.flatnonzero(rows.split == one.split)
    inputs, age, person = rows.inputs_np[at], rows.age_years[at], rows.person[at]
    whole = _net(one.setting).fit(inputs, age)
    scale = whole[0].scale_
    np.testing.assert_allclose(one.fit.coefficients, whole[1].coef_ / scale, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(one.fit.standardised, whole[1].coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(inputs @ one.fit.coefficients + one.fit.intercept, whole.predict(inputs), rtol=1e-7)
    people = np.unique(person)
    scores = []
    for rest, out in model_selection.KFold(10).split(people):
      is_out = np.isin(person, people[out])
      assert not set(people[rest]) & set(people[out])
      net = _net(one.setting).fit(inputs[~is_out], age[~is_out])
      np.testing.assert_allclose(fitted.validation_years[at][is_out], net.predict(inputs[is_out]), rtol=1e-7)
      scores.append(metrics.r2_score(age[is_out], net.predict(inputs[is_out])))
    assert one.inner_r2 == pytest.approx(np.mean(scores), abs=1e-5)
    assert (one.num_rows, one.num_inner_folds) == (len(at), 10)


@pytest.mark.parametrize(
  ("people", "visits", "folds"), [(50, 2, 10), (53, 2, 10), (49, 2, 5), (99, 1, 5), (101, 1, 10)]
)
def test_inner_folds_are_those_of_kfold_on_sorted_participants(people, visits, folds):
  person = np.random.default_rng(0).permutation(np.repeat(np.arange(people) * 3, visits))
  found = fit.inner_folds(person, 10)
  for number, (_, out) in enumerate(model_selection.KFold(folds).split(np.arange(people))):
    np.testing.assert_array_equal(np.unique(person[found == number]), out * 3)
  assert found.max() == folds - 1


def test_every_inner_fold_of_a_small_split_has_two_people():
  for people in range(4, 30):
    assert np.bincount(fit.inner_folds(np.arange(people), 10)).min() >= 2
  assert not fit.inner_folds(np.arange(3), 10).any()


def test_a_split_knows_nothing_of_others():
  rows = _rows()
  before = fit.fit(rows, _SPEC)
  other = rows.split != 1
  changed = fit.Rows(np.where(other[:, None], 999.0 - rows.inputs_np, rows.inputs_np),
                     np.where(other, 1.5 * rows.age_years, rows.age_years), rows.split, rows.person)  # fmt: skip
  after = fit.fit(changed, _SPEC)
  assert after.splits[1].setting == before.splits[1].setting and after.splits[1].inner_r2 == before.splits[1].inner_r2
  np.testing.assert_array_equal(after.splits[1].fit.coefficients, before.splits[1].fit.coefficients)
  np.testing.assert_array_equal(after.validation_years[~other], before.validation_years[~other])
  assert (after.splits[0].fit.coefficients != before.splits[0].fit.coefficients).any()


def test_splits_alone_or_together_are_the_same():
  rows = _rows()
  together = fit.fit(rows, _SPEC)
  at = rows.split == 2
  alone = fit.fit(fit.Rows(rows.inputs_np[at], rows.age_years[at], rows.split[at], rows.person[at]), _SPEC)
  assert alone.splits[0].setting == together.splits[2].setting
  np.testing.assert_array_equal(alone.splits[0].fit.coefficients, together.splits[2].fit.coefficients)


def test_constant_and_twin_inputs_are_borne():
  rows = _rows(p=3)
  rows.inputs_np[:, 1] = 61.5
  rows.inputs_np[:, 2] = rows.inputs_np[:, 0]
  for one in fit.fit(rows, _SPEC).splits:
    assert one.fit.coefficients[1] == 0 and np.isfinite(one.fit.coefficients).all() and one.inner_r2 > 0.5
    assert one.fit.coefficients[0] == pytest.approx(one.fit.coefficients[2], abs=1e-3)


def test_splits_with_too_few_people_or_one_age_are_left_out():
  rows = _rows(n_people=90)
  few = np.isin(rows.person, np.unique(rows.person[rows.split == 0])[:3])
  keep = (rows.split != 0) | few
  rows = fit.Rows(*(getattr(rows, name)[keep] for name in ("inputs_np", "age_years", "split", "person")))
  rows.age_years[rows.split == 2] = 60.0
  fitted = fit.fit(rows, _SPEC)
  assert [one.split for one in fitted.splits] == [1] and set(fitted.left_out) == {0, 2}
  assert np.isnan(fitted.validation_years[rows.split != 1]).all()
  assert np.isfinite(fitted.validation_years[rows.split == 1]).all()


def test_no_rows_give_no_fits():
  empty = fit.Rows(np.empty((0, 3)), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
  fitted = fit.fit(empty, _SPEC)
  assert fitted.splits == [] and len(fitted.validation_years) == 0
