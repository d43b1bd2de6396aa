"""Scalar sets as they go to the workdir: samples of the cohort only, sets with values only; and their counts."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.cohort import application_overlap, scalar_reader, withdrawals
from msk_jax.io import errors
from msk_jax.preparation import assembly

_FEWEST = 10  # people with values; fewer may have lost their demographics


@dataclasses.dataclass(frozen=True)
class ScalarSets:
  """The scalar sets of a cohort.

  Attributes:
    tables: set name to its table (see `cohort.scalar_tables`).
    refused: cells of the cohort's people with impossible values, see `scalar_checks.COLUMNS`.
    counts: samples left out or doubted, by reason.
  """

  tables: dict[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
  refused: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
  counts: dict[str, int] = dataclasses.field(default_factory=dict)

  def facts(self) -> dict[str, Any]:
    """Returns what the run record keeps: per set samples, complete cases and features; refused values by reason."""
    sets = {
      name: {"samples": len(table), "complete": len(table.dropna()), "features": len(table.columns) - 2}
      for name, table in self.tables.items()
    }
    reasons = self.refused["reason"].value_counts().sort_index() if len(self.refused) else {}
    return {"scalars": sets, "refused_values": {str(reason): int(count) for reason, count in reasons.items()}}


def of_cohort(raw_sets: scalar_reader.Scalars, withdrawn: Collection[str], visits: pd.DataFrame) -> ScalarSets:
  """Keeps what belongs to visits of the cohort.

  Args:
    raw_sets: what was read.
    withdrawn: eids of participants who have withdrawn.
    visits: schema visits, without the withdrawn.
  """
  counts = {**raw_sets.counts, "scalar_samples_without_known_age": 0}
  tables: dict[str, pd.DataFrame] = {}
  for name, table in raw_sets.tables.items():
    present = withdrawals.without(table, withdrawn)
    tables[name] = assembly.of_visits(present, visits)
    counts["scalar_samples_without_known_age"] += len(present) - len(tables[name])
  refused = raw_sets.refused[raw_sets.refused["eid"].isin(visits["eid"])].reset_index(drop=True)
  return ScalarSets(with_values(tables), refused, counts)


def check_people(raw_sets: scalar_reader.Scalars, in_tables: Collection[str]) -> None:
  """Makes sure that measurements are of the people whose sex and ages are known.

  Args:
    raw_sets: what was read.
    in_tables: everybody with sex, birth and a visit, the withdrawn too.

  Raises:
    InputError: a set is of another application's people: by chance some of them have the ids of these.
  """
  for name, table in raw_sets.tables.items():
    shared = application_overlap.count(table["eid"], in_tables)
    if shared.is_foreign and shared.num_people >= _FEWEST:
      raise errors.InputError(
        f"scalar set {name}: {shared.num_shared:,} of {shared.num_people:,} people with values have a known sex and "
        "age, no more than by chance. The tables are of several applications, each with ids of its own, or of "
        "different people: name those that belong together with --config.data.tables, or leave the set out "
        "(config.data.scalar_sets)."
      )


def with_values(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
  """Returns the sets that have a value at all, without samples that have none; warns of those without."""
  kept: dict[str, pd.DataFrame] = {}
  for name, table in tables.items():
    features = table.columns.drop(["eid", "instance"])
    used = table[table[features].notna().any(axis=1)].reset_index(drop=True)
    empty = [feature for feature in features if used[feature].isna().all()]
    if used.empty:
      logging.warning("SCALAR SET %s IS LEFT OUT: all its values are missing.", name)
      continue
    if used.dropna().empty:
      logging.warning(
        "scalar set %s has no complete case, so no model can be trained on it%s.",
        name,
        f": all values of {', '.join(empty)} are missing" if empty else "",
      )
    kept[name] = used
  return kept
