"""A table of a site as its file holds it: what is declared and no more, no small count, no id, no row per person."""

import io
from collections.abc import Iterator

import numpy as np
import pandas as pd

from msk_jax.disclosure import door, numbers, site_texts, small_counts
from msk_jax.disclosure.site_declared import Declared, Study
from msk_jax.io import errors, tables
from msk_jax.io.tables import Kind

_OF_ONE_PERSON = (Kind.IDENTIFIER, Kind.PERSONAL, Kind.POSITION)
_COUNTS = (Kind.PEOPLE, Kind.SAMPLES)
_UNITS_OF_COUNTS = ("people", "participants", "persons", "samples", "visits")
_STATISTICS = ("-log10 p", "SE")  # units that no person's value has
_UNITS_OF_PERSONS = ("years", "cm", "kg", "mm")
_FORMULA = r"[=+\-@\t\r]"
_MOST_REPEATED = 0.05  # share of rows that declared keys may fail to tell apart: places are rounded
_FEWEST_ROWS = 20  # a table of fewer rows is not taken for one of all participants


def find_problems(
  table: pd.DataFrame, stored: tables.Schema, declared: Declared, study: Study
) -> Iterator[tuple[str, str]]:
  """Yields place and reason of all that may not leave.

  Args:
    table: as decoded.
    stored: the columns as the file describes them.
    declared: as what it was declared; has a schema.
    study: numbers of people.
  """
  schema = declared.schema
  assert schema is not None
  if problem := _differs(stored, schema):
    yield problem
    return
  if of_persons := schema.of_kind(*_OF_ONE_PERSON):
    yield f"columns {', '.join(of_persons)}", "they are about single persons"
    return
  problems = [*_small_counts(table, schema), *_ids(table, schema), *_rows_of_persons(table, schema, study)]
  yield from problems
  if not problems:
    try:
      door.check_table(table, schema, declared.whole)
    except errors.InputError as error:
      yield "", str(error).partition(" is not written: ")[2].partition(". It may")[0] or "the door refuses it"


def csv_cells(texts: pd.Series) -> pd.Series:
  """Returns texts as cells of a CSV: one that a spreadsheet would take for a formula begins with an apostrophe."""
  is_formula = texts.str.match(_FORMULA).fillna(False).astype(bool)
  return texts.mask(is_formula, "'" + texts)


def find_differences(csv: str, table: pd.DataFrame | None, schema: tables.Schema) -> Iterator[tuple[str, str]]:
  """Yields place and reason where a CSV is not the table for the browser, which is checked: both say the same.

  Args:
    csv: the file's content.
    table: decoded from the file of the same name; None if there is none.
    schema: of both.
  """
  if table is None:
    yield "", "there is no table for the browser of this name"
    return
  try:
    read = pd.read_csv(io.StringIO(csv), dtype={**schema.dtypes}, keep_default_na=False, na_values=[""])
  except (ValueError, TypeError, pd.errors.ParserError):
    yield "", "it can't be read as its schema says"
    return
  if list(read.columns) != list(schema.columns):
    yield "header", "its columns are not those of its schema"
  elif len(read) != len(table):
    yield "", f"it has {len(read)} rows, the table for the browser {len(table)}"
  else:
    for name in schema.columns:
      held = table[name]
      different = ~_equal(read[name], csv_cells(held) if held.dtype == "string" else held)
      if different.any():
        row = int(different.argmax()) + 1
        yield f"row {row}, column {name}", "it is not what the table for the browser holds"


def _differs(stored: tables.Schema, schema: tables.Schema) -> tuple[str, str] | None:
  """Returns place and reason of the first column that is not as declared."""
  for name, column in stored.columns.items():
    if name not in schema.columns:
      return f"column {name}", "it is not declared"
    if (column.kind, column.dtype) != (schema.columns[name].kind, schema.columns[name].dtype):
      return f"column {name}", "it is declared as something else"
  if missing := [name for name in schema.columns if name not in stored.columns]:
    return f"column {missing[0]}", "it is declared and missing"
  return None if schema.is_shared else ("", "its schema is not one of those that are shared")


def _small_counts(table: pd.DataFrame, schema: tables.Schema) -> Iterator[tuple[str, str]]:
  for name in schema.of_kind(*_COUNTS):
    counts = table[name].fillna(0).to_numpy(np.int64)
    for row in np.flatnonzero(small_counts.is_small(counts)):
      yield f"row {row + 1}, column {name}", "a count of one to four"
    for row in np.flatnonzero(counts % schema.columns[name].step):
      yield f"row {row + 1}, column {name}", f"a count that is not rounded to a multiple of {schema.columns[name].step}"
  for name in schema.of_kind(Kind.COUNT):
    if schema.columns[name].unit in _UNITS_OF_COUNTS:
      yield f"column {name}", "it counts people and is declared as a count of other things"


def _ids(table: pd.DataFrame, schema: tables.Schema) -> Iterator[tuple[str, str]]:
  """Yields labels that look like ids, and estimates where `numbers.look_like_ids` says so.

  Columns of counts and of places on the genome can't hold ids; a single estimate of seven digits is rounded to six and
  so is none.
  """
  for name in schema.of_kind(Kind.LABEL, Kind.ESTIMATE, Kind.PUBLISHED):
    if pd.api.types.is_float_dtype(table[name].dtype):
      rows = table.index[numbers.look_like_ids(table[name])]
    else:
      bad = [value for value in table[name].dropna().unique() if site_texts.holds_id(str(value))]
      rows = table.index[table[name].isin(bad)]
    for row in rows:
      yield f"row {row + 1}, column {name}", "what looks like a participant's id"


def _rows_of_persons(table: pd.DataFrame, schema: tables.Schema, study: Study) -> Iterator[tuple[str, str]]:
  """Yields why rows look like points of single persons.

  A table that says how many people a row is of is none, nor one whose rows are of declared things (`Schema.keys`).
  """
  values = [name for name in schema.of_kind(Kind.ESTIMATE) if table[name].notna().any()]
  measured = [name for name in values if schema.columns[name].unit not in _STATISTICS]
  keys = [name for name in schema.keys if name in table]
  if keys and not table.duplicated(keys).mean() > _MOST_REPEATED:
    return
  if schema.of_kind(*_COUNTS) or len(table) < _FEWEST_ROWS or not measured:
    return
  if len(table) in study.person_counts:
    yield "", "it has as many rows as there are participants or samples, and does not say of how many people each is"
  named = schema.of_kind(Kind.LABEL, Kind.COUNT, Kind.LOCUS)
  repeated = table.duplicated(named, keep=False) if named else pd.Series(True, table.index)
  if repeated.mean() > 0.5 and any(schema.columns[name].unit in _UNITS_OF_PERSONS for name in measured):
    yield "", "nothing but measurements tells its rows apart, as if each were a person"


def _equal(first: pd.Series, second: pd.Series) -> np.ndarray:
  if pd.api.types.is_numeric_dtype(second.dtype):
    both = [each.to_numpy(dtype=float, na_value=np.nan) for each in (first, second)]
    return np.isclose(*both, rtol=1e-9, atol=0, equal_nan=True)
  return first.fillna("").to_numpy(dtype=object) == second.fillna("").to_numpy(dtype=object)
