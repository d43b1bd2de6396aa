"""Whether predictions and ages are of the cohort's folds: nobody was predicted by a model that was trained on them."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from msk_jax.cohort import fold_table, split_parts
from msk_jax.cohort import folds as fold_map
from msk_jax.cohort.people import People
from msk_jax.io import errors, tables
from msk_jax.predictions import split_folder
from msk_jax.schemas import age_tables, cohort_tables, prediction_tables
from msk_jax.upkeep import check_folds, remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

_SCHEMAS = {schema.name: schema for schema in (prediction_tables.PREDICTIONS, age_tables.AGES)}


class _Map:
  """The cohort's fold map, looked up by id."""

  def __init__(self, map_: fold_table.FoldMap):
    self.name, self.num_folds = map_.name, map_.num_folds
    folds = map_.table
    self._people = People(folds["eid"])
    self._fold = np.full(len(self._people) + 1, -1)  # the last entry is of people who are not in the map
    self._fold[self._people.number_of(folds["eid"])] = folds["fold"]

  def fold_of(self, eid: pd.Series) -> np.ndarray:
    """Returns each person's fold, int [n]; -1 for people who are not in the map."""
    return self._fold[self._people.number_of(eid)]


def find(files: WorkdirFiles) -> Iterator[Finding]:
  """Yields what is wrong with predictions and ages."""
  folds = check_folds.read(files)
  if folds is None or folds.empty:
    return
  extra = tables.read_extra(files.root / check_folds.FOLDS, cohort_tables.FOLDS)
  known = _Map(fold_table.of_metadata(folds, extra))
  for name in files.of_schema(*_SCHEMAS):
    again = remedies.remove_and_run(name, files.root, _what_to_remove(name))
    for problem in _describe(files, name, known):
      yield Finding(problem, again, name)


def _describe(files: WorkdirFiles, name: str, known: _Map) -> Iterator[str]:
  header = files.headers[name]
  if header is None:
    return
  if header.extra.get("fold_map_hash") != known.name:
    yield f"it is of another map of folds than {check_folds.FOLDS}"
    return
  schema = _SCHEMAS[header.schema]
  keys = [column for column in ("eid", "instance", "fold", "part") if column in schema.columns]
  try:
    table = tables.read(files.root / name, schema, keys)
  except errors.InputError:
    return
  fold = known.fold_of(table["eid"])
  if num := table["eid"][(fold >= 0) & (fold != table["fold"])].nunique():
    yield f"{num:,} people are in another fold than in {check_folds.FOLDS}"
  if num := table["eid"][fold < 0].nunique() if name.partition("/")[0] != split_folder.MODELS else 0:
    yield f"{num:,} people are not in the cohort"
  if num := int(table.duplicated([column for column in keys if column != "fold"]).sum()):
    yield f"{num:,} samples are in it twice"
  if num := _count_of_other_splits(name, table, known.num_folds):
    yield f"{num:,} samples are not of the folds that its split tests and validates on"


def _count_of_other_splits(name: str, table: pd.DataFrame, num_folds: int) -> int:
  """Returns how many rows of a split's table are of folds that the split was trained on; 0 for pooled tables."""
  k = split_folder.number_of(pathlib.Path(name).parent)
  if name.partition("/")[0] != split_folder.MODELS or k < 0:
    return 0
  if k >= num_folds:
    return len(table)
  split = fold_map.split(k, num_folds)
  expected = table["part"].map({split_parts.VALIDATION: split.validation, split_parts.TEST: split.test})
  return int((table["fold"] != expected).sum())


def _what_to_remove(name: str) -> str:
  """Returns what must go so that a stage does not take its output for finished."""
  folder = name.rpartition("/")[0]
  return f"{folder}/" if name.partition("/")[0] == split_folder.MODELS else name
