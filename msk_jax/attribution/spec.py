"""Settings of the stage `attention`. Light: configs import it."""

import dataclasses

from msk_jax.attribution.methods import METHODS, Method

BEST = "best"


@dataclasses.dataclass(frozen=True)
class AttentionSpec:
  """Settings of the stage `attention`.

  Attributes:
    view: the image set, e.g. `knee`, `full_body/figure`, or `folder` for own radiographs.
    backbone: of the network; `best`: the one that predicts the validation samples best (R2).
    methods: kinds of maps, see `methods.py`.
    stage: convolutional stage of Grad-RAM: `auto`, `last` (published) or a name, see `stages.py`.
    samples_per_cell: samples per sex, age category and rate of ageing; 10 published.
    batch_size: pictures per step.
    triplets_per_cell: overlays per sex and age category: decelerated, normal and accelerated side by side.
  """

  view: str = "knee"
  backbone: str = BEST
  methods: tuple[Method, ...] = ("saliency", "patch_saliency", "grad_ram")
  stage: str = "auto"
  samples_per_cell: int = 10
  batch_size: int = 8
  triplets_per_cell: int = 1

  def __post_init__(self) -> None:
    """Refuses values without meaning."""
    if not self.view or not self.backbone or not self.stage:
      raise ValueError("view, backbone and stage have a value, e.g. view knee, backbone best, stage auto.")
    unknown = [name for name in self.methods if name not in METHODS]
    if unknown or not self.methods or len(set(self.methods)) < len(self.methods):
      raise ValueError(f"methods are different ones of {', '.join(METHODS)}, got {', '.join(self.methods) or 'none'}.")
    if min(self.samples_per_cell, self.batch_size) < 1 or self.triplets_per_cell < 0:
      raise ValueError("samples_per_cell and batch_size are at least 1, triplets_per_cell is not negative.")
