"""Any folder of radiographs (PNG, JPEG, DICOM) with a table, as a view of its own: bring your own images.

The table is CSV (commas, semicolons or tabs) with the columns `id, age, sex, path` and, if wanted, `side, ethnicity,
instance, fold`; other columns are ignored. Paths are relative to the folder and may not leave it.
"""

import pathlib
from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd

from msk_jax.imaging import batches, dicom, parts, quality, views
from msk_jax.imaging.batches import IngestCounts
from msk_jax.imaging.folder_spec import FolderSpec as FolderSpec
from msk_jax.io import errors

VIEW = "folder"
MISSING_ETHNICITY = -5  # as in the participants table
NO_FOLD = -1

_PIPELINE = 1  # raised when the same picture would give other pixels
_REQUIRED = ("id", "age", "sex", "path")
_SMALLEST_SIDE_PX = 32
_FOLDS = 10
_FEMALE = frozenset({"f", "female", "woman", "w", "0", "0.0", "2", "2.0"})  # 2: surveys that code men 1, women 2
_MALE = frozenset({"m", "male", "man", "1", "1.0"})
_SIDES = {"right": "right", "r": "right", "left": "left", "l": "left", "": ""}
_DICOM_ENDINGS = frozenset({".dcm", ".dicom", ".ima", ""})
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
    21000, -5 missing), fold (int8, -1 if not given). `attrs["refused"]` maps reason codes to numbers of rows left out.

  Raises:
    InputError: no table, missing columns (all are named), or values of side, instance, ethnicity or fold that are
      not understood.
  """
  root = pathlib.Path(root)
  raw = _read_csv(root / spec.table)
  table = pd.DataFrame({"eid": raw["id"], "path": raw["path"].str.replace("\\", "/")})
  table["age_years"] = pd.to_numeric(raw["age"].str.rstrip("Yy "), errors="coerce").astype("float64")
  spelled = raw["sex"].str.lower()
  table["sex"] = np.select([spelled.isin(_FEMALE), spelled.isin(_MALE)], [0, 1], -1).astype(np.int8)
  table["side"] = _mapped(raw, "side", _SIDES)
  table["instance"] = _integers(raw, "instance", 0, range(128)).astype("int8")
  table["ethnicity"] = _integers(raw, "ethnicity", MISSING_ETHNICITY, range(-10, 10_000)).astype("int16")
  table["fold"] = _integers(raw, "fold", NO_FOLD, range(NO_FOLD, _FOLDS)).astype("int8")
  reasons = _reasons(table, root, spec)
  good = table.loc[reasons == "", list(_TABLE_COLUMNS)].reset_index(drop=True)
  good = good.astype({"eid": "string", "side": "string", "path": "string"})
  good.attrs["refused"] = {str(k): int(v) for k, v in reasons[reasons != ""].value_counts().sort_index().items()}
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
    raise errors.InputError(f"no usable row in {spec.table}: every one was refused ({table.attrs.get('refused', {})}).")
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
    pixels = _read_pixels(source.path, decoder)
    if min(pixels.shape) < _SMALLEST_SIDE_PX:
      raise quality.Refusal("too_small", f"{pixels.shape[0]}x{pixels.shape[1]}")
    quality.check_not_blank(pixels)
  except quality.Refusal as refusal:
    return [], [quality.Note(source.name, VIEW, refusal.reason, refusal.detail)]
  notes = [quality.Note(source.name, VIEW, "white_margin", side)] if quality.has_white_margin(pixels) else []
  fitted = fit(pixels, shape)
  return [batches.StoredImage(VIEW, eid, instance, side, fitted[:, ::-1] if side == "left" else fitted)], notes


def fit(pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
  """Scales uint8 [h, w] to fit into `shape` with its aspect kept, centred on black."""
  scale = min(shape[0] / pixels.shape[0], shape[1] / pixels.shape[1])
  rows, columns = (max(1, min(full, round(n * scale))) for full, n in zip(shape, pixels.shape, strict=True))
  method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
  page = np.zeros(shape, np.uint8)
  top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
  page[top : top + rows, left : left + columns] = cv2.resize(pixels, (columns, rows), interpolation=method)
  return page


def _read_pixels(path: pathlib.Path, decoder: dicom.Decoder) -> np.ndarray:
  try:
    data = path.read_bytes()
  except OSError as error:
    raise quality.Refusal("unreadable_file", type(error).__name__) from None
  if path.suffix.lower() in _DICOM_ENDINGS:
    pixels = dicom.read(data, decoder).pixels
  else:
    _, pixels = decoder.decode("picture", data)
  if isinstance(pixels, quality.Refusal):
    raise pixels
  return pixels


def _read_csv(path: pathlib.Path) -> pd.DataFrame:
  """All columns as stripped text, missing values as empty text; names in lower case."""
  try:
    with path.open(encoding="utf-8-sig") as file:
      header = file.readline()
    delimiter = max(",;\t", key=header.count)
    raw = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig")
  except FileNotFoundError:
    raise errors.InputError(
      f"no table {path.name} in the folder: it needs the columns {', '.join(_REQUIRED)}."
    ) from None
  except (OSError, UnicodeError, ValueError) as error:
    raise errors.InputError(f"{path.name} can't be read as a CSV table ({type(error).__name__}).") from None
  raw.columns = [str(column).strip().lower() for column in raw.columns]
  missing = [column for column in _REQUIRED if column not in raw]
  if missing:
    raise errors.InputError(
      f"{path.name} lacks the columns {', '.join(missing)}; it has {', '.join(raw.columns)}. Needed are "
      f"{', '.join(_REQUIRED)}; side, ethnicity, instance and fold are used if there."
    )
  return raw.apply(lambda column: column.str.strip())


def _mapped(raw: pd.DataFrame, name: str, meanings: dict[str, str]) -> pd.Series:
  if name not in raw:
    return pd.Series("", index=raw.index)
  found = raw[name].str.lower().map(meanings)
  _refuse_unread(name, found.isna(), f"one of {', '.join(filter(None, meanings))} or nothing")
  return found


def _integers(raw: pd.DataFrame, name: str, missing: int, allowed: range) -> pd.Series:
  if name not in raw:
    return pd.Series(missing, index=raw.index)
  found = pd.to_numeric(raw[name].where(raw[name] != "", str(missing)), errors="coerce")
  _refuse_unread(name, ~found.isin(allowed), f"a whole number from {allowed[0]} to {allowed[-1]} or nothing")
  return found.astype("int64")


def _refuse_unread(name: str, bad: pd.Series, wanted: str) -> None:
  if bad.any():
    lines: Sequence[int] = (np.flatnonzero(bad)[:5] + 2).tolist()  # the header is line 1
    raise errors.InputError(
      f"column {name}: {int(bad.sum())} values are not understood (lines {', '.join(map(str, lines))}); "
      f"each must be {wanted}."
    )


def _reasons(table: pd.DataFrame, root: pathlib.Path, spec: FolderSpec) -> pd.Series:
  """The first reason against each row, or an empty text."""
  age = table["age_years"]
  reasons = pd.Series("", index=table.index)
  checks = (
    ("no_id", table["eid"] == ""),
    ("no_age", ~np.isfinite(age)),
    ("implausible_age", (age < spec.min_age_years) | (age > spec.max_age_years)),
    ("no_sex", table["sex"] < 0),
    ("outside_root", ~table["path"].map(_stays_inside)),
    ("missing_file", ~table["path"].map(lambda path: bool(path) and _stays_inside(path) and (root / path).is_file())),
  )
  for reason, is_bad in checks:
    reasons = reasons.mask((reasons == "") & is_bad, reason)
  surplus = table[reasons == ""].duplicated(["eid", "instance", "side"])
  reasons.loc[surplus.index[surplus]] = "duplicate_row"
  return reasons


def _stays_inside(path: str) -> bool:
  """Whether a relative path has no step upwards. (A link that the folder's owner made is theirs to follow.)"""
  parsed = pathlib.PurePosixPath(path)
  return not (parsed.is_absolute() or ".." in parsed.parts or pathlib.PureWindowsPath(path).drive)
