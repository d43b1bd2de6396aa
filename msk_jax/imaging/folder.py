"""Any folder of radiographs (PNG, JPEG, DICOM) with a table, as a view of its own: bring your own images.

The table is CSV (commas, semicolons or tabs) with the columns `id, age, sex, path` and, if wanted, `side, ethnicity,
instance, fold`; other columns are ignored. Paths are relative to the folder and may not leave it.
"""

import pathlib

import cv2
import numpy as np
import pandas as pd

from msk_jax.imaging import batches, dicom, parts, quality, views
from msk_jax.imaging.batches import IngestCounts
from msk_jax.imaging.folder_spec import FolderSpec as FolderSpec
from msk_jax.io import errors
from msk_jax.labels import ages, cells, ids, sexes, tables

VIEW = "folder"
MISSING_ETHNICITY = -5  # as in the participants table
NO_FOLD = -1

_PIPELINE = 1  # raised when the same picture would give other pixels
_REQUIRED = ("id", "age", "sex", "path")
_OPTIONAL = ("side", "ethnicity", "instance", "fold")
_SEX_VALUES = "--config=configs/folder.py:male={male},female={female} (config.data.folder.sex_values)"
_SMALLEST_SIDE_PX = 32
_MAX_FILE_BYTES = 256 * 2**20  # 64 million pixels of 16 bits are 128 MiB
_FOLDS = 10
DICOM_ENDINGS = frozenset({".dcm", ".dicom", ".ima", ""})
_TABLE_COLUMNS = ("eid", "instance", "side", "path", "age_years", "sex", "ethnicity", "fold")


def folder_view(spec: FolderSpec) -> views.View:
  """Returns the folder as a view named `folder`."""
  shape = (spec.rows, spec.columns)
  return views.View(VIEW, shape, shape, is_paired=spec.is_paired, augmentation=spec.augmentation)


def read_folder_table(root: pathlib.Path | str, spec: FolderSpec) -> pd.DataFrame:
  """Reads and checks the folder's table.

  Returns:
    Columns eid (string), instance (int8, 0 if not given), side (string: `right`, `left` or empty), path (string,
    relative to the root), age_years (float64), sex (int8: 0 female, 1 male), ethnicity (int16, code of field
    21000, -5 missing), fold (int8, -1 if not given). `attrs["refused"]` maps reason codes to numbers of rows left out,
    `attrs["read_as"]` says how the sex was read.

  Raises:
    InputError: no table, missing columns (all are named), values of side, instance, ethnicity or fold that are not
      understood, or ids, ages or sexes that are ambiguous.
  """
  root = pathlib.Path(root)
  raw = tables.read_csv(root / spec.table, _REQUIRED, _OPTIONAL)
  table = pd.DataFrame({"path": raw["path"].str.replace("\\", "/")})
  table["age_years"] = ages.read(raw["age"], "age").years
  ages.warn_beyond(table["age_years"], "age", (spec.min_age_years, spec.max_age_years))
  sex = sexes.read(raw["sex"], "sex", spec.sex_values, _SEX_VALUES)
  table["sex"] = sex.codes
  table["side"] = cells.mapped(raw, "side", cells.SIDES)
  table["instance"] = cells.integers(raw, "instance", 0, range(128)).astype("int8")
  table["eid"] = ids.read(raw["id"], "id", table["instance"].astype(str) + table["side"])
  table["ethnicity"] = cells.integers(raw, "ethnicity", MISSING_ETHNICITY, range(-10, 10_000)).astype("int16")
  table["fold"] = cells.integers(raw, "fold", NO_FOLD, range(NO_FOLD, _FOLDS)).astype("int8")
  reasons = _reasons(table, root, spec)
  good = table.loc[reasons == "", list(_TABLE_COLUMNS)].reset_index(drop=True)
  good = good.astype({"eid": "string", "side": "string", "path": "string"})
  good.attrs["refused"] = {str(k): int(v) for k, v in reasons[reasons != ""].value_counts().sort_index().items()}
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
  if table.empty:
    refused = ", ".join(f"{reason} {count:,}" for reason, count in table.attrs.get("refused", {}).items())
    raise errors.InputError(f"no usable row in {spec.table}: every one was refused ({refused or 'there is none'}).")
  sources, context = [], {}
  for eid, instance, side, relative in zip(*(table[c] for c in ("eid", "instance", "side", "path")), strict=True):
    path = pathlib.Path(root) / relative
    stat = path.stat()
    name = f"{eid}|{instance}|{side}|{relative}"
    sources.append(parts.Source(name, path, stat.st_size, stat.st_mtime_ns))
    context[name] = (eid, int(instance), side, (spec.rows, spec.columns))
  refused = table.attrs.get("refused", {})
  job = batches.Job(
    kind="folder",
    unit_name="images",
    workdir=pathlib.Path(workdir),
    shapes={VIEW: (spec.rows, spec.columns)},
    sources=sources,
    read=read_picture,
    context=context,
    code=batches.code_version(_PIPELINE, spec.rows, spec.columns),
    notes=[quality.Note(f"{spec.table} {i}", VIEW, reason) for reason, n in refused.items() for i in range(n)],
  )
  return batches.ingest(job, key, workers)


