"""Fields that the catalogue lacks: the showcase, or else their answers, tell how they are cleaned."""

import functools
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.associations.catalogue import entries
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.cohort import data_codings
from msk_jax.io import errors, tables
from msk_jax.schemas import exposure_tables

# Who, when and where, and genetics: what the cohort is made from, no variables.
NOT_VARIABLES = frozenset({31, 33, 34, 52, 53, 54, 55, 190, 191, 20158, 21000, 21003, *range(22000, 22030)})
_KINDS = {
  "Continuous": "continuous",
  "Integer": "continuous",
  "Categorical single": "one_hot",
  "Categorical multiple": "one_hot",
  "Date": "date",
  "Time": "date",
}
_RULES = {"continuous": "-1=;-3=;-10=0", "one_hot": "-1=;-3=;-121=;-818="}
_AT_VISITS = ("UK Biobank Assessment Centre", "Assessment Centre", "Biological samples")
_YES_OR_NO = frozenset({"yes", "no", "true", "false"})
_SHOWCASE = pathlib.Path(__file__).with_name("showcase.parquet")


def complete(row: dict[str, str], where: str) -> Entry:
  """Returns the entry of a table's row; what it leaves out is what the showcase says of the field.

  Args:
    row: text by column of the catalogue; `field` is needed.
    where: the table's name, for messages.

  Raises:
    InputError: a cell can't be understood.
  """
  text = row.get("field", "") or row.get("fields", "")
  number = text.split("|")[0]
  if not number.isdecimal():
    raise errors.InputError(f"{where}: the column `field` must hold a field's number, got `{text[:20]}`.")
  given = {name: cell for name, cell in row.items() if cell}
  return entries.parse({**_known(int(number)), "source": where, **given}, where)


def make(fields: Collection[int], taken: Collection[int]) -> list[Entry]:
  """Returns entries of fields that the tables have and the catalogue lacks.

  Args:
    fields: those of the tables.
    taken: those that entries or their conditions name.
  """
  left = sorted(set(fields) - set(taken) - NOT_VARIABLES)
  return [complete({"field": str(field)}, "showcase") for field in left]


def infer(texts: np.ndarray) -> str:
  """Returns the kind of answers from their texts: `continuous`, `binary`, `date` or `one_hot`."""
  cells = pd.Series(list(texts), dtype=object)
  numbers = pd.Series(data_codings.numbers(cells))
  if numbers.notna().mean() > 0.5:
    return "binary" if set(numbers.dropna()) == {0.0, 1.0} else "continuous"
  if set(cells.str.lower()) <= _YES_OR_NO:
    return "binary"
  return "date" if cells.str.fullmatch(r"\d{4}-\d{2}-\d{2}.*").mean() > 0.5 else "one_hot"


def _known(field: int) -> dict[str, str]:
  showcase = _read_showcase()
  if str(field) not in showcase.index:
    return {"kind": entries.AUTO, "name": f"Field {field}, which the showcase of 2024 lacks"}
  known = showcase.loc[str(field)].to_dict()
  kind = _KINDS.get(known["value_type"], entries.AUTO)
  has_rules = known["coding"] or kind == "one_hot"
  return {
    "kind": kind,
    "name": known["name"],
    "rules": _RULES.get(kind, "") if has_rules else "",
    "timing": "visit" if known["path"].startswith(_AT_VISITS) else "person",
    "readings": "any" if kind == "one_hot" else "each",
  }


@functools.cache
def _read_showcase() -> pd.DataFrame:
  return tables.read(_SHOWCASE, exposure_tables.SHOWCASE).set_index("field")
