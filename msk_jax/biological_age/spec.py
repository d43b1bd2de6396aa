"""What `ages` is asked to do."""

import dataclasses

from msk_jax.evaluation import spec
from msk_jax.predictions import bias


@dataclasses.dataclass(frozen=True)
class AgesSpec(spec.BootstrapSpec):
  """Settings of the stage `ages`: those of the bootstraps of its correlations, and these.

  Attributes:
    bias_mode: `in_sample`: one line per model through all its test samples corrects them (paper); `out_of_fold`: each
      fold's samples are corrected by the line through the others'.
    has_figures: whether heat maps are drawn.
  """

  bias_mode: bias.Mode = "in_sample"
  has_figures: bool = True
