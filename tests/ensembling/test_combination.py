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
  return _combine_node(_NODE, predictions, universe, spec.EnsembleSpec(num_trials=3, **settings))


def _combine_node(node, predictions, universe, settings):
  return combination.Stack([node], dict(predictions), universe, settings).combine(node.name)


def _rmse(universe, values):
  return np.sqrt(np.mean(np.square(values - universe.age_years)))


def test_better_than_its_best_input_on_both_parts():
  universe = _universe()
  predictions = _predictions(universe)
  combined = _combine(predictions, universe)
  for part in (combination.VALIDATION, combination.TEST):
    best = min(_rmse(universe, values[part]) for values in predictions.values())
    assert _rmse(universe, combined.predicted_years[part]) < 0.95 * best
  assert [split_fit.split for split_fit in combined.splits] == [0, 1, 2] and not combined.average_weights


def test_test_rows_never_change_coefficients_and_each_split_serves_its_own_fold():
  universe = _universe()
  before, changed = _predictions(universe), _predictions(universe)
  for values in changed.values():
    values[combination.TEST] = 1000.0 - 3 * values[combination.TEST]
  first, second = _combine(before, universe), _combine(changed, universe)
  np.testing.assert_array_equal(first.predicted_years[0], second.predicted_years[0])
  for split_fit, other in zip(first.splits, second.splits, strict=True):
    np.testing.assert_array_equal(split_fit.fit.coefficients, other.fit.coefficients)
    inputs = np.stack([values[combination.TEST] for values in before.values()], axis=-1)
    rows = universe.fold == split_fit.split
    np.testing.assert_allclose(first.predicted_years[1, rows], split_fit.fit.predict(inputs[rows]))


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
  combined = _combine(predictions, universe)
  assert np.isnan(combined.predicted_years[:, ::4]).all()
  assert np.isfinite(np.delete(combined.predicted_years, np.s_[::4], axis=1)).all()


def test_available_cases_average_what_is_there():
  universe = _universe()
  predictions = _predictions(universe)
  predictions["knee/two"][:, ::4] = np.nan
  predictions["knee/one"][:, ::8] = np.nan
  complete, combined = _combine(predictions, universe), _combine(predictions, universe, cases="available")
  has_both = np.isfinite(complete.predicted_years)
  np.testing.assert_array_equal(combined.predicted_years[has_both], complete.predicted_years[has_both])
  only_one = np.setdiff1d(np.arange(_N)[::4], np.arange(_N)[::8])
  np.testing.assert_allclose(combined.predicted_years[:, only_one], predictions["knee/one"][:, only_one])
  assert np.isnan(combined.predicted_years[:, ::8]).all()


def test_the_average_weighs_members_by_their_validation_errors():
  """No sample has all three: even samples lack the second, odd ones the third."""
  universe = _universe()
  predictions = _predictions(universe, sd=(1.0, 2.0))
  predictions["knee/two"][:, ::2] = np.nan
  predictions["knee/three"] = np.where(np.arange(_N) % 2 == 0, universe.age_years + 3.0, np.nan) + np.zeros((2, 1))
  node = hierarchy.Node("three", 1, tuple(predictions), tuple(predictions), ())
  settings = spec.EnsembleSpec(num_trials=2, cases="available")
  combined = _combine_node(node, predictions, universe, settings)
  assert combined.splits == [] and set(combined.left_out) == {0, 1, 2}
  squares = np.stack([np.square(values[0] - universe.age_years) for values in predictions.values()])
  for k in range(_FOLDS):
    inverse = 1 / np.nanmean(squares[:, (universe.fold + 1) % _FOLDS == k], axis=1)
    np.testing.assert_allclose(combined.average_weights[k], inverse / inverse.sum())
    for second, i in (("knee/two", 1), ("knee/three", 2)):
      test = (universe.fold == k) & np.isfinite(predictions[second][1])  # these have the first and the second
      sums = predictions["knee/one"][1] * inverse[0] + predictions[second][1] * inverse[i]
      np.testing.assert_allclose(combined.predicted_years[1, test], (sums / (inverse[0] + inverse[i]))[test])


