"""The participants' sex and ethnicity, and their age at each visit.

Source: paper, Methods ("Dataset"); UK Biobank fields 31 and 22001 (sex), 34 and 52 (year and month of birth), 53 (date
of a visit), 54 (assessment centre), 21000 (ethnic background).
"""

import dataclasses
import datetime
import pathlib
from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import cell_rules, code_rules, column_names, data_codings, dates, ethnicity, joined_tables
from msk_jax.schemas import cohort_tables

DAYS_PER_YEAR = 365.25
BIRTH_DAY = 15  # of the month: UK Biobank does not give the day
INSTANCES = (0, 1, 2, 3)

# Participants were 37 to 73 when they enrolled (2006-2010). Beyond these limits a date is wrong.
MIN_AGE_YEARS = 35.0
MAX_AGE_YEARS = 100.0

_SEX, _GENETIC_SEX = column_names.Column(31), column_names.Column(22001)
_BIRTH_YEAR, _BIRTH_MONTH = column_names.Column(34), column_names.Column(52)
_ETHNICITY = tuple(column_names.Column(21000, instance) for instance in (0, 1, 2))
_VISIT_DATE = tuple(column_names.Column(53, instance) for instance in INSTANCES)
_CENTRE = tuple(column_names.Column(54, instance) for instance in INSTANCES)
_YEARS = range(1800, 2101)  # what can be meant as a year
_FIRST_YEAR = 1900  # of birth


_SEX_RULE = code_rules.codes(
  data_codings.SEX, data_codings.SEX.values(), "0 or Female, 1 or Male", "unknown_sex_values"
)
_RULES: dict[column_names.Column, cell_rules.Rule] = {
  _SEX: _SEX_RULE,
  _GENETIC_SEX: _SEX_RULE,
  _BIRTH_YEAR: code_rules.codes({}, _YEARS, "years of four digits", "unknown_birth_years"),
  _BIRTH_MONTH: code_rules.codes(
    data_codings.MONTH, range(1, 13), "1 to 12 or the months' names", "unknown_birth_months"
  ),
  **dict.fromkeys(
    _ETHNICITY,
    code_rules.codes(
      data_codings.ETHNICITY, ethnicity.CODES, "the codes and meanings of data coding 1001", "unknown_ethnicity_values"
    ),
  ),
  **dict.fromkeys(_VISIT_DATE, cell_rules.Rule(dates.read, dates.ACCEPTED, "visits_with_unreadable_date")),
  # Nothing but the groups of reports depends on the centre.
  **dict.fromkeys(
    _CENTRE,
    code_rules.codes(
      data_codings.CENTRE, (), "the codes and meanings of data coding 10", "unknown_centre_values", is_needed=False
    ),
  ),
}


@dataclasses.dataclass(frozen=True)
class Demographics:
  """The cohort's people and visits.

  Attributes:
    participants: schema participants, ordered by eid.
    visits: schema visits, ordered by eid and instance; everybody has at least one.
    counts: numbers of cells, participants and visits left out or doubted, by reason.
    file_counts: how many lines and rows of each file, see `joined_tables.Joined`.
  """

  participants: pd.DataFrame
  visits: pd.DataFrame
  counts: dict[str, int]
  file_counts: Mapping[pathlib.Path, dict[str, int]] = dataclasses.field(default_factory=dict)


def read(
  paths: Iterable[pathlib.Path], instances: Collection[int] = (2,), *, today: datetime.date | None = None
) -> Demographics:
  """Reads the demographic fields from UK Biobank tables.

  Args:
    paths: the tables, see `joined_tables.read`.
    instances: visits with images, whose date is needed; others are read where they exist.
    today: visits after this day are left out; by default the day of the call.

  Raises:
    InputError: a needed field is missing (all are listed), too many of its cells are not understood, or a table can't
      be read.
  """
  dates_needed = [(_VISIT_DATE[instance],) for instance in sorted(instances) if instance in INSTANCES]
  needed = [(_GENETIC_SEX, _SEX), (_BIRTH_YEAR,), (_BIRTH_MONTH,), (_ETHNICITY[0],), *dates_needed]
  raw = joined_tables.read(paths, needed, [*_VISIT_DATE, *_ETHNICITY, *_CENTRE], rules=_RULES)
  participants, visits, counts = _build(raw.table, today or datetime.date.today())
  return Demographics(participants, visits, raw.counts | counts, raw.file_counts)


