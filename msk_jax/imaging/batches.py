"""Ingest of any kind of sources: units of work, resuming, and the merging of their parts into one store.

Sources (zips, or pictures of a folder) are read in units; a unit's result is a part (`parts`). A run compares the
parts on disk with the sources wanted, does what is missing, and then writes the indexes, the QC report and the
contact sheets from the parts. Killed at any point, it goes on from the last finished unit.
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

from msk_jax.imaging import contact_sheet, decoder_client, dicom, parts, pool, qc_report, quality, same_pictures, store
from msk_jax.io import atomic, leftovers, locks, progress, run_record

_SMALLEST_UNIT, _LARGEST_UNIT = 16, 128  # sources
_UNITS_OF_A_SMALL_RUN = 16
_ASSEMBLY = 2  # raised when indexes, QC report or contact sheets are made differently


@dataclasses.dataclass(frozen=True)
class StoredImage:
  """One image for the store, with its key; pixels uint8 [rows, columns] or [rows, columns, 3]."""

  view: str
  eid: str
  instance: int
  side: str
  pixels: np.ndarray


# (source, the job's context, decoder) -> images and notes. A function of a module: workers import it.
ReadSource = Callable[[parts.Source, Any, dicom.Decoder], tuple[list[StoredImage], list[quality.Note]]]


@dataclasses.dataclass(frozen=True)
class Job:
  """What to ingest.

  Attributes:
    kind: name of the part folder, `zips` or `folder`.
    unit_name: what a source is called in the progress line.
    workdir: outputs go to its `images/` and `qc/`.
    shapes: view to the shape of one stored image.
    sources: all that the store is to hold, no name twice.
    read: reads one source.
    context: for a source, by name, what `read` needs beside it.
    code: changes whenever the stored pixels would.
    notes: remarks made before any file was read.
    places: of the sources, also those of `notes`, in a table of one's own; empty where there is none.
    withdrawn: sources left out because their participant has withdrawn.
  """

  kind: str
  unit_name: str
  workdir: pathlib.Path
  shapes: Mapping[str, tuple[int, ...]]
  sources: Sequence[parts.Source]
  read: ReadSource
  context: Mapping[str, Any]
  code: str
  notes: Sequence[quality.Note] = ()
  places: Mapping[str, qc_report.Place] = dataclasses.field(default_factory=dict)
  withdrawn: int = 0

  @property
  def images(self) -> pathlib.Path:
    """The folder of all stores."""
    return self.workdir / "images"


@dataclasses.dataclass(frozen=True)
class IngestCounts:
  """What came out of an ingest.

  Attributes:
    sources: files wanted, withdrawn and duplicate ones not counted.
    read: files read by this run; the others were done before.
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
  """Returns a fingerprint of everything that decides the stored pixels: our code's version, OpenCV, settings."""
  return run_record.fingerprint([pipeline, cv2.__version__, *facts])


def ingest(job: Job, key: bytes, workers: int) -> IngestCounts:
  """Brings the store up to date with the job's sources.

  Args:
    job: what to ingest.
    key: the workdir's secret for pseudonyms.
    workers: number of worker processes; 0 reads in this process.

  Raises:
    InputError: the disk is full, or another ingest works on the same workdir.
  """
  job.images.mkdir(parents=True, exist_ok=True)
  with _only_one(job.images):
    plan = parts.plan(parts.read_parts(job.images, job.kind), job.sources, job.code)
    _do(job, plan, workers)
    # Parts were read and written; take them from the disk so that a continued run equals an uninterrupted one.
    finished = parts.plan(parts.read_parts(job.images, job.kind), job.sources, job.code).kept
    return _assemble(job, sorted(finished, key=lambda p: p.number), len(plan.new), key)


def _do(job: Job, plan: parts.Plan, workers: int) -> None:
  number = parts.next_number(job.images, job.kind)
  dropped = 0
  for part, names in plan.trimmed:
    parts.trim(job.images, job.kind, part, names, number)
    dropped += len(part.sources) - len(names)
    number += 1
  if dropped:
    logging.info("%d %s that are changed, withdrawn or no longer there dropped from the store", dropped, job.unit_name)
  units = _make_units(job, plan.new, number)
  reused = len(job.sources) - len(plan.new)
  if reused:
    logging.info("%d of %d %s were read before", reused, len(job.sources), job.unit_name)
  if units:
    what = f"reading {job.unit_name}"
    with progress.track(what, len(job.sources), job.unit_name, start=reused) as advance:
      pool.run(units, do_unit, workers, advance)


@dataclasses.dataclass(frozen=True)
class _Unit:
  images: pathlib.Path
  kind: str
  number: int
  code: str
  sources: tuple[parts.Source, ...]
  read: ReadSource
  context: Mapping[str, Any]


