"""Nothing of fold k reaches split k; searches resume where they stopped; scores are those of plain cross-validation."""

import dataclasses

import numpy as np
import pytest
from sklearn import linear_model, metrics, model_selection, pipeline, preprocessing

from msk_jax.io import errors
from msk_jax.regression import search as search_lib
from msk_jax.tabular import algorithm, algorithms, linear, nested
from tests.tabular import scalar_cohort

_K = 2  # the split looked at
_TRIALS = {"mlp": 2}  # a network takes seconds
_MOST_TRIALS = 3  # of the others


@pytest.fixture(autouse=True)
def _one_random_trial(monkeypatch):
  """TPE chooses from the second trial on, so that few trials reach what a split's own scores lead to."""
  monkeypatch.setattr(search_lib, "RANDOM_TRIALS", 1)


def _make(name):
  return algorithms.make(name, num_threads=2)


def _plan(chosen, num_trials, seed=0):
  space = chosen.space
  if chosen.name == "lightgbm":  # fewer and smaller trees, so that few rows give some
    space = {**space, "n_estimators": algorithm.Whole(3, 12), "min_child_samples": algorithm.Whole(5, 20)}
  return nested.Plan(scalar_cohort.NUM_FOLDS, num_trials, seed, space)


def _everything(samples, chosen):
  """Returns for each split its trials and what its models predict for a thousand made-up people, to the bit."""
  probe = scalar_cohort.samples(1000, seed=9).features_np
  history = nested.search(samples, chosen, _plan(chosen, _TRIALS.get(chosen.name, _MOST_TRIALS), seed=1))
  settings = [scored.setting for scored in nested.best_settings(history, "m")]
  models = nested.refit(samples, chosen, settings, seed=1)
  splits = []
  for scored, split in zip(history, models, strict=True):
    splits.append((scored, [getattr(split, part).predict(probe).tolist() for part in ("validation", "test")]))
  return splits


def _with_other_fold(samples, fold, seed=5):
  """The same samples with every feature and age of one fold replaced by something else."""
  rng, rows = np.random.default_rng(seed), samples.fold == fold
  features, age = samples.features_np.copy(), samples.target.copy()
  features[rows] = rng.normal(size=(rows.sum(), features.shape[1])) * 1e4
  age[rows] = rng.uniform(20, 200, rows.sum())
  return dataclasses.replace(samples, features_np=features, target=age)


@pytest.mark.parametrize("name", sorted(algorithms.ALGORITHMS))
def test_no_value_of_the_test_fold_changes_the_split(name):
  samples = scalar_cohort.samples()
  chosen = _make(name)
  before = _everything(samples, chosen)
  after = _everything(_with_other_fold(samples, _K), _make(name))
  assert before[_K] == after[_K]  # settings, scores and models, to the bit
  for k in set(range(scalar_cohort.NUM_FOLDS)) - {_K}:
    assert before[k][0] != after[k][0] and before[k][1][1] != after[k][1][1]  # others do learn from that fold


class _Leaky(linear.ElasticNet):
  """Standardises with the rows of all folds, as is easily done."""

  def fit(self, samples, trials):
    mean, scale = samples.features_np.mean(0), samples.features_np.std(0)
    shifted = dataclasses.replace(samples, features_np=(samples.features_np - mean) / scale)
    return super().fit(shifted, trials)


def test_the_test_above_catches_a_leak():
  samples = scalar_cohort.samples()
  before = _everything(samples, _Leaky())
  after = _everything(_with_other_fold(samples, _K), _Leaky())
  assert before[_K] != after[_K]


def test_the_test_above_catches_studies_that_see_each_others_scores(monkeypatch):
  new, samples, splits = search_lib._new_study, scalar_cohort.samples(), []
  for changed in (samples, _with_other_fold(samples, _K)):
    study = new()
    monkeypatch.setattr(search_lib, "_new_study", lambda study=study: study)
    splits.append(_everything(changed, _make("elastic_net"))[_K])
  (before, _), (after, _) = splits
  assert before[0] == after[0]  # drawn at random
  assert before[-1] != after[-1]


def test_the_validation_models_have_not_seen_the_validation_fold():
  samples = scalar_cohort.samples()
  validation_fold = (_K - 1) % scalar_cohort.NUM_FOLDS
  chosen, setting = linear.ElasticNet(), {"alpha": 0.05, "l1_ratio": 0.5}
  before = nested.refit(samples, chosen, [setting] * scalar_cohort.NUM_FOLDS, seed=0)[_K]
  changed = _with_other_fold(_with_other_fold(samples, _K), validation_fold)
  after = nested.refit(changed, chosen, [setting] * scalar_cohort.NUM_FOLDS, seed=0)[_K]
  assert np.array_equal(before.validation.fit.coefficients, after.validation.fit.coefficients)
  assert not np.allclose(before.test.fit.coefficients, after.test.fit.coefficients)


@pytest.mark.parametrize("name", sorted(algorithms.ALGORITHMS))
def test_a_search_cut_off_after_a_round_resumes_to_the_same_trials(name):
  samples, chosen = scalar_cohort.samples(), _make(name)
  whole = nested.search(samples, chosen, _plan(chosen, 4))
  stored = []

  def stop_after_two(histories):
    stored[:] = [[search_lib.Scored.from_json(trial.to_json()) for trial in scored] for scored in histories]
    if len(stored[0]) == 2:
      raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    nested.search(samples, chosen, _plan(chosen, 4), after_round=stop_after_two)
  assert nested.search(samples, _make(name), _plan(chosen, 4), history=stored) == whole


def test_elastic_net_scores_are_scikit_learns_cross_validation():
  samples = scalar_cohort.samples()
  rows = samples.fold != _K
  history = nested.search(samples, linear.ElasticNet(), nested.Plan(scalar_cohort.NUM_FOLDS, 2, seed=0))
  for scored in history[_K]:
    net = linear_model.ElasticNet(**scored.setting, tol=1e-12, max_iter=100_000)
    oracle = model_selection.cross_val_score(
      pipeline.make_pipeline(preprocessing.StandardScaler(), net),
      samples.features_np[rows],
      samples.target[rows],
      cv=model_selection.PredefinedSplit(samples.fold[rows]),
      scoring="r2",
    )
    np.testing.assert_allclose(scored.score, oracle.mean(), atol=1e-6)


@pytest.mark.parametrize("name", ["elastic_net", "lightgbm"])
def test_refits_use_all_their_rows_and_predict(name):
  samples, chosen = scalar_cohort.samples(), _make(name)
  history = nested.search(samples, chosen, _plan(chosen, 5))
  settings = [scored.setting for scored in nested.best_settings(history, "m")]
  for k, models in enumerate(nested.refit(samples, chosen, settings, seed=0)):
    rows = samples.fold == k
    assert metrics.r2_score(samples.target[rows], models.test.predict(samples.features_np[rows])) > 0.4


def test_a_target_without_spread_is_refused():
  samples = scalar_cohort.samples()
  age = np.where(samples.fold == 1, 60.0, samples.target)
  flat = dataclasses.replace(samples, target=age)
  history = nested.search(flat, linear.ElasticNet(), nested.Plan(scalar_cohort.NUM_FOLDS, 2, seed=0))
  with pytest.raises(errors.InputError, match="m: no setting of a split has a finite score"):
    nested.best_settings(history, "m")
  with pytest.raises(errors.InputError, match="finite score: waist_cm: 1e20"):
    nested.best_settings(history, "m", lambda: "waist_cm: 1e20")
