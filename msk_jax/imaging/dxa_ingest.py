"""UK Biobank's DXA zips (field 20158) into the image store."""

import pathlib
from collections.abc import Collection, Sequence
from typing import Any

from msk_jax.imaging import dicom, dxa_visit, dxa_zips, ingest_parts, ingest_units, quality, views
from msk_jax.io import errors

_PIPELINE = 2  # raised when the same zip would give other pixels or notes


def pipeline_version() -> int:
  """Returns the version of the pixels and notes that the same zip gives, for run records."""
  return _PIPELINE


def ingest_zips(
  zips: Sequence[pathlib.Path],
  workdir: pathlib.Path,
  *,
  withdrawn: Collection[str],
  key: bytes,
  workers: int,
  smallest_unit: int = ingest_units.SMALLEST_UNIT,
) -> ingest_units.IngestCounts:
  """Brings `images/` and `qc/` of the workdir up to date with the zips.

  Finished units of work whose zips are unchanged are kept. Zips added later are read. Images of changed, absent or
  withdrawn ones are deleted. An interrupted call is resumed.

  Args:
    zips: files named `<eid>_20158_<instance>_<array>.zip`, in any folders.
    workdir: the workdir.
    withdrawn: eids of participants who have withdrawn.
    key: the workdir's secret for pseudonyms (`privacy.load_key`).
    workers: worker processes; 0 reads in this process.
    smallest_unit: zips in a unit of work, at least.

  Returns:
    What was stored and what was refused.

  Raises:
    InputError: no zips, a full disk, or another ingest in the same workdir.
  """
  if not zips:
    raise errors.InputError(
      "no DXA zips: none of the files is named <eid>_20158_<instance>_<array>.zip. Give the folder that holds them, at "
      "any depth, as the data root."
    )
  chosen, notes, left_out = choose_zips(zips, frozenset(withdrawn))
  shapes = {
    view.name: (*view.network_shape, 3) if view.channels == 3 else view.network_shape for view in views.VIEWS.values()
  }
  sizes = [(view.name, view.native_shape, view.network_shape) for view in views.VIEWS.values()]
  job = ingest_units.Job(
    kind="zips",
    unit_name="zips",
    workdir=pathlib.Path(workdir),
    shapes=shapes,
    sources=chosen,
    read=read_zip,
    context={},
    code=ingest_units.code_version(_PIPELINE, sizes),
    notes=notes,
    withdrawn=left_out,
    smallest_unit=smallest_unit,
  )
  return ingest_units.run(job, key, workers)


def choose_zips(
  zips: Sequence[pathlib.Path], withdrawn: Collection[str]
) -> tuple[list[ingest_parts.Source], list[quality.Note], int]:
  """Chooses the zips to read: one per participant and visit (`dxa_zips.one_per_visit`).

  Returns:
    chosen: the zips to read.
    notes: on badly named, unreadable, repeated, conflicting and surplus ones.
    withdrawn: number of zips of withdrawn participants.
  """
  notes: list[quality.Note] = []
  named: list[tuple[dxa_zips.ZipName, pathlib.Path]] = []
  left_out = 0
  for path in map(pathlib.Path, zips):
    name = dxa_zips.parse_name(path.name)
    if name is None:
      notes.append(quality.Note(path.name, "", "bad_name"))
    elif name.eid in withdrawn:
      left_out += 1
    else:
      named.append((name, path))
  chosen: list[ingest_parts.Source] = []
  paths, remarks = dxa_zips.one_per_visit(named)
  notes.extend(quality.Note(path.name, "", reason, detail) for path, reason, detail in remarks)
  for path in paths:
    try:
      stat = path.stat()
      chosen.append(ingest_parts.Source(path.name, path, stat.st_size, stat.st_mtime_ns))
    except OSError as error:
      notes.append(quality.Note(path.name, "", "unreadable_file", type(error).__name__))
  return chosen, notes, left_out


def read_zip(
  source: ingest_parts.Source, _: Any, decoder: dicom.Decoder
) -> tuple[list[ingest_units.StoredImage], list[quality.Note]]:
  """Reads one zip of `choose_zips` for the store."""
  name = dxa_zips.parse_name(source.name)
  assert name is not None
  images, notes = dxa_visit.read_visit(source.path, decoder)
  return [ingest_units.StoredImage(i.view, name.eid, name.instance, i.side, i.pixels) for i in images], notes
