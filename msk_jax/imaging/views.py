"""The eight views of the paper: what each image set is, its sizes and its augmentation.

Sources: paper, Methods ("Preprocessing", "Data augmentation"); DICOM ProtocolName as in UK Biobank field 20158.
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


@dataclasses.dataclass(frozen=True)
class View:
  """One image set.

  Attributes:
    name: path-like name, e.g. `full_body/figure`; also the folder in the image store.
    native_shape: (rows, columns) all images of the view are brought to first: the medians of the real data.
    network_shape: (rows, columns) stored and given to the network; under 100,000 pixels.
    channels: 1 for grey, 3 for `full_body/mixed`.
    is_paired: whether a person has a right and a left image (hips, knees).
    augmentation: ranges for training images.
    bits: depth of 16-bit pictures, 0 for that of their content; see `folder_spec.FolderSpec`.
  """

  name: str
  native_shape: tuple[int, int]
  network_shape: tuple[int, int]
  channels: int = 1
  is_paired: bool = False
  augmentation: Augmentation = Augmentation()
  bits: int = 0

  @property
  def dimension(self) -> str:
    """The dimension the view belongs to: `full_body`, `spine`, `hip` or `knee`."""
    return self.name.split("/", maxsplit=1)[0]


SIDES = ("right", "left")  # order of the two images of a pair, and value 0 / 1 of the `side` input

_SPINE = Augmentation(width_shift=0.10, height_shift=0.10)
_JOINT = Augmentation(width_shift=0.10, height_shift=0.10, zoom=0.10)
_FULL_BODY = Augmentation(width_shift=0.05, height_shift=0.02)


def _full_body(name: str, channels: int = 1) -> View:
  return View(f"full_body/{name}", (811, 272), (541, 181), channels, augmentation=_FULL_BODY)


VIEWS: dict[str, View] = {
  view.name: view
  for view in (
    _full_body("figure"),
    _full_body("flesh"),
    _full_body("skeleton"),
    _full_body("mixed", channels=3),
    View("spine/sagittal", (1513, 684), (466, 211), augmentation=_SPINE),
    View("spine/coronal", (724, 720), (315, 313), augmentation=_SPINE),
    View("hip", (626, 680), (329, 303), is_paired=True, augmentation=_JOINT),
    View("knee", (851, 700), (347, 286), is_paired=True, augmentation=_JOINT),
  )
}

# DICOM ProtocolName -> (view, side). The two `Total Body` images are told apart by InstanceNumber: first flesh,
# second figure (ukb_data: file names end 11.12.1.dcm and 12.12.1.dcm).
TOTAL_BODY_PROTOCOL = "Total Body"
PROTOCOLS: dict[str, tuple[str, str]] = {
  "AP Spine": ("spine/coronal", ""),
  "LVA": ("spine/sagittal", ""),
  "Left Femur": ("hip", "left"),
  "Right Femur": ("hip", "right"),
  "Left Ortho Knee": ("knee", "left"),
  "Right Ortho Knee": ("knee", "right"),
}
SCANNER_PROTOCOLS = frozenset({*PROTOCOLS, TOTAL_BODY_PROTOCOL})  # all that the study's scanner writes
