"""Families: relatives from UK Biobank's relatedness file, `ukb_rel.dat` (columns ID1 ID2 HetHet IBS0 Kinship)."""

import dataclasses
import math
import pathlib
import re
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd
from absl import logging
from scipy import sparse
from scipy.sparse import csgraph

from msk_jax.cohort import application_overlap, text_lines
from msk_jax.io import errors, ids

# KING's lower limit of third-degree relatives (Manichaikul et al. 2010, Bioinformatics 26:2867).
MIN_KINSHIP = 0.0442

_MAX_KINSHIP = 0.6  # identical twins have 0.5; coefficients of relationship are twice as large
_COLUMNS = ("id1", "id2", "kinship")
_SEPARATORS = ("\t", ",", ";")  # else any spaces
_NOBODY = re.compile(r"-[0-9]+(\.0*)?|0+|NA|NaN|", re.IGNORECASE)  # what stands for people who have withdrawn
_UNKNOWN = ("", "NA", "NAN", ".", "NULL")


@dataclasses.dataclass(frozen=True)
class Relatedness:
  """What the relatedness files say.

  Attributes:
    pairs: related pairs: columns id1, id2 (strings) and kinship (float64, at least `MIN_KINSHIP`, or NaN where the
      file has none: the file lists relatives, so such a pair counts as related).
    counts: `pairs_read`, and of these `pairs_too_distant`, `pairs_without_id` (an id such as -1 is nobody's) and
      `pairs_without_kinship`.
  """

  pairs: pd.DataFrame
  counts: dict[str, int]

  @property
  def people(self) -> frozenset[str]:
    """Everybody who is in a related pair."""
    return frozenset(self.pairs["id1"]) | frozenset(self.pairs["id2"])


def read(paths: Iterable[pathlib.Path]) -> Relatedness:
  """Reads relatedness files: columns in any order and case, separated by spaces, tabs, commas or semicolons.

  Raises:
    InputError: a file can't be read, lacks a column, or has a line that is not understood.
  """
  pairs_of_file = {path: _read_one(path) for path in sorted(paths)}
  if empty := [path.name for path, pairs in pairs_of_file.items() if not pairs]:
    logging.warning("RELATEDNESS FILES WITHOUT ANY PAIR: %s", ", ".join(empty))
  rows = [row for pairs in pairs_of_file.values() for row in pairs]
  table = pd.DataFrame(rows, columns=["id1", "id2", "kinship"])
  table = table.astype({"id1": "string", "id2": "string", "kinship": float})
  has_ids = table["id1"].notna() & table["id2"].notna()
  is_distant = table["kinship"] < MIN_KINSHIP
  counts = {
    "pairs_read": len(table),
    "pairs_too_distant": int((has_ids & is_distant).sum()),
    "pairs_without_id": int((~has_ids).sum()),
    "pairs_without_kinship": int((has_ids & table["kinship"].isna()).sum()),
  }
  return Relatedness(table[has_ids & ~is_distant].reset_index(drop=True), counts)


def of_cohort(
  relatedness: Relatedness, eid: Sequence[str], in_tables: Collection[str]
) -> tuple[np.ndarray, dict[str, int]]:
  """Returns a family per participant, and counts of pairs; warns where the files are of other people.

  Args:
    relatedness: what the files say; without any, everybody is a family.
    eid: [n] the cohort.
    in_tables: everybody of the tables, the withdrawn too.

  Returns:
    family: int64 [n], see `label_families`.
    counts: those of `Relatedness` and of `count_ends`.
  """
  counts = {**relatedness.counts, **count_ends(eid, relatedness.pairs)}
  shared = application_overlap.count(relatedness.people, in_tables)
  if shared.is_foreign:
    logging.warning(
      "THE RELATEDNESS FILE IS OF OTHER PEOPLE: %d of its %d people are in the tables, no more than by chance. Is it "
      "of this application? Relatives may be in different folds",
      shared.num_shared,
      shared.num_people,
    )
  elif relatedness.counts["pairs_read"] and not counts["pairs_in_cohort"]:
    logging.warning("NO PAIR OF THE RELATEDNESS FILE LINKS TWO PEOPLE OF THE COHORT: is it of this application?")
  return label_families(eid, relatedness.pairs), counts


