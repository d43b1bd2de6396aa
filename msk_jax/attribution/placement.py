"""Where in the picture the cells of a network's convolutional stages look.

A cell looks around the centre of its receptive field. Layers without padding move these centres inwards: in InceptionV3
the last stage's first is 37 pixels from the edge, not the 19 of a grid that fills a picture of 347 pixels evenly.
"""

import dataclasses
from typing import Literal

import numpy as np

from msk_jax.models import branches, convnext, efficientnet_v2, inception_v3, simple_cnn

Kind = Literal["receptive_fields", "even"]


@dataclasses.dataclass(frozen=True)
class Window:
  """A layer's window along one axis, of rows and of columns alike."""

  size_px: int
  stride: int
  is_padded: bool


@dataclasses.dataclass(frozen=True)
class Cells:
  """The centres of cells along one axis of a picture, in pixels from the centre of its first pixel.

  Attributes:
    count: number of cells.
    first_px: centre of the first.
    step_px: distance between neighbours.
  """

  count: int
  first_px: float
  step_px: float

  def weights(self, size_px: int) -> np.ndarray:
    """Returns the shares of the cells in each pixel, float32 [size_px, count]; rows sum to 1.

    Between centres values are interpolated linearly; beyond the outermost they stay.
    """
    place = np.clip((np.arange(size_px) - self.first_px) / self.step_px, 0, self.count - 1)
    return np.clip(1 - np.abs(place[:, None] - np.arange(self.count)), 0, 1).astype(np.float32)


def _of_stem() -> list[Window]:
  pool = Window(3, 2, is_padded=False)
  return [
    Window(step.rows, step.stride, step.padding == "SAME") if isinstance(step, branches.Conv) else pool
    for step in inception_v3.STEM
  ]


_VALID_3_2 = Window(3, 2, is_padded=False)
_SAME_3_2 = Window(3, 2, is_padded=True)
_INCEPTION = [*_of_stem(), _VALID_3_2, _VALID_3_2]  # both networks begin alike and halve twice more

# Layers that move or thin out the grid, by backbone. Others, and branches that keep the size, move nothing. A stage is
# known by its number of cells: it comes after the layers that leave as many.
WINDOWS: dict[str, list[Window]] = {
  "inception_v3": _INCEPTION,
  "inception_resnet_v2": _INCEPTION,
  "convnext_tiny": [Window(4, 4, is_padded=False), *[Window(2, 2, is_padded=False)] * (len(convnext.DEPTHS) - 1)],
  "efficientnet_v2_s": [_SAME_3_2, *[_SAME_3_2] * sum(stage.stride == 2 for stage in efficientnet_v2.STAGES)],
  "simple_cnn": [_SAME_3_2, *[Window(2, 2, is_padded=False)] * (len(simple_cnn.FILTERS) - 1)],
}


def cells(backbone: str, size_px: int, count: int) -> Cells:
  """Returns where the cells of a stage are along an axis of the picture.

  Args:
    backbone: its name; of one that `WINDOWS` does not know the cells are spread evenly.
    size_px: of the picture along the axis.
    count: cells along the axis.

  Raises:
    ValueError: the backbone's windows never leave so many cells.
  """
  if kind_of(backbone) == "even":
    return Cells(count, size_px / count / 2 - 0.5, size_px / count)
  left, first, step = size_px, 0.0, 1
  place = None
  for window in WINDOWS[backbone]:
    reach = (window.size_px - 1) / 2
    if window.is_padded:
      after = -(-left // window.stride)
      reach -= max((after - 1) * window.stride + window.size_px - left, 0) // 2
    else:
      after = (left - window.size_px) // window.stride + 1
    left, first, step = after, first + step * reach, step * window.stride
    if left == count:
      place = Cells(count, first, step)
  if place is None:
    raise ValueError(f"{backbone} has {count} cells along {size_px} pixels, which its windows never leave")
  return place


def kind_of(backbone: str) -> Kind:
  """Returns how the cells of a backbone are placed."""
  return "receptive_fields" if backbone in WINDOWS else "even"
