"""Settings of bootstraps, wherever there are any. Light: configs import it."""

import dataclasses
from typing import Literal

import numpy as np

BootstrapUnit = Literal["row", "participant"]


@dataclasses.dataclass(frozen=True)
class BootstrapSpec:
  """How the bootstraps behind SDs are drawn. Specs of stages with such SDs inherit from it.

  Attributes:
    num_bootstraps: replicates for the SDs (paper: 1000).
    bootstrap_unit: `row` draws samples (paper). `participant` draws people with all their visits: two visits of one
      person do not count as two people.
    seed: of the draws.
  """

  num_bootstraps: int = 1000
  bootstrap_unit: BootstrapUnit = "row"
  seed: int = 0

  def __post_init__(self):
    if self.num_bootstraps < 2:
      raise ValueError(f"num_bootstraps is at least 2, got {self.num_bootstraps}.")
    if self.seed < 0:
      raise ValueError(f"seed is at least 0, got {self.seed}.")

  def clusters(self, person: np.ndarray) -> np.ndarray | None:
    """Returns what is drawn whole: the rows' people, int [n]; None if rows are drawn one by one."""
    return person if self.bootstrap_unit == "participant" else None
