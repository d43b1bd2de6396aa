"""A table of one's own (a survey, a trial) as a cohort with scalar sets: columns under any names, any coding of sex.

Unlike a folder of radiographs it has measurements in place of images: sets of columns, each a scalar set.
"""

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from msk_jax.cohort import ethnicity, missing, scalar_values, table_files, withdrawals
from msk_jax.imaging import labels
from msk_jax.io import errors
from msk_jax.preparation.table_spec import TableSpec

NO_FOLD = -1
_MOST_FOLDS = 100
_SHOWN = 40  # columns named in a message
_KEYS = ("eid", "instance")


@dataclasses.dataclass(frozen=True)
class OwnTable:
  """What was read.

  Attributes:
    samples: eid, instance, age_years, sex, ethnicity (code of field 21000) and fold (-1 where none), a row per sample.
    scalars: set name to eid, instance and its features (float64, NaN missing).
    refused: cells that are no possible values, see `scalar_values.COLUMNS`.
    counts: rows left out or doubted, by reason.
  """

  samples: pd.DataFrame
  scalars: dict[str, pd.DataFrame]
  refused: pd.DataFrame
  counts: dict[str, int]

  def without(self, withdrawn: Collection[str]) -> "OwnTable":
    """Returns the table without these people; their rows are counted."""
    samples, refused = (withdrawals.without(table, withdrawn) for table in (self.samples, self.refused))
    scalars = {name: withdrawals.without(table, withdrawn) for name, table in self.scalars.items()}
    num_gone = len(self.samples) - len(samples)
    counts = {**self.counts, "rows_of_withdrawn_people": num_gone} if withdrawn else self.counts
    return OwnTable(samples, scalars, refused, counts)


def read(path: pathlib.Path, spec: TableSpec) -> OwnTable:
  """Reads the table.

  Args:
    path: CSV with commas, semicolons or tabs, also gzipped.
    spec: which columns are what.

  Raises:
    InputError: an unreadable table, rows of another width than the header, columns that it lacks (all are named) or
      has twice, no scalar set named, no usable row, rows of one visit that differ, or visits and folds that are no
      whole numbers.
  """
  if not spec.sets:
    raise errors.InputError(
      "config.data.table.sets names no scalar set: give sets of columns, as configs/nhanes.py does, for example "
      "{'grip': ('grip_kg',)}."
    )
  raw = _read_cells(path, _wanted(spec))
  samples, counts = _samples(raw, spec)
  if samples.empty:
    raise errors.InputError(f"no usable row in {path.name}: {dict(counts)}.")
  raw = raw.loc[samples.index]
  cells = {name: _feature_cells(raw, samples, columns) for name, columns in spec.sets.items()}
  scalars, refused = {}, []
  for name, table in cells.items():
    scalars[name], bad = _judge(table, name, spec.limits)
    refused.append(bad)
  return OwnTable(samples.reset_index(drop=True), scalars, scalar_values.joined(refused), dict(counts))


def _wanted(spec: TableSpec) -> list[str]:
  """Names of all columns to read, in small letters."""
  others = [name for name in (spec.ethnicity, spec.instance, spec.fold) if name]
  features = [column for columns in spec.sets.values() for column in columns]
  return list(dict.fromkeys(name.lower() for name in (spec.id, spec.age, spec.sex, *others, *features)))


def _read_cells(path: pathlib.Path, wanted: Sequence[str]) -> pd.DataFrame:
  """Returns the wanted columns as stripped text, missing values as empty text, names in small letters."""
  try:
    header = table_files.first_line(path)
    delimiter = max(",;\t", key=header.count)
    spelled = _spellings(path.name, table_files.split_line(header, delimiter), wanted)
    cells = table_files.read_text(path, delimiter, list(spelled.values()))
  except (OSError, UnicodeError, EOFError, pa.ArrowException) as error:
    raise errors.InputError(f"{path.name} can't be read as a CSV table ({type(error).__name__}).") from None
  raw = pd.DataFrame({name: cells[column].fill_null("").to_pandas().str.strip() for name, column in spelled.items()})
  return raw.mask(raw.apply(lambda column: column.str.lower().isin(missing.PLACEHOLDERS)), "")


