"""Who the participants are and how old at each visit.

Source: paper, Methods ("Dataset"); UK Biobank fields 31 and 22001 (sex), 34 and 52 (year and month of birth), 53 (date
of a visit), 54 (assessment centre), 21000 (ethnic background).
"""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from msk_jax.cohort import coding, columns, ethnicity, schemas, tables

DAYS_PER_YEAR = 365.25
BIRTH_DAY = 15  # of the month: the day of birth is not given out
INSTANCES = (0, 1, 2, 3)

# Participants were 37 to 73 when they enrolled (2006-2010) and are followed since; beyond these limits a date is wrong.
MIN_AGE_YEARS = 35.0
MAX_AGE_YEARS = 100.0

_SEX, _GENETIC_SEX = columns.Column(31), columns.Column(22001)
_BIRTH_YEAR, _BIRTH_MONTH = columns.Column(34), columns.Column(52)
_ETHNICITY = tuple(columns.Column(21000, instance) for instance in (0, 1, 2))
_VISIT_DATE = tuple(columns.Column(53, instance) for instance in INSTANCES)
_CENTRE = tuple(columns.Column(54, instance) for instance in INSTANCES)


@dataclasses.dataclass(frozen=True)
class Demographics:
  """The cohort's people and visits.

  Attributes:
    participants: schema participants, ordered by eid.
    visits: schema visits, ordered by eid and instance; everybody has at least one.
    counts: how many rows, participants and visits were left out or doubted, by reason.
  """

  participants: pd.DataFrame
  visits: pd.DataFrame
  counts: dict[str, int]


def read(paths: Iterable[pathlib.Path], instances: Collection[int] = (2,)) -> Demographics:
  """Reads the demographic fields from UK Biobank tables.

  Args:
    paths: the tables, see `tables.read`.
    instances: visits whose date is needed, because there are images of them; others are read where they exist.

  Raises:
    InputError: a needed field is missing (all are listed), or a table can't be read.
  """
  dates_needed = [(_VISIT_DATE[instance],) for instance in sorted(instances) if instance in INSTANCES]
  needed = [(_GENETIC_SEX, _SEX), (_BIRTH_YEAR,), (_BIRTH_MONTH,), (_ETHNICITY[0],), *dates_needed]
  table, counts = tables.read(paths, needed, [*_VISIT_DATE, *_ETHNICITY, *_CENTRE])
  found = build(table)
  return dataclasses.replace(found, counts=counts | found.counts)


def build(table: pd.DataFrame) -> Demographics:
  """Returns participants and visits from text columns; people without sex, birth or any visit are left out.

  Args:
    table: `eid` and the columns of this module under their classic names, coded or decoded; one row each.
  """
  sex, birth = _sex(table), _birth(table)
  codes, num_unknown = _ethnicity(table)
  known = ~np.isnan(sex) & ~np.isnat(birth)
  visits, counts = _visits(table[known], birth[known])
  has_visit = np.asarray(table["eid"].isin(visits["eid"]))
  participants = pd.DataFrame({"eid": table["eid"], "sex": sex, "ethnicity": codes})[has_visit]
  counts |= {
    "participants_without_sex": int(np.isnan(sex).sum()),
    "participants_without_usable_birth_date": int((np.isnat(birth) & ~np.isnan(sex)).sum()),
    "participants_without_visit": int((known & ~has_visit).sum()),
    "participants_without_ethnicity": int((codes[has_visit] == ethnicity.MISSING).sum()),
    "unknown_ethnicity_values": num_unknown,
  }
  return Demographics(_conform(participants, schemas.PARTICIPANTS), _conform(visits, schemas.VISITS), counts)


def age_years(birth: np.ndarray, date: np.ndarray) -> np.ndarray:
  """Returns float64 years of 365.25 days between datetime64[D] arrays, NaN where either is missing."""
  days = (date - birth) / np.timedelta64(1, "D")
  return days / DAYS_PER_YEAR


def _sex(table: pd.DataFrame) -> np.ndarray:
  """Genetic sex, else the reported one: float64 [n], 0 female, 1 male, NaN unknown."""
  genetic, reported = (coding.codes(table[str(column)], coding.SEX) for column in (_GENETIC_SEX, _SEX))
  sex = np.where(np.isnan(genetic), reported, genetic)
  return np.where(np.isin(sex, (schemas.FEMALE, schemas.MALE)), sex, np.nan)


def _birth(table: pd.DataFrame) -> np.ndarray:
  """Birth dates, datetime64[D] [n], NaT where year or month is missing or impossible."""
  year = coding.numbers(table[str(_BIRTH_YEAR)])
  month = coding.codes(table[str(_BIRTH_MONTH)], coding.MONTH)
  good = (year >= 1900) & (year <= 2100) & (month >= 1) & (month <= 12)
  months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype(np.int64)
  first_of_month = months.astype("datetime64[M]").astype("datetime64[D]")
  return np.where(good, first_of_month + np.timedelta64(BIRTH_DAY - 1, "D"), np.datetime64("NaT"))


def _ethnicity(table: pd.DataFrame) -> tuple[np.ndarray, int]:
  """The first answer of visits 0, 1, 2, else `ethnicity.MISSING`, int64 [n]; and how many answers are unknown."""
  codes = np.full(len(table), np.nan)
  num_unknown = 0
  for column in _ETHNICITY:
    answer = coding.codes(table[str(column)], coding.ETHNICITY)
    answer[~np.isin(answer, list(ethnicity.CODES))] = np.nan
    num_unknown += coding.unknown(table[str(column)], answer)
    codes = np.where(np.isnan(codes), answer, codes)
  return np.nan_to_num(codes, nan=ethnicity.MISSING).astype(np.int64), num_unknown


def _visits(table: pd.DataFrame, birth: np.ndarray) -> tuple[pd.DataFrame, dict[str, int]]:
  """One row per participant and dated visit of a plausible age, and counts."""
  parts, counts = [], {"visits_with_unreadable_date": 0, "visits_of_implausible_age": 0}
  for instance in INSTANCES:
    texts = table[str(_VISIT_DATE[instance])]
    dates = coding.dates(texts)
    age = age_years(birth, dates)
    centre = coding.codes(table[str(_CENTRE[instance])], coding.CENTRE)
    plausible = (age >= MIN_AGE_YEARS) & (age <= MAX_AGE_YEARS)
    counts["visits_with_unreadable_date"] += int((texts.notna().to_numpy() & np.isnat(dates)).sum())
    counts["visits_of_implausible_age"] += int((~np.isnan(age) & ~plausible).sum())
    centre = np.nan_to_num(centre, nan=schemas.CENTRE_MISSING)
    columns_ = {"eid": table["eid"], "instance": instance, "age_years": age, "centre": centre}
    parts.append(pd.DataFrame(columns_)[plausible])
  return pd.concat(parts, ignore_index=True), counts


def _conform(table: pd.DataFrame, schema) -> pd.DataFrame:
  keys = [name for name in ("eid", "instance") if name in table]
  return table.sort_values(keys, ignore_index=True).astype(dict(schema.columns))