def read_picture(
  source: parts.Source, context: tuple[str, int, str, tuple[int, int]], decoder: dicom.Decoder
) -> tuple[list[batches.StoredImage], list[quality.Note]]:
  """Reads one picture; `context` is (eid, instance, side, stored shape)."""
  eid, instance, side, shape = context
  try:
    stored, doubts = to_stored(read_pixels(source.path, decoder), side, shape)
  except quality.Refusal as refusal:
    return [], [quality.Note(source.name, VIEW, refusal.reason, refusal.detail)]
  notes = [quality.Note(source.name, VIEW, doubt, side) for doubt in doubts]
  return [batches.StoredImage(VIEW, eid, instance, side, stored)], notes


def to_stored(pixels: np.ndarray, side: str, shape: tuple[int, int]) -> tuple[np.ndarray, list[str]]:
  """Makes the stored image, uint8 of `shape`, from a picture, uint8 [h, w]; a left one is mirrored.

  Returns:
    stored: the image.
    doubts: reason codes.

  Raises:
    Refusal: `too_small` or `blank`.
  """
  if min(pixels.shape) < _SMALLEST_SIDE_PX:
    raise quality.Refusal("too_small", f"{pixels.shape[0]}x{pixels.shape[1]}")
  quality.check_not_blank(pixels)
  fitted = fit(pixels, shape)
  doubts = ["white_margin"] if quality.has_white_margin(pixels) else []
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


def read_bytes(path: pathlib.Path) -> bytes:
  """Reads a picture's file.

  Raises:
    Refusal: `unreadable_file`, or `too_large`.
  """
  try:
    with path.open("rb") as file:
      data = file.read(_MAX_FILE_BYTES + 1)
  except OSError as error:
    raise quality.Refusal("unreadable_file", type(error).__name__) from None
  if len(data) > _MAX_FILE_BYTES:
    raise quality.Refusal("too_large", "file")
  return data


def read_pixels(path: pathlib.Path, decoder: dicom.Decoder) -> np.ndarray:
  """Reads a PNG, JPEG or DICOM file as uint8 [h, w].

  Raises:
    Refusal: it can't be read.
  """
  data = read_bytes(path)
  if path.suffix.lower() in DICOM_ENDINGS:
    pixels = dicom.read(data, decoder).pixels
  else:
    _, pixels = decoder.decode("picture", data)
  if isinstance(pixels, quality.Refusal):
    raise pixels
  return pixels


def _reasons(table: pd.DataFrame, root: pathlib.Path, spec: FolderSpec) -> pd.Series:
  """The first reason against each row, or an empty text."""
  age = table["age_years"]
  reasons = pd.Series("", index=table.index)
  checks = (
    ("no_id", table["eid"] == ""),
    ("no_age", ~np.isfinite(age)),
    ("implausible_age", (age < spec.min_age_years) | (age > spec.max_age_years)),
    ("no_sex", table["sex"] < 0),
    ("outside_root", ~table["path"].map(cells.stays_inside)),
    (
      "missing_file",
      ~table["path"].map(lambda path: bool(path) and cells.stays_inside(path) and (root / path).is_file()),
    ),
  )
  for reason, is_bad in checks:
    reasons = reasons.mask((reasons == "") & is_bad, reason)
  surplus = table[reasons == ""].duplicated(["eid", "instance", "side"])
  reasons.loc[surplus.index[surplus]] = "duplicate_row"
  return reasons