def _only_split_0(values, universe):
  """Leaves a model the predictions of split 0 alone, which tests fold 0 and validates fold 2."""
  values[1, universe.fold != 0] = np.nan
  values[0, universe.fold != 2] = np.nan


@pytest.mark.parametrize("cases", ["complete", "available"])
def test_a_split_that_all_but_one_input_lack_copies_that_one(cases):
  universe = _universe()
  predictions = _predictions(universe)
  _only_split_0(predictions["knee/two"], universe)
  combined = _combine(predictions, universe, cases=cases)
  assert [split_fit.split for split_fit in combined.splits] == [0]
  assert combined.inputs == {0: ("knee/one", "knee/two"), 1: ("knee/one",), 2: ("knee/one",)}
  for part, fold_of_0 in ((combination.VALIDATION, 2), (combination.TEST, 0)):
    others = universe.fold != fold_of_0
    np.testing.assert_array_equal(combined.predicted_years[part, others], predictions["knee/one"][part, others])
    assert np.isfinite(combined.predicted_years[part]).all()


@pytest.mark.parametrize("cases", ["complete", "available"])
def test_a_split_without_an_input_is_as_if_there_were_no_such_model(cases):
  """As in the authors' code, columns without any value are dropped split by split, then samples that lack another."""
  universe = _universe()
  predictions = {**_predictions(universe), "knee/new": universe.age_years + np.zeros((2, _N))}
  predictions["knee/two"][:, ::7] = np.nan
  _only_split_0(predictions["knee/new"], universe)
  predictions["knee/new"][0, universe.fold == 0] = 60.0  # of split 1 it has validation predictions, and no test one
  settings = spec.EnsembleSpec(num_trials=3, cases=cases)
  three = _combine_node(hierarchy.build(list(predictions))[0], predictions, universe, settings)
  without = _combine(predictions, universe, cases=cases)
  assert three.inputs[0] == ("knee/new", "knee/one", "knee/two")
  assert three.inputs[1] == three.inputs[2] == ("knee/one", "knee/two")
  for k in (1, 2):
    np.testing.assert_array_equal(three.splits[k].fit.coefficients, without.splits[k].fit.coefficients)
    for part in (combination.VALIDATION, combination.TEST):
      rows = universe.split(part) == k
      np.testing.assert_array_equal(three.predicted_years[part, rows], without.predicted_years[part, rows])
  assert len(three.splits[0].fit.coefficients) == 3


def test_an_ensemble_that_copies_an_input_in_a_split_counts_once_there():
  universe = _universe()
  predictions = {**_predictions(universe), "hip/one": _predictions(universe, seed=5)["knee/one"]}
  _only_split_0(predictions["knee/two"], universe)
  nodes = hierarchy.build(list(predictions))
  combined = combination.Stack(nodes, predictions, universe, spec.EnsembleSpec(num_trials=2)).combine("general")
  assert set(combined.inputs[0]) == {"hip/one", "knee/one", "knee/two", "knee/ensemble"}
  assert set(combined.inputs[1]) == set(combined.inputs[2]) == {"hip/one", "knee/one"}
  assert np.isfinite(combined.predicted_years).all()


def test_a_split_that_no_input_has_stays_empty():
  universe = _universe()
  predictions = _predictions(universe)
  for values in predictions.values():
    _only_split_0(values, universe)
  combined = _combine(predictions, universe)
  assert combined.inputs[1] == combined.inputs[2] == () and [split_fit.split for split_fit in combined.splits] == [0]
  np.testing.assert_array_equal(np.isfinite(combined.predicted_years[1]), universe.fold == 0)


def test_a_copy_is_a_copy():
  universe = _universe()
  node = hierarchy.build(["knee/one"])[0]
  predictions = {"knee/one": _predictions(universe)["knee/one"]}
  combined = _combine_node(node, predictions, universe, spec.EnsembleSpec())
  np.testing.assert_array_equal(combined.predicted_years, predictions["knee/one"])
  assert combined.inputs == {k: ("knee/one",) for k in range(_FOLDS)} and combined.splits == []
