"""One sample's files to the images that a trained network takes, made as its training images were."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from msk_jax.imaging import dicom, folder, picture_files, preprocess, quality, views, visits
from msk_jax.inference import samples
from msk_jax.input import pipeline

_MOST_PADDING = math.log(2.0)  # of the aspects' ratio: beyond it over half of the stored image is padding
_CHANNELS_OF_COLOUR = 3
_BODIES = (preprocess.FLESH, preprocess.FIGURE)  # what the full-body views are made of


@dataclasses.dataclass(frozen=True)
class Wanted:
  """What images a network takes; see `training.model_card.ModelCard`."""

  view: views.View
  is_padded: bool
  image_shape: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Image:
  """An image for the network: uint8 [rows, columns, channels], left sides mirrored; and the side, if known."""

  side: str
  pixels: np.ndarray


def read_sample(
  sample: samples.Sample, wanted: Wanted, decoder: dicom.Decoder
) -> tuple[list[Image], list[quality.Note]]:
  """Reads a sample; never raises because of what is in its files.

  Returns:
    images: at most one of each side.
    notes: what was refused or is doubtful.
  """
  stored: list[tuple[str, visits.ViewImage]] = []
  notes: list[quality.Note] = []
  bodies: list[tuple[samples.File, dicom.DicomImage]] = []
  for file in sample.files:
    try:
      stored.extend((file.name, image) for image in _read_file(file, wanted, decoder, notes, bodies))
    except quality.Refusal as refusal:
      notes.append(quality.Note(file.name, wanted.view.name, refusal.reason, refusal.detail))
    except Exception as error:  # a run never dies of one file; the type says enough, a message may quote data
      notes.append(quality.Note(file.name, wanted.view.name, "unexpected_error", type(error).__name__))
  if bodies:
    name = bodies[0][0].name
    stored.extend((name, image) for image in _choose([image for _, image in bodies], name, wanted, notes))
  return _one_of_each_side(stored, wanted, notes), notes


def _read_file(
  file: samples.File,
  wanted: Wanted,
  decoder: dicom.Decoder,
  notes: list[quality.Note],
  bodies: list[tuple[samples.File, dicom.DicomImage]],
) -> list[visits.ViewImage]:
  """Returns the file's images at the stored size; a Total Body goes to `bodies`, as it takes two to tell them apart."""
  if file.path.suffix.lower() == picture_files.ARCHIVE_ENDING and not wanted.is_padded:
    return _of_archive(file, wanted, decoder, notes)
  data = picture_files.read_bytes(file.path)
  kind = picture_files.kind_of(data)
  if wanted.is_padded:
    return [_padded(data, file, wanted, decoder, notes)]
  if kind is picture_files.Kind.ARCHIVE:
    return _of_archive(file, wanted, decoder, notes)
  if kind is picture_files.Kind.DICOM:
    return _of_dicom(dicom.read(data, decoder), file, wanted, notes, bodies)
  if wanted.view.channels == _CHANNELS_OF_COLOUR:
    if kind is not picture_files.Kind.PICTURE:
      raise quality.Refusal("not_dicom")
    facts, pixels = decoder.decode("colour", data)
    return [_cut(pixels, facts.get("doubts", ()), file, wanted, notes)]
  return [_cut(*picture_files.decode(data, file.path.suffix, decoder), file, wanted, notes)]


def _of_archive(
  file: samples.File, wanted: Wanted, decoder: dicom.Decoder, notes: list[quality.Note]
) -> list[visits.ViewImage]:
  found, remarks = visits.read_visit(file.path, decoder)
  return _of_view(found, remarks, file.name, wanted, notes)


