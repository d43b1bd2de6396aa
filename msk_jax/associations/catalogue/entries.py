"""An entry of the catalogue: which columns a variable is made from, and the rules by which their cells are read.

| column | what | examples |
|---|---|---|
| `fields` | the field, and those that stand in where it is missing or are joined with it (`any`) | `4079\\|94` |
| `readings` | which answers of the array count | `first`, `mean`, `each`, `each:1-15`, `any` |
| | `accepted`: the first that a field of the same number accepts | `accepted:3061=0\\|32` |
| | `picked`: the one whose number a field holds | `picked:5237` |
| `where` | conditions on other fields at the same visit | `4268=2&4275=2`, `12657=blank` |
| `rules` | what codes become; nothing after `=` is missing | `-1=0.5;-3=;-10=0` |
| `fill` | what a blank cell becomes where the person answered anything else of the category at the visit | `0`, `90` |
| `levels` | of `one_hot`: the only codes that count; of `diagnosis`: the first letter | `1\\|2\\|3`, `A` |
| `instances` | visits at which the catalogue expects it; empty: unknown | `0-2` |
| `timing` | `visit`: a value belongs to its visit; `person`: to all visits | |
"""

import csv
import dataclasses
import functools
import io
import math
import pathlib
import re
from collections.abc import Mapping

from msk_jax.io import errors, plain_files

AUTO = "auto"  # by the answers themselves
KINDS = ("continuous", "ordinal", "binary", "one_hot", "date", "diagnosis", AUTO)
READINGS = ("first", "mean", "each", "any", "accepted", "picked")
OTHER = "other"

_FOLDER = pathlib.Path(__file__).parent
_BLANK = "blank"
_OWN_COLUMNS = (
  *("column", "field", "kind", "main_category", "category", "label", "rules", "variable", "fields", "name", "readings"),
  *("levels", "where", "fill", "instances", "timing", "coding", "helper_codings", "feature", "source"),
)
_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclasses.dataclass(frozen=True)
class Condition:
  """That a field has one of these codes at the visit; no codes: that it is blank."""

  field: int
  codes: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Entry:
  """A row of the catalogue, see the module's table.

  Attributes:
    variable: the name of the variable, or of all its levels or items before their own part.
    fields: UK Biobank's, the first before the others; none for own columns.
    readings: one of READINGS.
    items: of `each`: the first and last number of the answers that count; None: all.
    helper: of `accepted` the condition on the answer with the same number, of `picked` the field that holds the number.
    rules: code to value, NaN for missing.
    values: code to meaning, of the field's data coding; empty where we do not have it.
    helper_values: the same of the further fields, by field.
    is_closed: whether `values` are all values there are, and others not understood.
    others: see the module's table.
  """

  main_category: str
  category: str
  variable: str
  fields: tuple[int, ...]
  name: str
  kind: str
  readings: str = "first"
  items: tuple[int, int] | None = None
  helper: Condition | None = None
  levels: tuple[str, ...] = ()
  where: tuple[Condition, ...] = ()
  rules: Mapping[float, float] = dataclasses.field(default_factory=dict)
  fill: float | None = None
  instances: tuple[int, ...] = ()
  timing: str = "visit"
  values: Mapping[int, str] = dataclasses.field(default_factory=dict)
  helper_values: Mapping[int, Mapping[int, str]] = dataclasses.field(default_factory=dict)
  is_closed: bool = False
  feature: str = ""
  cleaning: str = ""
  source: str = ""

  @property
  def field(self) -> int:
    """The first field; 0 for own columns."""
    return self.fields[0] if self.fields else 0

  @property
  def helpers(self) -> tuple[int, ...]:
    """Further fields that tell whether and which cells count."""
    return (*(condition.field for condition in self.where), *((self.helper.field,) if self.helper else ()))


@functools.cache
def read() -> tuple[Entry, ...]:
  """Returns the catalogue."""
  path = _FOLDER / "catalogue.csv"
  return tuple(parse(row, path.name) for row in read_rows(path))


@functools.cache
def codings() -> Mapping[str, Mapping[int, str]]:
  """Returns code to meaning by the number of the data coding."""
  result: dict[str, dict[int, str]] = {}
  for row in read_rows(_FOLDER / "codings.csv"):
    result.setdefault(row["coding"], {})[int(row["value"])] = row["meaning"]
  return result


def read_own_rows(path: pathlib.Path) -> list[dict[str, str]]:
  """Returns the rows of a person's own CSV of entries, see `read_rows`.

  Raises:
    InputError: it can't be read, or has a column that entries lack: it would have no effect.
  """
  rows = read_rows(path)
  if unknown := sorted({name for row in rows for name in row if name not in _OWN_COLUMNS}):
    raise errors.InputError(
      f"{path.name} has unknown columns: {', '.join(f'`{name[:80]}`' for name in unknown[:5])}. Known, separated by "
      f"commas, are {', '.join(_OWN_COLUMNS)}."
    )
  return rows


