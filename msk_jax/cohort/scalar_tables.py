"""Scalar measurements as stored: one table per scalar set under `<workdir>/cohort/scalars/`."""

import functools
import pathlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables

FOLDER = "scalars"
ALL = "all"  # the inner join of all stored sets, computed when it is read, never stored
KEYS = ("eid", "instance")

_SET_NAME = re.compile(r"[a-z0-9_]+")


def write(folder: pathlib.Path | str, name: str, table: pd.DataFrame) -> None:
  """Writes a scalar set, ordered by eid and instance; samples without any value are left out.

  Args:
    folder: the workdir's `cohort/`.
    name: of the set: small letters, digits and underscores, not `all`.
    table: `eid`, `instance` and the features, float64, NaN where missing; names end in their unit (`waist_cm`).

  Raises:
    InputError: an impossible name, no features, repeated samples, or infinite values.
  """
  columns = list(features(table))
  _check(name, table, columns)
  kept = table[table[columns].notna().any(axis=1)].sort_values(list(KEYS), ignore_index=True)
  tables.write(_path(folder, name), kept, cohort_tables.scalars(columns), {"set": name, "features": columns})


def remove(folder: pathlib.Path | str, name: str) -> None:
  """Deletes a stored set."""
  _path(folder, name).unlink()


def names(folder: pathlib.Path | str) -> list[str]:
  """Returns the stored sets' names in alphabetical order; none if there is no folder."""
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
    InputError: there is no such set, its file is damaged or unknown, or (`all`) two sets have the same feature.
  """
  return read_several(folder, [name])[name]


def read_several(folder: pathlib.Path | str, wanted: Sequence[str]) -> dict[str, pd.DataFrame]:
  """Reads scalar sets, each file once, also where `all` needs it again; see `read`."""
  stored = names(folder)
  if ALL in wanted and not stored:
    raise _no_set(folder, ALL)
  needed = {*wanted, *(stored if ALL in wanted else ())} - {ALL}
  parts = {name: _read_one(folder, name) for name in sorted(needed)}
  return {name: _join({each: parts[each] for each in stored}) if name == ALL else parts[name] for name in wanted}


def features(table: pd.DataFrame) -> tuple[str, ...]:
  """Returns the names of a scalar table's features, in order."""
  return tuple(str(column) for column in table if column not in KEYS)


def _join(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
  """Returns the samples that are in every set, with the features of all."""
  _refuse_shared(list(parts), list(parts.values()))
  joined = functools.reduce(lambda left, right: left.merge(right, on=list(KEYS), how="inner"), parts.values())
  return joined.sort_values(list(KEYS), ignore_index=True)


def _read_one(folder: pathlib.Path | str, name: str) -> pd.DataFrame:
  path = _path(folder, name)
  if not path.exists():
    raise _no_set(folder, name)
  extra = tables.read_extra(path, cohort_tables.scalars([]))
  return tables.read(path, cohort_tables.scalars(extra["features"]))


def _no_set(folder: pathlib.Path | str, name: str) -> errors.InputError:
  stored = ", ".join(names(folder)) or "none"
  return errors.InputError(
    f"there is no scalar set {name!r} in {pathlib.Path(folder) / FOLDER}; it holds: {stored}. "
    "`python -m msk_jax.prepare` writes them, from tables that hold the fields (README, Body measurements)."
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
    raise errors.InputError(f"scalar set {name}: {num_twice} samples (eid, instance) occur more than once.")
  infinite = [column for column in columns if np.isinf(table[column].to_numpy(np.float64, na_value=np.nan)).any()]
  if infinite:
    raise errors.InputError(f"scalar set {name}: infinite values in {', '.join(infinite)}.")


def _refuse_shared(stored: Sequence[str], parts: Sequence[pd.DataFrame]) -> None:
  owner: dict[str, str] = {}
  for name, part in zip(stored, parts, strict=True):
    for feature in features(part):
      if feature in owner:
        raise errors.InputError(
          f"scalar sets {owner[feature]} and {name} both have a feature {feature}: `all` can't join them. Leave it out "
          "of one set."
        )
      owner[feature] = name


def _path(folder: pathlib.Path | str, name: str) -> pathlib.Path:
  return pathlib.Path(folder) / FOLDER / f"{name}.parquet"
