"""The QC report: one line per refused or doubtful image under a pseudonym, and counts per reason.

For an own folder there is also `rows.csv`, which names the table's line and the file, so that the user can correct the
table.
"""

import csv
import io
import pathlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msk_jax.imaging import quality
from msk_jax.io import atomic, privacy

IMAGES_COLUMNS = ("pseudonym", "view", "reason", "severity", "detail")
COUNTS_COLUMNS = ("view", "reason", "severity", "count", "meaning")
ROWS_COLUMNS = ("line", "file", "reason", "severity", "detail", "meaning")


class Place(NamedTuple):
  """Where a source is in an own table: the line, and the file that it names."""

  line: int
  file: str


def rows_path(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the file of `write_rows`: `qc/rows.csv`."""
  return workdir / "qc" / "rows.csv"


def write_rows(workdir: pathlib.Path, notes: Sequence[quality.Note], places: Mapping[str, Place]) -> None:
  """Writes refused and doubtful rows of an own table, by line.

  Args:
    workdir: the workdir.
    notes: on what was refused or doubtful.
    places: of their sources.

  Raises:
    InputError: the disk is full or can't be written.
  """
  lines = [
    (*places[n.source], n.reason, quality.REASONS[n.reason][0].value, n.detail, quality.REASONS[n.reason][1])
    for n in notes
  ]
  atomic.write_text(rows_path(workdir), _csv(ROWS_COLUMNS, sorted(lines)))


def paths(workdir: pathlib.Path) -> list[pathlib.Path]:
  """Returns the files that `write` makes: `qc/images.csv` and `qc/counts.csv`."""
  return [workdir / "qc" / "images.csv", workdir / "qc" / "counts.csv"]


def write(workdir: pathlib.Path, notes: Sequence[quality.Note], withdrawn: int, key: bytes) -> None:
  """Writes both files.

  Args:
    workdir: the workdir.
    notes: on what was refused, doubtful or absent; of sources, keyed hashes are written.
    withdrawn: number of files of withdrawn participants; they are counted, not listed.
    key: the workdir's secret.

  Raises:
    InputError: the disk is full or can't be written.
  """
  images, counts = paths(workdir)
  lines = [
    (privacy.pseudonym(n.source, key), n.view, n.reason, quality.REASONS[n.reason][0].value, n.detail) for n in notes
  ]
  # Sorted by pseudonym within a reason, so that the order does not tell that of the participants.
  atomic.write_text(images, _csv(IMAGES_COLUMNS, sorted(lines, key=lambda line: (*line[1:3], line[0], line[4]))))
  number_of = Counter((note.view, note.reason) for note in notes)
  if withdrawn:
    number_of["", "withdrawn"] += withdrawn
  rows = [
    (view, reason, quality.REASONS[reason][0].value, number, quality.REASONS[reason][1])
    for (view, reason), number in sorted(number_of.items())
  ]
  atomic.write_text(counts, _csv(COUNTS_COLUMNS, rows))


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
  text = io.StringIO()
  writer = csv.writer(text, lineterminator="\n")
  writer.writerow(header)
  writer.writerows(rows)
  return text.getvalue()
