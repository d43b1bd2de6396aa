"""From a zip of field 20158 to the images that are stored for the visit."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Sequence

import numpy as np

from msk_jax.imaging import dicom, dxa_zips, preprocess, quality, views


@dataclasses.dataclass(frozen=True)
class ViewImage:
  """An image ready to store: uint8 at the view's network shape."""

  view: str
  side: str
  pixels: np.ndarray


def read_visit(path: pathlib.Path, decoder: dicom.Decoder) -> tuple[list[ViewImage], list[quality.Note]]:
  """Reads a zip; whatever it holds, this does not raise.

  Returns:
    images: what is to be stored, in the order of `views.VIEWS`, right before left.
    notes: what was refused, doubtful or absent.
  """
  try:
    images, notes = _read_images(path, decoder)
  except quality.Refusal as refusal:
    return [], [quality.Note(path.name, "", refusal.reason, refusal.detail)]
  has_unreadable = any(quality.REASONS[note.reason][0] is quality.Severity.REFUSED for note in notes)
  stored, remarks = to_views(images, path.name, has_unreadable)
  return stored, notes + remarks


def to_views(
  files: Sequence[dicom.DicomImage], source: str, has_unreadable: bool = False
) -> tuple[list[ViewImage], list[quality.Note]]:
  """Makes the views of one visit from its DICOM files, chosen by their headers.

  Args:
    files: of the visit.
    source: where they come from, for the notes.
    has_unreadable: whether there were others whose header could not be read.

  Returns:
    As `read_visit`.
  """
  different: list[dicom.DicomImage] = []
  for image in files:
    if not any(_is_same(image, other) for other in different):
      different.append(image)
  notes = [quality.Note(source, "", "repeated_member", "equal image")] * (len(files) - len(different))
  roles, remarks = preprocess.assign_roles(different, has_unreadable)
  notes.extend(quality.Note(source, view, reason, detail) for view, reason, detail in remarks)
  images: list[ViewImage] = []
  bodies: dict[str, np.ndarray] = {}
  for (name, side), image in roles.items():
    native, remarks = _native(image, name, side)
    notes.extend(quality.Note(source, name, reason, detail) for reason, detail in remarks)
    if native is None:
      continue
    if views.VIEWS[name].dimension == "full_body":
      bodies[name] = native
    else:
      images.append(ViewImage(name, side, preprocess.to_network(native, views.VIEWS[name])))
  images.extend(ViewImage(name, "", p) for name, p in preprocess.full_body_at_network_size(bodies).items())
  order = list(views.VIEWS)
  return sorted(images, key=lambda i: (order.index(i.view), i.side == "left")), notes


def _read_images(path: pathlib.Path, decoder: dicom.Decoder) -> tuple[list[dicom.DicomImage], list[quality.Note]]:
  images: list[dicom.DicomImage] = []
  notes: list[quality.Note] = []
  seen: set[bytes] = set()
  for member in dxa_zips.read_members(path):
    try:
      if isinstance(member, quality.Refusal):
        raise member
      digest = hashlib.sha256(member).digest()
      if digest in seen:
        raise quality.Refusal("repeated_member", "equal bytes")
      seen.add(digest)
      image = dicom.read(member, decoder)
      if isinstance(image.pixels, quality.Refusal) and not image.protocol:
        raise image.pixels
      images.append(image)
    except quality.Refusal as refusal:
      notes.append(quality.Note(path.name, "", refusal.reason, refusal.detail))
  return images, notes


def _is_same(first: dicom.DicomImage, second: dicom.DicomImage) -> bool:
  """Returns whether two files hold one image under one name and number, as after a second export."""
  if (first.protocol, first.instance_number) != (second.protocol, second.instance_number):
    return False
  return preprocess.are_equal(first, second)


def _native(image: dicom.DicomImage, name: str, side: str) -> tuple[np.ndarray | None, list[tuple[str, str]]]:
  """Returns the image at native size, or None, and (reason, detail) of what is wrong with it."""
  view = views.VIEWS[name]
  try:
    if isinstance(image.pixels, quality.Refusal):
      raise image.pixels
    doubts = [quality.Doubt(doubt) for doubt in preprocess.check(image.pixels, view)]
    remarks = [(doubt.reason, " ".join(filter(None, (side, doubt.detail)))) for doubt in (*image.doubts, *doubts)]
    return preprocess.to_native(image.pixels, view, side), remarks
  except quality.Refusal as refusal:
    return None, [(refusal.reason, " ".join(filter(None, (side, refusal.detail))))]