def _of_dicom(
  image: dicom.DicomImage,
  file: samples.File,
  wanted: Wanted,
  notes: list[quality.Note],
  bodies: list[tuple[samples.File, dicom.DicomImage]],
) -> list[visits.ViewImage]:
  if image.protocol == views.TOTAL_BODY_PROTOCOL and wanted.view.dimension == "full_body":
    bodies.append((file, image))
    return []
  view, _ = views.PROTOCOLS.get(image.protocol, ("", ""))
  if view == wanted.view.name:
    return _choose([image], file.name, wanted, notes)
  if view or image.protocol == views.TOTAL_BODY_PROTOCOL:
    raise quality.Refusal("other_view")
  if wanted.view.channels == _CHANNELS_OF_COLOUR:
    raise quality.Refusal("not_colour")
  return [_cut(image.pixels, image.doubts, file, wanted, notes)]


def _padded(
  data: bytes, file: samples.File, wanted: Wanted, decoder: dicom.Decoder, notes: list[quality.Note]
) -> visits.ViewImage:
  """A picture as `imaging.folder` stores it."""
  pixels, doubts = picture_files.decode(data, file.path.suffix, decoder, wanted.view.bits)
  page = wanted.view.network_shape
  stored, remarks = folder.to_stored(pixels, file.side, page)
  if abs(math.log(pixels.shape[0] / pixels.shape[1]) - math.log(page[0] / page[1])) > _MOST_PADDING:
    remarks.append(quality.Doubt("mostly_padding"))
  notes.extend(quality.Note(file.name, wanted.view.name, *doubt) for doubt in (*doubts, *remarks))
  return visits.ViewImage(wanted.view.name, file.side, stored)


def _cut(
  pixels: np.ndarray | quality.Refusal,
  doubts: Sequence[Sequence[str]],
  file: samples.File,
  wanted: Wanted,
  notes: list[quality.Note],
) -> visits.ViewImage:
  """A picture that shows the view already: one of the stored size is taken as it is, any other as a DXA image."""
  if isinstance(pixels, quality.Refusal):
    raise pixels
  view = wanted.view
  checked = [(code,) for code in preprocess.check(pixels, view)]
  notes.extend(quality.Note(file.name, view.name, *doubt) for doubt in (*doubts, *checked))
  if pixels.shape[:2] == view.network_shape:
    is_mirrored = view.is_paired and file.side == "left"
    return visits.ViewImage(view.name, file.side, pixels[:, ::-1] if is_mirrored else pixels)
  native = preprocess.to_native(pixels, view, file.side)
  return visits.ViewImage(view.name, file.side, preprocess.to_network(native, view))


def _choose(
  found: list[dicom.DicomImage], name: str, wanted: Wanted, notes: list[quality.Note]
) -> list[visits.ViewImage]:
  """The wanted view of DXA DICOM files, chosen by their headers."""
  made, remarks = visits.to_views(found, name)
  return _of_view(made, remarks, name, wanted, notes)


def _of_view(
  found: list[visits.ViewImage], remarks: list[quality.Note], name: str, wanted: Wanted, notes: list[quality.Note]
) -> list[visits.ViewImage]:
  """Keeps the wanted view's images and what concerns them; where there are none, some note says why."""
  view = wanted.view
  images = [image for image in found if image.view == view.name]
  relevant = {view.name} if images else {"", view.name, *(_BODIES if view.dimension == "full_body" else ())}
  kept = [dataclasses.replace(note, source=name) for note in remarks if note.view in relevant]
  severities = [quality.REASONS[note.reason][0] for note in kept]
  if images:  # a missing other side is said in the output
    kept = [note for note, how in zip(kept, severities, strict=True) if how is not quality.Severity.ABSENT]
  elif all(how is quality.Severity.DOUBTFUL for how in severities):
    kept.append(quality.Note(name, view.name, "missing_view"))
  notes.extend(kept)
  return images


def _one_of_each_side(
  stored: list[tuple[str, visits.ViewImage]], wanted: Wanted, notes: list[quality.Note]
) -> list[Image]:
  """Brings images to the network's size; of several of one side the first counts."""
  images: dict[str, Image] = {}
  for name, image in stored:
    key = image.side or ("right" if wanted.view.is_paired else "")
    if key in images:
      notes.append(quality.Note(name, wanted.view.name, "duplicate_row"))
      continue
    images[key] = Image(image.side, pipeline.to_image_shape(image.pixels, wanted.image_shape[:2]))
  return list(images.values())
