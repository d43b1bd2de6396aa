"""Fits the models of a category and a dimension, split by split."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.associations.prediction import split_fit
from msk_jax.associations.prediction.model_files import ModelName
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.associations.prediction.split_fit import Choice, Data
from msk_jax.associations.prediction.study import Category, Study
from msk_jax.associations.variables import Variables
from msk_jax.scores import metrics


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
  """A category and a dimension, ready for models.

  Attributes:
    data: variables and outcome; without variables if there is a reason.
    choices: of each split.
    reason: why there is nothing to fit; empty otherwise.
  """

  data: Data
  choices: list[Choice]
  reason: str


def prepare(opened: Variables, category: Category, of: Study, outcome: int, settings: PredictionSpec) -> Prepared:
  """Chooses each split's variables and reads them.

  Args:
    opened: the cleaned variables.
    category: who has which variable.
    of: samples and outcomes.
    outcome: the dimension's place.
    settings: limits.
  """
  nothing = Data(of, outcome, (), np.empty((len(of.y), 0)))
  if not category.names:
    return Prepared(nothing, [], "no usable variable")
  if len(category.names) > settings.most_variables:
    return Prepared(nothing, [], f"more variables than most_variables={settings.most_variables}")
  choices = [split_fit.choose(category, of, outcome, fold) for fold in range(of.num_folds)]
  taken = {name for choice in choices for name in choice.names}
  names = tuple(name for name in category.names if name in taken)
  data = Data(of, outcome, names, opened.read(names))
  choices = [split_fit.drop_rare(data, choice, settings.fewest_rarer) for choice in choices]
  return Prepared(data, choices, split_fit.describe_lack(data, choices, settings.fewest_people))


def fit_model(
  name: ModelName, prepared: Prepared, settings: PredictionSpec, *, is_sized: bool, advance: Callable[[], None]
) -> tuple[list[dict[str, Any]], list[pd.DataFrame]]:
  """Fits all splits of a model.

  Args:
    name: the model's.
    prepared: without a reason against it.
    settings: how it is made.
    is_sized: whether its space suits the number of rows.
    advance: called after each split.

  Returns:
    Rows of schema xwas_prediction_splits, and a table of importances of each split.
  """
  rows, tables = [], []
  for choice in prepared.choices:
    chosen = name.make_algorithm(settings.num_threads())
    samples = split_fit.samples_of(prepared.data, choice, has_variables=name.has_variables)
    fitted = split_fit.fit(samples, choice, chosen, prepared.data.study.num_folds, is_sized=is_sized, settings=settings)
    rows.append(_describe(prepared.data, fitted, num_variables=len(choice.names) if name.has_variables else 0))
    if name.has_variables:
      person = prepared.data.study.person[choice.rows]
      tables.append(split_fit.importances_of(fitted, chosen, settings, person).assign(split=choice.fold))
    advance()
  return rows, tables


def _describe(data: Data, fitted: split_fit.Fit, *, num_variables: int) -> dict[str, Any]:
  """Returns the split's row: counts, and sums over its test fold."""
  choice, samples = fitted.choice, fitted.samples
  is_test = samples.fold == choice.fold
  person = data.study.person[choice.rows]
  outcome = samples.target[is_test]
  predicted = fitted.model.predict(samples.features_np[is_test])
  return {
    "split": choice.fold,
    "num_variables": num_variables,
    "num_rare": choice.num_rare,
    "num_training_people": len(np.unique(person[~is_test])),
    "num_people": len(np.unique(person[is_test])),
    "num_samples": int(is_test.sum()),
    "squared_errors": float(np.square(predicted - outcome).sum()),
    "sum_outcome_years": float(outcome.sum()),
    "sum_outcome_squares": float(np.square(outcome).sum()),
    "r2": metrics.r2(outcome, predicted),
    "search_r2": fitted.best_score,
  }
