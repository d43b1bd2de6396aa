"""Counts of one to four people that follow from the tables of a site together: by totals, complements, nested groups.

Rows are compared by their labels. A row with fewer of them (`model`) is the total of rows with more (`model`, `sex`),
in one table or in two; a label `all`, or none, means the total. Compared are: a group with its total, the sum of groups
side by side with their total, a band of ages with the finer bands in it, rows of equal labels, a part with its whole in
one row. Of two sexes the one that is not shown is computed.

What a label says of the people is declared in `schemas.nesting`, whose counts a table has in its schema (`people`).
`NOT_CHECKED` says what is not compared.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from msk_jax.disclosure import site_bands, small_counts
from msk_jax.disclosure.site_declared import Checked, Violation
from msk_jax.io import tables
from msk_jax.io.tables import Kind
from msk_jax.schemas import nesting

CHECKED = (
  "Every count of people and samples: none is from one to four; those declared as rounded are.",
  "People and samples of a row, and a part of the people beside all of them: they do not differ by one to four.",
  "Every group beside its total, in the same table and in all others of the same people (by sex, category, fold, age, "
  "any label): nobody can count one to four people as the rest.",
  "The sum of groups side by side, by any label, beside their total; bands of ages beside the finer bands in them.",
  "Rows of two tables with the same labels: their counts do not differ by one to four.",
  "Of two sexes the one that is not shown, as total minus the other, and its groups.",
  "Totals that are declared for a table, by the rules of `disclosure.door`.",
)
NOT_CHECKED = (
  "Counts of different models, traits and stages (who has a picture, a genotype, an answer): they are of different "
  "people, and their difference is not a number of people.",
  "Two different variables of the XWAS against each other: those who answered one may not have answered the other.",
  "People of a prediction from variables (those with all of some chosen variables) against each other and against "
  "those of each variable: neither are part of the others.",
  "Counts that are rounded down to a multiple of five against exact ones: their difference says nothing.",
  "Differences that need three tables or more, other than by sex.",
  "Counts in texts and documents, hover texts too, against those of tables: each is looked at alone.",
  "Counts that follow from estimates (a standard error, a share): the stages hide these where they hide counts.",
  "Releases of the same study side by side: keep one.",
)

_WHOLE_OF_A_ROW = ("num_people", "num_samples")


@dataclasses.dataclass(frozen=True)
class _Part:
  """Rows of a table that have the same labels, and their counts.

  Attributes:
    file: of the table.
    people: whose counts they are; only equal ones are compared.
    frame: labels, `_row` (from 1), and counts by what they count.
    labels: columns of labels.
    key: the fewest labels that tell the rows apart; all of them where none do. Those of groups of the same people
      are always among them: a table of one band of age is not of everybody.
    is_unique: whether they tell the rows apart.
    counts: columns of counts to their kinds; without rounded ones.
  """

  file: str
  people: str
  frame: pd.DataFrame
  labels: tuple[str, ...]
  key: tuple[str, ...]
  is_unique: bool
  counts: dict[str, Kind]


def find_violations(checked: Iterable[Checked]) -> list[Violation]:
  """Returns what counts of one to four people follow from tables together."""
  violations: list[Violation] = []
  parts: list[_Part] = []
  for each in checked:
    schema = each.declared.schema
    if each.table is not None and schema is not None and schema.of_kind(Kind.PEOPLE, Kind.SAMPLES):
      violations += _within_rows(each.declared.path, each.table, schema)
      parts += _parts(each.declared.path, each.table, schema)
  parts += _other_sexes(parts)
  for total, groups in itertools.permutations(parts, 2):
    if total.people != groups.people:
      continue
    if total.is_unique and _are_nested(total, groups):
      violations += _compare(total, groups)
  for wide, fine in itertools.product(parts, repeat=2):
    if wide.people == fine.people and wide.labels == fine.labels:
      violations += _compare_bands(wide, fine)
  return sorted(set(violations))


def _are_nested(total: _Part, groups: _Part) -> bool:
  """Returns whether rows of groups can be parts of rows of a total: labels of the latter alone divide nobody."""
  more, extra = set(groups.labels) - set(total.labels), set(total.key) - set(groups.labels)
  return not more & nesting.SUBJECTS and extra <= nesting.ASIDE


def _within_rows(file: str, table: pd.DataFrame, schema: tables.Schema) -> Iterator[Violation]:
  """Yields rows in which a part of the people leaves one to four of all."""
  people = schema.of_kind(Kind.PEOPLE)
  wholes = [name for name in people if name == "n" or name in _WHOLE_OF_A_ROW]
  named = [(whole, part) for whole in wholes for part in people if part.startswith(f"{whole}_") and part not in wholes]
  declared = [(schema.columns[part].whole, part) for part in people if schema.columns[part].whole in schema.columns]
  for whole, part in dict.fromkeys([*named, *declared]):
    for row in _small_rows(table[whole], table[part]):
      yield Violation(file, f"row {row + 1}", f"columns {whole} and {part} differ by one to four")


def _parts(file: str, table: pd.DataFrame, schema: tables.Schema) -> list[_Part]:
  """Returns a table's rows, divided by which labels mean the total."""
  labels = [name for name in schema.of_kind(Kind.LABEL) if table[name].notna().any()]
  exact = [name for name in schema.of_kind(Kind.PEOPLE, Kind.SAMPLES) if schema.columns[name].step == 1]
  counts = {name: _role(name, schema.columns[name].kind) for name in exact}
  frame = table[[*labels, *counts]].rename(columns=counts).assign(_row=np.arange(1, len(table) + 1))
  frame = _sex_from_groups(frame)
  roles = {role: schema.columns[name].kind for name, role in counts.items()}
  labels = [name for name in map(str, frame) if name not in roles and name != "_row"]
  is_total = pd.DataFrame(
    {name: frame[name].fillna("").astype(str).isin(nesting.TOTALS) for name in labels}, frame.index
  )
  if not labels or not counts or schema.people == tables.APART:
    return []
  parts = []
  for pattern, rows in frame.groupby([is_total[name] for name in labels], sort=False):
    kept = [name for name, total in zip(labels, pattern, strict=True) if not total]
    parts.append(_make_part(file, _people_of(schema), rows.drop(columns=set(labels) - set(kept)), kept, roles))
  return parts


