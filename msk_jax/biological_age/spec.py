"""What `ages` is asked to do."""

import dataclasses
from typing import Literal

from msk_jax.biological_age import bias


@dataclasses.dataclass(frozen=True)
class AgesSpec:
  """Settings of the stage `ages`.

  Attributes:
    bias_mode: `in_sample`: one line per model through all its test samples corrects them (paper); `out_of_fold`: each
      fold's samples are corrected by the line through the others'.
    num_bootstraps: replicates for the correlations' SDs (paper: 1000).
    bootstrap_unit: `row` draws samples (paper); `participant` draws people with all their visits.
    seed: of the draws.
    has_figures: whether heat maps are drawn.
  """

  bias_mode: bias.Mode = "in_sample"
  num_bootstraps: int = 1000
  bootstrap_unit: Literal["row", "participant"] = "row"
  seed: int = 0
  has_figures: bool = True

  def __post_init__(self):
    if self.num_bootstraps < 2:
      raise ValueError(f"num_bootstraps is at least 2, got {self.num_bootstraps}.")
    if self.seed < 0:
      raise ValueError(f"seed is at least 0, got {self.seed}.")
