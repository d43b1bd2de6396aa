"""From raw radiographs to the arrays that are stored: choice of views, native size, mirroring, skeleton, mixed.

Source: paper, Methods ("Preprocessing"). Every image is first brought to the view's native size (the median of the
real data) with cubic interpolation, as published. From there it is brought to the network's size by area averaging,
which does not alias; the published code picks the nearest pixel.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from msk_jax.imaging import dicom, quality, skeleton, views

Role = tuple[str, str]  # (view, side); side is empty for unpaired views
Remark = tuple[str, str, str]  # (view, reason, detail)

FIGURE, FLESH, SKELETON, MIXED = (f"full_body/{kind}" for kind in ("figure", "flesh", "skeleton", "mixed"))
SOURCE_ROLES: tuple[Role, ...] = (*views.PROTOCOLS.values(), (FLESH, ""), (FIGURE, ""))


def assign_roles(
  images: Sequence[dicom.DicomImage], has_unreadable: bool = False
) -> tuple[dict[Role, dicom.DicomImage], list[Remark]]:
  """Chooses the image of each view among those of a zip, by the headers alone.

  Of several images of one view and side the one of lowest InstanceNumber counts. Of the `Total Body` images the
  first by InstanceNumber is flesh, the second figure. A single one is taken as flesh, unless another member of the
  zip could not be read and may be the flesh.

  Args:
    images: what the zip holds.
    has_unreadable: whether the zip held members whose header could not be read.

  Returns:
    roles: (view, side) to image.
    remarks: on what is left out or doubtful.
  """
  roles: dict[Role, dicom.DicomImage] = {}
  remarks: list[Remark] = []
  for image in sorted(images, key=_order):
    role = views.PROTOCOLS.get(image.protocol)
    if role is None:
      if image.protocol != views.TOTAL_BODY_PROTOCOL:
        remarks.append(("", "unknown_protocol", ""))
    elif role in roles:
      remarks.append((role[0], "surplus_image", role[1]))
    else:
      roles[role] = image
  bodies, of_bodies = _assign_total_body(images, has_unreadable)
  roles |= bodies
  remarks += of_bodies
  absent = set(SOURCE_ROLES) - set(roles) - {(view, side) for view, _, side in remarks}
  if of_bodies:
    absent -= {(FLESH, ""), (FIGURE, "")}
  remarks.extend((view, "missing_view", side) for view, side in SOURCE_ROLES if (view, side) in absent)
  return roles, remarks


def _order(image: dicom.DicomImage) -> float:
  return float("inf") if image.instance_number is None else image.instance_number


def _assign_total_body(
  images: Sequence[dicom.DicomImage], has_unreadable: bool
) -> tuple[dict[Role, dicom.DicomImage], list[Remark]]:
  """Returns what `assign_roles` does, of the total bodies among the images."""
  bodies = sorted((i for i in images if i.protocol == views.TOTAL_BODY_PROTOCOL), key=_order)
  if not bodies:
    return {}, []
  if len(bodies) == 1:
    if has_unreadable:
      return {}, [(FLESH, "unordered_total_body", "one, beside a file that can't be read")]
    return {(FLESH, ""): bodies[0]}, [(FLESH, "single_total_body", "")]
  if len({i.instance_number for i in bodies[:3]} - {None}) < len(bodies[:3]):
    return {}, [(FLESH, "unordered_total_body", "")]
  if are_equal(bodies[0], bodies[1]):
    return {}, [(FLESH, "unordered_total_body", "one image under two numbers")]
  return {(FLESH, ""): bodies[0], (FIGURE, ""): bodies[1]}, [(FIGURE, "surplus_image", "")] * len(bodies[2:])


def are_equal(first: dicom.DicomImage, second: dicom.DicomImage) -> bool:
  """Returns whether two images have the same pixels; those that could not be decoded have none."""
  if isinstance(first.pixels, quality.Refusal) or isinstance(second.pixels, quality.Refusal):
    return False
  return np.array_equal(first.pixels, second.pixels)


def to_native(pixels: np.ndarray, view: views.View, side: str) -> np.ndarray:
  """Returns uint8 `view.native_shape` from raw uint8 [h, w]; left images of pairs are mirrored."""
  rows, columns = view.native_shape
  native = pixels
  if pixels.shape != (rows, columns):
    native = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_CUBIC)
  return cv2.flip(native, 1) if view.is_paired and side == "left" else native


def to_network(native: np.ndarray, view: views.View) -> np.ndarray:
  """Returns uint8 `view.network_shape` (and 3 channels if there were 3), anti-aliased."""
  rows, columns = view.network_shape
  return cv2.resize(native, (columns, rows), interpolation=cv2.INTER_AREA)


def full_body_at_network_size(natives: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns the full-body images to store, as far as their sources exist.

  Args:
    natives: `full_body/flesh` and `full_body/figure` at native size, one or both.

  Returns:
    View to uint8 of network shape: with the figure also the skeleton, with both also mixed.
  """
  sources = dict(natives)
  if FIGURE in natives:
    sources[SKELETON] = skeleton.skeleton(natives[FIGURE])
  stored = {name: to_network(native, views.VIEWS[name]) for name, native in sources.items()}
  if FIGURE in stored and FLESH in stored:
    # Channels are averaged one by one, so mixing after the resizing gives the same bits as before it.
    stored[MIXED] = mix(stored[SKELETON], stored[FLESH], stored[FIGURE])
  return stored


def mix(skeleton_image: np.ndarray, flesh: np.ndarray, figure: np.ndarray) -> np.ndarray:
  """Returns uint8 [h, w, 3]: red the skeleton, green the flesh, blue the figure."""
  return np.dstack((skeleton_image, flesh, figure))


def check(pixels: np.ndarray, view: views.View) -> list[str]:
  """Returns the doubts (reason codes) about a raw uint8 [h, w] image of a view.

  Raises:
    Refusal: the image can't be used.
  """
  odd = quality.check_shape((pixels.shape[0], pixels.shape[1]), view)
  quality.check_not_blank(pixels)
  doubts = [odd] if odd else []
  if quality.has_white_margin(pixels):
    doubts.append("white_margin")
  return doubts
