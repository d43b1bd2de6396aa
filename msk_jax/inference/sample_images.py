"""One sample's files to the images that a trained network takes, made as its training images were."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from msk_jax.imaging import dicom, dxa_visit, folder_ingest, picture_files, preprocess, quality, views
from msk_jax.inference.sample import File, Sample
from msk_jax.input import pipeline
from msk_jax.trained.model_card import ImageFormat

_MOST_PADDING = math.log(2.0)  # of the aspects' ratio: beyond it over half of the stored image is padding
_CHANNELS_OF_COLOUR = 3
_BODIES = (preprocess.FLESH, preprocess.FIGURE)  # what the full-body views are made of


@dataclasses.dataclass(frozen=True)
class Image:
  """An image for the network: uint8 [rows, columns, channels], left sides mirrored; the file; the side, if known."""

  file: str
  side: str
  pixels: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Content:
  """What files gave.

  Attributes:
    images: of the view, at the stored size.
    notes: what was refused or is doubtful.
    bodies: Total Body images. It takes all of a sample to tell flesh and figure apart.
  """

  images: Sequence[dxa_visit.ViewImage] = ()
  notes: Sequence[quality.Note] = ()
  bodies: Sequence[dicom.DicomImage] = ()


def read_sample(sample: Sample, target: ImageFormat, decoder: dicom.Decoder) -> tuple[list[Image], list[quality.Note]]:
  """Reads a sample; never raises because of what is in its files.

  Args:
    sample: its files.
    target: the images that the network takes.
    decoder: of pixels.

  Returns:
    images: at most one of each side.
    notes: what was refused or is doubtful.
  """
  contents = [(file.name, _read_or_refuse(file, target, decoder)) for file in sample.files]
  bodies = [(name, body) for name, content in contents for body in content.bodies]
  if bodies:
    name = bodies[0][0]
    contents.append((name, _from_headers([body for _, body in bodies], name, target)))
  stored = [(name, image) for name, content in contents for image in content.images]
  notes = [note for _, content in contents for note in content.notes]
  images, duplicates = _one_of_each_side(stored, target)
  return images, notes + duplicates


def _read_or_refuse(file: File, target: ImageFormat, decoder: dicom.Decoder) -> _Content:
  """Reads a file; a note says why one was refused."""
  try:
    return _read_file(file, target, decoder)
  except quality.Refusal as refusal:
    return _Content(notes=[quality.Note(file.name, target.view.name, refusal.reason, refusal.detail)])
  except Exception as error:  # one file never ends a run; the type says enough, a message may quote data
    return _Content(notes=[quality.Note(file.name, target.view.name, "unexpected_error", type(error).__name__)])


def _read_file(file: File, target: ImageFormat, decoder: dicom.Decoder) -> _Content:
  """Reads a file by its content.

  Raises:
    Refusal: it does not give an image of the view.
  """
  if file.path.suffix.lower() == picture_files.ARCHIVE_ENDING and not target.is_padded:
    return _from_archive(file, target, decoder)
  data = picture_files.read_bytes(file.path)
  kind = picture_files.kind_of(data)
  if target.is_padded:
    return _padded(data, file, target, decoder)
  if kind is picture_files.Kind.ARCHIVE:
    return _from_archive(file, target, decoder)
  if kind is picture_files.Kind.DICOM:
    return _from_dicom(dicom.read(data, decoder), file, target)
  if target.view.channels == _CHANNELS_OF_COLOUR:
    if kind is not picture_files.Kind.PICTURE:
      raise quality.Refusal("not_dicom")
    facts, pixels = decoder.decode("colour", data)
    return _from_picture(pixels, facts.get("doubts", ()), file, target)
  return _from_picture(*picture_files.decode(data, file.path.suffix, decoder), file, target)


def _from_archive(file: File, target: ImageFormat, decoder: dicom.Decoder) -> _Content:
  images, notes = dxa_visit.read_visit(file.path, decoder)
  return _of_view(images, notes, file.name, target)


def _from_dicom(image: dicom.DicomImage, file: File, target: ImageFormat) -> _Content:
  if image.protocol == views.TOTAL_BODY_PROTOCOL and target.view.dimension == "full_body":
    return _Content(bodies=[image])
  view, _ = views.PROTOCOLS.get(image.protocol, ("", ""))
  if view == target.view.name:
    return _from_headers([image], file.name, target)
  if view or image.protocol == views.TOTAL_BODY_PROTOCOL:
    raise quality.Refusal("other_view")
  if target.view.channels == _CHANNELS_OF_COLOUR:
    raise quality.Refusal("not_colour")
  return _from_picture(image.pixels, image.doubts, file, target)


def _padded(data: bytes, file: File, target: ImageFormat, decoder: dicom.Decoder) -> _Content:
  """Returns a picture as `imaging.folder_ingest` stores it."""
  view = target.view
  pixels, doubts = picture_files.decode(data, file.path.suffix, decoder, view.bits)
  page = view.network_shape
  stored, more_doubts = folder_ingest.to_stored(pixels, file.side, page)
  if abs(math.log(pixels.shape[0] / pixels.shape[1]) - math.log(page[0] / page[1])) > _MOST_PADDING:
    more_doubts.append(quality.Doubt("mostly_padding"))
  notes = [quality.Note(file.name, view.name, *doubt) for doubt in (*doubts, *more_doubts)]
  return _Content([dxa_visit.ViewImage(view.name, file.side, stored)], notes)


def _from_picture(
  pixels: np.ndarray | quality.Refusal, doubts: Sequence[Sequence[str]], file: File, target: ImageFormat
) -> _Content:
  """Returns a picture that shows the view already: of the stored size as it is, of any other size as a DXA image."""
  if isinstance(pixels, quality.Refusal):
    raise pixels
  view = target.view
  checked = [(code,) for code in preprocess.check(pixels, view)]
  notes = [quality.Note(file.name, view.name, *doubt) for doubt in (*doubts, *checked)]
  if pixels.shape[:2] == view.network_shape:
    is_mirrored = view.is_paired and file.side == "left"
    stored = pixels[:, ::-1] if is_mirrored else pixels
  else:
    stored = preprocess.to_network(preprocess.to_native(pixels, view, file.side), view)
  return _Content([dxa_visit.ViewImage(view.name, file.side, stored)], notes)


def _from_headers(bodies: list[dicom.DicomImage], name: str, target: ImageFormat) -> _Content:
  """Returns the target's view of DXA DICOM files, chosen by their headers."""
  images, notes = dxa_visit.to_views(bodies, name)
  return _of_view(images, notes, name, target)