def _make_part(file: str, people: str, frame: pd.DataFrame, labels: Sequence[str], counts: dict[str, Kind]) -> _Part:
  key = list(labels)
  is_unique = not frame.duplicated(key).any() if key else len(frame) == 1
  for name in (name for name in reversed(labels) if name not in nesting.GROUPS):
    fewer = [each for each in key if each != name]
    if is_unique and set(fewer) - nesting.GROUPS and not frame.duplicated(fewer).any():
      key = fewer
  return _Part(file, people, frame, tuple(labels), tuple(key), is_unique, counts)


def _role(name: str, kind: Kind) -> str:
  """Returns what a column counts, for all tables alike: `n` are the people or the samples of a row."""
  return {Kind.PEOPLE: "num_people", Kind.SAMPLES: "num_samples"}[kind] if name == "n" else name


def _sex_from_groups(frame: pd.DataFrame) -> pd.DataFrame:
  """Returns rows with a column `sex` where it is said in `stratum`, or in `kind` and `group`."""
  if "sex" in frame:
    return frame
  if "stratum" in frame and frame["stratum"].isin(nesting.SEXES).any():
    return frame.rename(columns={"stratum": "sex"})
  if {"kind", "group"} <= set(frame) and (is_sex := frame["kind"] == "sex").any():
    sex = frame["group"].where(is_sex, "").str.lower()
    return frame.assign(sex=sex, kind=frame["kind"].mask(is_sex, ""), group=frame["group"].mask(is_sex, ""))
  return frame


def _people_of(schema: tables.Schema) -> str:
  """Returns whose counts a table has: as declared, else tables of one stage are of the same people."""
  first = schema.name.partition("_")[0]
  return schema.people or (schema.name if first == "report" else first)