def _spellings(file_name: str, header: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
  """Returns wanted name to the column's name as it stands in the header."""
  found = {name: [column for column in header if column.strip().lower() == name] for name in wanted}
  if lacking := [name for name, columns in found.items() if not columns]:
    known = ", ".join(column.strip() for column in header[:_SHOWN])
    raise errors.InputError(
      f"{file_name} lacks the columns {', '.join(lacking)}, which config.data.table names; it has {known}."
    )
  if repeated := [", ".join(columns) for columns in found.values() if len(columns) > 1]:
    raise errors.InputError(
      f"{file_name} has columns of one name (in any case): {'; '.join(repeated)}. Rename or remove all but one of each."
    )
  return {name: columns[0] for name, columns in found.items()}


def _samples(raw: pd.DataFrame, spec: TableSpec) -> tuple[pd.DataFrame, Counter[str]]:
  """Returns the usable rows' samples, indexed as in `raw`, and counts of the others by reason."""
  counts: Counter[str] = Counter()
  table = pd.DataFrame({"eid": raw[spec.id.lower()].astype("string")})
  table["instance"] = labels.integers(raw, spec.instance.lower(), 0, range(128)).astype("int8")
  table["age_years"] = labels.ages_years(raw[spec.age.lower()])
  table["sex"] = _sexes(raw[spec.sex.lower()], spec.sex_values)
  table["ethnicity"], counts["unknown_ethnicity_values"] = _ethnicities(raw, spec)
  table["fold"] = labels.integers(raw, spec.fold.lower(), NO_FOLD, range(NO_FOLD, _MOST_FOLDS)).astype("int8")
  age = table["age_years"]
  checks = {
    "rows_without_id": table["eid"] == "",
    "rows_without_age": ~np.isfinite(age),
    "rows_of_implausible_age": (age < spec.min_age_years) | (age > spec.max_age_years),
    "rows_without_sex": table["sex"] == labels.UNKNOWN_SEX,
  }
  good = pd.Series(True, index=table.index)
  for reason, is_bad in checks.items():
    counts[reason] = int((good & is_bad).sum())
    good &= ~is_bad
  is_repeated = table[good].duplicated(list(_KEYS))
  _refuse_contradictions(raw[good], is_repeated, spec)
  counts["repeated_rows"] = int(is_repeated.sum())
  return table[good][~is_repeated], counts


def _refuse_contradictions(raw: pd.DataFrame, is_repeated: pd.Series, spec: TableSpec) -> None:
  """Refuses rows of one visit that are not equal in all that is read: which of them counts can't be known."""
  if num_different := int((is_repeated & ~raw.duplicated()).sum()):
    advice = "keep one row of each visit" if spec.instance else (
      "if people were seen several times, give a column that numbers their visits (config.data.table.instance); else "
      "keep one row of each person"
    )  # fmt: skip
    raise errors.InputError(
      f"{spec.file}: {num_different} rows repeat a person and visit of another row with other values: {advice}."
    )


def _sexes(spelled: pd.Series, values: Mapping[str, int]) -> pd.Series:
  if not values:
    return labels.sexes(spelled)
  codes = {text.strip().lower(): code for text, code in values.items()}
  return spelled.str.lower().map(codes).fillna(labels.UNKNOWN_SEX).astype("int8")


def _ethnicities(raw: pd.DataFrame, spec: TableSpec) -> tuple[pd.Series, int]:
  """Returns codes of field 21000, and how many cells hold something unknown."""
  if not spec.ethnicity:
    return pd.Series(ethnicity.MISSING, index=raw.index, dtype="int16"), 0
  spelled = raw[spec.ethnicity.lower()]
  codes = {text.strip().lower(): code for text, code in spec.ethnicity_values.items()}
  found = spelled.str.lower().map(codes) if codes else pd.to_numeric(spelled, errors="coerce")
  found = found.where(found.isin(list(ethnicity.CODES)))
  num_unknown = int(((spelled != "") & found.isna()).sum())
  return found.fillna(ethnicity.MISSING).astype("int16"), num_unknown


def _feature_cells(raw: pd.DataFrame, samples: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
  cells = {column.lower(): raw[column.lower()].replace("", pd.NA) for column in columns}
  return pd.DataFrame({**{key: samples[key] for key in _KEYS}, **cells}).reset_index(drop=True)


def _judge(cells: pd.DataFrame, name: str, limits: Mapping[str, Sequence[float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
  """Returns a scalar set's numbers, and its refused cells."""
  known = {column.lower(): (bounds[0], bounds[1]) for column, bounds in limits.items()}
  made, refused = cells[list(_KEYS)].copy(), []
  for feature in cells.columns.drop(list(_KEYS)):
    source = scalar_values.Source(cells["eid"], cells["instance"], name, feature)
    made[feature], bad = scalar_values.judge(cells[feature], known.get(feature, (-np.inf, np.inf)), source)
    refused.append(bad)
  return made, scalar_values.joined(refused)
