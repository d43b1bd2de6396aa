"""What an algorithm is: it fits many models at once, scores many settings at once, and reads its model files."""

import abc
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from msk_jax.regression import search
from msk_jax.scores import metrics
from msk_jax.tabular import measures

Setting = search.Setting
Real = search.Real
Whole = search.Whole
Space = search.Space
# A stage does not check the contents of a finished model's files, and would find nothing to do.
HOW_TO_REMAKE = "To make the model again from its search, delete the model's run.json and run the same command again."


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
  """Complete cases; known by identity, so that an algorithm can keep what it derives from them.

  Attributes:
    features_np: float64 [n, p], finite, in the features' own units. They are not standardised: each fit does that from
      its training rows alone.
    target: float64 [n], what is predicted.
    fold: int64 [n], the data fold of each row, 0 to num_folds - 1.
    names: the p features' names.
    quantity: the target's name and unit.
  """

  features_np: np.ndarray
  target: np.ndarray
  fold: np.ndarray
  names: tuple[str, ...]
  quantity: measures.Quantity


@dataclasses.dataclass(frozen=True)
class Trial:
  """A setting to be scored for split k by inner folds: all data folds but k.

  Attributes:
    folds: the inner folds. Each in turn is left out of the fit and scored. Rows of other folds are never read.
    setting: the hyper-parameters.
    seed: of the fit's random numbers.
  """

  folds: tuple[int, ...]
  setting: Setting
  seed: int


class Model(Protocol):
  """A fitted model."""

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    """Returns predictions, float64 [n] in the target's unit, from features [n, p] in their own units."""
    ...

  def to_file(self, path: pathlib.Path) -> None:
    """Writes the model, whole or not at all."""
    ...


class Algorithm(abc.ABC):
  """An algorithm: its search space, its fits, its importances. `algorithms.ALGORITHMS` lists them by name.

  Attributes:
    name: as in model names: `elastic_net`, `lightgbm`, `mlp`.
    suffix: of its model files, with the dot.
    space: hyper-parameters to search, as published.
    trials_at_once: settings per split that are best scored together.
    least_trials: settings per split that are always tried, because they cost next to nothing.
    own_measures: importances that its models hold, in the order of the tables; permutation importance needs no entry.
    main_measure: stands for the algorithm in the figure and in the table of agreement.
  """

  name: str
  suffix: str
  space: Space
  trials_at_once: int = 1
  least_trials: int = 1
  own_measures: tuple[measures.Measure, ...] = ()
  main_measure: measures.Measure = measures.PERMUTATION

  @abc.abstractmethod
  def fit(self, samples: Samples, trials: Sequence[Trial]) -> Sequence[Model]:
    """Returns for each trial a model fitted on all rows of its folds, and on no others."""

  @abc.abstractmethod
  def from_file(self, path: pathlib.Path) -> Model:
    """Reads a model that its `to_file` wrote.

    Raises:
      InputError: the file is damaged, or of another kind or version.
    """

  def score(self, samples: Samples, trials: Sequence[Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds."""
    inner = [(i, fold) for i, trial in enumerate(trials) for fold in trial.folds]
    fits = [
      Trial(tuple(other for other in trials[i].folds if other != fold), trials[i].setting, trials[i].seed)
      for i, fold in inner
    ]
    scores: list[list[float]] = [[] for _ in trials]
    for (i, fold), model in zip(inner, self.fit(samples, fits), strict=True):
      rows = samples.fold == fold
      scores[i].append(metrics.r2(samples.target[rows], model.predict(samples.features_np[rows])))
    return np.array([np.mean(of_trial) for of_trial in scores])

  def sized_space(self, num_rows: int) -> Space:
    """Returns the space to search where a fit has `num_rows` rows; the published one suits any number by default."""
    del num_rows
    return self.space

  def describe_misfit(self, space: Space, num_rows: int) -> str:
    """Returns why settings of a space predict the mean alone where a fit has `num_rows` rows; empty if none does."""
    del space, num_rows
    return ""

  def devices(self) -> list[str]:
    """Returns the devices of JAX that it computes on, as text, for run records; none without JAX."""
    return []
