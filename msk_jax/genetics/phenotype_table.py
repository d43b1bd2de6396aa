"""Traits from a table of one's own: CSV, TSV, Parquet, or PLINK's phenotype file (FID IID, then columns).

People are matched by IID; the FID is that of the .fam file. All numeric columns are traits, unless some are named. Ids,
dates and covariates, known by their names, are traits only where they are named.
"""

import pathlib
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from absl import logging

from msk_jax.cohort import (
  cell_rules,
  column_names,
  csv_columns,
  csv_header,
  data_codings,
  parquet_columns,
  suspect_values,
  table_files,
)
from msk_jax.genetics import person_ids, trait_columns
from msk_jax.genetics.trait_columns import TraitColumn, TraitTable
from msk_jax.genome import text_columns
from msk_jax.io import errors, header_names, long_cells, missing, table_columns

_DELIMITERS = ("\t", ",", ";")
_ID_NAMES = ("iid", "eid", "id")
_NOT_TRAITS = re.compile(
  r"(fid|iid|eid|id|pat|mat|sex|gender|genetic_sex|age|age_squared|batch|array|cent(re|er)|ethnicity|race|instance|fold|"
  r"pc_?[0-9]+|.*date.*|.*birth.*|age_at_.*|assessment_cent(re|er))"
)
_FIELDS_NOT_TRAITS = frozenset({31, 34, 52, 53, 54, 21000, 21003, 21022, 22000, 22001, 22009})
_BOOLEANS = frozenset({"true", "false", "yes", "no", "t", "f"})
_MOST_TEXT = 0.5  # of a column's values; with more text it is a column of texts
_MOST_EQUAL = 0.99  # share of the commonest value
_LEAST_ID = 1e6


def read(path: pathlib.Path, wanted: Sequence[str] = ()) -> TraitTable:
  """Reads a table of phenotypes.

  Args:
    path: the table. Its first columns are `FID` and `IID`, or one of `IID`, `eid` and `id`, in any case.
    wanted: columns that are traits; all numeric ones by default.

  Raises:
    InputError: the table can't be read or has no ids, a wanted column is missing, a trait holds text, infinite numbers
      or codes for missing, or is (almost) constant, or rows of one person differ.
  """
  header, delimiter = _read_header(path)
  id_name, num_ids = _id_column(path, header)
  if repeated := table_columns.repeated(header):
    raise errors.InputError(f"{path.name} has several columns of one name: {', '.join(repeated)}. Rename them.")
  names = _choose(path, header, num_ids, wanted)
  cells = _read_cells(path, delimiter, header, [id_name, *names])
  ids = cells.pop(id_name)
  counts = {"rows_without_id": int(ids.isna().sum())}
  cells, ids = cells[ids.notna()], ids[ids.notna()]
  long_cells.refuse(path, int(ids.str.len().max()) if len(ids) else 0, long_cells.MOST_BYTES_OF_ID, "an id")
  key, _ = person_ids.plain(ids.to_numpy(object).astype(str))
  values = _numbers(path, cells, frozenset(wanted))
  if values.empty:
    raise errors.InputError(
      f"{path.name} has no numeric column but ids, dates and covariates: there is no trait in it."
    )
  values, counts["repeated_rows"] = _one_row_each(path, values.set_axis(key))
  trait_columns.check_names(list(values.columns), path.name)
  _refuse_constant(path, values)
  _check_suspects(path, values)
  logging.info("traits in %s: %s", path.name, ", ".join(values.columns))
  columns = [TraitColumn(name, values[name].to_numpy(np.float64), "", name, "") for name in map(str, values)]
  return TraitTable(path.name, values.index.to_numpy(object).astype(str), tuple(columns), (path,), counts)


def _read_header(path: pathlib.Path) -> tuple[list[str], str | None]:
  """Returns the columns' names, and the delimiter: None for Parquet, a blank for any white space."""
  try:
    if path.name.lower().endswith(".parquet"):
      names, delimiter = parquet_columns.names(path), None
    else:
      line = csv_header.read(path).text
      delimiter = next((d for d in _DELIMITERS if d in line), " ")
      names = line.split() if delimiter == " " else csv_header.split(line, delimiter)
  except (OSError, EOFError, pa.ArrowException) as error:
    raise errors.InputError(f"the table of phenotypes {path} can't be read ({type(error).__name__}).") from None
  return [name.strip() for name in names], delimiter


def _id_column(path: pathlib.Path, header: Sequence[str]) -> tuple[str, int]:
  """Returns the name of the column of ids, and how many columns the ids take."""
  plain = ["eid" if column_names.is_eid(name) else name.lower().lstrip("#") for name in header]
  if plain[:2] == ["fid", "iid"]:
    return header[1], 2
  if plain and plain[0] in _ID_NAMES:
    return header[0], 1
  raise errors.InputError(
    f"{path.name} does not begin with the columns FID and IID, or with one of IID, eid and id. Name the columns in the "
    "first line."
  )


def _choose(path: pathlib.Path, header: Sequence[str], num_ids: int, wanted: Sequence[str]) -> list[str]:
  """Returns the columns that may be traits."""
  others = list(header[num_ids:])
  if absent := [name for name in wanted if name not in others]:
    raise errors.InputError(
      f"config.gwas.traits: {path.name} has no column {', '.join(absent)}; beside ids {header_names.shown(others)}."
    )
  if wanted:
    return list(wanted)
  left_out = [name for name in others if _is_other(name)]
  if left_out:
    logging.warning(
      "%s: %s are taken for ids, dates or covariates, and are not analysed; name them in config.gwas.traits if they "
      "are "
      "traits",
      path.name,
      ", ".join(left_out),
    )
  return [name for name in others if name not in left_out]


