"""What ages are wanted for: the files of a folder, with or without a table that says whose they are."""

import dataclasses
import math
import os
import pathlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import ethnicity
from msk_jax.imaging import archives, dicom, picture_files, quality
from msk_jax.io import errors
from msk_jax.labels import ages, cells, ids, paths, sexes, tables

UNKNOWN_ETHNICITY = 0  # no code of field 21000; `ethnicity.MISSING` is an answer that the networks know
_SEX_VALUES = "--sex_values={male}=male,{female}=female"

_UNREAD_ENDINGS = frozenset(
  {".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".jpx", ".psd", ".pdf", ".nii", ".mha", ".mhd", ".nrrd"}
)
_SHOWN_ENDING = re.compile(r"(\.[a-z0-9]{1,5})?", re.ASCII)
_MAX_INSTANCE = 127
_REQUIRED = ("path",)
_OPTIONAL = ("id", "instance", "side", "sex", "ethnicity", "age")


@dataclasses.dataclass(frozen=True)
class File:
  """A file to read.

  Attributes:
    path: where it lies.
    name: its path within the folder, as shown in the output.
    side: `right`, `left`, or empty for unknown or none.
  """

  path: pathlib.Path
  name: str
  side: str = ""


@dataclasses.dataclass(frozen=True)
class Sample:
  """A person at a visit, with the files that show them.

  Attributes:
    id: as the table, the archive's name or the file's name gives it.
    instance: visit; 0 where nothing says it.
    files: in the order given.
    sex: 0 female, 1 male, `sexes.UNKNOWN`.
    ethnicity: code of field 21000, `UNKNOWN_ETHNICITY`.
    age_years: chronological age; NaN if unknown.
  """

  id: str
  instance: int
  files: tuple[File, ...]
  sex: int = sexes.UNKNOWN
  ethnicity: int = UNKNOWN_ETHNICITY
  age_years: float = math.nan


def find(
  root: pathlib.Path, table: pathlib.Path | None, sex_values: Mapping[str, int] = MappingProxyType({})
) -> tuple[list[Sample], list[quality.Note]]:
  """Lists the samples of a folder.

  Args:
    root: the folder.
    table: CSV with the column `path` (relative to the folder) and, if wanted, id, instance, side, sex, ethnicity, age;
      None takes every image file and archive under the folder.
    sex_values: spellings of sex in the table to 0 (female) and 1 (male); empty for the spellings that are known.

  Returns:
    samples: in the table's order, or by name.
    notes: rows and files that can't be read for what they are called.

  Raises:
    InputError: no such folder, no image in it, or a table that is not understood or contradicts itself.
  """
  if not root.is_dir():
    raise errors.InputError(f"--images: {root} is no folder.")
  rows, notes = _scan(root) if table is None else _read_table(root, table, sex_values)
  if not rows and not notes:
    raise errors.InputError(
      f"--images: no image in {root}. PNG, JPEG, TIFF, BMP, WebP and DICOM files are read, and archives named "
      "<eid>_20158_<instance>_<array>.zip; for files of other names give a --table with the column path."
    )
  return _group(rows), notes


def without(samples: Iterable[Sample], withdrawn: Collection[str]) -> list[Sample]:
  """Returns the samples of people who have not withdrawn; says how many others there were."""
  samples = list(samples)
  kept = [sample for sample in samples if sample.id not in withdrawn]
  if len(kept) < len(samples):
    logging.info("%d samples of withdrawn participants are left out", len(samples) - len(kept))
  return kept


def _scan(root: pathlib.Path) -> tuple[list[Sample], list[quality.Note]]:
  """One sample for each file; hidden files are passed over, and counted what is no image."""
  passed: Counter[str] = Counter()
  rows: dict[pathlib.Path, Sample] = {}
  named: list[tuple[archives.ZipName, pathlib.Path]] = []
  files, notes = _walk(root)
  for path in files:
    relative = path.relative_to(root)
    if any(part.startswith(".") for part in relative.parts) or not path.is_file():
      continue
    file = File(path, printable(relative.as_posix()))
    if path.suffix.lower() == picture_files.ARCHIVE_ENDING:
      parsed = _parse_archive_name(path.name)
      if parsed is None:
        notes.append(quality.Note(file.name, "", "bad_name"))
      else:
        named.append((parsed, path))
        rows[path] = Sample(parsed.eid, parsed.instance, (file,))
    elif _is_image(path):
      rows[path] = Sample(file.name, 0, (file,))
    elif path.suffix.lower() in _UNREAD_ENDINGS:
      notes.append(quality.Note(file.name, "", "unsupported", "a format that is not read"))
    else:
      passed[path.suffix.lower()] += 1
  _announce_passed(passed)
  for path, reason, detail in archives.one_per_visit(named)[1]:
    notes.append(quality.Note(rows.pop(path).files[0].name, "", reason, detail))
  return list(rows.values()), notes


def _walk(root: pathlib.Path) -> tuple[list[pathlib.Path], list[quality.Note]]:
  """All files under a folder, in order, and a note for each folder that can't be looked into."""
  shut: list[OSError] = []
  files = [pathlib.Path(folder, name) for folder, _, names in os.walk(root, onerror=shut.append) for name in names]
  names = [printable(pathlib.Path(error.filename or root).relative_to(root).as_posix()) for error in shut]
  return sorted(files), [
    quality.Note(name, "", "unreadable_file", f"a folder, {type(error).__name__}")
    for name, error in zip(names, shut, strict=True)
  ]


def _is_image(path: pathlib.Path) -> bool:
  """Whether a file's ending or its content is that of a picture; DICOM files often have no ending, or a number."""
  ending = path.suffix.lower()
  if ending in picture_files.PICTURE_ENDINGS or (ending and ending in picture_files.DICOM_ENDINGS):
    return True
  head = picture_files.read_head(path)
  return dicom.has_preamble(head) or picture_files.kind_of(head) is picture_files.Kind.PICTURE


def _announce_passed(endings: Counter[str]) -> None:
  """Says how many files are no images, by ending; long or odd endings are not shown, as they may be anything."""
  if endings:
    shown = Counter({name: n for name, n in endings.items() if _SHOWN_ENDING.fullmatch(name)})
    others = endings.total() - shown.total()
    listed = [f"{name} {n}" for name, n in sorted(shown.items())] + ([f"others {others}"] if others else [])
    logging.warning("%d files are no images and are passed over: %s", endings.total(), ", ".join(listed))


def _read_table(
  root: pathlib.Path, table: pathlib.Path, sex_values: Mapping[str, int]
) -> tuple[list[Sample], list[quality.Note]]:
  raw = tables.read_csv(table if table.exists() else root / table, _REQUIRED, _OPTIONAL)
  if raw.empty:
    too_long = (
      f" that could be read: {n} have more cells than the header" if (n := len(raw.attrs[tables.TOO_LONG])) else ""
    )
    raise errors.InputError(f"{table.name} has no rows{too_long}.")
  located = [paths.locate(root, path) for path in raw["path"]]
  columns = pd.DataFrame({"path": [path for path, _ in located]}, index=raw.index)
  columns["side"] = cells.mapped(raw, "side", cells.SIDES)
  columns["instance"] = cells.integers(raw, "instance", -1, range(-1, _MAX_INSTANCE + 1))
  visit = columns["instance"].astype(str) + columns["side"]
  columns["id"] = ids.read(raw["id"], "id", visit) if "id" in raw else ""
  sex = sexes.read(raw["sex"], "sex", sex_values, _SEX_VALUES) if "sex" in raw else sexes.unknown(raw.index)
  columns["sex"] = sex.codes
  columns["ethnicity"] = _ethnicities(raw)
  columns["age_years"] = _ages(raw)
  samples: list[Sample] = []
  notes: list[quality.Note] = []
  notes.extend(quality.Note(table.name, "", "extra_cells", f"line {line}") for line in raw.attrs[tables.TOO_LONG])
  for row, (_, reason) in zip(columns.itertuples(), located, strict=True):
    if reason:
      notes.append(quality.Note(str(row.path), "", reason, f"line {row.Index}"))
    else:
      samples.append(_sample(root, row))
  _refuse_contradictions(table.name, samples)
  return samples, notes


def _refuse_contradictions(name: str, rows: Sequence[Sample]) -> None:
  """Refuses different sexes of one person and different ages at one visit: which of them counts can't be known."""
  sex, age = defaultdict(set), defaultdict(set)
  for row in rows:
    if row.sex != sexes.UNKNOWN:
      sex[row.id].add(row.sex)
    if not math.isnan(row.age_years):
      age[row.id, row.instance].add(row.age_years)
  for what, found in (("sexes of one person", sex), ("ages of one person at one visit", age)):
    if num_different := sum(len(values) > 1 for values in found.values()):
      raise errors.InputError(
        f"{name}: rows give different {what} ({num_different} times): correct them, or tell visits apart in a column "
        "`instance` and people in `id`."
      )


def _sample(root: pathlib.Path, row: Any) -> Sample:
  path = root / row.path
  parsed = _parse_archive_name(path.name) if path.suffix.lower() == picture_files.ARCHIVE_ENDING else None
  name, instance = row.id, int(row.instance)
  if parsed is not None:
    name, instance = name or parsed.eid, parsed.instance if instance < 0 else instance
  file = File(path, str(row.path), str(row.side))
  return Sample(
    str(name or row.path), max(instance, 0), (file,), int(row.sex), int(row.ethnicity), float(row.age_years)
  )


def _ethnicities(raw: pd.DataFrame) -> pd.Series:
  found = cells.integers(raw, "ethnicity", UNKNOWN_ETHNICITY, range(-10, 10_000))
  is_known = found.isin([*ethnicity.CODES, UNKNOWN_ETHNICITY])
  _warn(int((~is_known).sum()), "ethnicity", "no codes of field 21000")
  return found.where(is_known, UNKNOWN_ETHNICITY)


def _ages(raw: pd.DataFrame) -> pd.Series:
  if "age" not in raw:
    return pd.Series(np.nan, index=raw.index)
  found = ages.read(raw["age"], "age")
  _warn(int(found.is_unreadable.sum()), "age", "no ages in years")
  ages.warn_beyond(found.years, "age", (0.0, ages.OLDEST_YEARS))
  return found.years.where(found.years.between(0.0, ages.OLDEST_YEARS))


def _warn(count: int, column: str, why: str) -> None:
  if count:
    logging.warning("column %s: %d values are %s and are taken as unknown", column, count, why)


def _group(rows: Iterable[Sample]) -> list[Sample]:
  """Joins rows of one id and visit; of what they say of the person, what is known counts."""
  grouped: dict[tuple[str, int], Sample] = {}
  for row in rows:
    key = row.id, row.instance
    first = grouped.get(key)
    if first is None:
      grouped[key] = row
      continue
    grouped[key] = dataclasses.replace(
      first,
      files=first.files + row.files,
      sex=row.sex if first.sex == sexes.UNKNOWN else first.sex,
      ethnicity=row.ethnicity if first.ethnicity == UNKNOWN_ETHNICITY else first.ethnicity,
      age_years=row.age_years if math.isnan(first.age_years) else first.age_years,
    )
  return list(grouped.values())


def _parse_archive_name(name: str) -> archives.ZipName | None:
  parsed = archives.parse_name(name)
  return parsed if parsed is not None and parsed.instance <= _MAX_INSTANCE else None


def printable(name: str) -> str:
  """Returns a file's name as text that any encoding and any table bears: odd bytes and line ends are escaped."""
  text = os.fsencode(name).decode("utf-8", "backslashreplace")
  return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
