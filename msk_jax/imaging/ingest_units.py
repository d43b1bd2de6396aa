"""Ingest of any kind of sources, in units of work that can be resumed, into one image store.

Sources (zips, or pictures of a folder) are read in units. A unit's result is a part (`ingest_parts`). A run compares
the parts on disk with the wanted sources and does what is missing. Then it writes the indexes, the QC report and the
contact sheets from the parts. An interrupted run resumes after the last finished unit.
"""

import contextlib
import dataclasses
import fcntl
import pathlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import IO, Any

import cv2
import numpy as np
import pandas as pd
from absl import logging

from msk_jax.imaging import (
  contact_sheet,
  decoder_client,
  dicom,
  ingest_parts,
  qc_report,
  quality,
  same_pictures,
  store,
  worker_pool,
)
from msk_jax.io import atomic, leftovers, locks, progress, run_record
from msk_jax.schemas import image_tables

SMALLEST_UNIT = 16  # sources
ASSEMBLED = "assembled.json"  # beside the parts: what the indexes were last made from

_LARGEST_UNIT = 128  # sources
_UNITS_OF_A_SMALL_RUN = 16
_ASSEMBLY = 2  # raised when the same parts give other indexes, QC reports or contact sheets


@dataclasses.dataclass(frozen=True)
class StoredImage:
  """One image for the store, with its key; pixels uint8 [rows, columns] or [rows, columns, 3]."""

  view: str
  eid: str
  instance: int
  side: str
  pixels: np.ndarray


# (source, its context, decoder) -> images and notes. A function of a module: workers import it.
ReadSource = Callable[[ingest_parts.Source, Any, dicom.Decoder], tuple[list[StoredImage], list[quality.Note]]]


@dataclasses.dataclass(frozen=True)
class Job:
  """What to ingest.

  Attributes:
    kind: name of the part folder, `zips` or `folder`.
    unit_name: what a source is called in the progress line.
    workdir: outputs go to its `images/` and `qc/`.
    shapes: view to the shape of one stored image.
    sources: all that the store is to hold, with distinct names.
    read: reads one source.
    context: name of a source to what `read` needs besides it.
    code: changes whenever the stored pixels would.
    notes: on sources that are not read.
    places: of the sources, also those of `notes`, in the user's own table; empty without one.
    withdrawn: number of sources left out because their participant has withdrawn.
    smallest_unit: sources in a unit, at least.
  """

  kind: str
  unit_name: str
  workdir: pathlib.Path
  shapes: Mapping[str, tuple[int, ...]]
  sources: Sequence[ingest_parts.Source]
  read: ReadSource
  context: Mapping[str, Any]
  code: str
  notes: Sequence[quality.Note] = ()
  places: Mapping[str, qc_report.Place] = dataclasses.field(default_factory=dict)
  withdrawn: int = 0
  smallest_unit: int = SMALLEST_UNIT

  @property
  def images(self) -> pathlib.Path:
    """The folder of all stores."""
    return self.workdir / "images"


@dataclasses.dataclass(frozen=True)
class IngestCounts:
  """What came out of an ingest.

  Attributes:
    sources: files wanted, without withdrawn and duplicate ones.
    read: files read by this run; the others were read before.
    images: view to number of images stored.
    reasons: reason code to number of files or images.
    sharing: groups of people who have the same picture, with the names of their sources.
    places: as the job's.
  """

  sources: int
  read: int
  images: dict[str, int]
  reasons: dict[str, int]
  sharing: tuple[same_pictures.Group, ...] = ()
  places: Mapping[str, qc_report.Place] = dataclasses.field(default_factory=dict)


def code_version(pipeline: int, *facts: Any) -> str:
  """Returns a fingerprint of what the stored pixels depend on: the version of our code, OpenCV, settings."""
  return run_record.fingerprint([pipeline, cv2.__version__, *facts])


