"""Lists of participants who have withdrawn: none of their data may be used or kept.

UK Biobank sends them as `w<application>_<date>.csv`: one participant id a line, with or without a header.
"""

import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd
from absl import logging

from msk_jax.cohort import text_lines
from msk_jax.io import errors, ids

# A few in ten thousand participants have withdrawn. Lists that exceed both limits are probably other files.
MAX_FRACTION = 0.01
MAX_PEOPLE = 50

_SEPARATORS = ",;\t"
_USUAL_DIGITS = 7  # of UK Biobank's ids


def read(paths: Iterable[pathlib.Path]) -> dict[pathlib.Path, frozenset[str]]:
  """Returns each list's ids, as `ids.parse` spells them. Lists may have headers, blank lines and any line ends.

  Raises:
    InputError: a list can't be read, or has a line that is neither an id nor a header.
  """
  lists = {path: _read_one(path) for path in sorted(set(paths))}
  if empty := [path.name for path, people in lists.items() if not people]:
    logging.warning("lists of withdrawals that name nobody: %s", ", ".join(empty))
  return lists


def union(lists: Mapping[pathlib.Path, frozenset[str]]) -> frozenset[str]:
  """Returns who is on any of the lists, which come from `read`."""
  return frozenset().union(*lists.values())


def listed(eids: Iterable[str], people: Collection[str]) -> frozenset[str]:
  """Returns those of `eids`, in their own spelling, that are among `people`, which come from `read`."""
  return frozenset(eid for eid in eids if ids.plain(eid) in people)


def check_size(
  lists: Mapping[pathlib.Path, frozenset[str]], eids: Collection[str], *, known: Collection[str] = (), confirmed: bool
) -> None:
  """Refuses lists that name more of a cohort than withdraw, unless they are confirmed.

  Args:
    lists: from `read`.
    eids: the cohort's people.
    known: those who are known to have withdrawn; they do not count.
    confirmed: whether the user says that the lists are right.

  Raises:
    InputError: together the lists name over `MAX_FRACTION` of the cohort and over `MAX_PEOPLE` people.
  """
  fresh = frozenset(map(ids.plain, frozenset(eids) - frozenset(known)))
  total = len(fresh & union(lists))
  if confirmed or total <= MAX_PEOPLE or total <= MAX_FRACTION * len(eids):
    return
  shares = ", ".join(f"{path.name} {len(fresh & people):,}" for path, people in lists.items() if fresh & people)
  raise errors.InputError(
    f"the lists of withdrawals name {total:,} of {len(eids):,} people ({shares}). That is more than withdraw: one of "
    "them may be another list of ids. Remove it, or name the right lists with --config.data.withdrawals. If all these "
    "people have withdrawn, give --confirm_withdrawals."
  )


def without(table: pd.DataFrame, withdrawn: Collection[str]) -> pd.DataFrame:
  """Returns a table without the rows of people who have withdrawn; the others are renumbered.

  Args:
    table: has a column `eid`.
    withdrawn: ids as the table spells them.
  """
  return table[~table["eid"].isin(list(withdrawn))].reset_index(drop=True)


def _read_one(path: pathlib.Path) -> frozenset[str]:
  try:
    lines = text_lines.read_lines(path)
  except text_lines.UNREADABLE as error:
    raise errors.InputError(f"list of withdrawals {path.name} can't be read ({type(error).__name__}).") from None
  if lines and _is_header(lines[0][1]):
    lines = lines[1:]
  people = []
  for number, line in lines:
    eid = ids.parse(line.rstrip(_SEPARATORS + " "))
    if eid is None:
      raise errors.InputError(
        f"list of withdrawals {path.name}, line {number}: not a participant id. A list has one id a line, written out "
        "in digits, and nothing else. If this file is another kind of table, name the lists with "
        "--config.data.withdrawals."
      )
    people.append(eid)
  _warn_odd_lengths(path, people)
  return frozenset(people)


def _warn_odd_lengths(path: pathlib.Path, people: Sequence[str]) -> None:
  """Says so where some ids have fewer or more digits than UK Biobank's, and others have not."""
  num_odd = sum(len(eid) != _USUAL_DIGITS for eid in people)
  if 0 < num_odd < len(people):
    logging.warning(
      "list of withdrawals %s: %d of %d ids have not the %d digits that the others have. Is a line cut, or joined with "
      "the next? Those people would stay",
      path.name,
      num_odd,
      len(people),
      _USUAL_DIGITS,
    )


def _is_header(line: str) -> bool:
  """Returns whether the first line names the column: words without a digit, which an id has."""
  name = ids.unquoted(line.rstrip(_SEPARATORS + " "))
  has_other = any(letter.isdigit() or letter in _SEPARATORS or not letter.isprintable() for letter in name)
  return any(letter.isalpha() for letter in name) and not has_other
