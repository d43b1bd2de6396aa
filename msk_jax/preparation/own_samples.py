"""Who an own table's rows are: person, visit, age, sex, ethnicity, fold; unusable rows are left out and counted."""

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import ethnicity
from msk_jax.io import errors
from msk_jax.labels import ages, cells, ids, numerals, sexes
from msk_jax.preparation.table_spec import TableSpec

NO_FOLD = -1

_MOST_FOLDS = 100
_KEYS = ["eid", "instance"]
_SEX_VALUES = 'config.data.table.sex_values = {{"{male}": 1, "{female}": 0}}'
_MISSING_VALUES = "config.data.table.missing_values"


@dataclasses.dataclass(frozen=True)
class Samples:
  """Usable rows, and how all rows were read.

  Attributes:
    samples: see `own_table.OwnTable`; indexed as the rows of the table.
    counts: rows left out or doubted, by reason.
    read_as: `sex` and `ethnicity` to meaning to spelling to number of cells.
    num_commas: decimal commas by column.
  """

  samples: pd.DataFrame
  counts: dict[str, int]
  read_as: dict[str, Any]
  num_commas: dict[str, int]


def read(raw: pd.DataFrame, spec: TableSpec) -> Samples:
  """Reads the columns that say whose a row is.

  Args:
    raw: the table's cells as stripped text, empty where missing, names in small letters.
    spec: which columns are what.

  Raises:
    InputError: rows of one visit that differ, visits and folds that are not whole numbers, or ids, ages or sexes that
      are ambiguous.
  """
  instance = cells.integers(raw, spec.instance.lower(), 0, range(128)).astype("int8")
  table = pd.DataFrame(
    {"line": np.arange(len(raw)) + 2, "eid": ids.read(raw[spec.id.lower()], spec.id, instance), "instance": instance}
  )
  age = ages.read(raw[spec.age.lower()], spec.age, _MISSING_VALUES)
  limits = (spec.min_age_years, spec.max_age_years)
  ages.warn_beyond(age.years, spec.age, limits)
  sex = sexes.read(raw[spec.sex.lower()], spec.sex, spec.sex_values, _SEX_VALUES)
  table["age_years"], table["sex"] = age.years, sex.codes
  table["ethnicity"], num_unknown, ethnicities = _ethnicities(raw, spec)
  table["fold"] = cells.integers(raw, spec.fold.lower(), NO_FOLD, range(NO_FOLD, _MOST_FOLDS)).astype("int8")
  counts = Counter(unknown_ethnicity_values=num_unknown)
  checks = {
    "rows_without_id": table["eid"] == "",
    "rows_without_age": age.years.isna() & ~age.is_unreadable,
    **({"rows_of_unreadable_age": age.is_unreadable} if age.is_unreadable.any() else {}),
    "rows_of_implausible_age": (age.years < limits[0]) | (age.years > limits[1]),
    "rows_without_sex": table["sex"] == sexes.UNKNOWN,
  }
  good = pd.Series(True, index=table.index)
  for reason, is_bad in checks.items():
    counts[reason] = int((good & is_bad).sum())
    good &= ~is_bad
  is_repeated = table[good].duplicated(_KEYS)
  if is_repeated.any():
    _refuse_contradictions(raw[good].drop(columns=spec.id.lower()).assign(eid=table["eid"]), is_repeated, spec)
  counts["repeated_rows"] = int(is_repeated.sum())
  read_as = {"sex": sex.counts, **({"ethnicity": ethnicities} if spec.ethnicity else {})}
  commas = {spec.age.lower(): age.num_commas} if age.num_commas else {}
  return Samples(table[good][~is_repeated], dict(counts), read_as, commas)


def _refuse_contradictions(raw: pd.DataFrame, is_repeated: pd.Series, spec: TableSpec) -> None:
  """Refuses rows of one visit that are not equal in all that is read: which of them counts can't be known."""
  is_different = is_repeated & ~raw.apply(numerals.plain_column).duplicated()
  if num_different := int(is_different.sum()):
    is_different.index = pd.Index(is_different.index + 2, name=cells.LINE)
    advice = "keep one row of each visit"
    if not spec.instance:
      advice = (
        "if people were seen several times, give a column that numbers their visits (config.data.table.instance); else "
        "keep one row of each person"
      )
    raise errors.InputError(
      f"{spec.file}: {num_different} rows repeat a person and visit of another row with other values "
      f"({cells.lines(is_different)}): {advice}."
    )


def _ethnicities(raw: pd.DataFrame, spec: TableSpec) -> tuple[pd.Series, int, dict[str, dict[str, int]]]:
  """Returns codes of field 21000, how many cells hold something unknown, and how each spelling was read."""
  if not spec.ethnicity:
    return pd.Series(ethnicity.MISSING, index=raw.index, dtype="int16"), 0, {}
  if bad := sorted(set(spec.ethnicity_values.values()) - set(ethnicity.CODES)):
    raise errors.InputError(f"config.data.table.ethnicity_values: {', '.join(map(str, bad))}: no code of field 21000.")
  spelled = raw[spec.ethnicity.lower()]
  looked_up = numerals.looked_up(spelled, spec.ethnicity_values or {str(code): code for code in ethnicity.CODES})
  is_unknown = (spelled != "") & ~looked_up.isin(list(ethnicity.CODES))
  codes = looked_up.where(looked_up.isin(list(ethnicity.CODES))).fillna(ethnicity.MISSING).astype("int16")
  counts = {
    ethnicity.CODES[code]: sexes.count_spellings(spelled[codes == code]) for code in sorted(codes.unique().tolist())
  }
  return codes, int(is_unknown.sum()), counts
