"""Nothing of a split's test fold reaches its model; noise predicts nothing."""

import dataclasses

import numpy as np
import pytest

from msk_jax.associations.prediction import clusters, fitting, split_fit, study
from msk_jax.associations.prediction.model_files import COVARIATES_ALONE, ModelName
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.regression import search as search_lib
from msk_jax.tabular import algorithm, algorithms, boosting

_NUM_FOLDS = 4
_K = 1  # the split looked at


@dataclasses.dataclass(frozen=True)
class _World:
  """Samples of made-up people, one or two each.

  Attributes:
    of: outcomes, covariates and folds.
    x: float64 [n, v], NaN where missing.
  """

  of: study.Study
  x: np.ndarray

  def category(self) -> study.Category:
    names = tuple(f"v{j}" for j in range(self.x.shape[1]))
    return study.Category("environmental", "diet", names, clusters.pack(np.isfinite(self.x).T))

  def prepare(self, settings) -> fitting.Prepared:
    return fitting.prepare(_Opened(self.x), self.category(), self.of, 0, settings)


class _Opened:
  """Variables in memory."""

  def __init__(self, x):
    self._x = x

  def read(self, names):
    return self._x[:, [int(name[1:]) for name in names]]


def _world(num_people=500, seed=0, signal=1.0):
  rng = np.random.default_rng(seed)
  person = np.repeat(np.arange(num_people), 1 + (rng.random(num_people) < 0.3))
  n = len(person)
  x = rng.normal(size=(n, 7))
  x[:, 5] = rng.random(n) < 0.04  # rare
  x[:, 3] = rng.random(n) < 0.4
  y = signal * (0.8 * x[:, 0] - 0.5 * x[:, 3]) + rng.normal(size=n)
  x[rng.random(n) < 0.15, 0:3] = np.nan  # a questionnaire
  x[rng.random(n) < 0.6, 4] = np.nan
  x[rng.random(n) < 0.3, 6] = np.nan
  covariates = np.column_stack([rng.uniform(45, 70, n), rng.integers(0, 2, n)])
  fold = (np.arange(num_people) % _NUM_FOLDS)[person]
  return _World(study.Study(y[:, None], ("hip",), covariates, ("age", "sex"), person, fold, _NUM_FOLDS), x)