def run(job: Job, key: bytes, workers: int) -> IngestCounts:
  """Brings the store up to date with the job's sources.

  Args:
    job: what to ingest.
    key: the workdir's secret for pseudonyms.
    workers: number of worker processes; 0 reads in this process.

  Raises:
    InputError: the disk is full, or another ingest works on the same workdir.
  """
  job.images.mkdir(parents=True, exist_ok=True)
  with only_one(job.images):
    plan = ingest_parts.plan(ingest_parts.read_parts(job.images, job.kind), job.sources, job.code)
    _do(job, plan, workers)
    # All parts are read from the disk, so that a resumed run equals an uninterrupted one.
    finished = ingest_parts.plan(ingest_parts.read_parts(job.images, job.kind), job.sources, job.code).kept
    return _assemble(job, sorted(finished, key=lambda p: p.number), len(plan.new), key)


def _do(job: Job, plan: ingest_parts.Plan, workers: int) -> None:
  number = ingest_parts.next_number(job.images, job.kind)
  dropped = 0
  for part, names in plan.trimmed:
    ingest_parts.trim(job.images, job.kind, part, names, number)
    dropped += len(part.sources) - len(names)
    number += 1
  if dropped:
    logging.info("%d %s that are changed, withdrawn or absent are dropped from the store", dropped, job.unit_name)
  units = _make_units(job, plan.new, number)
  reused = len(job.sources) - len(plan.new)
  if reused:
    logging.info("%d of %d %s were read before", reused, len(job.sources), job.unit_name)
  if units:
    what = f"reading {job.unit_name}"
    with progress.track(what, len(job.sources), job.unit_name, start=reused) as advance:
      worker_pool.run(units, do_unit, workers, advance)


@dataclasses.dataclass(frozen=True)
class Unit:
  """A group of a job's sources, which is picklable; see `Job`."""

  images: pathlib.Path
  kind: str
  number: int
  code: str
  sources: tuple[ingest_parts.Source, ...]
  read: ReadSource
  context: Mapping[str, Any]