def label_families(eid: Sequence[str] | np.ndarray, pairs: pd.DataFrame) -> np.ndarray:
  """Returns a label per participant, equal for all who are linked by a chain of related pairs.

  Args:
    eid: [n] distinct participant ids.
    pairs: of `Relatedness`; a chain may lead through people who are not in `eid` (without data, or withdrawn).

  Returns:
    int64 [n].
  """
  ends = [pd.Index(pairs[name].to_numpy(dtype=str)) for name in ("id1", "id2")]
  people = pd.Index(np.asarray(eid, dtype=str))
  people = people.append(ends[0].append(ends[1]).unique().difference(people))
  first, second = (people.get_indexer(end) for end in ends)
  links = sparse.coo_matrix((np.ones(len(first), bool), (first, second)), shape=(len(people),) * 2)
  return csgraph.connected_components(links, directed=False)[1][: len(eid)].astype(np.int64)


def count_ends(eid: Iterable[str], pairs: pd.DataFrame) -> dict[str, int]:
  """Counts distinct related pairs by how many of their two people are among `eid`."""
  everybody = frozenset(eid)
  distinct = {frozenset(pair) for pair in zip(pairs["id1"], pairs["id2"], strict=True)}
  num_inside = [len(pair & everybody) for pair in distinct if len(pair) == 2]
  names = {2: "pairs_in_cohort", 1: "pairs_half_in_cohort", 0: "pairs_outside_cohort"}
  return {name: num_inside.count(number) for number, name in names.items()}


def _read_one(path: pathlib.Path) -> list[tuple[str | None, str | None, float]]:
  try:
    lines = text_lines.read_lines(path)
  except text_lines.UNREADABLE as error:
    raise errors.InputError(f"relatedness file {path.name} can't be read ({type(error).__name__}).") from None
  header = lines[0][1] if lines else ""
  separator = next((mark for mark in _SEPARATORS if mark in header), None)
  names = [name.lower() for name in _cells(header, separator)]
  if any(names.count(name) != 1 for name in _COLUMNS):
    raise errors.InputError(
      f"relatedness file {path.name} does not begin with a line that names the columns ID1, ID2 and Kinship once each "
      "(UK Biobank's: ID1 ID2 HetHet IBS0 Kinship): add it, or name the right file with --config.data.kinship."
    )
  places = [names.index(name) for name in _COLUMNS]
  return [_read_line(path, number, _cells(line, separator), len(names), places) for number, line in lines[1:]]


def _cells(line: str, separator: str | None) -> list[str]:
  return [ids.unquoted(cell) for cell in line.split(separator)]


def _read_line(
  path: pathlib.Path, number: int, cells: Sequence[str], num_columns: int, places: Sequence[int]
) -> tuple[str | None, str | None, float]:
  if len(cells) != num_columns:
    raise _bad_line(path, number, f"{len(cells)} cells under a header of {num_columns}")
  first, second, kinship = (cells[place] for place in places)
  people = []
  for cell in (first, second):
    eid = None if _NOBODY.fullmatch(cell) else ids.parse(cell)
    if eid is None and not _NOBODY.fullmatch(cell):
      raise _bad_line(path, number, "an id that is not a whole number written out in digits")
    people.append(eid)
  return people[0], people[1], _kinship(path, number, kinship)


def _kinship(path: pathlib.Path, number: int, text: str) -> float:
  if text.upper() in _UNKNOWN:
    return math.nan
  try:
    value = float(text)
  except ValueError:
    raise _bad_line(path, number, "a Kinship that is not a number") from None
  if not value <= _MAX_KINSHIP:
    raise _bad_line(path, number, f"a Kinship over {_MAX_KINSHIP}, which is impossible (identical twins have 0.5)")
  return value


def _bad_line(path: pathlib.Path, number: int, why: str) -> errors.InputError:
  return errors.InputError(f"relatedness file {path.name}, line {number}: {why}. Correct or export the file again.")
