"""A table of one's own with accelerated ageing: `eid`, where there are visits `instance`, and columns of numbers."""

import pathlib
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from msk_jax.cohort import column_names, data_codings, parquet_columns, table_files
from msk_jax.cohort.people import People
from msk_jax.io import errors, ids, missing

_INSTANCE = "instance"
_LAST_INSTANCE = 127


def read(
  path: pathlib.Path, columns: Sequence[str], withdrawn: Collection[str], visits: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, int]]:
  """Reads the table.

  Args:
    path: CSV, TSV or Parquet.
    columns: those wanted; empty: all beside `eid` and `instance`.
    withdrawn: people to leave out.
    visits: schema visits: only samples of the cohort are taken.

  Returns:
    values: float64, indexed by `eid` and `instance`, ordered.
    counts: rows left out, by reason.

  Raises:
    InputError: the table can't be read or lacks a column, holds text where numbers are due, a sample twice, or nobody
      of the cohort.
  """
  file = table_files.inspect(path)
  if file is None:
    raise errors.InputError(f"table {path.name} has no column `eid`, which tells whose its rows are.")
  names = [name for name in file.header if not column_names.is_eid(name) and name != _INSTANCE]
  if absent := [name for name in columns if name not in names]:
    raise errors.InputError(f"config.xwas.dimensions: {path.name} has no column {', '.join(absent)}.")
  wanted = list(columns or names)
  if not wanted or len(set(wanted)) < len(wanted):
    raise errors.InputError(f"{path.name} must have columns of accelerated ageing beside `eid`, each once.")
  has_visits = _INSTANCE in file.header
  cells = _read(file, [file.eid_names[0], *([_INSTANCE] if has_visits else []), *wanted])
  values = pd.DataFrame({name: _numbers(path, name, cells[name]) for name in wanted})
  people = People([ids.plain(each) for each in visits["eid"].astype(str).unique().tolist()])
  eid = cells[file.eid_names[0]].fillna("").to_numpy(str)
  person = people.number_of([ids.plain(each) for each in eid.tolist()])
  own = people.number_of([ids.plain(each) for each in visits["eid"].astype(str).tolist()])
  instance = visits["instance"].to_numpy(np.int64)
  number = data_codings.numbers(cells[_INSTANCE]) if has_visits else _first_visits(own, instance, len(people))[person]
  place = pd.MultiIndex.from_arrays([own, instance]).get_indexer(pd.MultiIndex.from_arrays([person, number]))
  is_gone = np.isin(visits["eid"].to_numpy(str)[place], list(withdrawn)) & (place >= 0)
  kept = (place >= 0) & ~is_gone
  counts = {
    "acceleration_rows_outside_cohort": int((place < 0).sum()),
    "acceleration_rows_withdrawn": int(is_gone.sum()),
  }
  if not kept.any():
    raise errors.InputError(
      f"table {path.name}: none of its {len(eid):,} rows is of a visit of the cohort: are its ids those of the cohort?"
    )
  if num := int(kept.sum()) - len(np.unique(place[kept])):
    raise errors.InputError(f"table {path.name}: {num:,} rows are of a person's visit that another row has, too.")
  index = pd.MultiIndex.from_frame(visits[["eid", _INSTANCE]].iloc[place[kept]])
  return values[kept].set_index(index).sort_index(), counts


def _first_visits(person: np.ndarray, instance: np.ndarray, num_people: int) -> np.ndarray:
  """Returns each person's first visit, int64 [p + 1]; the last is of nobody."""
  first = np.full(num_people + 1, _LAST_INSTANCE)
  np.minimum.at(first, person, instance)
  return first


def _numbers(path: pathlib.Path, name: str, cells: pd.Series) -> np.ndarray:
  values = data_codings.numbers(cells)
  if num := int((np.isnan(values) & cells.notna().to_numpy()).sum()):
    raise errors.InputError(
      f"{path.name}, column {name}: {num:,} cells are text. Name the columns of accelerated ageing with "
      "config.xwas.dimensions, or mend them."
    )
  if np.isinf(values).any():
    raise errors.InputError(f"{path.name}, column {name}: some numbers are infinite. Mend them.")
  return values


def _read(file: table_files.TableFile, names: Sequence[str]) -> dict[str, pd.Series]:
  """Returns columns as stripped text, missing where blank."""
  try:
    if file.delimiter is None:
      raw = parquet_columns.read(file.path, [file.header.index(name) for name in names]).rename_columns(list(names))
    else:
      raw = table_files.read_text(file.path, file.delimiter, names)
  except (OSError, EOFError, pa.ArrowException) as error:
    raise errors.InputError(f"table {file.path.name} can't be read ({type(error).__name__}).") from None
  texts = {name: pd.Series(raw[name].to_pandas(), dtype=table_files.TEXT).str.strip() for name in names}
  return {name: text.mask(missing.is_missing(text)) for name, text in texts.items()}