def _of_view(images: list[dxa_visit.ViewImage], notes: list[quality.Note], name: str, target: ImageFormat) -> _Content:
  """Keeps the target's view and the notes on it; where it has no image, some note says why."""
  view = target.view
  kept_images = [image for image in images if image.view == view.name]
  relevant = {view.name} if kept_images else {"", view.name, *(_BODIES if view.dimension == "full_body" else ())}
  kept_notes = [dataclasses.replace(note, source=name) for note in notes if note.view in relevant]
  severities = [quality.REASONS[note.reason][0] for note in kept_notes]
  if kept_images:  # the output says that the other side is missing
    kept_notes = [
      note for note, severity in zip(kept_notes, severities, strict=True) if severity is not quality.Severity.ABSENT
    ]
  elif all(severity is quality.Severity.DOUBTFUL for severity in severities):
    kept_notes.append(quality.Note(name, view.name, "missing_view"))
  return _Content(kept_images, kept_notes)


def _one_of_each_side(
  stored: list[tuple[str, dxa_visit.ViewImage]], target: ImageFormat
) -> tuple[list[Image], list[quality.Note]]:
  """Brings images to the network's size; of several of one side the first is kept, the others are noted."""
  images: dict[str, Image] = {}
  notes = []
  for name, image in stored:
    side = image.side or ("right" if target.view.is_paired else "")
    if side in images:
      notes.append(quality.Note(name, target.view.name, "duplicate_row"))
    else:
      images[side] = Image(name, image.side, pipeline.to_image_shape(image.pixels, target.image_shape[:2]))
  return list(images.values()), notes
