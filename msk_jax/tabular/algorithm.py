"""What a scalar algorithm is: fits many models at once, scores many settings at once, reads and writes its models."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from msk_jax.regression import search

Setting = search.Setting
Real = search.Real
Whole = search.Whole
Space = search.Space
# What a finished model's folder holds is not looked at again: the stage itself would find nothing to do.
HOW_TO_REMAKE = "To make the model again from its search, delete the model's run.json and run `scalars` again."


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
  """Complete cases of one scalar set; known by identity, so that algorithms can keep what they derive from one.

  Attributes:
    features_np: float64 [n, p], finite, in the features' own units; not standardised: each fit does that by itself,
      from its training rows alone.
    age_years: float64 [n].
    fold: int64 [n], the data fold of each row, 0 to num_folds - 1.
    names: the p features' names.
  """

  features_np: np.ndarray
  age_years: np.ndarray
  fold: np.ndarray
  names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Trial:
  """A setting to be scored for split k: by inner folds, all data folds but k.

  Attributes:
    folds: the inner folds; each in turn is left out of the fit and scored. Rows of other folds are never touched.
    setting: the hyper-parameters.
    seed: for whatever is random in the fit.
  """

  folds: tuple[int, ...]
  setting: Setting
  seed: int


class Model(Protocol):
  """A fitted model."""

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    """Returns predicted ages, float64 [n] years, from features [n, p] in their own units."""
    ...

  def to_file(self, path: pathlib.Path) -> None:
    """Writes the model, whole or not at all: JSON, LightGBM's text or safetensors."""
    ...


class Algorithm(Protocol):
  """An algorithm with its search space.

  Attributes:
    name: as in model names: `elastic_net`, `lightgbm`, `mlp`.
    suffix: of its model files, with the dot.
    space: hyper-parameters to search.
    trials_at_once: settings per split that are best scored together.
    least_trials: settings per split that are always tried, as they cost next to nothing.
  """

  name: str
  suffix: str
  space: Space
  trials_at_once: int
  least_trials: int

  def sized_space(self, num_rows: int) -> Space:
    """Returns the hyper-parameters to search where a fit has so many rows: the published ones if there are enough."""
    ...

  def describe_misfit(self, num_rows: int) -> str:
    """Returns why settings of `space` predict the mean alone where a fit has so many rows; empty if none does."""
    ...

  def score(self, samples: Samples, trials: Sequence[Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds."""
    ...

  def fit(self, samples: Samples, trials: Sequence[Trial]) -> Sequence[Model]:
    """Returns for each trial a model fitted on all rows of its folds."""
    ...

  def devices(self) -> list[str]:
    """Returns the devices of JAX that it computes on, as text, for run records; none without JAX."""
    ...

  def from_file(self, path: pathlib.Path) -> Model:
    """Reads what `to_file` wrote.

    Raises:
      InputError: the file is damaged, or of another kind or version.
    """
    ...
