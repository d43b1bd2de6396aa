"""Which fields are present and which are missing, by category."""

import collections
from collections.abc import Sequence

import pandas as pd

from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning import jobs, measured
from msk_jax.associations.cleaning.raw_tables import RawTables
from msk_jax.associations.cleaning.unknown import Unknown
from msk_jax.schemas import exposure_tables

READ, ABSENT = "read", "not in the tables"


def fields(
  entries: Sequence[Entry], tables: RawTables | None, index: pd.DataFrame, unknown: Sequence[Unknown]
) -> pd.DataFrame:
  """Returns a row per entry, schema xwas_fields.

  Args:
    entries: all that were wanted.
    tables: the raw tables; None where there are none.
    index: schema xwas_variables.
    unknown: what was not understood.
  """
  num_unknown: collections.Counter[tuple[str, str]] = collections.Counter()
  for each in unknown:
    num_unknown[each.entry.category, each.entry.variable] += each.num_unknown
  by_key = dict(list(index.groupby(["category", "field"], sort=False)))
  own = dict(list(index[index["field"] == ""].groupby(["category", "variable"], sort=False)))
  rows = []
  for entry in entries:
    of_entry = (
      by_key.get((entry.category, str(entry.field))) if entry.field else own.get((entry.category, entry.variable))
    )
    usable = 0 if of_entry is None else int((of_entry["reason"] == "").sum())
    rows.append(
      {
        "main_category": entry.main_category,
        "category": entry.category,
        "field": str(entry.field or ""),
        "variable": entry.variable,
        "name": entry.name,
        "kind": entry.kind,
        "num_columns": _num_columns(entry, tables),
        "num_variables": usable,
        "num_unknown": num_unknown[entry.category, entry.variable],
        "status": _status(entry, tables, of_entry, usable),
        "source": entry.source,
      }
    )
  return pd.DataFrame(rows, columns=list(exposure_tables.FIELDS.columns)).astype(exposure_tables.FIELDS.dtypes)


def _num_columns(entry: Entry, tables: RawTables | None) -> int:
  if tables is None or not entry.fields:
    return 0 if entry.fields else 1
  return sum(len(columns) for field in entry.fields for columns in tables.present.get(field, {}).values())


def _status(entry: Entry, tables: RawTables | None, of_entry: pd.DataFrame | None, usable: int) -> str:
  if of_entry is None and entry.feature:
    return measured.ABSENT
  if of_entry is None and not _num_columns(entry, tables):
    return ABSENT
  if of_entry is None:
    return "no such diagnosis" if entry.kind == "diagnosis" else "at no visit of the samples"
  if not usable:
    return str(of_entry["reason"].iloc[0])
  if entry.feature or tables is None or not entry.fields:
    return READ
  absent = sorted(set(entry.instances) - set(jobs.instances_of(entry, tables)))
  return f"partly: not at visits {', '.join(map(str, absent))}" if absent else READ
