"""Measurements that the cohort holds already: the scalar sets, as the models of age got them."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning.drafts import Draft
from msk_jax.associations.cleaning.rows import Rows
from msk_jax.cohort import scalar_fields
from msk_jax.io import ids, tables
from msk_jax.schemas import cohort_tables

ABSENT = "its set is not in cohort/scalars: prepare it"
SET_OF = {feature.name: name for name, features in scalar_fields.FEATURES.items() for feature in features}


def files(folder: pathlib.Path | None, wanted: Sequence[Entry]) -> Mapping[str, pathlib.Path]:
  """Returns the paths, by set, of those that hold any of the entries' features and are there."""
  if folder is None:
    return {}
  sets = dict.fromkeys(SET_OF[entry.feature] for entry in wanted if entry.feature)
  return {name: path for name in sets if (path := folder / f"{name}.parquet").exists()}


def read(paths: Mapping[str, pathlib.Path], entry: Entry, rows: Rows) -> Draft:
  """Returns an entry's values.

  Args:
    paths: from `files`.
    entry: with a feature of the cohort's.
    rows: the rows.

  Raises:
    InputError: a file is damaged.
  """
  path = paths.get(SET_OF[entry.feature])
  if path is None:
    return Draft(entry.variable, entry.name, entry.kind, None, ABSENT)
  schema = cohort_tables.scalars([f.name for f in scalar_fields.FEATURES[SET_OF[entry.feature]]])
  table = tables.read(path, schema, ["eid", "instance", entry.feature])
  eid, place = np.unique(table["eid"].to_numpy(str), return_inverse=True)
  person = rows.people.number_of([ids.plain(each) for each in eid.tolist()])[place]
  row = rows.find(person, table["instance"].to_numpy(np.int64))
  values = np.full(len(rows), np.nan)
  values[row[row >= 0]] = table[entry.feature].to_numpy(np.float64)[row >= 0]
  return Draft(entry.variable, entry.name, "continuous", values)
