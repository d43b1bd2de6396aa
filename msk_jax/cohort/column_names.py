"""The names of UK Biobank columns: four spellings of one thing, and cells that hold several answers.

| export | instance 2 of field 53 | second answer of field 6138 | field 31 |
|---|---|---|---|
| classic `ukbconv` CSV | `53-2.0` | `6138-0.1` | `31-0.0` |
| R or tab export | `f.53.2.0` | `f.6138.0.1` | `f.31.0.0` |
| Research Analysis Platform | `p53_i2` | `p6138_i0_a1` | `p31` |

The fourth is the last with the prefix `participant.`, as `dx extract_dataset` writes it.
"""

import dataclasses
import enum
import re

EID_NAMES = ("eid", "f.eid", "participant.eid")

# Fields without instances or arrays: the platform writes `p31`, not `p31_i0`.
SINGLE_FIELDS = frozenset({31, 34, 52, 22000, 22001, 22005, 22006, 22009, 22019, 22027})

# As a column's array: all answers of a cell as they are, `1|3|6`, in tables that pack them.
ALL_ANSWERS = -1

# Fields whose answers are numbered from 1: the first of several in a cell is number 1.
_NUMBERED_FROM_1 = frozenset({22009})

_CLASSIC = re.compile(r"(\d+)-(\d+)\.(\d+)")
_R = re.compile(r"f\.(\d+)\.(\d+)\.(\d+)")
_PLATFORM = re.compile(r"(?:participant\.)?p(\d+)(?:_i(\d+))?(?:_a(\d+))?")
_CELL_SEPARATOR = re.compile(r"[|,]")


class Spelling(enum.StrEnum):
  """Who wrote the table."""

  CLASSIC = "classic"
  R = "r"
  PLATFORM = "platform"
  DATASET = "dataset"


@dataclasses.dataclass(frozen=True, order=True)
class Column:
  """A column of UK Biobank: which question, at which visit, and which of several answers.

  Attributes:
    field: field number of the showcase.
    instance: visit, 0 where the field has none.
    array: number of the answer, 0 where the field has one.
  """

  field: int
  instance: int = 0
  array: int = 0

  def __str__(self) -> str:
    """The classic spelling."""
    return spell(self, Spelling.CLASSIC)


@dataclasses.dataclass(frozen=True)
class Parsed:
  """What a table's column name says.

  Attributes:
    column: field, instance and array; 0 for what the name leaves out.
    may_be_packed: whether a cell may hold all answers of the instance, `1|3|6`.
  """

  column: Column
  may_be_packed: bool


def parse(name: str) -> Parsed | None:
  """Returns what a column name in any of the four spellings says, or None for any other name."""
  name = name.strip()
  if match := _CLASSIC.fullmatch(name) or _R.fullmatch(name):
    field, instance, array = map(int, match.groups())
    return Parsed(Column(field, instance, array), may_be_packed=False)
  if match := _PLATFORM.fullmatch(name):
    field, instance, array = (int(part or 0) for part in match.groups())
    return Parsed(Column(field, instance, array), may_be_packed=match[3] is None)
  return None


def is_eid(name: str) -> bool:
  """Returns whether a column holds the participant's id."""
  return name.strip() in EID_NAMES


def spell(column: Column, spelling: Spelling, *, has_array: bool | None = None) -> str:
  """Returns the column's name in one spelling.

  Args:
    column: the column.
    spelling: which export.
    has_array: whether a name of the platform has the answer's number (the others always have it); by default only
      where `array` is not 0.
  """
  field, instance, array = dataclasses.astuple(column)
  if spelling is Spelling.CLASSIC:
    return f"{field}-{instance}.{array}"
  if spelling is Spelling.R:
    return f"f.{field}.{instance}.{array}"
  name = f"p{field}" if field in SINGLE_FIELDS else f"p{field}_i{instance}"
  if has_array if has_array is not None else array:
    name += f"_a{array}"
  return f"participant.{name}" if spelling is Spelling.DATASET else name


def place_in_cell(column: Column) -> int:
  """Returns which of several answers in one cell is the column's, from 0."""
  return column.array - (column.field in _NUMBERED_FROM_1)


def spellings(column: Column) -> tuple[str, ...]:
  """Returns the column's names in all four spellings, for messages."""
  return tuple(spell(column, spelling) for spelling in Spelling)


def unpack(cell: str) -> tuple[str, ...]:
  """Returns the answers in a cell such as `1|3|6` or `[1, 3, 6]`. A plain value is one answer, an empty cell none."""
  cell = cell.strip()
  if cell.startswith("[") and cell.endswith("]"):
    parts = _CELL_SEPARATOR.split(cell[1:-1])
  else:
    parts = cell.split("|")
  answers = (part.strip().strip("\"'") for part in parts)
  return tuple(answer for answer in answers if answer)
