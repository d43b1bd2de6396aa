"""The kinds of maps, what they mean, and what can be wrong with a map. Light: configs import it."""

import dataclasses
from typing import Literal, get_args

import numpy as np

Method = Literal["saliency", "patch_saliency", "grad_ram", "published_saliency", "published_grad_ram"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclasses.dataclass(frozen=True)
class Meaning:
  """What the values of a kind of maps are; figures, means and checks follow from it.

  Attributes:
    label: the method's name in figures.
    unit: of the values.
    is_signed: whether values above 0 make older and those below younger; if not, only their sizes mean something.
    is_by_stage: whether the map is of a convolutional stage, not of the picture's pixels.
    is_published: whether it is the gradient of the training loss, as the authors have it.
  """

  label: str
  unit: str
  is_signed: bool
  is_by_stage: bool = False
  is_published: bool = False

  @property
  def sign(self) -> str:
    """What a value above 0 says, as tables have it: `older`, or `size` of maps without a sign."""
    return "older" if self.is_signed else "size"

  def shown(self, maps: np.ndarray) -> np.ndarray:
    """Returns what of the maps means something: the values, or their sizes."""
    return maps if self.is_signed else np.abs(maps)


# The gradient of a loss points to a smaller error: it turns its sign with the error and says nothing about age.
MEANINGS: dict[Method, Meaning] = {
  "saliency": Meaning("saliency", "years per grey level", is_signed=True),
  "patch_saliency": Meaning("saliency of patches", "years per grey level, mean over a patch", is_signed=True),
  "grad_ram": Meaning("Grad-RAM", "years per cell", is_signed=True, is_by_stage=True),
  "published_saliency": Meaning("saliency, published", "255 is the largest", is_signed=False, is_published=True),
  "published_grad_ram": Meaning(
    "Grad-RAM, published", "1 is the largest", is_signed=False, is_by_stage=True, is_published=True
  ),
}
PUBLISHED: tuple[Method, ...] = tuple(name for name in METHODS if MEANINGS[name].is_published)
BY_STAGE: tuple[Method, ...] = tuple(name for name in METHODS if MEANINGS[name].is_by_stage)

Flaw = Literal["", "not_finite", "constant_picture", "dead_stage", "no_gradient", "zero_map"]
FLAWS: dict[str, str] = {
  "not_finite": "values that are not finite: the map is set to 0",
  "constant_picture": "the picture has one grey level",
  "dead_stage": "all activations of the stage are 0",
  "no_gradient": "the gradient is 0 everywhere",
  "zero_map": "the map is 0 everywhere",
}


def label(method: Method, stage: str) -> str:
  """Returns a method's name in figures, with the stage that its maps are of."""
  meaning = MEANINGS[method]
  return f"{meaning.label}, {stage}" if meaning.is_by_stage else meaning.label
