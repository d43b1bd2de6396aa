"""Settings of the stage `scalars`, frozen and validated. It imports nothing heavy, because configs import it."""

import dataclasses
from typing import Literal

from msk_jax.io import cores
from msk_jax.tabular import algorithms as known_algorithms

Space = Literal["auto", "published", "sized"]


@dataclasses.dataclass(frozen=True)
class ScalarsSpec:
  """Which models are made, how they are searched, and how their importances are computed.

  Attributes:
    sets: scalar sets; empty for every stored set and, if there are several, `all` of them together.
    algorithms: some of those of `tabular/algorithms.py`: elastic_net, lightgbm, mlp.
    num_trials: settings tried per split (published: 30). The elastic net costs so little that it always tries 30.
    space: the settings to choose from: `published`; `sized`, the published ones where they suit the number of rows,
      else smaller ones; `auto`, sized for own data, published for UK Biobank's and data made like it.
    seed: of the searches, the fits and the permutations.
    permutation_repeats: shuffles of each feature for its permutation importance; 0 for none.
    permutation_rows: at most so many rows of a test fold are shuffled.
    threads: fits side by side: LightGBM's threads, and the devices that JAX splits a CPU into for the networks; 0 for
      one per core. Each needs memory of its own. It changes no result.
  """

  sets: tuple[str, ...] = ()
  algorithms: tuple[str, ...] = tuple(known_algorithms.ALGORITHMS)
  num_trials: int = 30
  space: Space = "auto"
  seed: int = 0
  permutation_repeats: int = 5
  permutation_rows: int = 10_000
  threads: int = 0

  def __post_init__(self):
    """Refuses impossible settings."""
    known = known_algorithms.ALGORITHMS
    if not self.algorithms or not set(self.algorithms) <= set(known):
      raise ValueError(f"algorithms are some of {', '.join(known)}, got {', '.join(self.algorithms) or 'none'}")
    for name, least in (
      ("num_trials", 1),
      ("seed", 0),
      ("permutation_repeats", 0),
      ("permutation_rows", 1),
      ("threads", 0),
    ):
      if getattr(self, name) < least:
        raise ValueError(f"{name} is at least {least}, got {getattr(self, name)}")

  def num_threads(self) -> int:
    """Returns how many fits run side by side."""
    return self.threads or cores.usable()

  def is_sized(self, is_comparable: bool) -> bool:
    """Returns whether search spaces are to suit the number of rows.

    Args:
      is_comparable: whether the data are UK Biobank's, or made like them.
    """
    return self.space == "sized" or (self.space == "auto" and not is_comparable)
