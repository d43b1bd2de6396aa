"""What `evaluate` is asked to do."""

import dataclasses
from typing import Literal

BootstrapUnit = Literal["row", "participant"]


@dataclasses.dataclass(frozen=True)
class EvaluateSpec:
  """Settings of the stage `evaluate`.

  Attributes:
    num_bootstraps: replicates for the SDs (paper: 1000).
    bootstrap_unit: `row` draws samples (paper); `participant` draws people with all their visits, which does not take
      two visits of one person for two people.
    seed: of the draws.
    has_figures: whether figures are drawn.
  """

  num_bootstraps: int = 1000
  bootstrap_unit: BootstrapUnit = "row"
  seed: int = 0
  has_figures: bool = True

  def __post_init__(self):
    if self.num_bootstraps < 2:
      raise ValueError(f"num_bootstraps is at least 2, got {self.num_bootstraps}.")
    if self.seed < 0:
      raise ValueError(f"seed is at least 0, got {self.seed}.")
