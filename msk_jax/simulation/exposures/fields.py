"""The fields that a phantom can have: `fields.csv`, and codes of ICD-10.

Field numbers, codes and visits are UK Biobank's (public showcase, data codings). Means and SDs are about those of its
participants. Categories are the published ones.
"""

import csv
import dataclasses
import functools
import pathlib

BIOMARKERS, DISEASES = "biomarkers", "diseases"
# Share of the variables that each main category has, as far as its fields go; diseases get the rest.
_SHARES = {
  BIOMARKERS: 0.35,
  "clinical_phenotypes": 0.14,
  "family_history": 0.06,
  "environmental": 0.18,
  "socioeconomics": 0.08,
}
MAIN_CATEGORIES = (*_SHARES, DISEASES)
DIAGNOSES, DIAGNOSIS_DATES = 41270, 41280
CONTINUOUS, SKEWED, COUNT, WEEK, ORDINAL, NOMINAL, MULTI, DIAGNOSIS = (
  "continuous",
  "skewed",
  "count",
  "week",
  "ordinal",
  "nominal",
  "multi",
  "diagnosis",
)
_FEMALE_MALE = ("female", "male")
_PATH = pathlib.Path(__file__).with_name("fields.csv")
# Categories of ICD-10 (three characters): letter, then the first and last of those that follow each other.
_ICD_10 = {
  "A": "0-9 15-19 20-28 30-32 35-44 48-60 65-71 74-75 77-99",
  "B": "0-9 15-27 33-60 64-83 85-92 94-99",
  "C": "0-26 30-34 37-41 43-58 60-86 90-97",
  "D": "0-7 9-53 55-77 80-84",
  "E": "0-7 10-16 20-32 40-46 50-56 63-68 70-80 83-90",
  "F": "0-7 9-25 28-34 38-45 50-55 60-66 68-73 78-95",
  "G": "0-13 20-26 30-32 35-37 40-41 43-47 50-64 70-73 80-83 90-99",
  "H": "0-6 15-22 25-28 30-36 42-55 60-62 65-75 80-83 90-95",
  "I": "0-2 5-13 20-28 30-52 60-74 77-89 95-99",
  "J": "0-6 9-18 20-22 30-47 60-70 84-86 90-96",
  "K": "0-14 20-23 25-31 35-38 40-46 50-52 55-67 70-77 80-83 85-87 90-93",
  "L": "0-5 10-14 20-30 40-45 50-60 62-68 70-75 80-95 97-99",
  "M": "0-3 5-25 30-36 40-43 45-51 60-63 65-68 70-73 75-77 79-96",
  "N": "0-8 10-23 25-37 39-51 60-64 70-77 80-99",
  "O": "0-8 10-16 20-26 28-36 40-48 60-75 80-92 94-99",
  "P": "0-5 10-15 20-29 35-39 50-61 70-72 74-78",
  "Q": "0-7 10-18 20-28 30-45 50-56 60-87 89-93",
  "R": "0-7 9-23 25-36 39-64 68-74 76-87",
  "S": "0-99",
  "T": "0-35 36-71 73-75 78-88 90-98",
  "U": "80-85",
  "V": "1-6 9-99",
  "W": "0-60 64-70 73-81 83-94",
  "X": "0-84",
  "Y": "10-36 40-84",
  "Z": "0-13 20-65 70-76 80-99",
}


@dataclasses.dataclass(frozen=True)
class Parent:
  """The answers that lead to a question.

  Attributes:
    field: number of the question before.
    codes: answers to it that lead on.
    fill: value of those who are not asked, after cleaning as published; None where they stay missing.
  """

  field: int
  codes: tuple[str, ...]
  fill: float | None


