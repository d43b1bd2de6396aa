"""What the stage `scalars` does: frozen and validated. Light: configs import it."""

import dataclasses
from typing import Any, Literal

from msk_jax.io import cores

ALGORITHMS = ("elastic_net", "lightgbm", "mlp")
Space = Literal["auto", "published", "sized"]


@dataclasses.dataclass(frozen=True)
class ScalarsSpec:
  """Which models, how they are searched and looked into.

  Attributes:
    sets: scalar sets; empty for all that are there, and `all` of them together where there are several.
    algorithms: some of elastic_net, lightgbm, mlp.
    num_trials: settings tried per split (published: 30); the elastic net costs so little that it always tries 30.
    space: which settings there are: `published`; `sized`, the published ones where they fit the number of rows, else
      smaller ones; `auto`, sized for data of one's own, published for UK Biobank's and those made like them.
    seed: of the searches, the fits and the permutations.
    permutation_repeats: how often each feature is shuffled for its permutation importance; 0 for none.
    permutation_rows: at most so many rows of a test fold are shuffled.
    threads: fits side by side: LightGBM's threads, and the devices that JAX splits a CPU into for the networks; 0 for
      one per core. Each takes memory of its own. No part of the results.
  """

  sets: tuple[str, ...] = ()
  algorithms: tuple[str, ...] = ALGORITHMS
  num_trials: int = 30
  space: Space = "auto"
  seed: int = 0
  permutation_repeats: int = 5
  permutation_rows: int = 10_000
  threads: int = 0

  def __post_init__(self):
    """Refuses what can't be."""
    unknown = [name for name in self.algorithms if name not in ALGORITHMS]
    if unknown or not self.algorithms:
      raise ValueError(f"algorithms are some of {', '.join(ALGORITHMS)}, got {', '.join(self.algorithms) or 'none'}")
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
    """Returns whether search spaces are to fit the number of rows.

    Args:
      is_comparable: whether the data are UK Biobank's, or made like them.
    """
    return self.space == "sized" or (self.space == "auto" and not is_comparable)

  def trajectory(self) -> dict[str, Any]:
    """Returns the settings that a model's results depend on, but for the search space."""
    names = ("num_trials", "seed", "permutation_repeats", "permutation_rows")
    return {name: getattr(self, name) for name in names}
