"""The eight views of the paper: what each image set is, and its sizes. `view_augmentation.py` has their augmentation.

Sources: paper, Methods ("Preprocessing"); DICOM ProtocolName as in UK Biobank field 20158.
"""

import dataclasses

from msk_jax.imaging import view_augmentation


@dataclasses.dataclass(frozen=True)
class View:
  """One image set.

  Attributes:
    name: path-like name, e.g. `full_body/figure`; also the folder in the image store.
    native_shape: (rows, columns) to which all images of the view are brought first: the medians of the real data.
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
  augmentation: view_augmentation.Augmentation = dataclasses.field(default_factory=view_augmentation.Augmentation)
  bits: int = 0

  @property
  def dimension(self) -> str:
    """The dimension the view belongs to: `full_body`, `spine`, `hip` or `knee`."""
    return self.name.split("/", maxsplit=1)[0]


SIDES = ("right", "left")  # order of the two images of a pair, and value 0 / 1 of the `side` input


def _full_body(name: str, channels: int = 1) -> View:
  return View(f"full_body/{name}", (811, 272), (541, 181), channels, augmentation=view_augmentation.FULL_BODY)


VIEWS: dict[str, View] = {
  view.name: view
  for view in (
    _full_body("figure"),
    _full_body("flesh"),
    _full_body("skeleton"),
    _full_body("mixed", channels=3),
    View("spine/sagittal", (1513, 684), (466, 211), augmentation=view_augmentation.SPINE),
    View("spine/coronal", (724, 720), (315, 313), augmentation=view_augmentation.SPINE),
    View("hip", (626, 680), (329, 303), is_paired=True, augmentation=view_augmentation.HIP),
    View("knee", (851, 700), (347, 286), is_paired=True, augmentation=view_augmentation.KNEE),
  )
}

# DICOM ProtocolName -> (view, side). Of the two `Total Body` images, the first by InstanceNumber is flesh, the second
# figure (their file names end in 11.12.1.dcm and 12.12.1.dcm).
TOTAL_BODY_PROTOCOL = "Total Body"
PROTOCOLS: dict[str, tuple[str, str]] = {
  "AP Spine": ("spine/coronal", ""),
  "LVA": ("spine/sagittal", ""),
  "Left Femur": ("hip", "left"),
  "Right Femur": ("hip", "right"),
  "Left Ortho Knee": ("knee", "left"),
  "Right Ortho Knee": ("knee", "right"),
}
SCANNER_PROTOCOLS = frozenset({*PROTOCOLS, TOTAL_BODY_PROTOCOL})  # those of the study's scanner