@dataclasses.dataclass(frozen=True)
class Field:
  """A field of UK Biobank.

  Attributes:
    number: of the showcase.
    main_category: one of MAIN_CATEGORIES.
    category: within it.
    kind: `continuous`, `skewed` (log-normal), `count`, `week` (0 to 7 days), `ordinal`, `nominal`, `multi` (several
      answers) or `diagnosis`.
    instances: visits at which it is due.
    codes: answers, of an ordinal field from low to high liability.
    specials: negative codes in use: -1, -3, -7, -10 and their like.
    mean: of a count, the mean of the logarithm.
    sd: of a count, that of the logarithm.
    decimals: of the numbers.
    parent: the question before, of a conditional one.
    sex: 0 or 1 where only women or men are asked.
  """

  number: int
  main_category: str
  category: str
  kind: str
  instances: tuple[int, ...] = (0, 1, 2, 3)
  codes: tuple[str, ...] = ()
  specials: tuple[str, ...] = ()
  mean: float = 0.0
  sd: float = 1.0
  decimals: int = 0
  parent: Parent | None = None
  sex: int | None = None

  @property
  def is_questionnaire(self) -> bool:
    """Whether it is a question, not a measurement or a diagnosis."""
    return self.main_category not in (BIOMARKERS, DISEASES)

  @property
  def num_variables(self) -> int:
    """Number of variables: one for each code where these have no order."""
    return len(self.codes) if self.kind in (NOMINAL, MULTI) else 1

  @property
  def num_arrays(self) -> int:
    """Number of columns at each visit."""
    return len(self.codes) if self.kind == MULTI else 1


@functools.cache
def read() -> tuple[Field, ...]:
  """Returns the fields of `fields.csv`, in its order."""
  with _PATH.open(encoding="utf-8", newline="") as file:
    return tuple(_parse(row, number) for row in csv.DictReader(file) for number in _numbers(row["fields"]))


def choose(num_variables: int) -> tuple[tuple[Field, ...], tuple[str, ...]]:
  """Returns the fields, and the categories of diagnoses, of a phantom with about this many variables.

  A smaller phantom has the first of those of a larger one. Categories take turns, and a question comes after the one
  that leads to it.
  """
  chosen: list[Field] = []
  for main_category, share in _SHARES.items():
    size, wanted = 0, share * num_variables
    for field in _take_turns(main_category):
      if size >= wanted:
        break
      chosen.append(field)
      size += field.num_variables
  left = num_variables - sum(field.num_variables for field in chosen)
  return tuple(chosen), diagnosis_codes()[: max(left, 1)]


@functools.cache
def diagnosis_codes() -> tuple[str, ...]:
  """Returns categories of ICD-10, letters taking turns."""
  ranked = [
    (rank, f"{letter}{category:02d}")
    for letter, ranges in _ICD_10.items()
    for rank, category in enumerate(c for text in ranges.split() for c in _numbers(text))
  ]
  return tuple(code for _, code in sorted(ranked))


def _take_turns(main_category: str) -> list[Field]:
  """Returns a main category's fields: the first of each category, the second of each, and so on."""
  ranks: dict[str, int] = {}
  ranked = []
  for place, field in enumerate(field for field in read() if field.main_category == main_category):
    rank = ranks[field.category] = ranks.get(field.category, -1) + 1
    ranked.append((rank, place, field))
  return [field for *_, field in sorted(ranked, key=lambda each: each[:2])]


def _numbers(text: str) -> range:
  first, _, last = text.partition("-")
  return range(int(first), int(last or first) + 1)


def _parse(row: dict[str, str], number: int) -> Field:
  parent = None
  if row["parent"]:
    field, _, codes = row["parent"].partition("=")
    parent = Parent(int(field), tuple(codes.split("|")), float(row["fill"]) if row["fill"] else None)
  return Field(
    number=number,
    main_category=row["main_category"],
    category=row["category"],
    kind=row["kind"],
    instances=tuple(map(int, row["instances"])),
    codes=tuple(filter(None, row["codes"].split("|"))),
    specials=tuple(filter(None, row["specials"].split("|"))),
    mean=float(row["mean"] or 0.0),
    sd=float(row["sd"] or 1.0),
    decimals=int(row["decimals"] or 0),
    parent=parent,
    sex=_FEMALE_MALE.index(row["sex"]) if row["sex"] else None,
  )
