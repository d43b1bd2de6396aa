"""Settings of the prediction of accelerated ageing. Light: configs import it."""

import dataclasses
from typing import Literal

from msk_jax.io import cores
from msk_jax.tabular import algorithms as known_algorithms

Level = Literal["category", "main_category"]
Space = Literal["auto", "published", "sized"]


@dataclasses.dataclass(frozen=True)
class PredictionSpec:
  """Whether accelerated ageing is predicted from variables, from which, and how.

  Attributes:
    is_on: whether it is predicted at all; it takes far longer than the associations.
    level: a model per `category`, as published, or per `main_category`.
    categories: those predicted from, by their names at that level; empty: all.
    algorithms: some of elastic_net, lightgbm, mlp.
    num_trials: settings tried per split; the elastic net always tries 30.
    space: `published`; `sized`, to suit the number of rows; `auto`, sized for own data, published for UK Biobank's and
      data made like it.
    seed: of searches, fits and permutations.
    permutation_repeats: shuffles of each variable for its permutation importance; 0 for none.
    permutation_rows: at most so many rows of a test fold are shuffled.
    fewest_people: people that a category's best cluster must have, in the training folds of every split and in all
      test folds together.
    fewest_rarer: people of the training folds that must have the rarer value of a variable of two values.
    most_variables: categories of more variables are left out, with a reason: work grows with the square or more.
    threads: fits side by side; 0 for one per core. It changes no result.
  """

  is_on: bool = False
  level: Level = "category"
  categories: tuple[str, ...] = ()
  algorithms: tuple[str, ...] = tuple(known_algorithms.ALGORITHMS)
  num_trials: int = 30
  space: Space = "auto"
  seed: int = 0
  permutation_repeats: int = 1
  permutation_rows: int = 10_000
  fewest_people: int = 100
  fewest_rarer: int = 10
  most_variables: int = 500
  threads: int = 0

  def __post_init__(self):
    known = known_algorithms.ALGORITHMS
    if not self.algorithms or not set(self.algorithms) <= set(known):
      raise ValueError(f"algorithms are some of {', '.join(known)}, got {', '.join(self.algorithms) or 'none'}.")
    for name, least in (
      ("num_trials", 1),
      ("seed", 0),
      ("permutation_repeats", 0),
      ("permutation_rows", 1),
      ("fewest_people", 5),
      ("fewest_rarer", 5),
      ("most_variables", 1),
      ("threads", 0),
    ):
      if getattr(self, name) < least:
        raise ValueError(f"{name} must be {least} or more, got {getattr(self, name)}.")

  def num_threads(self) -> int:
    """Returns how many fits run side by side."""
    return self.threads or cores.usable()

  def is_sized(self, is_comparable: bool) -> bool:
    """Returns whether search spaces are to suit the number of rows; see `space`."""
    return self.space == "sized" or (self.space == "auto" and not is_comparable)
