"""Any folder of radiographs (PNG, JPEG, TIFF, BMP, WebP, DICOM) with a table: bring your own images, as a view.

The table is CSV (commas, semicolons or tabs) with the columns `id, age, sex, path` and, if wanted, `side, ethnicity,
instance, fold`; other columns are ignored. Paths are relative to the folder and may not leave it.
"""

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Collection, Sequence

import cv2
import numpy as np
import pandas as pd
from absl import logging

from msk_jax.imaging import batches, dicom, parts, picture_files, qc_report, quality, views
from msk_jax.imaging.batches import IngestCounts
from msk_jax.imaging.folder_spec import FolderSpec as FolderSpec
from msk_jax.io import errors
from msk_jax.labels import ages, cells, ids, paths, sexes, tables

VIEW = "folder"
MISSING_ETHNICITY = -5  # as in the participants table
NO_FOLD = -1

_PIPELINE = 2  # raised when the same picture would give other pixels
_REQUIRED = ("id", "age", "sex", "path")
_OPTIONAL = ("side", "ethnicity", "instance", "fold")
_SEX_VALUES = "--config=configs/folder.py:male={male},female={female} (config.data.folder.sex_values)"
_SMALLEST_SIDE_PX = 32
_FOLDS = 10
_TABLE_COLUMNS = ("eid", "instance", "side", "path", "age_years", "sex", "ethnicity", "fold")


def pipeline_version() -> int:
  """Returns the version of the pixels that the same picture gives, for run records."""
  return _PIPELINE


def folder_view(spec: FolderSpec) -> views.View:
  """Returns the folder as a view named `folder`."""
  shape = (spec.rows, spec.columns)
  return views.View(VIEW, shape, shape, is_paired=spec.is_paired, augmentation=spec.augmentation, bits=spec.bits)


def read_folder_table(root: pathlib.Path | str, spec: FolderSpec) -> pd.DataFrame:
  """Reads and checks the folder's table.

  Returns:
    Columns line (int64, of the file; the header is 1), eid (string), instance (int8, 0 if not given), side (string:
    `right`, `left` or empty), path (string, relative to the root), age_years (float64), sex (int8: 0 female, 1 male),
    ethnicity (int16, code of field 21000, -5 missing), fold (int8, -1 if not given). `attrs["refused"]` maps reason
    codes to numbers of rows left out, `attrs["refused_rows"]` lists them as (line, path, reason code, eid),
    `attrs["read_as"]` says how the sex was read.

  Raises:
    InputError: no table, missing columns (all are named), values of side, instance, ethnicity or fold that are not
      understood, or ids, ages or sexes that are ambiguous.
  """
  root = pathlib.Path(root)
  raw = tables.read_csv(root / spec.table, _REQUIRED, _OPTIONAL)
  located = [paths.locate(root, path) for path in raw["path"]]
  table = pd.DataFrame({"path": [path for path, _ in located]}, index=raw.index)
  table["age_years"] = ages.read(raw["age"], "age").years
  ages.warn_beyond(table["age_years"], "age", (spec.min_age_years, spec.max_age_years))
  sex = sexes.read(raw["sex"], "sex", spec.sex_values, _SEX_VALUES)
  table["sex"] = sex.codes
  table["side"] = cells.mapped(raw, "side", cells.SIDES)
  table["instance"] = cells.integers(raw, "instance", 0, range(128)).astype("int8")
  table["eid"] = ids.read(raw["id"], "id", table["instance"].astype(str) + table["side"])
  table["ethnicity"] = cells.integers(raw, "ethnicity", MISSING_ETHNICITY, range(-10, 10_000)).astype("int16")
  table["fold"] = cells.integers(raw, "fold", NO_FOLD, range(NO_FOLD, _FOLDS)).astype("int8")
  reasons = _reasons(table, pd.Series([reason for _, reason in located], index=raw.index, dtype=object), spec)
  good = table.loc[reasons == "", list(_TABLE_COLUMNS)].reset_index()
  good = good.astype({"eid": "string", "side": "string", "path": "string"})
  bad = reasons[reasons != ""]
  of_bad = table.loc[bad.index]
  refused = [*zip(bad.index.tolist(), of_bad["path"].tolist(), bad.tolist(), of_bad["eid"].tolist(), strict=True)]
  refused += [(line, "", "extra_cells", "") for line in raw.attrs[tables.TOO_LONG]]
  _note_refused(good, refused)
  good.attrs["read_as"] = {"sex": sex.counts}
  return good