def _other_sexes(parts: Sequence[_Part]) -> list[_Part]:
  """Returns the rows of the sex that is not shown, as total minus the one that is."""
  derived = []
  for groups in (part for part in parts if "sex" in part.labels and part.is_unique):
    outer = [name for name in groups.key if name != "sex"]
    alone = groups.frame[~groups.frame.duplicated(outer, keep=False)] if outer else groups.frame
    alone = alone[alone["sex"].isin(nesting.SEXES)]
    for total in parts:
      fits = total.people == groups.people and total.is_unique and list(total.key) == outer and outer
      roles = [role for role, kind in groups.counts.items() if kind is Kind.PEOPLE and role in total.counts]
      if not fits or alone.empty or not roles:
        continue
      beside = alone.merge(total.frame[[*outer, *roles]], on=outer, suffixes=("", "_total"))
      other = beside.assign(sex=beside["sex"].map(dict(zip(nesting.SEXES, reversed(nesting.SEXES), strict=True))))
      for role in roles:
        other[role] = beside[f"{role}_total"] - beside[role]
      counts = dict.fromkeys(roles, Kind.PEOPLE)
      frame = other[[*outer, "sex", "_row", *roles]]
      derived.append(_make_part(f"{total.file} minus {groups.file}", groups.people, frame, [*outer, "sex"], counts))
  return derived


def _compare(total: _Part, groups: _Part) -> Iterator[Violation]:
  """Yields where groups, or their sum, leave one to four people of a total."""
  on = [name for name in total.labels if name in groups.labels and (name in total.key or name not in nesting.ASIDE)]
  extra = [name for name in total.key if name not in groups.labels]
  for of_total, of_groups in _comparable(total, groups):
    columns = groups.frame[[*groups.labels, "_row", of_groups]].rename(columns={of_groups: "_group"})
    wholes = total.frame[[*on, *extra, of_total]].rename(columns={of_total: "_total"})
    beside = columns.merge(wholes, on=on) if on else columns.merge(wholes, how="cross")
    for row in beside.loc[_small_rows(beside["_total"], beside["_group"]), "_row"]:
      yield Violation(groups.file, f"row {row}", f"{of_groups} and {of_total} of {total.file} differ by one to four")
    if (by := _partition(total, groups)) is None:
      continue
    within = [*on, *extra, *by]
    sums = (beside.groupby(within, dropna=False, sort=False) if within else beside.groupby(lambda _: 0)).agg(
      _group=("_group", "sum"), _total=("_total", "first"), _row=("_row", "first"), size=("_row", "size")
    )
    sums = sums[sums["size"] > 1].reset_index(drop=True)
    for row in sums.loc[_small_rows(sums["_total"], sums["_group"]), "_row"]:
      reason = f"the sum of {of_groups} over its groups and {of_total} of {total.file} differ by one to four"
      yield Violation(groups.file, f"row {row} and those beside it", reason)


def _compare_bands(wide: _Part, fine: _Part) -> Iterator[Violation]:
  """Yields where a band of ages and the finer bands in it leave one to four people."""
  for name in (name for name in wide.labels if name in nesting.GROUPS):
    for role in (role for role in wide.counts if role in fine.counts):
      others = [label for label in wide.labels if label != name]
      sums = site_bands.sum_finer(wide.frame, fine.frame, name, role, others)
      for row in sums.loc[_small_rows(sums["whole"], sums["finer"]), "row"]:
        reason = f"{role} and the sum over the finer bands of {fine.file} differ by one to four"
        yield Violation(wide.file, f"row {row}", reason)


def _comparable(total: _Part, groups: _Part) -> Iterator[tuple[str, str]]:
  """Yields the counts of two parts that are of the same thing: equal names, and people beside samples."""
  for of_total, of_groups in itertools.product(total.counts, groups.counts):
    is_whole = of_total in _WHOLE_OF_A_ROW and of_groups in _WHOLE_OF_A_ROW
    is_beside = total.counts[of_total] is Kind.SAMPLES and groups.counts[of_groups] is Kind.PEOPLE
    if of_total == of_groups or (is_whole and is_beside and total.file != groups.file):
      yield of_total, of_groups


def _partition(total: _Part, groups: _Part) -> list[str] | None:
  """Returns labels within which the rows of groups are side by side, None where they are not."""
  more = [name for name in groups.labels if name not in total.labels]
  if not more:
    return None if groups.is_unique else []  # bins, which no label tells apart
  return [name for name in more if name in nesting.GROUPINGS]


def _small_rows(whole: pd.Series, part: pd.Series) -> pd.Index:
  """Returns the rows in which two counts, where both are known, differ by one to four."""
  difference = (whole.astype("Float64") - part.astype("Float64")).abs().fillna(0).to_numpy(float)
  return whole.index[small_counts.is_small(difference)]
