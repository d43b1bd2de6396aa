"""How much the training images of each view are rotated, shifted and zoomed. `input/augmentation.py` applies it.

Source: paper, Methods ("Data augmentation").
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Augmentation:
  """Ranges of the random affine transform of training images, each drawn uniformly from [-range, range].

  Attributes:
    rotation_deg: rotation about the image centre, degrees.
    width_shift: horizontal shift as a fraction of the image's width.
    height_shift: vertical shift as a fraction of the image's height.
    zoom: scale of rows and columns, each drawn from [1 - zoom, 1 + zoom].
  """

  rotation_deg: float = 10.0
  width_shift: float = 0.0
  height_shift: float = 0.0
  zoom: float = 0.0


FULL_BODY = Augmentation(width_shift=0.05, height_shift=0.02)
SPINE = Augmentation(width_shift=0.10, height_shift=0.10)
HIP = Augmentation(width_shift=0.10, height_shift=0.10, zoom=0.10)
KNEE = Augmentation(width_shift=0.10, height_shift=0.10, zoom=0.10)
FOLDER = Augmentation(width_shift=0.10, height_shift=0.10, zoom=0.10)  # own radiographs: as for the paper's joints
