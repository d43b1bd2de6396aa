"""A table of one's own with accelerated ageing: `eid`, where there are visits `instance`, and columns of numbers."""

import pathlib
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.associations.cleaning import own_table
from msk_jax.cohort import column_names, data_codings, table_files
from msk_jax.cohort.people import People
from msk_jax.io import errors, ids

_INSTANCE = own_table.INSTANCE
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
  of_visit = own_table.find_instance(file)
  names = [name for name in file.header if not column_names.is_eid(name) and name != of_visit]
  if absent := [name for name in columns if name not in names]:
    raise errors.InputError(f"config.xwas.dimensions: {path.name} has no column {', '.join(absent)}.")
  wanted = list(columns or names)
  if not wanted or len(set(wanted)) < len(wanted):
    raise errors.InputError(f"{path.name} must have columns of accelerated ageing beside `eid`, each once.")
  cells = own_table.read_cells(file, [file.eid_names[0], *([of_visit] if of_visit else []), *wanted])
  values = pd.DataFrame({name: _numbers(path, name, cells[name]) for name in wanted})
  people = People([ids.plain(each) for each in visits["eid"].astype(str).unique().tolist()])
  eid = cells[file.eid_names[0]].fillna("").to_numpy(str)
  person = people.number_of([ids.plain(each) for each in eid.tolist()])
  own = people.number_of([ids.plain(each) for each in visits["eid"].astype(str).tolist()])
  instance = visits["instance"].to_numpy(np.int64)
  first = _first_visits(own, instance, len(people))
  number = data_codings.numbers(cells[of_visit]) if of_visit else first[person]
  if not of_visit and len(visits) > len(people):
    logging.warning(
      "%s HAS NO COLUMN `%s`: each person's accelerated ageing is taken to be of their first visit. If it is of "
      "another, such as the imaging visit 2, add the column",
      path.name,
      _INSTANCE,
    )
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
