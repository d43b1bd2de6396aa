"""A table of one's own (a survey, a trial) as a cohort with scalar sets: columns under any names, any coding of sex.

Unlike a folder of radiographs it has measurements in place of images: sets of columns, each a scalar set.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from msk_jax.cohort import table_files, withdrawals
from msk_jax.io import errors, header_names
from msk_jax.labels import cells, numerals
from msk_jax.preparation import own_features, own_samples
from msk_jax.preparation.table_spec import ANY_COLUMN, TableSpec


@dataclasses.dataclass(frozen=True)
class OwnTable:
  """What was read.

  Attributes:
    samples: eid, instance, age_years, sex, ethnicity (code of field 21000) and fold (-1 where none), a row per sample.
    scalars: set name to eid, instance and its features (float64, NaN missing).
    refused: cells with impossible values, see `scalar_checks.COLUMNS`.
    counts: rows left out or doubted, by reason.
    read_as: how cells were understood, JSON values: `sex` and `ethnicity` to meaning to spelling to cells;
      `missing_values` and `decimal_commas`, column to cells; `suspicious_values`, feature (or the age) to a line.
  """

  samples: pd.DataFrame
  scalars: dict[str, pd.DataFrame]
  refused: pd.DataFrame
  counts: dict[str, int]
  read_as: dict[str, Any]

  def without(self, withdrawn: Collection[str]) -> "OwnTable":
    """Returns the table without these people; their rows are counted."""
    samples, refused = (withdrawals.without(table, withdrawn) for table in (self.samples, self.refused))
    scalars = {name: withdrawals.without(table, withdrawn) for name, table in self.scalars.items()}
    num_gone = len(self.samples) - len(samples)
    counts = {**self.counts, "rows_of_withdrawn_people": num_gone} if withdrawn else self.counts
    return dataclasses.replace(self, samples=samples, scalars=scalars, refused=refused, counts=counts)


def read(path: pathlib.Path, spec: TableSpec) -> OwnTable:
  """Reads the table.

  Args:
    path: CSV with commas, semicolons or tabs, also gzipped.
    spec: which columns are what.

  Raises:
    InputError: an unreadable table, rows of another width than the header, columns that it lacks (all are named) or
      has twice, no scalar set named, no usable row, rows of one visit that differ, visits and folds that are not
      whole numbers, or ids, ages, sexes or commas that are ambiguous.
  """
  if not spec.sets:
    raise errors.InputError(
      "config.data.table.sets names no scalar set: give sets of columns, as configs/nhanes.py does, for example "
      "{'grip': ('grip_kg',)}."
    )
  with errors.of_file(path.name):
    raw = _read_cells(path, _wanted(spec))
    raw, num_missing = _with_missing(raw, spec)
    people = own_samples.read(raw, spec)
    if people.samples.empty:
      raise errors.InputError(f"no usable row in {path.name} ({len(raw):,} rows: {_listed(people.counts)}).")
    measured = own_features.read(raw.loc[people.samples.index], people.samples, spec)
  read_as = {**people.read_as, "missing_values": num_missing, **measured.read_as}
  commas = {**people.num_commas, **measured.num_commas}
  read_as = {name: value for name, value in {**read_as, "decimal_commas": commas}.items() if value}
  return OwnTable(people.samples.reset_index(drop=True), measured.scalars, measured.refused, people.counts, read_as)


def _listed(counts: dict[str, int]) -> str:
  """Returns counts of rows as a sentence has them."""
  return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "none has data"


def _wanted(spec: TableSpec) -> list[str]:
  """Names of all columns to read, in small letters."""
  others = [name for name in (spec.ethnicity, spec.instance, spec.fold) if name]
  features = [column for columns in spec.sets.values() for column in columns]
  return list(dict.fromkeys(name.lower() for name in (spec.id, spec.age, spec.sex, *others, *features)))


def _read_cells(path: pathlib.Path, wanted: Sequence[str]) -> pd.DataFrame:
  """Returns the wanted columns as stripped text, missing values as empty text, names in small letters."""
  try:
    header = table_files.first_line(path)
    delimiter = max(",;\t", key=header.count)
    spelled = _spellings(path.name, table_files.split_line(header, delimiter), wanted)
    read = table_files.read_text(path, delimiter, list(spelled.values()))
  except (OSError, UnicodeError, EOFError, pa.ArrowException) as error:
    raise errors.InputError(f"{path.name} can't be read as a CSV table ({type(error).__name__}).") from None
  raw = {name: read[column].fill_null("").to_pandas() for name, column in spelled.items()}
  return pd.DataFrame({name: cells.without_placeholders(column) for name, column in raw.items()})


def _with_missing(raw: pd.DataFrame, spec: TableSpec) -> tuple[pd.DataFrame, dict[str, int]]:
  """Returns the cells with the values that mean missing as empty text, and how many each column had."""
  codes = {name.lower(): values for name, values in spec.missing_values.items()}
  table, counts = raw.copy(), {}
  for name in raw.columns.drop(spec.id.lower()):
    own = {numerals.plain(text) for text in (*codes.get(ANY_COLUMN, ()), *codes.get(name, ()))}
    is_missing = numerals.plain_column(raw[name]).isin(own) & (raw[name] != "")
    if is_missing.any():
      table[name], counts[name] = raw[name].mask(is_missing, ""), int(is_missing.sum())
  return table, counts


def _spellings(file_name: str, header: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
  """Returns wanted names to the columns' names as the header spells them."""
  matches = {name: [column for column in header if column.strip().lower() == name] for name in wanted}
  if missing := [name for name, columns in matches.items() if not columns]:
    raise errors.InputError(
      f"{file_name} lacks the columns {', '.join(missing)}, which config.data.table names; "
      f"{header_names.shown(header)}."
    )
  if repeated := [", ".join(columns) for columns in matches.values() if len(columns) > 1]:
    raise errors.InputError(
      f"{file_name} has columns of one name (in any case): {'; '.join(repeated)}. Rename or remove all but one of each."
    )
  return {name: columns[0] for name, columns in matches.items()}
