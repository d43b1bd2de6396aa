"""Diagnoses by their ICD-10 codes and dates: a diagnosis counts at visits after its date.

Who has no diagnosis has none of them: 0. That is so of everybody in the tables, as hospital records are linked for all.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from msk_jax.associations.cleaning import decoding
from msk_jax.associations.cleaning.answers import Answers
from msk_jax.associations.cleaning.drafts import Draft
from msk_jax.associations.cleaning.rows import Rows

CODES, DATES, VISITS = 41270, 41280, 53
PREFIX = "icd10_"
UNDATED = "some of these diagnoses have no date and are left open"

_CODE = re.compile(r"\s*([A-Za-z][0-9]{2})\.?([0-9A-Za-z]*)\b.*")
_PLACES = 10_000
_NEVER = np.inf


@dataclasses.dataclass(frozen=True)
class Diagnoses:
  """People's diagnoses, each once.

  Attributes:
    person: int64 [m].
    code: int64 [m], which of `codes`, in which it is ascending.
    day: float64 [m], of the first one, days since 1970; infinite where no date is known.
    codes: ICD-10 codes, ascending.
    counts: what was not understood, by reason.
  """

  person: np.ndarray
  code: np.ndarray
  day: np.ndarray
  codes: list[str]
  counts: dict[str, int]


def gather(codes: Answers, dated: Answers, num_characters: int) -> Diagnoses:
  """Returns people's diagnoses from the fields of codes and dates, which have the same numbers.

  Args:
    codes: of field 41270: `A001`, `A00.1` or `A00.1 Cholera due to ...`.
    dated: of field 41280.
    num_characters: length of codes; 0 for all.

  Raises:
    InputError: day and month of the dates can't be told apart.
  """
  spelled = [_spell(text, num_characters) for text in codes.texts]
  is_code = np.array([each is not None for each in spelled], bool)
  kept = is_code[codes.code] if len(codes) else np.zeros(0, bool)
  names, number = np.unique(np.array([each or "" for each in spelled], str), return_inverse=True)
  day = _days_of(codes, dated)
  table = pd.DataFrame({"code": number[codes.code][kept], "person": codes.unit[kept], "day": day[kept]})
  undated = int(np.isinf(table["day"]).sum())
  first = table.groupby(["code", "person"], sort=True, as_index=False)["day"].min()
  used = np.unique(first["code"].to_numpy(np.int64))
  return Diagnoses(
    person=first["person"].to_numpy(np.int64),
    code=np.searchsorted(used, first["code"].to_numpy(np.int64)),
    day=first["day"].to_numpy(np.float64),
    codes=[str(name) for name in names[used]],
    counts={"diagnoses_without_date": undated, "diagnoses_that_are_no_code": int((~kept).sum())},
  )


def days_of_visits(parts: Sequence[tuple[int, Answers]], rows: Rows) -> np.ndarray:
  """Returns the day of each row's visit, float64 [r], days since 1970, NaN where it is not known.

  Args:
    parts: visits and their answers to field 53.
    rows: the rows.
  """
  day = np.full(len(rows), np.nan)
  for instance, dated in parts:
    by_text = decoding.to_days(dated.texts, f"{VISITS}-{instance}.0")
    row = rows.find(dated.unit, instance)
    day[row[row >= 0]] = by_text[dated.code][row >= 0]
  return day


def why_undatable(diagnoses: Diagnoses, visit_day: np.ndarray) -> str:
  """Returns why no diagnosis can be placed before or after a visit; empty if some can.

  Args:
    diagnoses: from `gather`.
    visit_day: from `days_of_visits`.
  """
  absent = [
    field
    for field, is_there in ((DATES, np.isfinite(diagnoses.day).any()), (VISITS, np.isfinite(visit_day).any()))
    if not is_there
  ]
  if not absent or not len(diagnoses.day):
    return ""
  return (
    f"no dates in field {' and '.join(map(str, absent))}: give the table that has them, or count diagnoses at all "
    "visits with config.xwas.exposures.diagnoses=any_visit"
  )


def drafts(
  diagnoses: Diagnoses, letter: str, rows: Rows, in_tables: np.ndarray, visit_day: np.ndarray | None
) -> Iterator[Draft]:
  """Yields a variable per code that begins with a letter.

  Args:
    diagnoses: from `gather`.
    letter: a capital.
    rows: the rows.
    in_tables: bool [p], whose diagnoses are known.
    visit_day: float64 [r], NaN where unknown; None: a diagnosis counts at all visits.
  """
  base = np.where(in_tables[rows.person], 0.0, np.nan)
  for place, code in enumerate(diagnoses.codes):
    if not code.startswith(letter):
      continue
    low, high = np.searchsorted(diagnoses.code, [place, place + 1])
    first_day = np.full(len(rows.people), np.nan)
    first_day[diagnoses.person[low:high]] = diagnoses.day[low:high]
    by_row = first_day[rows.person]
    has_it = ~np.isnan(by_row)
    values = base.copy()
    if visit_day is None:
      values[has_it] = 1.0
    else:
      is_unknown = np.isinf(by_row) | np.isnan(visit_day)
      values[has_it] = np.where(is_unknown, np.nan, by_row < visit_day)[has_it]
    yield Draft(f"{PREFIX}{code}", f"ICD-10 {code}", "binary", values, note=_note(by_row, visit_day))


def _note(first_day: np.ndarray, visit_day: np.ndarray | None) -> str:
  return UNDATED if visit_day is not None and np.isinf(first_day).any() else ""


def _spell(text: str, num_characters: int) -> str | None:
  match = _CODE.fullmatch(str(text))
  if match is None:
    return None
  code = (match[1] + match[2]).upper()
  return code[:num_characters] if num_characters else code


def _days_of(codes: Answers, dated: Answers) -> np.ndarray:
  """Returns the date of each code, days since 1970, infinite where there is none."""
  by_text = decoding.to_days(dated.texts, f"{DATES}-0.0") if len(dated) else np.empty(0)
  key = dated.unit * _PLACES + dated.place
  order = np.argsort(key, kind="stable")
  wanted = codes.unit * _PLACES + codes.place
  if not len(key):
    return np.full(len(codes), _NEVER)
  place = np.searchsorted(key[order], wanted).clip(0, len(key) - 1)
  day = np.where(key[order][place] == wanted, by_text[dated.code][order][place], np.nan)
  return np.where(np.isnan(day), _NEVER, day)
