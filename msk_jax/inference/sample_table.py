"""The table that says whose the new images are, and what is known of these people."""

import math
import pathlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import ethnicity
from msk_jax.imaging import picture_files, quality
from msk_jax.inference.sample import MAX_INSTANCE, UNKNOWN_ETHNICITY, File, Sample, parse_archive_name
from msk_jax.io import errors
from msk_jax.labels import ages, cells, ids, paths, sexes, tables

_REQUIRED = ("path",)
_OPTIONAL = ("id", "instance", "side", "sex", "ethnicity", "age")
_SEX_VALUES = "--sex_values={male}=male,{female}=female"


def read(
  root: pathlib.Path, table: pathlib.Path, sex_values: Mapping[str, int]
) -> tuple[list[Sample], list[quality.Note]]:
  """Reads the table.

  Args:
    root: the folder of images.
    table: the CSV's path, or its name within the folder.
    sex_values: spellings of sex to 0 (female) and 1 (male); empty for the known spellings.

  Returns:
    samples: one a row, in the table's order.
    notes: of rows that can't be read, with their lines.

  Raises:
    InputError: the table is not understood or contradicts itself.
  """
  raw = tables.read_csv(table if table.exists() else root / table, _REQUIRED, _OPTIONAL)
  if raw.empty:
    num_too_long = len(raw.attrs[tables.TOO_LONG])
    reason = f" that could be read: {num_too_long} have more cells than the header" if num_too_long else ""
    raise errors.InputError(f"{table.name} has no rows{reason}.")
  located = [paths.locate(root, path) for path in raw["path"]]
  with errors.of_file(table.name):
    columns = _columns(raw, sex_values).assign(path=[path for path, _ in located])
  notes = [quality.Note(table.name, "", "extra_cells", f"line {line}") for line in raw.attrs[tables.TOO_LONG]]
  samples: list[Sample] = []
  for row, (_, reason) in zip(columns.itertuples(), located, strict=True):
    if reason:
      notes.append(quality.Note(str(row.path), "", reason, f"line {row.Index}"))
    else:
      samples.append(_sample(root, row))
  _refuse_contradictions(table.name, samples)
  return samples, notes


def _columns(raw: pd.DataFrame, sex_values: Mapping[str, int]) -> pd.DataFrame:
  """Returns side, instance (-1 unknown), id, sex, ethnicity and age_years of each row."""
  columns = pd.DataFrame(index=raw.index)
  columns["side"] = cells.mapped(raw, "side", cells.SIDES)
  columns["instance"] = cells.integers(raw, "instance", -1, range(-1, MAX_INSTANCE + 1))
  visit = columns["instance"].astype(str) + columns["side"]
  columns["id"] = ids.read(raw["id"], "id", visit) if "id" in raw else ""
  sex = sexes.read(raw["sex"], "sex", sex_values, _SEX_VALUES) if "sex" in raw else sexes.unknown(raw.index)
  columns["sex"] = sex.codes
  columns["ethnicity"] = _ethnicities(raw)
  columns["age_years"] = _ages(raw)
  return columns


def _refuse_contradictions(name: str, samples: Sequence[Sample]) -> None:
  """Refuses different sexes of one person and different ages at one visit: no rule says which of them is right."""
  sex_by_person, ages_by_visit = defaultdict(set), defaultdict(set)
  for sample in samples:
    if sample.sex != sexes.UNKNOWN:
      sex_by_person[sample.id].add(sample.sex)
    if not math.isnan(sample.age_years):
      ages_by_visit[sample.id, sample.instance].add(sample.age_years)
  checks = {"sexes of one person": sex_by_person, "ages of one person at one visit": ages_by_visit}
  for kind, values_by_key in checks.items():
    if num_different := sum(len(values) > 1 for values in values_by_key.values()):
      raise errors.InputError(
        f"{name}: rows give different {kind} ({num_different} times): correct them, or tell visits apart in a column "
        "`instance` and people in `id`."
      )


def _sample(root: pathlib.Path, row: Any) -> Sample:
  """Returns the sample of a row; an archive's name fills in id and visit."""
  path = root / row.path
  parsed = parse_archive_name(path.name) if path.suffix.lower() == picture_files.ARCHIVE_ENDING else None
  name, instance = row.id, int(row.instance)
  if parsed is not None:
    name, instance = name or parsed.eid, parsed.instance if instance < 0 else instance
  return Sample(
    id=str(name or row.path),
    instance=max(instance, 0),
    files=(File(path, str(row.path), str(row.side)),),
    sex=int(row.sex),
    ethnicity=int(row.ethnicity),
    age_years=float(row.age_years),
  )


def _ethnicities(raw: pd.DataFrame) -> pd.Series:
  codes = cells.integers(raw, "ethnicity", UNKNOWN_ETHNICITY, range(-10, 10_000))
  is_known = codes.isin([*ethnicity.CODES, UNKNOWN_ETHNICITY])
  _warn(int((~is_known).sum()), "ethnicity", "not codes of field 21000")
  return codes.where(is_known, UNKNOWN_ETHNICITY)


def _ages(raw: pd.DataFrame) -> pd.Series:
  if "age" not in raw:
    return pd.Series(np.nan, index=raw.index)
  column = ages.read(raw["age"], "age")
  _warn(int(column.is_unreadable.sum()), "age", "not ages in years")
  ages.warn_beyond(column.years, "age", (0.0, ages.OLDEST_YEARS))
  return column.years.where(column.years.between(0.0, ages.OLDEST_YEARS))


def _warn(count: int, column: str, problem: str) -> None:
  if count:
    logging.warning("column %s: %d values are %s and are taken as unknown", column, count, problem)