def _build(table: pd.DataFrame, today: datetime.date) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
  """Returns participants, visits and counts; people without sex, birth or visit are left out."""
  sex, birth, codes = _sex(table), _birth(table), _ethnicity(table)
  known = ~np.isnan(sex) & ~np.isnat(birth)
  visits, counts = _visits(table[known], birth[known], today)
  has_visit = np.asarray(table["eid"].isin(visits["eid"]))
  participants = pd.DataFrame({"eid": table["eid"], "sex": sex, "ethnicity": codes})[has_visit]
  counts |= {
    "participants_without_sex": int(np.isnan(sex).sum()),
    "participants_without_usable_birth_date": int((np.isnat(birth) & ~np.isnan(sex)).sum()),
    "participants_without_visit": int((known & ~has_visit).sum()),
    "participants_without_ethnicity": int((codes[has_visit] == ethnicity.MISSING).sum()),
  }
  return _conform(participants, cohort_tables.PARTICIPANTS), _conform(visits, cohort_tables.VISITS), counts


def age_years(birth: np.ndarray, date: np.ndarray) -> np.ndarray:
  """Returns float64 years of 365.25 days between datetime64[D] arrays, NaN where either is missing."""
  days = (date - birth) / np.timedelta64(1, "D")
  return days / DAYS_PER_YEAR


def _sex(table: pd.DataFrame) -> np.ndarray:
  """Returns genetic sex, else the reported one: float64 [n], 0 female, 1 male, NaN unknown."""
  genetic, reported = (data_codings.numbers(table[str(column)]) for column in (_GENETIC_SEX, _SEX))
  return np.where(np.isnan(genetic), reported, genetic)


def _birth(table: pd.DataFrame) -> np.ndarray:
  """Returns birth dates, datetime64[D] [n], NaT where year or month is missing or the year impossible."""
  year, month = (data_codings.numbers(table[str(column)]) for column in (_BIRTH_YEAR, _BIRTH_MONTH))
  good = (year >= _FIRST_YEAR) & ~np.isnan(month)
  months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype(np.int64)
  first_of_month = months.astype("datetime64[M]").astype("datetime64[D]")
  return np.where(good, first_of_month + np.timedelta64(BIRTH_DAY - 1, "D"), np.datetime64("NaT"))


def _ethnicity(table: pd.DataFrame) -> np.ndarray:
  """Returns the first answer of visits 0, 1, 2, else `ethnicity.MISSING`, int64 [n]."""
  codes = np.full(len(table), np.nan)
  for column in _ETHNICITY:
    codes = np.where(np.isnan(codes), data_codings.numbers(table[str(column)]), codes)
  return np.nan_to_num(codes, nan=ethnicity.MISSING).astype(np.int64)


def _visits(table: pd.DataFrame, birth: np.ndarray, today: datetime.date) -> tuple[pd.DataFrame, dict[str, int]]:
  """Returns a row per participant and dated visit of a plausible age, and counts."""
  parts, counts = [], {"visits_in_the_future": 0, "visits_of_implausible_age": 0}
  for instance in INSTANCES:
    date = table[str(_VISIT_DATE[instance])].fillna("NaT").to_numpy(str).astype("datetime64[D]")
    age = age_years(birth, date)
    centre = np.nan_to_num(data_codings.numbers(table[str(_CENTRE[instance])]), nan=cohort_tables.CENTRE_MISSING)
    is_future = date > np.datetime64(today)
    plausible = (age >= MIN_AGE_YEARS) & (age <= MAX_AGE_YEARS) & ~is_future
    counts["visits_in_the_future"] += int(is_future.sum())
    counts["visits_of_implausible_age"] += int((~np.isnan(age) & ~plausible & ~is_future).sum())
    columns_ = {"eid": table["eid"], "instance": instance, "age_years": age, "centre": centre}
    parts.append(pd.DataFrame(columns_)[plausible])
  if num_future := counts["visits_in_the_future"]:
    logging.warning(
      "%d visits are left out: their dates are after today (%s). A later call would read them as real visits. "
      "Correct the dates.",
      num_future,
      today,
    )
  return pd.concat(parts, ignore_index=True), counts


def _conform(table: pd.DataFrame, schema) -> pd.DataFrame:
  keys = [name for name in ("eid", "instance") if name in table]
  return table.sort_values(keys, ignore_index=True).astype(schema.dtypes)
