"""Elastic nets of ensembles: equal to scikit-learn row by row, settings chosen without the fold that is predicted."""

import dataclasses

import numpy as np
import pytest
from sklearn import linear_model, metrics, pipeline, preprocessing

from msk_jax.ensembling import fit, inner_folds, problems, spec
from msk_jax.regression import moments, search

_SPEC = spec.EnsembleSpec(num_trials=4)
_FOLDS = 10


@dataclasses.dataclass
class _Rows:
  """Validation rows of several splits: inputs [n, p], ages, splits and participants [n]."""

  inputs: np.ndarray
  age: np.ndarray
  split: np.ndarray
  person: np.ndarray

  @property
  def inner(self):
    return inner_folds.divide_splits(self.split, self.person, _FOLDS)

  def of(self, k):
    """Returns the moments of split k, whose inputs are models themselves."""
    at, p = self.split == k, self.inputs.shape[1]
    by_fold = moments.group_moments(self.inputs[at], self.age[at], self.inner[at], _FOLDS)
    same = np.broadcast_to(np.eye(p, p + 1), (_FOLDS + 1, _FOLDS + 1, p, p + 1))
    return problems.SplitRows(k, by_fold, same)


def _rows(n_people=150, p=4, splits=3, seed=0, visits=2):
  rng = np.random.default_rng(seed)
  person = rng.permutation(np.repeat(np.arange(n_people), visits))
  age = rng.uniform(45, 80, len(person))
  inputs = 60 + 0.7 * (age[:, None] - 60) + rng.normal(0, 3, (len(person), 1)) + rng.normal(0, 2, (len(person), p))
  return _Rows(inputs, age, person % splits, person)


def _fit(rows, splits=(0, 1, 2), stacking="nested"):
  return fit.fit(problems.make([rows.of(k) for k in splits], stacking == "nested"), _SPEC)


def _net(setting):
  net = linear_model.ElasticNet(**setting, tol=1e-12, max_iter=100_000)
  return pipeline.make_pipeline(preprocessing.StandardScaler(), net)


def _r2(inputs, age, is_training, is_out, setting):
  net = _net(setting).fit(inputs[is_training], age[is_training])
  return metrics.r2_score(age[is_out], net.predict(inputs[is_out]))


def _predict(weights, inputs):
  return inputs @ weights[:-1] + weights[-1]


