"""One split: variables chosen, settings searched and a model fitted without the test fold, which it then predicts."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.associations.prediction import clusters, study
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.associations.prediction.study import Category, Study
from msk_jax.tabular import algorithm, importances, measures, nested

ACCELERATION = measures.Quantity("accelerated ageing", "years")


@dataclasses.dataclass(frozen=True, eq=False)
class Data:
  """Variables of a category and the outcome of a dimension, and which of both a split takes.

  Attributes:
    study: of n samples.
    outcome: the dimension's place.
    names: of the u variables that any split takes.
    x: float64 [n, u].
  """

  study: Study
  outcome: int
  names: tuple[str, ...]
  x: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
  """What a split takes, chosen without its test fold.

  Attributes:
    fold: the test fold.
    names: of the m variables.
    rows: int64, samples of all folds that have all these variables.
    num_rare: variables of the best cluster that are left out as constant or rare among the training samples.
  """

  fold: int
  names: tuple[str, ...]
  rows: np.ndarray
  num_rare: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Fit:
  """A split's model.

  Attributes:
    choice: what it was made from.
    samples: all rows of the choice; those of the test fold are the model's test.
    best_score: R2 of the best setting in the search.
    setting: that setting.
    model: fitted on all other folds.
  """

  choice: Choice
  samples: algorithm.Samples
  best_score: float
  setting: algorithm.Setting
  model: algorithm.Model


def choose(category: Category, of: Study, outcome: int, fold: int) -> Choice:
  """Returns the split's best cluster, chosen from the samples of the other folds; its test samples are complete too."""
  usable = of.is_usable(outcome)
  cluster = category.choose(usable & (of.fold != fold))
  if cluster is None:
    return Choice(fold, (), np.zeros(0, np.int64))
  everywhere = np.bitwise_and.reduce(category.bits[cluster.variables], axis=0)
  rows = np.flatnonzero(usable & clusters.unpack(everywhere, len(usable)))
  return Choice(fold, tuple(category.names[place] for place in cluster.variables.tolist()), rows)


def drop_rare(data: Data, choice: Choice, fewest_people: int) -> Choice:
  """Returns the choice without variables that are constant or rare among its training samples.

  Args:
    data: holds the variables.
    choice: of a split.
    fewest_people: of the training folds that must have the rarer of two values.
  """
  training = choice.rows[data.study.fold[choice.rows] != choice.fold]
  places = {name: place for place, name in enumerate(data.names)}
  person = data.study.person[training]
  kept = []
  for name in choice.names if len(training) else ():
    rarer = study.count_rarer(data.x[training, places[name]], person)
    if rarer is None or rarer >= fewest_people:
      kept.append(name)
  return dataclasses.replace(choice, names=tuple(kept), num_rare=len(choice.names) - len(kept))


def describe_lack(data: Data, choices: list[Choice], fewest_people: int) -> str:
  """Returns why a category can't be predicted from; empty if it can."""
  fold, person = data.study.fold, data.study.person
  if any(not choice.names for choice in choices):
    return "no variable is left in a split: all are missing, constant or rare"
  num_tested = 0
  for choice in choices:
    is_test = fold[choice.rows] == choice.fold
    num_tested += len(np.unique(person[choice.rows[is_test]]))
    training = choice.rows[~is_test]
    if len(np.unique(person[training])) < fewest_people:
      return f"fewer than {fewest_people} people of a split's training folds have all variables of the best cluster"
    if len(np.unique(fold[training])) < data.study.num_folds - 1:
      return "a training fold has nobody with all variables of the best cluster"
    if not is_test.any():
      return "a test fold has nobody with all variables of the best cluster"
  if num_tested < fewest_people:
    return f"fewer than {fewest_people} people have all variables of the best cluster"
  return ""


def samples_of(data: Data, choice: Choice, *, has_variables: bool) -> algorithm.Samples:
  """Returns the samples of a split: variables, then age, sex and ethnicity; or the latter alone."""
  places = {name: place for place, name in enumerate(data.names)}
  own = [places[name] for name in choice.names] if has_variables else []
  of = data.study
  features = np.column_stack([data.x[choice.rows][:, own], of.covariates[choice.rows]])
  names = (*(data.names[place] for place in own), *of.covariate_names)
  y, fold = of.y[choice.rows, data.outcome], of.fold[choice.rows]
  return algorithm.Samples(features, y, fold, names, ACCELERATION)


def fit(
  samples: algorithm.Samples,
  choice: Choice,
  chosen: algorithm.Algorithm,
  num_folds: int,
  *,
  is_sized: bool,
  settings: PredictionSpec,
) -> Fit:
  """Searches and fits a split's model; neither sees a row of its test fold.

  Args:
    samples: from `samples_of`.
    choice: of the split.
    chosen: the algorithm.
    num_folds: of the fold map.
    is_sized: whether the space suits the number of training rows.
    settings: trials and seed.

  Raises:
    InputError: no setting has a finite score.
  """
  training = _subset(samples, samples.fold != choice.fold)
  num_rows = int(np.sort(np.bincount(training.fold))[:-1].sum())  # the search leaves out one of these folds
  space = chosen.sized_space(num_rows) if is_sized else chosen.space
  num_trials = max(settings.num_trials, chosen.least_trials)
  plan = nested.Plan(num_folds, num_trials, settings.seed, space, splits=(choice.fold,))
  best = nested.best_settings(nested.search(training, chosen, plan), f"{chosen.name}, split {choice.fold}")[0]
  trial = algorithm.Trial(nested.inner_folds(choice.fold, num_folds), best.setting, nested.trial_seed(settings.seed, 0))
  return Fit(choice, samples, best.score, best.setting, chosen.fit(training, [trial])[0])


def importances_of(
  fitted: Fit, chosen: algorithm.Algorithm, settings: PredictionSpec, person: np.ndarray
) -> pd.DataFrame:
  """Returns the importances of a split's model on its test fold.

  Those of an ethnicity of few people are missing, as they would tell of these.

  Args:
    fitted: the model.
    chosen: its algorithm.
    settings: shuffles, and the fewest people with the rarer of two values.
    person: int64 [n], of the model's samples.

  Returns:
    Columns `role` (`variable` or `covariate`), `feature`, `measure`, `value`.
  """
  samples, fold = fitted.samples, fitted.choice.fold
  shuffles = importances.Shuffles(
    settings.permutation_repeats, settings.permutation_rows, nested.trial_seed(settings.seed, fold)
  )
  training, test = np.flatnonzero(samples.fold != fold), np.flatnonzero(samples.fold == fold)
  table = importances.of_split(chosen, fitted.model, samples, training, test, shuffles)
  counts = [study.count_rarer(column, person[training]) for column in samples.features_np[training].T]
  is_rare = np.array([count is not None and count < settings.fewest_rarer for count in counts])
  num_covariates = len(samples.names) - len(fitted.choice.names)
  roles = ["variable"] * len(fitted.choice.names) + ["covariate"] * num_covariates
  num_measures = len(table) // len(roles)
  value = table["value"].mask(np.tile(is_rare, num_measures))
  return table.assign(role=roles * num_measures, value=value)[["role", "feature", "measure", "value"]]


def _subset(samples: algorithm.Samples, rows: np.ndarray) -> algorithm.Samples:
  return dataclasses.replace(
    samples, features_np=samples.features_np[rows], target=samples.target[rows], fold=samples.fold[rows]
  )