def _make_units(job: Job, new: Sequence[parts.Source], number: int) -> list[_Unit]:
  """Groups sources; the grouping depends on their number alone, not on the workers."""
  size = min(max(-(-len(new) // _UNITS_OF_A_SMALL_RUN), _SMALLEST_UNIT), _LARGEST_UNIT)
  ordered = sorted(new, key=lambda s: s.name)
  groups = [tuple(ordered[i : i + size]) for i in range(0, len(ordered), size)]
  return [
    _Unit(job.images, job.kind, number + i, job.code, group, job.read, {s.name: job.context.get(s.name) for s in group})
    for i, group in enumerate(groups)
  ]


def do_unit(unit: _Unit, bad: Collection[int], starts: Callable[[int], None]) -> None:
  """Reads the sources of a unit and writes its shards and part; `bad` ones killed a worker before."""
  with _working(unit.images):
    _do_unit(unit, bad, starts)


def _do_unit(unit: _Unit, bad: Collection[int], starts: Callable[[int], None]) -> None:
  stored: dict[str, list[np.ndarray]] = {}
  rows: dict[str, list[parts.Row]] = {}
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
        row = parts.Row(source.name, image.eid, image.instance, image.side, *_hashes(image))
        rows.setdefault(image.view, []).append(row)
  frozen = {view: tuple(found) for view, found in rows.items()}
  part = parts.Part(unit.number, unit.code, unit.sources, frozen, tuple(notes))
  parts.write_part(unit.images, unit.kind, part, {view: np.stack(found) for view, found in stored.items()})


def _hashes(image: StoredImage) -> tuple[str, str]:
  """Hashes of the stored image, and of the picture before a left one was mirrored."""
  stored = store.image_hash(image.pixels)
  return stored, store.image_hash(image.pixels[:, ::-1]) if image.side == "left" else stored


def _read_guarded(
  unit: _Unit, source: parts.Source, decoder: dicom.Decoder
) -> tuple[list[StoredImage], list[quality.Note]]:
  try:
    return unit.read(source, unit.context.get(source.name), decoder)
  except Exception as error:  # a run never dies of one file; the type says enough, a message may quote data
    return [], [quality.Note(source.name, "", "unexpected_error", type(error).__name__)]


def _assemble(job: Job, finished: Sequence[parts.Part], read: int, key: bytes) -> IngestCounts:
  """Writes indexes, QC report and contact sheets, unless they stand already; deletes what is no longer used."""
  same = same_pictures.find(finished)
  notes = [*job.notes, *(note for part in finished for note in part.notes), *same.notes]
  counts = _count(job, finished, notes, read, same.sharing)
  if job.places:  # of the table as it is now, whose lines may have moved
    qc_report.write_rows(job.workdir, notes, job.places)
  mark = job.images / ".parts" / job.kind / "assembled.json"
  outputs = [job.images / view / store.INDEX_NAME for view in job.shapes] + qc_report.paths(job.workdir)
  outputs += [contact_sheet.path_of(job.workdir / "qc", view) for view, count in counts.images.items() if count]
  facts = [_ASSEMBLY, job.code, job.withdrawn, key.hex(), [dataclasses.astuple(n) for n in job.notes]]
  wanted = run_record.fingerprint([facts, [(p.number, [(s.name, s.mtime_ns) for s in p.sources]) for p in finished]])
  if mark.exists() and mark.read_text() == wanted and all(path.exists() for path in outputs):
    return counts
  for view, shape in job.shapes.items():
    store.write_index(job.images / view, _index(view, finished), shape)
  qc_report.write(job.workdir, notes, job.withdrawn, key)
  for view in job.shapes:
    contact_sheet.write(store.ImageStore.open(job.images / view), view, job.workdir / "qc")
  parts.remove_strays(job.images, job.kind, list(job.shapes), finished)
  atomic.write_text(mark, wanted)
  return counts


def _index(view: str, finished: Sequence[parts.Part]) -> pd.DataFrame:
  rows = [
    (row.eid, row.instance, row.side, part.number, place, row.sha256)
    for part in finished
    for place, row in enumerate(part.rows.get(view, ()))
  ]
  return pd.DataFrame(rows, columns=list(store.IMAGE_INDEX.columns))


def _count(
  job: Job,
  finished: Sequence[parts.Part],
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
def _only_one(images: pathlib.Path) -> Iterator[None]:
  """Keeps a second ingest away from the same folder.

  Also waits for workers that a killed ingest left behind: they end after the file they are at, and until then they
  could still write a unit.
  """
  busy = "another prepare is writing images in this --workdir: wait for it, or give another --workdir."
  with locks.alone(images / ".lock", busy):
    with (images / ".units.lock").open("w") as units:
      _lock(units, fcntl.LOCK_EX)
    leftovers.clear([images])
    yield


@contextlib.contextmanager
def _working(images: pathlib.Path) -> Iterator[None]:
  """Shows, while a unit is read and written, that somebody is at work."""
  images.mkdir(parents=True, exist_ok=True)
  with (images / ".units.lock").open("w") as units:
    _lock(units, fcntl.LOCK_SH)
    yield


def _lock(file: IO[str], mode: int) -> None:
  """Waits for a lock; file systems without locks grant any."""
  try:
    fcntl.flock(file, mode)
  except OSError as error:
    logging.warning("this file system has no locks (%s): take care to run one prepare at a time", error.strerror)
