"""The measurements of an own table: cells to numbers; impossible values become missing and are recorded."""

import dataclasses
from collections.abc import Mapping, Sequence

import pandas as pd
from absl import logging

from msk_jax.cohort import scalar_checks, suspect_values
from msk_jax.io import errors
from msk_jax.labels import cells, numerals
from msk_jax.preparation.table_spec import TableSpec

_KEYS = ["eid", "instance"]
_MOST_TEXTS, _FEWEST_TEXTS = 0.2, 3  # cells that are not numbers: more are not a slip


@dataclasses.dataclass(frozen=True)
class Features:
  """The scalar sets.

  Attributes:
    scalars: set name to eid, instance and its features (float64, NaN missing).
    refused: cells with impossible values, see `scalar_checks.COLUMNS`.
    read_as: `suspicious_values`, feature (or the age) to a line on them.
    num_commas: decimal commas by column.
  """

  scalars: dict[str, pd.DataFrame]
  refused: pd.DataFrame
  read_as: dict[str, dict[str, str]]
  num_commas: dict[str, int]


def read(raw: pd.DataFrame, samples: pd.DataFrame, spec: TableSpec) -> Features:
  """Reads the columns of all sets, and warns of values that are hardly measurements.

  Args:
    raw: the samples' cells as stripped text, empty where missing, names in small letters.
    samples: eid, instance and age_years, in the same order.
    spec: which columns are what.

  Raises:
    InputError: commas that may be decimal or not, or a column with more than a fifth of its cells no numbers.
  """
  bounds = {column.lower(): (limits[0], limits[1]) for column, limits in spec.limits.items()}
  scalars, refused, doubts, commas = {}, [], {}, {}
  if doubt := suspect_values.describe(spec.age.lower(), samples["age_years"].to_numpy()):
    doubts[spec.age.lower()] = doubt
  for name, columns in spec.sets.items():
    measured = samples[_KEYS].reset_index(drop=True)
    for feature in (column.lower() for column in columns):
      text, num_commas = numerals.with_points(raw[feature], feature)
      if num_commas:
        commas[feature] = num_commas
      source = scalar_checks.Source(measured["eid"], measured["instance"], name, feature)
      cell = text.replace("", pd.NA).reset_index(drop=True)
      limits = bounds.get(feature, (-suspect_values.GREATEST, suspect_values.GREATEST))
      measured[feature], bad = scalar_checks.check(cell, limits, source)
      _refuse_texts(raw[feature], pd.to_numeric(text, errors="coerce"), feature)
      refused.append(bad)
      if doubt := suspect_values.describe(feature, measured[feature].to_numpy()):
        doubts[feature] = doubt
    scalars[name] = measured
  _warn(doubts)
  return Features(scalars, scalar_checks.joined(refused), {"suspicious_values": doubts}, commas)


def _refuse_texts(spelled: pd.Series, values: pd.Series, feature: str) -> None:
  is_there = spelled != ""
  is_text = is_there & values.isna()
  if is_text.sum() >= max(_FEWEST_TEXTS, _MOST_TEXTS * is_there.sum()):
    raise errors.InputError(
      f"column {feature}: {cells.share(is_text, is_there)} are not numbers: leave the column out of its set, or say "
      "which texts mean missing (config.data.table.missing_values)."
    )


def _warn(doubts: Mapping[str, str]) -> None:
  lines: Sequence[str] = list(doubts.values())
  if lines:
    logging.warning(
      "VALUES THAT ARE HARDLY MEASUREMENTS ARE USED AS THEY ARE:\n  %s\nCodes for missing belong into "
      "config.data.table.missing_values, the possible range into config.data.table.limits.",
      "\n  ".join(lines),
    )