def _is_other(name: str) -> bool:
  parsed = column_names.parse(name)
  return bool(_NOT_TRAITS.fullmatch(name.lower())) or (parsed is not None and parsed.column.field in _FIELDS_NOT_TRAITS)


def _read_cells(path: pathlib.Path, delimiter: str | None, header: list[str], names: Sequence[str]) -> pd.DataFrame:
  """Returns columns as stripped text, missing where empty or a placeholder."""
  positions = [header.index(name) for name in names]
  try:
    if delimiter == " ":
      table = text_columns.read(path, header, names, num_header=1)
    else:
      if delimiter is None:
        raw = parquet_columns.read(path, positions)
      else:
        raw, _ = csv_columns.read_columns(path, delimiter, len(header), positions)
      table = raw.to_pandas().set_axis(list(names), axis="columns")
  except (OSError, EOFError, pa.ArrowException) as error:
    raise errors.InputError(f"{path.name} can't be read to its end ({type(error).__name__}).") from None
  table = table.astype(table_files.TEXT)
  stripped = {name: table[name].str.strip() for name in names}
  return pd.DataFrame({name: cells.mask(missing.is_missing(cells)) for name, cells in stripped.items()})


def _numbers(path: pathlib.Path, cells: pd.DataFrame, wanted: frozenset[str]) -> pd.DataFrame:
  """Returns the numeric columns as float64; refuses text and infinite numbers in them, in all columns at once."""
  columns, problems, texts = {}, [], []
  for name in map(str, cells):
    column = cells[name]
    values = np.array(data_codings.numbers(column))
    is_known = column.notna().to_numpy(bool)
    is_text = is_known & np.isnan(values)
    is_boolean = column.str.lower().isin(_BOOLEANS).to_numpy(bool)
    if not is_known.any():
      problems += [f"{name} is empty"] if name in wanted else []
      texts += [] if name in wanted else [name]
    elif is_boolean.all(where=is_known):
      problems.append(f"{name} holds yes and no: traits are quantitative")
    elif is_text.sum() > _MOST_TEXT * is_known.sum() and name not in wanted:
      texts.append(name)
    elif is_text.any() or np.isinf(values).any():
      problems += _describe(name, column, is_text, "text") + _describe(
        name, column, np.isinf(values), "infinite numbers"
      )
    elif name not in wanted and _looks_like_ids(values):
      texts.append(name)
    else:
      columns[name] = values
  if problems:
    raise errors.InputError(
      f"{path.name}: {'; '.join(problems)}. Correct these columns (a missing value is NA or empty), or name the traits "
      "that are wanted (config.gwas.traits)."
    )
  if texts:
    logging.warning("%s: %s hold text, ids or nothing, and are not analysed", path.name, ", ".join(texts))
  return pd.DataFrame(columns, index=cells.index)


def _describe(name: str, column: pd.Series, is_bad: np.ndarray, what: str) -> list[str]:
  if not is_bad.any():
    return []
  bad = pd.Series(is_bad, index=column.index)
  forms = list(dict.fromkeys(cell_rules.form(text) for text in column[is_bad].head(100)))[:3]
  return [f"{name} has {is_bad.sum():,} cells of {what} ({cell_rules.rows(bad)}), of the form `{'`, `'.join(forms)}`"]


def _looks_like_ids(values: np.ndarray) -> bool:
  """Returns whether all values are large whole numbers, each once."""
  known = values[np.isfinite(values)]
  return (
    len(known) > 1
    and known.min() >= _LEAST_ID
    and bool((known == np.round(known)).all())
    and (len(np.unique(known)) == len(known))
  )


def _one_row_each(path: pathlib.Path, values: pd.DataFrame) -> tuple[pd.DataFrame, int]:
  """Returns one row per person, in order of ids, and how many equal rows were merged."""
  repeated = values[values.index.duplicated(keep=False)]
  groups = repeated.groupby(level=0)
  num_different = int((groups.nunique(dropna=False) > 1).any(axis=1).sum())
  if num_different:
    raise errors.InputError(
      f"{path.name}: {num_different:,} people have rows with different values. Keep one row of each person."
    )
  kept = values[~values.index.duplicated()].sort_index()
  return kept, len(values) - len(kept)


def _refuse_constant(path: pathlib.Path, values: pd.DataFrame) -> None:
  lines = []
  for name in values:
    known = values[name].dropna()
    commonest = known.value_counts().iloc[0] / len(known)
    if commonest > _MOST_EQUAL or known.std(ddof=0) <= 1e-12 * np.abs(known).max():
      lines.append(f"{name} ({commonest:.2%} have one value)")
  if lines:
    raise errors.InputError(
      f"{path.name}: columns with (almost) one value are not traits: {', '.join(lines)}. Name the traits that are "
      "wanted (config.gwas.traits)."
    )


def _check_suspects(path: pathlib.Path, values: pd.DataFrame) -> None:
  """Refuses -9 as a code for missing, which PLINK and BOLT-LMM take for it; warns of other suspicious values."""
  codes, warnings = [], []
  for name in values:
    numbers = values[name].to_numpy(np.float64)
    for suspect in suspect_values.find(numbers):
      if suspect.value == -9.0:
        codes.append(f"{name} ({suspect.count:,} of {suspect.total:,})")
    if line := suspect_values.describe(str(name), numbers):
      warnings.append(line)
  if codes:
    raise errors.InputError(
      f"{path.name}: -9 looks like a code for missing in {', '.join(codes)}. Write NA where a value is missing."
    )
  for line in warnings:
    logging.warning("%s: HARDLY MEASUREMENTS, which are analysed: %s", path.name, line)