def _make_units(job: Job, new: Sequence[ingest_parts.Source], number: int) -> list[Unit]:
  """Groups sources into units, independently of the number of workers."""
  size = min(max(-(-len(new) // _UNITS_OF_A_SMALL_RUN), job.smallest_unit), _LARGEST_UNIT)
  ordered = sorted(new, key=lambda s: s.name)
  groups = [tuple(ordered[i : i + size]) for i in range(0, len(ordered), size)]
  return [
    Unit(job.images, job.kind, number + i, job.code, group, job.read, {s.name: job.context.get(s.name) for s in group})
    for i, group in enumerate(groups)
  ]


def do_unit(unit: Unit, bad: Collection[int], starts: Callable[[int], None]) -> None:
  """Reads the sources of a unit and writes its shards and part.

  Args:
    unit: the unit.
    bad: numbers of sources that killed a worker before; they are refused.
    starts: called with a source's number before it is read.
  """
  with working(unit.images):
    _do_unit(unit, bad, starts)


def _do_unit(unit: Unit, bad: Collection[int], starts: Callable[[int], None]) -> None:
  stored: dict[str, list[np.ndarray]] = {}
  rows: dict[str, list[ingest_parts.Row]] = {}
  notes: list[quality.Note] = []
  with decoder_client.IsolatedDecoder() as decoder:
    for number, source in enumerate(unit.sources):
      if number in bad:
        notes.append(quality.Note(source.name, "", "worker_crashed"))
        continue
      starts(number)
      images, remarks = _read_guarded(unit, source, decoder)
      notes.extend(remarks)
      for image in images:
        stored.setdefault(image.view, []).append(image.pixels)
        row = ingest_parts.Row(source.name, image.eid, image.instance, image.side, *_hashes(image))
        rows.setdefault(image.view, []).append(row)
  frozen = {view: tuple(of_view) for view, of_view in rows.items()}
  part = ingest_parts.Part(unit.number, unit.code, unit.sources, frozen, tuple(notes))
  ingest_parts.write_part(unit.images, unit.kind, part, {view: np.stack(pixels) for view, pixels in stored.items()})


def _hashes(image: StoredImage) -> tuple[str, str]:
  """Returns hashes of the stored image, and of the picture before a left one was mirrored."""
  stored = store.image_hash(image.pixels)
  return stored, store.image_hash(image.pixels[:, ::-1]) if image.side == "left" else stored


def _read_guarded(
  unit: Unit, source: ingest_parts.Source, decoder: dicom.Decoder
) -> tuple[list[StoredImage], list[quality.Note]]:
  try:
    return unit.read(source, unit.context.get(source.name), decoder)
  except Exception as error:  # a run never dies of one file; only the type is kept, since a message may quote data
    return [], [quality.Note(source.name, "", "unexpected_error", type(error).__name__)]


def _assemble(job: Job, finished: Sequence[ingest_parts.Part], read: int, key: bytes) -> IngestCounts:
  """Writes indexes, QC report and contact sheets, unless they are up to date; deletes what is no longer used."""
  same = same_pictures.find(finished)
  notes = [*job.notes, *(note for part in finished for note in part.notes), *same.notes]
  counts = _count(job, finished, notes, read, same.sharing)
  if job.places:  # always: the table's lines may have moved
    qc_report.write_rows(job.workdir, notes, job.places)
  mark = job.images / ".parts" / job.kind / ASSEMBLED
  outputs = [job.images / view / store.INDEX_NAME for view in job.shapes] + qc_report.paths(job.workdir)
  outputs += [contact_sheet.path_of(job.workdir / "qc", view) for view, count in counts.images.items() if count]
  facts = [_ASSEMBLY, job.code, job.withdrawn, key.hex(), [dataclasses.astuple(n) for n in job.notes]]
  wanted = run_record.fingerprint([facts, [(p.number, [(s.name, s.mtime_ns) for s in p.sources]) for p in finished]])
  if mark.exists() and mark.read_text() == wanted and all(path.exists() for path in outputs):
    return counts
  for view, shape in job.shapes.items():
    store.write_index(job.images / view, index_of(view, finished), shape)
  qc_report.write(job.workdir, notes, job.withdrawn, key)
  for view in job.shapes:
    contact_sheet.write(store.ImageStore.open(job.images / view), view, job.workdir / "qc")
  ingest_parts.remove_strays(job.images, job.kind, list(job.shapes), finished)
  atomic.write_text(mark, wanted)
  return counts


def index_of(view: str, finished: Sequence[ingest_parts.Part]) -> pd.DataFrame:
  """Returns the index of a view's pictures in finished parts (schema image_index)."""
  rows = [
    (row.eid, row.instance, row.side, part.number, place, row.sha256)
    for part in finished
    for place, row in enumerate(part.rows.get(view, ()))
  ]
  return pd.DataFrame(rows, columns=list(image_tables.IMAGE_INDEX.columns))


def _count(
  job: Job,
  finished: Sequence[ingest_parts.Part],
  notes: Sequence[quality.Note],
  read: int,
  sharing: tuple[same_pictures.Group, ...],
) -> IngestCounts:
  images = {view: sum(len(part.rows.get(view, ())) for part in finished) for view in job.shapes}
  reasons = Counter(note.reason for note in notes)
  if job.withdrawn:
    reasons["withdrawn"] = job.withdrawn
  return IngestCounts(len(job.sources), read, images, dict(sorted(reasons.items())), sharing, job.places)


@contextlib.contextmanager
def only_one(images: pathlib.Path) -> Iterator[None]:
  """Keeps a second ingest away from the same folder.

  Waits for workers that a killed ingest left behind: they end after their current file, and may write a unit before.
  """
  busy = "another prepare is writing images in this --workdir: wait for it, or give another --workdir."
  with locks.alone(images / ".lock", busy):
    with (images / ".units.lock").open("w") as units:
      _lock(units, fcntl.LOCK_EX)
    leftovers.clear([images])
    yield


@contextlib.contextmanager
def working(images: pathlib.Path) -> Iterator[None]:
  """Holds a shared lock while a unit is read and written."""
  images.mkdir(parents=True, exist_ok=True)
  with (images / ".units.lock").open("w") as units:
    _lock(units, fcntl.LOCK_SH)
    yield


def _lock(file: IO[str], mode: int) -> None:
  """Waits for a lock; on a file system without locks there is only a warning."""
  try:
    fcntl.flock(file, mode)
  except OSError as error:
    logging.warning("this file system has no locks (%s): run one prepare at a time", error.strerror)