def read_rows(path: pathlib.Path) -> list[dict[str, str]]:
  """Returns a small CSV's rows, stripped text by column, empty where a row is short.

  Raises:
    InputError: it can't be read.
  """
  try:
    text = plain_files.read_bytes(path).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), restval="", restkey=""))
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise errors.InputError(f"{path.name} can't be read ({type(error).__name__}): save it as CSV in UTF-8.") from None
  return [{(name or "").strip(): (cell or "").strip() for name, cell in row.items() if name} for row in rows]


def parse(row: Mapping[str, str], where: str) -> Entry:
  """Returns the entry of a row.

  Args:
    row: text by column; of the catalogue's columns `category`, `kind` and `fields` or `variable` are needed.
    where: the table's name, for messages.

  Raises:
    InputError: a cell can't be understood.
  """
  get = lambda name, default="": row.get(name, "") or default  # noqa: E731
  try:
    fields = tuple(int(number) for number in get("fields", get("field")).split("|") if number)
    kind = get("kind")
    readings, _, detail = get("readings", "any" if kind in ("one_hot", "diagnosis") else "first").partition(":")
    values = {code: text for part in get("coding").split("|") for code, text in codings().get(part, {}).items()}
    entry = Entry(
      main_category=get("main_category", OTHER),
      category=get("category", OTHER),
      variable=get("variable", str(fields[0]) if fields else ""),
      fields=fields,
      name=get("name", get("label")),
      kind=kind,
      readings=readings,
      items=_parse_range(detail) if readings == "each" and detail else None,
      helper=_parse_condition(detail) if readings in ("accepted", "picked") else None,
      levels=tuple(level for level in get("levels").split("|") if level),
      where=tuple(_parse_condition(part) for part in get("where").split("&") if part),
      rules=_parse_rules(get("rules")),
      fill=float(get("fill")) if get("fill") else None,
      instances=_parse_instances(get("instances")),
      timing=get("timing", "visit"),
      values=values,
      helper_values=_parse_helpers(get("helper_codings")),
      is_closed=bool(values) and kind != "continuous",
      feature=get("feature"),
      cleaning=_describe(row, readings, detail),
      source=get("source", where),
    )
  except (ValueError, IndexError):
    shown = ", ".join(f"{name}={cell}" for name, cell in row.items() if cell)[:200]
    raise errors.InputError(f"{where}: the row `{shown}` can't be understood; see `catalogue/entries.py`.") from None
  _check(entry, where)
  return entry


def _check(entry: Entry, where: str) -> None:
  if not _NAME.fullmatch(entry.category) or not entry.variable:
    raise errors.InputError(f"{where}: category `{entry.category}` must be letters, digits and underscores.")
  for what, value, known in (
    ("kind", entry.kind, KINDS),
    ("readings", entry.readings, READINGS),
    ("timing", entry.timing, ("visit", "person")),
  ):
    if value not in known:
      raise errors.InputError(f"{where}, {entry.variable}: {what} must be one of {', '.join(known)}, got `{value}`.")


def _parse_rules(text: str) -> dict[float, float]:
  pairs = (part.partition("=") for part in text.split(";") if part)
  return {float(code): float(value) if value else math.nan for code, _, value in pairs}


def _parse_condition(text: str) -> Condition:
  field, _, codes = text.partition("=")
  return Condition(int(field), () if codes in ("", _BLANK) else tuple(float(code) for code in codes.split("|")))


def _parse_range(text: str) -> tuple[int, int]:
  first, _, last = text.partition("-")
  return int(first), int(last or first)


def _parse_helpers(text: str) -> dict[int, Mapping[int, str]]:
  pairs = (part.partition(":") for part in text.split())
  return {int(field): codings().get(coding, {}) for field, _, coding in pairs}


def _parse_instances(text: str) -> tuple[int, ...]:
  return tuple(number for part in text.split() for number in range(_parse_range(part)[0], _parse_range(part)[1] + 1))


def _describe(row: Mapping[str, str], readings: str, detail: str) -> str:
  """Returns how an entry is cleaned, for people."""
  parts = [row.get("kind", ""), readings + (f":{detail}" if detail else "")]
  for name in ("levels", "where", "rules", "fill"):
    if row.get(name):
      parts.append(f"{name} {row[name]}")
  if row.get("timing") == "person":
    parts.append("the same at all visits")
  return re.sub(r"\s+", " ", ", ".join(part for part in parts if part))