def _with_other_fold(world, fold, seed=5):
  """Returns the world with everything of a fold replaced: values, what is missing, outcomes, covariates."""
  rng, rows = np.random.default_rng(seed), np.flatnonzero(world.of.fold == fold)
  x, y, covariates = world.x.copy(), world.of.y.copy(), world.of.covariates.copy()
  x[rows] = rng.normal(size=(len(rows), x.shape[1])) * 50
  x[np.ix_(rows, [0, 1, 2])] = np.nan
  x[np.ix_(rows[: len(rows) // 2], [0, 1, 2])] = 7.0
  x[np.ix_(rows, [5])] = rng.random((len(rows), 1)) < 0.5
  y[rows] = rng.normal(size=(len(rows), 1)) * 30
  covariates[rows] = rng.uniform(20, 90, (len(rows), 2))
  return _World(dataclasses.replace(world.of, y=y, covariates=covariates), x)


def _settings(**changes):
  return PredictionSpec(**{"num_trials": 3, "fewest_people": 20, "threads": 2, **changes})


@pytest.fixture(autouse=True)
def _few_random_trials_and_small_trees(monkeypatch):
  """TPE chooses from the second trial on, so that few trials reach what a split's own scores lead to."""
  monkeypatch.setattr(search_lib, "RANDOM_TRIALS", 1)
  space = {
    **boosting.SPACE,
    "n_estimators": algorithm.Whole(5, 40),
    "min_child_samples": algorithm.Whole(5, 20),
  }
  monkeypatch.setattr(boosting.LightGbm, "sized_space", lambda self, num_rows: space)


def _everything(world, name, fold, settings):
  """Returns a split's variables, setting, score, and predictions for made-up people, to the bit."""
  prepared = world.prepare(settings)
  choice = prepared.choices[fold]
  samples = split_fit.samples_of(prepared.data, choice, has_variables=True)
  fitted = split_fit.fit(samples, choice, algorithms.make(name, 2), _NUM_FOLDS, is_sized=True, settings=settings)
  probe = np.random.default_rng(9).normal(size=(500, len(samples.names)))
  return choice.names, choice.num_rare, fitted.setting, fitted.best_score, fitted.model.predict(probe).tolist()


@pytest.mark.parametrize("name", ["elastic_net", "lightgbm", pytest.param("mlp", marks=pytest.mark.slow)])
def test_nothing_of_the_test_fold_changes_the_split(name, compile_quickly):
  world = _world()
  settings = _settings(num_trials=2 if name == "mlp" else 3)
  other = _with_other_fold(world, _K)
  assert _everything(world, name, _K, settings) == _everything(other, name, _K, settings)
  different = _everything(world, name, 0, settings), _everything(other, name, 0, settings)
  assert different[0][3] != different[1][3]  # another split does learn from that fold


def test_the_test_above_catches_variables_chosen_with_the_test_fold(monkeypatch):
  monkeypatch.setattr(study.Category, "choose", lambda self, rows: clusters.find_best(self.bits))
  world = _world()
  before = _everything(world, "elastic_net", _K, _settings())
  assert before != _everything(_with_other_fold(world, _K), "elastic_net", _K, _settings())


def test_rare_variables_are_dropped_by_the_people_of_the_training_folds():
  world = _world()
  choice = world.prepare(_settings()).choices[_K]
  assert "v5" in choice.names
  has = world.of.person[(world.x[:, 5] == 1) & (world.of.fold != _K)]
  fewest = len(np.unique(has)) + 1
  fewer = world.prepare(_settings(fewest_rarer=fewest)).choices[_K]
  assert "v5" not in fewer.names and fewer.num_rare == 1


def test_test_samples_are_those_complete_in_the_chosen_variables():
  world = _world()
  for fold, choice in enumerate(world.prepare(_settings()).choices):
    columns = [int(name[1:]) for name in choice.names]
    complete = np.isfinite(world.x[:, columns]).all(axis=1)
    assert 4 not in columns  # missing in most
    np.testing.assert_array_equal(choice.rows, np.flatnonzero(complete))
    assert choice.fold == fold


@pytest.mark.parametrize("name", ["elastic_net", "lightgbm", COVARIATES_ALONE])
def test_noise_predicts_nothing(name, monkeypatch):
  monkeypatch.setattr(search_lib, "RANDOM_TRIALS", 30)
  above = []
  for seed in range(6):
    world = _world(num_people=300, seed=seed, signal=0.0)
    rows, _ = fitting.fit_model(
      ModelName("environmental", "diet", "hip", name),
      world.prepare(_settings()),
      _settings(),
      is_sized=True,
      advance=lambda: None,
    )
    errors, spread = (sum(row[key] for row in rows) for key in ("squared_errors", "sum_outcome_squares"))
    above.append(1 - errors / spread)
  assert np.mean(above) <= 0.003 and max(above) < 0.03


def test_diseases_take_all_variables():
  world = _world()
  category = dataclasses.replace(world.category(), main_category="diseases")
  cluster = category.choose(world.of.is_usable(0))
  assert cluster.variables.tolist() == list(range(7))
  assert cluster.num_samples == np.isfinite(world.x).all(axis=1).sum()


def test_importances_of_few_people_are_missing():
  world = _world()
  sex = world.of.covariates.copy()
  sex[:, 1] = world.of.person < 8  # some of them in each training set, but fewer than ten
  world = _World(dataclasses.replace(world.of, covariates=sex), world.x)
  _, tables = fitting.fit_model(
    ModelName("environmental", "diet", "hip", "elastic_net"),
    world.prepare(_settings()),
    _settings(),
    is_sized=True,
    advance=lambda: None,
  )
  for table in tables:
    values = table[table["measure"] == "coefficient"].set_index(["role", "feature"])["value"]
    assert np.isnan(values["covariate", "sex"]) and np.isfinite(values["covariate", "age"])
    assert np.isfinite(values["variable", "v0"])