@pytest.mark.parametrize("stacking", ["nested", "published"])
def test_equal_to_scikit_learn_row_by_row(stacking):
  rows = _rows()
  for one in _fit(rows, stacking=stacking):
    at = np.flatnonzero(rows.split == one.split)
    inputs, age, inner = rows.inputs[at], rows.age[at], rows.inner[at]
    whole = _net(one.setting).fit(inputs, age)
    scale = whole[0].scale_
    np.testing.assert_allclose(one.fit.coefficients, whole[1].coef_ / scale, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(one.fit.standardised, whole[1].coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(_predict(one.nets[_FOLDS, _FOLDS], inputs), whole.predict(inputs), rtol=1e-7)
    scores = [_r2(inputs, age, inner != f, inner == f, one.setting) for f in range(_FOLDS)]
    assert one.inner_r2 == pytest.approx(np.mean(scores), abs=1e-5)
    assert (one.num_rows, one.num_inner_folds) == (len(at), _FOLDS)
    if stacking == "published":
      for f in range(_FOLDS):
        net = _net(one.setting).fit(inputs[inner != f], age[inner != f])
        np.testing.assert_allclose(_predict(one.nets[f, _FOLDS], inputs), net.predict(inputs), rtol=1e-7)
      assert np.isnan(one.nets[:_FOLDS, :_FOLDS]).all()


def test_a_held_out_folds_setting_is_the_best_of_the_random_ones_without_it():
  """Brute force with scikit-learn, for one split."""
  rows = _rows(n_people=60, p=2, splits=1, visits=1)
  (one,) = _fit(rows, splits=(0,))
  inputs, age, inner = rows.inputs, rows.age, rows.inner
  folds = sorted(set(inner.tolist()))
  settings = search.Search(fit.SPACE, [0], _SPEC.seed).ask(_SPEC.num_trials)[0]
  for h in folds:
    others = [f for f in folds if f != h]
    scores = [
      np.mean([_r2(inputs, age, ~np.isin(inner, (h, f)), inner == f, each) for f in others]) for each in settings
    ]
    best = settings[int(np.argmax(scores))]
    net = _net(best).fit(inputs[inner != h], age[inner != h])
    np.testing.assert_allclose(_predict(one.nets[h, _FOLDS], inputs), net.predict(inputs), rtol=1e-7)
    for f in others:
      net = _net(best).fit(inputs[~np.isin(inner, (h, f))], age[~np.isin(inner, (h, f))])
      np.testing.assert_allclose(_predict(one.nets[h, f], inputs), net.predict(inputs), rtol=1e-7)


def test_a_split_knows_nothing_of_others():
  rows = _rows()
  before = _fit(rows)
  other = rows.split != 1
  changed = dataclasses.replace(
    rows,
    inputs=np.where(other[:, None], 999.0 - rows.inputs, rows.inputs),
    age=np.where(other, 1.5 * rows.age, rows.age),
  )
  after = _fit(changed)
  assert after[1].setting == before[1].setting and after[1].inner_r2 == before[1].inner_r2
  np.testing.assert_array_equal(after[1].fit.coefficients, before[1].fit.coefficients)
  np.testing.assert_array_equal(after[1].nets, before[1].nets)
  assert (after[0].fit.coefficients != before[0].fit.coefficients).any()


def test_splits_alone_or_together_are_the_same():
  rows = _rows()
  together, (alone,) = _fit(rows), _fit(rows, splits=(2,))
  assert alone.setting == together[2].setting
  np.testing.assert_array_equal(alone.nets, together[2].nets)


def test_constant_and_twin_inputs_are_borne():
  rows = _rows(p=3)
  rows.inputs[:, 1] = 61.5
  rows.inputs[:, 2] = rows.inputs[:, 0]
  for one in _fit(rows):
    assert one.fit.coefficients[1] == 0 and np.isfinite(one.fit.coefficients).all() and one.inner_r2 > 0.5
    assert one.fit.coefficients[0] == pytest.approx(one.fit.coefficients[2], abs=1e-3)


def test_splits_with_too_few_people_or_one_age_are_not_fitted():
  rows = _rows(n_people=90)
  few = np.isin(rows.person, np.unique(rows.person[rows.split == 0])[:5])
  keep = (rows.split != 0) | few
  rows = _Rows(rows.inputs[keep], rows.age[keep], rows.split[keep], rows.person[keep])
  rows.age[rows.split == 2] = 60.0
  assert rows.of(0).why_unfit() == "10 complete validation samples in 2 inner folds are too few"
  assert rows.of(2).why_unfit() == "60 complete validation samples have one age" and not rows.of(1).why_unfit()


def test_an_inner_fold_without_rows_changes_nothing():
  """Rows that a rare model lacks may empty a fold: its own net is the one of all rows."""
  rows = _rows(splits=1)
  inner = rows.inner
  keep = inner != 4
  by_fold = moments.group_moments(rows.inputs, rows.age, np.where(keep, inner, -1), _FOLDS)
  (one,) = fit.fit(problems.make([problems.SplitRows(0, by_fold, rows.of(0).inputs)], True), _SPEC)
  assert one.num_inner_folds == _FOLDS - 1 and one.num_rows == keep.sum()
  np.testing.assert_array_equal(one.nets[4, _FOLDS], one.nets[_FOLDS, _FOLDS])
  net = _net(one.setting).fit(rows.inputs[keep], rows.age[keep])
  np.testing.assert_allclose(_predict(one.nets[4, _FOLDS], rows.inputs), net.predict(rows.inputs), rtol=1e-7)
