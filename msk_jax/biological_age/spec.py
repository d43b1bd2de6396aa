"""Settings of the stage `ages`. Light: configs import it."""

import dataclasses

from msk_jax.predictions import bias
from msk_jax.scores.bootstrap_spec import BootstrapSpec


@dataclasses.dataclass(frozen=True)
class AgesSpec(BootstrapSpec):
  """Settings of the stage `ages`: those of the bootstraps of its correlations, and these.

  Attributes:
    bias_mode: `in_sample`: one line through all test samples of a model corrects them (paper). `out_of_fold`: the
      samples of each fold are corrected by a line through those of the others.
    has_figures: whether heat maps are drawn.
  """

  bias_mode: bias.Mode = "in_sample"
  has_figures: bool = True
