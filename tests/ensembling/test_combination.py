"""Predictions of an ensemble: fitted on validation, applied to test, averaged or left out where inputs are missing."""

import numpy as np
import pytest

from msk_jax.ensembling import combination, hierarchy, spec

_N, _FOLDS = 600, 3
_NODE = hierarchy.build(["knee/one", "knee/two"])[0]


def _universe(seed=0):
  rng = np.random.default_rng(seed)
  return combination.Universe(rng.uniform(45, 80, _N), np.arange(_N) % _FOLDS, np.arange(_N), _FOLDS)


def _predictions(universe, sd=(3.0, 4.0), seed=1):
  rng = np.random.default_rng(seed)
  names = ("knee/one", "knee/two")
  return {name: universe.age_years + rng.normal(0, s, (2, _N)) for name, s in zip(names, sd, strict=True)}


def _combine(predictions, universe, **settings):
  return combination.combine(_NODE, predictions, universe, spec.EnsembleSpec(num_trials=3, **settings))


def _rmse(universe, values):
  return np.sqrt(np.mean(np.square(values - universe.age_years)))


def test_better_than_its_best_input_on_both_parts():
  universe = _universe()
  predictions = _predictions(universe)
  made = _combine(predictions, universe)
  for part in (combination.VALIDATION, combination.TEST):
    best = min(_rmse(universe, one[part]) for one in predictions.values())
    assert _rmse(universe, made.predicted_years[part]) < 0.95 * best
  assert [one.split for one in made.fitted.splits] == [0, 1, 2] and not made.average_weights


def test_test_rows_never_change_coefficients_and_each_split_serves_its_own_fold():
  universe = _universe()
  before, changed = _predictions(universe), _predictions(universe)
  for one in changed.values():
    one[combination.TEST] = 1000.0 - 3 * one[combination.TEST]
  first, second = _combine(before, universe), _combine(changed, universe)
  np.testing.assert_array_equal(first.predicted_years[0], second.predicted_years[0])
  for one, other in zip(first.fitted.splits, second.fitted.splits, strict=True):
    np.testing.assert_array_equal(one.fit.coefficients, other.fit.coefficients)
    inputs = np.stack([values[combination.TEST] for values in before.values()], axis=-1)
    rows = universe.fold == one.split
    np.testing.assert_allclose(first.predicted_years[1, rows], one.fit.predict(inputs[rows]))


def test_a_folds_ages_enter_no_fit_that_predicts_its_test():
  universe = _universe()
  predictions = _predictions(universe)
  first = _combine(predictions, universe)
  age = np.where(universe.fold == 1, 200.0 - universe.age_years, universe.age_years)
  changed = combination.Universe(age, universe.fold, universe.person, _FOLDS)
  second = _combine(predictions, changed)
  np.testing.assert_array_equal(
    first.predicted_years[1, universe.fold == 1], second.predicted_years[1, universe.fold == 1]
  )
  # They are the validation rows of split 2, which tests fold 2.
  assert (first.predicted_years[1, universe.fold == 2] != second.predicted_years[1, universe.fold == 2]).all()


def test_complete_cases_have_all_inputs():
  universe = _universe()
  predictions = _predictions(universe)
  predictions["knee/two"][:, ::4] = np.nan
  made = _combine(predictions, universe)
  assert np.isnan(made.predicted_years[:, ::4]).all()
  assert np.isfinite(np.delete(made.predicted_years, np.s_[::4], axis=1)).all()


def test_available_cases_average_what_is_there():
  universe = _universe()
  predictions = _predictions(universe)
  predictions["knee/two"][:, ::4] = np.nan
  predictions["knee/one"][:, ::8] = np.nan
  complete, made = _combine(predictions, universe), _combine(predictions, universe, cases="available")
  has_both = np.isfinite(complete.predicted_years)
  np.testing.assert_array_equal(made.predicted_years[has_both], complete.predicted_years[has_both])
  only_one = np.setdiff1d(np.arange(_N)[::4], np.arange(_N)[::8])
  np.testing.assert_allclose(made.predicted_years[:, only_one], predictions["knee/one"][:, only_one])
  assert np.isnan(made.predicted_years[:, ::8]).all()


def test_the_average_weighs_members_by_their_validation_errors():
  universe = _universe()
  predictions = _predictions(universe, sd=(1.0, 2.0))
  predictions["knee/two"][:, ::2] = np.nan
  node = hierarchy.Node("three", 1, (*predictions, "never"), (*predictions, "never"), ())
  predictions["never"] = np.full((2, _N), np.nan)
  settings = spec.EnsembleSpec(num_trials=2, cases="available")
  made = combination.combine(node, predictions, universe, settings)
  assert made.fitted is not None and made.fitted.splits == []  # no sample has all three
  squares = np.stack([np.square(predictions[name][0] - universe.age_years) for name in ("knee/one", "knee/two")])
  for k in range(_FOLDS):
    inverse = 1 / np.nanmean(squares[:, (universe.fold + 1) % _FOLDS == k], axis=1)
    np.testing.assert_allclose(made.average_weights[k], [*inverse / inverse.sum(), 0.0])
    test = (universe.fold == k) & (np.arange(_N) % 2 == 1)  # these have both
    mean = (predictions["knee/one"][1] * inverse[0] + predictions["knee/two"][1] * inverse[1]) / inverse.sum()
    np.testing.assert_allclose(made.predicted_years[1, test], mean[test])


@pytest.mark.parametrize("cases", ["complete", "available"])
def test_splits_that_one_input_lacks_are_left_to_the_others(cases):
  universe = _universe()
  predictions = _predictions(universe)
  predictions["knee/two"][1, universe.fold != 0] = np.nan  # split 0 alone is trained: tests fold 0, validates fold 2
  predictions["knee/two"][0, universe.fold != 2] = np.nan
  made = _combine(predictions, universe, cases=cases)
  assert [one.split for one in made.fitted.splits] == [0]
  has_test = np.isfinite(made.predicted_years[1])
  np.testing.assert_array_equal(has_test, (universe.fold == 0) | (cases == "available"))


def test_a_copy_is_a_copy():
  universe = _universe()
  node = hierarchy.build(["knee/one"])[0]
  predictions = {"knee/one": _predictions(universe)["knee/one"]}
  made = combination.combine(node, predictions, universe, spec.EnsembleSpec())
  np.testing.assert_array_equal(made.predicted_years, predictions["knee/one"])
  assert made.fitted is None
