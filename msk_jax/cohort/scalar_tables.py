"""Scalar measurements as stored: one table per scalar set under `<workdir>/cohort/scalars/`."""

import functools
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors, tables

FOLDER = "scalars"
ALL = "all"  # the inner join of all stored sets: made when it is read, never stored
KEYS = ("eid", "instance")

_SCHEMA_NAME, _VERSION = "scalars", 1
_KEY_TYPES = {"eid": "string", "instance": "int8"}
_SET_NAME = re.compile(r"[a-z0-9_]+")


def write(folder: pathlib.Path | str, name: str, table: pd.DataFrame) -> None:
  """Writes a scalar set, ordered by eid and instance; samples without any value are left out.

  Args:
    folder: the workdir's `cohort/`.
    name: of the set, small letters, digits and underscores; not `all`.
    table: `eid`, `instance` and the features, float64, NaN where missing; names end in their unit (`waist_cm`).

  Raises:
    InputError: a name that can't be one, no features, samples that are there twice, or infinite values.
  """
  columns = list(features(table))
  _check(name, table, columns)
  kept = table[table[columns].notna().any(axis=1)].sort_values(list(KEYS), ignore_index=True)
  tables.write(_path(folder, name), kept, _schema(columns), {"set": name, "features": columns})


def remove(folder: pathlib.Path | str, name: str) -> None:
  """Deletes a stored set."""
  _path(folder, name).unlink()


def names(folder: pathlib.Path | str) -> list[str]:
  """Returns the stored sets' names in alphabetical order; none if there is no such folder."""
  return sorted(
    path.stem for path in (pathlib.Path(folder) / FOLDER).glob("*.parquet") if not path.name.startswith(".")
  )


def read(folder: pathlib.Path | str, name: str) -> pd.DataFrame:
  """Reads a scalar set.

  Args:
    folder: the workdir's `cohort/`.
    name: of a stored set, or `all` for the samples that are in every set, with the features of all.

  Returns:
    eid (string), instance (int8) and the features (float64, NaN where missing), ordered by eid and instance.

  Raises:
    InputError: no such set, a damaged or unknown file, or (`all`) a feature that two sets have.
  """
  if name != ALL:
    return _read_one(folder, name)
  found = names(folder)
  if not found:
    raise _no_set(folder, name)
  parts = [_read_one(folder, stored) for stored in found]
  _refuse_shared(found, parts)
  joined = functools.reduce(lambda left, right: left.merge(right, on=list(KEYS), how="inner"), parts)
  return joined.sort_values(list(KEYS), ignore_index=True)


def features(table: pd.DataFrame) -> tuple[str, ...]:
  """Returns the names of a scalar table's features, in order."""
  return tuple(str(column) for column in table if column not in KEYS)


def _read_one(folder: pathlib.Path | str, name: str) -> pd.DataFrame:
  path = _path(folder, name)
  if not path.exists():
    raise _no_set(folder, name)
  extra = tables.read_extra(path, _schema([]))
  return tables.read(path, _schema(extra["features"]))


def _no_set(folder: pathlib.Path | str, name: str) -> errors.InputError:
  found = ", ".join(names(folder)) or "none"
  return errors.InputError(
    f"no scalar set {name!r} in {pathlib.Path(folder) / FOLDER}; there: {found}. `python -m msk_jax.prepare` writes "
    "them, from tables that hold the fields (README, Scalar measurements)."
  )


def _check(name: str, table: pd.DataFrame, columns: Sequence[str]) -> None:
  if not _SET_NAME.fullmatch(name) or name == ALL:
    raise errors.InputError(
      f"{name!r} can't be the name of a scalar set: small letters, digits and underscores, and not {ALL!r}, which "
      "stands for all sets together."
    )
  if not columns:
    raise errors.InputError(f"scalar set {name} has no features.")
  if num_twice := int(table.duplicated(list(KEYS)).sum()):
    raise errors.InputError(f"scalar set {name}: {num_twice} samples (eid, instance) are there more than once.")
  infinite = [column for column in columns if np.isinf(table[column].to_numpy(np.float64, na_value=np.nan)).any()]
  if infinite:
    raise errors.InputError(f"scalar set {name}: infinite values in {', '.join(infinite)}.")


def _refuse_shared(found: Sequence[str], parts: Sequence[pd.DataFrame]) -> None:
  owner: dict[str, str] = {}
  for name, part in zip(found, parts, strict=True):
    for feature in features(part):
      if feature in owner:
        raise errors.InputError(
          f"scalar sets {owner[feature]} and {name} both have a feature {feature}: `all` can't join them. Leave it out "
          "of one set."
        )
      owner[feature] = name


def _path(folder: pathlib.Path | str, name: str) -> pathlib.Path:
  return pathlib.Path(folder) / FOLDER / f"{name}.parquet"


def _schema(columns: Sequence[str]) -> tables.Schema:
  return tables.Schema(_SCHEMA_NAME, _VERSION, {**_KEY_TYPES, **dict.fromkeys(columns, "float64")})