def ingest_folder(
  root: pathlib.Path | str,
  table: pd.DataFrame,
  workdir: pathlib.Path | str,
  spec: FolderSpec,
  *,
  key: bytes,
  workers: int,
) -> IngestCounts:
  """Makes `images/folder/` and `qc/` of the workdir hold just the table's pictures.

  Pictures keep their aspect: they are scaled to fit and padded with black. Left ones are mirrored where a side is
  given. Resuming and reruns are those of `ingest.ingest_zips`.

  Args:
    root: the folder.
    table: from `read_folder_table`.
    workdir: the workdir.
    spec: the stored size.
    key: the workdir's secret for pseudonyms.
    workers: worker processes; 0 reads in this process.

  Raises:
    InputError: an empty table, a full disk, or another ingest in the same workdir.
  """
  check_usable(table, spec.table)
  sources, context, places = [], {}, {}
  columns = ("eid", "instance", "side", "path", "line")
  for eid, instance, side, relative, line in zip(*(table[c] for c in columns), strict=True):
    path = pathlib.Path(root) / relative
    name = f"{eid}|{instance}|{side}|{relative}"
    sources.append(parts.source_of(name, path))
    context[name] = PictureContext(eid, int(instance), side, (spec.rows, spec.columns), spec.bits)
    places[name] = qc_report.Place(int(line), relative)
  refused = refused_rows(table, spec.table)
  job = batches.Job(
    kind="folder",
    unit_name="images",
    workdir=pathlib.Path(workdir),
    shapes={VIEW: (spec.rows, spec.columns)},
    sources=sources,
    read=read_picture,
    context=context,
    code=batches.code_version(_PIPELINE, spec.rows, spec.columns, spec.bits),
    notes=[row.note for row in refused],
    places=places | {row.note.source: row.place for row in refused},
  )
  return batches.ingest(job, key, workers)


@dataclasses.dataclass(frozen=True)
class PictureContext:
  """Whose a picture is, the stored shape, and the depth named for it (see `FolderSpec.bits`)."""

  eid: str
  instance: int
  side: str
  shape: tuple[int, int]
  bits: int


def read_picture(
  source: parts.Source, context: PictureContext, decoder: dicom.Decoder
) -> tuple[list[batches.StoredImage], list[quality.Note]]:
  """Reads one picture for the store."""
  side = context.side
  try:
    data = picture_files.read_bytes(source.path)
    pixels, doubts = picture_files.decode(data, source.path.suffix, decoder, context.bits)
    stored, remarks = to_stored(pixels, side, context.shape)
  except quality.Refusal as refusal:
    return [], [quality.Note(source.name, VIEW, refusal.reason, refusal.detail)]
  notes = [quality.Note(source.name, VIEW, doubt.reason, doubt.detail or side) for doubt in (*doubts, *remarks)]
  return [batches.StoredImage(VIEW, context.eid, context.instance, side, stored)], notes


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


def forget_refused(table: pd.DataFrame, withdrawn: Collection[str]) -> None:
  """Removes these people's rows from those that a table of `read_folder_table` lists as refused."""
  _note_refused(table, [row for row in table.attrs["refused_rows"] if row[-1] not in withdrawn])


def _note_refused(table: pd.DataFrame, rows: Sequence[tuple[int, str, str, str]]) -> None:
  table.attrs["refused_rows"] = sorted(rows)
  table.attrs["refused"] = dict(sorted(Counter(reason for _, _, reason, _ in rows).items()))


def check_usable(table: pd.DataFrame, name: str) -> None:
  """Makes sure that a table has rows left.

  Args:
    table: from `read_folder_table`.
    name: its file's, for the message.

  Raises:
    InputError: it has none; the message counts the reasons.
  """
  if table.empty:
    refused = table.attrs.get("refused", {})
    counted = "; ".join(f"{count:,} {reason} ({quality.REASONS[reason][1]})" for reason, count in refused.items())
    raise errors.InputError(f"no usable row in {name}: {counted or 'it has none, or all its people have withdrawn'}")


def report_refused(table: pd.DataFrame, name: str, workdir: pathlib.Path) -> None:
  """Writes the table's refused rows to `qc/rows.csv` and counts them in the log."""
  refused, rows = table.attrs.get("refused", {}), refused_rows(table, name)
  if not rows:
    return
  qc_report.write_rows(workdir, [row.note for row in rows], {row.note.source: row.place for row in rows})
  counted = ", ".join(f"{reason} {count:,}" for reason, count in refused.items())
  logging.warning(
    "%s: %d of %d rows are refused (%s); %s lists each by its line",
    name,
    len(rows),
    len(rows) + len(table),
    counted,
    qc_report.rows_path(workdir),
  )


@dataclasses.dataclass(frozen=True)
class RefusedRow:
  """A row of the table that is left out: the report's line on it, and where it stands."""

  note: quality.Note
  place: qc_report.Place


def refused_rows(table: pd.DataFrame, name: str) -> list[RefusedRow]:
  """Returns the refused rows of `read_folder_table`, each as a source of its own."""
  return [
    RefusedRow(quality.Note(f"{name} line {line}", VIEW, reason), qc_report.Place(line, path))
    for line, path, reason, _ in table.attrs.get("refused_rows", [])
  ]


def _reasons(table: pd.DataFrame, of_paths: pd.Series, spec: FolderSpec) -> pd.Series:
  """The first reason against each row, or an empty text."""
  age = table["age_years"]
  reasons = pd.Series("", index=table.index)
  checks = (
    ("no_id", table["eid"] == ""),
    ("no_age", ~np.isfinite(age)),
    ("implausible_age", (age < spec.min_age_years) | (age > spec.max_age_years)),
    ("no_sex", table["sex"] < 0),
    *((reason, of_paths == reason) for reason in ("outside_root", "missing_file", "unreadable_file")),
  )
  for reason, is_bad in checks:
    reasons = reasons.mask((reasons == "") & is_bad, reason)
  surplus = table[reasons == ""].duplicated(["eid", "instance", "side"])
  reasons.loc[surplus.index[surplus]] = "duplicate_row"
  return reasons
