"""Ensembles of ensembles learn nothing from noise: no net knows an age of the inner fold that it predicts."""

import dataclasses

import numpy as np
import pytest

from msk_jax.ensembling import combination, hierarchy, inner_folds, spec
from msk_jax.scores import metrics
from tests import cases

_FOLDS = 3
_MODELS = tuple(f"{dimension}/{view}/{name}" for dimension in ("a", "b") for view in ("x", "y") for name in "lm")
_TOP = "general"


def _universe(num_people, seed=0, visits=1):
  rng = np.random.default_rng(seed)
  person = np.repeat(np.arange(num_people), visits)
  fold = rng.permutation(np.arange(num_people) % _FOLDS)[person]
  return combination.Universe(rng.uniform(45, 80, len(person)), fold, person, _FOLDS)


def _noise(universe, seed=0):
  rng = np.random.default_rng(seed)
  return {name: rng.normal(64, 3, (2, len(universe.person))) for name in _MODELS}


def _signal(universe, seed=0):
  rng = np.random.default_rng(seed)
  age = universe.age_years
  return {name: 60 + 0.7 * (age - 60) + rng.normal(0, 5, (2, len(age))) for name in _MODELS}


def _stack(predictions, universe, **settings):
  chosen = spec.EnsembleSpec(**{"num_trials": 4, **settings})
  nodes = hierarchy.build(list(predictions), chosen.inputs)
  stack = combination.Stack(nodes, dict(predictions), universe, chosen)
  for node in nodes:
    stack.combine(node.name)
  return stack, nodes


def _r2(stack, name, part):
  predicted = stack.predictions[name][part]
  rows = np.isfinite(predicted)
  return metrics.r2(stack.universe.age_years[rows], predicted[rows])


@pytest.mark.parametrize("inputs", cases.first_of(["children", "descendants"]))
@pytest.mark.parametrize("fold", [0, 7])
def test_no_age_of_an_inner_fold_enters_what_predicts_it(inputs, fold):
  """Bit for bit, at every level; the same change reaches the published stack."""
  universe = _universe(480, visits=2)
  predictions = _signal(universe)
  inner = inner_folds.divide_splits(universe.split(combination.VALIDATION), universe.person, 10)
  is_changed = inner == fold
  ages = np.where(is_changed, 150.0 - universe.age_years, universe.age_years)
  changed = dataclasses.replace(universe, age_years=ages)
  before, nodes = _stack(predictions, universe, inputs=inputs)
  after, _ = _stack(predictions, changed, inputs=inputs)
  for node in nodes:
    first, second = before.predictions[node.name], after.predictions[node.name]
    np.testing.assert_array_equal(first[0, is_changed], second[0, is_changed])
    assert (first[0, ~is_changed] != second[0, ~is_changed]).all() and (first[1] != second[1]).all()
  leaky, leaky_after = (
    _stack(predictions, each, inputs=inputs, stacking="published")[0] for each in (universe, changed)
  )
  top, top_after = leaky.predictions[_TOP][0], leaky_after.predictions[_TOP][0]
  assert (top[is_changed] != top_after[is_changed]).any()


@pytest.mark.parametrize("inputs", cases.first_of(["children", "descendants"]))
def test_noise_has_no_r2_on_validation(inputs):
  scores = {}
  for seed in range(8):
    universe = _universe(450, seed)
    stack, nodes = _stack(_noise(universe, seed), universe, inputs=inputs)
    for node in nodes:
      scores.setdefault(node.name, []).append([_r2(stack, node.name, part) for part in (0, 1)])
  for name, found in scores.items():
    mean, error = np.mean(found, 0), np.std(found, 0, ddof=1) / np.sqrt(len(found))
    assert -0.05 < mean[0] < 2 * error[0], name
    assert mean[1] > -0.05, name


def test_noise_gains_on_validation_where_rows_are_cross_fitted():
  """The published way, and what the test above would see of it."""
  universe = _universe(450)
  stack, _ = _stack(_noise(universe), universe, stacking="published", num_trials=8)
  assert _r2(stack, _TOP, 0) > 0.03 > 0.0 > _r2(stack, _TOP, 1)


@pytest.mark.parametrize("stacking", ["nested", "published"])
def test_a_signal_is_used(stacking):
  universe = _universe(900)
  stack, _ = _stack(_signal(universe), universe, stacking=stacking)
  single, top = _r2(stack, _MODELS[0], 1), _r2(stack, _TOP, 1)
  assert top > single + 0.15
  assert _r2(stack, _TOP, 0) == pytest.approx(top, abs=0.04)


@pytest.mark.parametrize("cases", ["complete", "available"])
def test_ensembles_are_linear_in_the_models_below(cases):
  """What an upper ensemble is fitted on is what it gets: the lower ones as functions of models."""
  universe = _universe(600)
  predictions = _signal(universe)
  predictions["a/x/l"][:, ::5] = np.nan
  predictions["b/x/m"][0, universe.fold != 2] = np.nan  # in two of three splits b/x has one model
  stack, nodes = _stack(predictions, universe, cases=cases, inputs="children")
  is_complete = np.isfinite(np.stack([predictions[name][1] for name in _MODELS])).all(0)
  for k in range(_FOLDS):
    rows = is_complete & (universe.fold == k)
    for node in nodes:
      models, weights = stack.weights_of(node.name, k)
      own = weights[-1, -1]
      values = np.stack([predictions[name][1, rows] for name in models], axis=-1) @ own[:-1] + own[-1]
      np.testing.assert_allclose(values, stack.predictions[node.name][1, rows], rtol=1e-9)


def test_splits_that_no_net_fits_are_averages_for_the_ensembles_above():
  """Five people with both models of a/x: too few to fit, so where cases are available it is an average."""
  universe = _universe(450)
  predictions = _signal(universe)
  predictions["a/x/l"][:, 5:] = np.nan
  predictions["a/x/m"][:, :1] = np.nan
  stack, _ = _stack(predictions, universe, cases="available", inputs="children")
  low = stack.combine("a/x/ensemble")
  assert set(low.left_out) == set(range(_FOLDS)) and not low.splits
  assert np.isfinite(stack.predictions[_TOP]).mean() > 0.95


def test_a_fold_of_averaged_inputs_alone_gets_averages():
  """All nets of the top know its ages: lower ones that could leave it out were never put into a net without it."""
  universe = _universe(450)
  predictions = _signal(universe)
  inner = inner_folds.divide_splits(universe.split(combination.VALIDATION), universe.person, 10)
  predictions["b/y/m"][0, inner == 4] = np.nan  # b/y/ensemble is an average there, of b/y/l alone
  stack, _ = _stack(predictions, universe, cases="available", inputs="children")
  top = stack.combine(_TOP)
  members = np.stack([stack.predictions[f"{name}/ensemble"][0] for name in "ab"])
  for k in range(_FOLDS):
    rows = (inner == 4) & (universe.split(combination.VALIDATION) == k)
    np.testing.assert_allclose(top.predicted_years[0, rows], top.average_weights[k] @ members[:, rows], rtol=1e-12)
    others = (inner == 5) & (universe.split(combination.VALIDATION) == k)
    assert not np.isclose(top.predicted_years[0, others], top.average_weights[k] @ members[:, others]).any()
