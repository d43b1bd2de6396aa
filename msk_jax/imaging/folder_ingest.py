"""Pictures of a folder of radiographs (PNG, JPEG, TIFF, BMP, WebP, DICOM) into the image store."""

import dataclasses
import pathlib

import cv2
import numpy as np

from msk_jax.imaging import (
  dicom,
  folder_spec,
  folder_table,
  ingest_parts,
  ingest_units,
  picture_files,
  qc_report,
  quality,
)
from msk_jax.imaging.folder_spec import VIEW

_PIPELINE = 2  # raised when the same picture would give other pixels
_SMALLEST_SIDE_PX = 32


def pipeline_version() -> int:
  """Returns the version of the pixels that the same picture gives, for run records."""
  return _PIPELINE


def ingest_folder(
  root: pathlib.Path | str,
  table: folder_table.FolderTable,
  workdir: pathlib.Path | str,
  spec: folder_spec.FolderSpec,
  *,
  key: bytes,
  workers: int,
) -> ingest_units.IngestCounts:
  """Makes `images/folder/` and `qc/` of the workdir hold just the table's pictures.

  Pictures keep their aspect: they are scaled to fit and padded with black. Left ones are mirrored where a side is
  given. Resuming and reruns are those of `dxa_ingest.ingest_zips`.

  Args:
    root: the folder.
    table: its table.
    workdir: the workdir.
    spec: the stored size.
    key: the workdir's secret for pseudonyms.
    workers: worker processes; 0 reads in this process.

  Raises:
    InputError: a full disk, or another ingest in the same workdir.
  """
  sources, context, places = [], {}, {}
  columns = ("eid", "instance", "side", "path", "line")
  for eid, instance, side, relative, line in zip(*(table.rows[c] for c in columns), strict=True):
    path = pathlib.Path(root) / relative
    name = f"{eid}|{instance}|{side}|{relative}"
    sources.append(ingest_parts.source_of(name, path))
    context[name] = PictureContext(eid, int(instance), side, (spec.rows, spec.columns), spec.bits)
    places[name] = qc_report.Place(int(line), relative)
  refused = table.notes()
  job = ingest_units.Job(
    kind="folder",
    unit_name="images",
    workdir=pathlib.Path(workdir),
    shapes={VIEW: (spec.rows, spec.columns)},
    sources=sources,
    read=read_picture,
    context=context,
    code=ingest_units.code_version(_PIPELINE, spec.rows, spec.columns, spec.bits),
    notes=list(refused),
    places=places | {note.source: place for note, place in refused.items()},
  )
  return ingest_units.run(job, key, workers)


@dataclasses.dataclass(frozen=True)
class PictureContext:
  """Whose a picture is, the stored shape, and the depth named for it (see `folder_spec.FolderSpec.bits`)."""

  eid: str
  instance: int
  side: str
  shape: tuple[int, int]
  bits: int


def read_picture(
  source: ingest_parts.Source, context: PictureContext, decoder: dicom.Decoder
) -> tuple[list[ingest_units.StoredImage], list[quality.Note]]:
  """Reads one picture for the store."""
  side = context.side
  try:
    data = picture_files.read_bytes(source.path)
    pixels, doubts = picture_files.decode(data, source.path.suffix, decoder, context.bits)
    stored, remarks = to_stored(pixels, side, context.shape)
  except quality.Refusal as refusal:
    return [], [quality.Note(source.name, VIEW, refusal.reason, refusal.detail)]
  notes = [quality.Note(source.name, VIEW, doubt.reason, doubt.detail or side) for doubt in (*doubts, *remarks)]
  return [ingest_units.StoredImage(VIEW, context.eid, context.instance, side, stored)], notes


def to_stored(pixels: np.ndarray, side: str, shape: tuple[int, int]) -> tuple[np.ndarray, list[quality.Doubt]]:
  """Makes the stored image, uint8 of `shape`, from a picture, uint8 [h, w]; a left one is mirrored.

  Returns:
    stored: the image.
    doubts: why it may be useless.

  Raises:
    Refusal: `too_small` or `blank`.
  """
  if min(pixels.shape) < _SMALLEST_SIDE_PX:
    raise quality.Refusal("too_small", f"{pixels.shape[0]}x{pixels.shape[1]}")
  quality.check_not_blank(pixels)
  fitted = fit(pixels, shape)
  doubts = [quality.Doubt("white_margin")] if quality.has_white_margin(pixels) else []
  return fitted[:, ::-1] if side == "left" else fitted, doubts


def fit(pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
  """Scales uint8 [h, w] to fit into `shape` with its aspect kept, centred on black."""
  scale = min(shape[0] / pixels.shape[0], shape[1] / pixels.shape[1])
  rows, columns = (max(1, min(full, round(n * scale))) for full, n in zip(shape, pixels.shape, strict=True))
  method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
  page = np.zeros(shape, np.uint8)
  top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
  page[top : top + rows, left : left + columns] = cv2.resize(pixels, (columns, rows), interpolation=method)
  return page
