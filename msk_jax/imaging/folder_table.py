"""The table of a folder of radiographs: who is on which picture, and which rows are refused.

The table is CSV (commas, semicolons or tabs) with the columns `id, age, sex, path` and, if wanted, `side, ethnicity,
instance, fold`. Other columns are ignored. Paths are relative to the folder and may not leave it.
"""

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.imaging import folder_spec, qc_report, quality
from msk_jax.io import errors
from msk_jax.labels import ages, cells, ids, paths, sexes, tables

MISSING_ETHNICITY = -5  # as in the participants table
NO_FOLD = -1

_REQUIRED = ("id", "age", "sex", "path")
_OPTIONAL = ("side", "ethnicity", "instance", "fold")
_SEX_VALUES = "--config=configs/folder.py:male={male},female={female} (config.data.folder.sex_values)"
_FOLDS = 10
_COLUMNS = ("eid", "instance", "side", "path", "age_years", "sex", "ethnicity", "fold")


@dataclasses.dataclass(frozen=True, order=True)
class RefusedRow:
  """A row that is left out: its line in the file, the picture it names, why, and whose it is (may be empty)."""

  line: int
  path: str
  reason: str
  eid: str


@dataclasses.dataclass(frozen=True)
class FolderTable:
  """A folder's table, checked.

  Attributes:
    name: the file's.
    rows: the usable rows: line (int64, of the file; the header is 1), eid (string), instance (int8, 0 if not given),
      side (string: `right`, `left` or empty), path (string, relative to the root), age_years (float64), sex (int8:
      0 female, 1 male), ethnicity (int16, code of field 21000, -5 missing), fold (int8, -1 if not given).
    refused: the others, by line.
    read_as: how the values of sex were understood, for the run record.
  """

  name: str
  rows: pd.DataFrame
  refused: tuple[RefusedRow, ...]
  read_as: dict[str, Any]

  @property
  def reasons(self) -> dict[str, int]:
    """Reason code to number of refused rows."""
    return dict(sorted(Counter(row.reason for row in self.refused).items()))

  def without(self, withdrawn: Collection[str]) -> "FolderTable":
    """Returns the table without these people, refused rows included."""
    rows = self.rows[~self.rows["eid"].isin(list(withdrawn))].reset_index(drop=True)
    return dataclasses.replace(self, rows=rows, refused=tuple(row for row in self.refused if row.eid not in withdrawn))

  def notes(self) -> dict[quality.Note, qc_report.Place]:
    """Returns the report's note on each refused row, which is a source of its own, and where the row is."""
    return {
      quality.Note(f"{self.name} line {row.line}", folder_spec.VIEW, row.reason): qc_report.Place(row.line, row.path)
      for row in self.refused
    }


def read(root: pathlib.Path | str, spec: folder_spec.FolderSpec) -> FolderTable:
  """Reads and checks the folder's table.

  Raises:
    InputError: no table, missing columns (all are named), values of side, instance, ethnicity or fold that are not
      understood, or ids, ages or sexes that are ambiguous.
  """
  root = pathlib.Path(root)
  raw = tables.read_csv(root / spec.table, _REQUIRED, _OPTIONAL)
  located = [paths.locate(root, path) for path in raw["path"]]
  table = pd.DataFrame({"path": [path for path, _ in located]}, index=raw.index)
  with errors.of_file(spec.table):
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
  rows = table.loc[reasons == "", list(_COLUMNS)].reset_index()
  rows = rows.astype({"eid": "string", "side": "string", "path": "string"})
  bad = table.assign(reason=reasons)[reasons != ""]
  refused = [RefusedRow(line, *row) for line, *row in bad[["path", "reason", "eid"]].itertuples()]
  refused += [RefusedRow(line, "", "extra_cells", "") for line in raw.attrs[tables.TOO_LONG]]
  return FolderTable(spec.table, rows, tuple(sorted(refused)), {"sex": sex.counts})


def check_usable(table: FolderTable) -> None:
  """Makes sure that a table has rows left.

  Raises:
    InputError: it has none; the message counts the reasons.
  """
  if table.rows.empty:
    counted = "; ".join(f"{n:,} {reason} ({quality.REASONS[reason][1]})" for reason, n in table.reasons.items())
    raise errors.InputError(
      f"no usable row in {table.name}: {counted or 'it has none, or all its people have withdrawn'}"
    )


def report_refused(table: FolderTable, workdir: pathlib.Path) -> None:
  """Writes the refused rows to `qc/rows.csv` and counts them in the log."""
  notes = table.notes()
  if not notes:
    return
  qc_report.write_rows(workdir, list(notes), {note.source: place for note, place in notes.items()})
  logging.warning(
    "%s: %d of %d rows are refused (%s); %s lists each by its line",
    table.name,
    len(notes),
    len(notes) + len(table.rows),
    ", ".join(f"{reason} {count:,}" for reason, count in table.reasons.items()),
    qc_report.rows_path(workdir),
  )


def _reasons(table: pd.DataFrame, of_paths: pd.Series, spec: folder_spec.FolderSpec) -> pd.Series:
  """Returns the first reason against each row, or an empty text."""
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
