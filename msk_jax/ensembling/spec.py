"""Settings of the ensembles. Light: configs import it."""

import dataclasses
from typing import Literal

from msk_jax.ensembling import hierarchy

Cases = Literal["complete", "available"]
Stacking = Literal["nested", "published"]
FEWEST_INNER_FOLDS = 3  # one is predicted, two others score its setting


@dataclasses.dataclass(frozen=True)
class EnsembleSpec:
  """How models are combined.

  Attributes:
    inputs: of an ensemble: `descendants`, all models and ensembles below it (published), or `children`, its members.
    cases: samples that get a prediction: `complete`, those that all inputs predict (published), or `available`, those
      that any input predicts. Samples that lack an input get an average, see `combination`. Its weights are fitted on
      all validation samples of a split, so that they know a little of every inner fold.
    stacking: what an ensemble of ensembles is fitted on, see `problems`: `nested`, refits of the lower ones that know
      no more than it does, or `published`, their cross-fitted predictions, by which noise gains on validation.
    num_trials: settings that are tried for each elastic net.
    num_inner_folds: folds of participants that score a setting; at least 3.
    seed: of the search.
  """

  inputs: hierarchy.Inputs = "descendants"
  cases: Cases = "complete"
  stacking: Stacking = "nested"
  num_trials: int = 30
  num_inner_folds: int = 10
  seed: int = 0

  def __post_init__(self):
    if self.num_trials < 1:
      raise ValueError(f"num_trials must be at least 1, got {self.num_trials}.")
    if self.num_inner_folds < FEWEST_INNER_FOLDS:
      raise ValueError(f"num_inner_folds must be at least {FEWEST_INNER_FOLDS}, got {self.num_inner_folds}.")
    if self.seed < 0:
      raise ValueError(f"seed must not be negative, got {self.seed}.")
