"""Settings of the stage `evaluate`. Light: configs import it."""

import dataclasses

from msk_jax.scores.bootstrap_spec import BootstrapSpec


@dataclasses.dataclass(frozen=True)
class EvaluateSpec(BootstrapSpec):
  """Settings of the stage `evaluate`: those of its bootstraps, and these.

  Attributes:
    has_figures: whether figures are drawn.
  """

  has_figures: bool = True
