"""Lists of participants who have withdrawn: nothing of theirs may be used or kept.

UK Biobank sends them as `w<application>_<date>.csv`: one participant id a line, with or without a header.
"""

import pathlib
from collections.abc import Collection, Iterable, Mapping

import pandas as pd
from absl import logging

from msk_jax.cohort import text_files
from msk_jax.io import errors, ids

# A few in ten thousand participants have withdrawn. Lists that name more than both of these are probably other files.
MAX_FRACTION = 0.01
MAX_PEOPLE = 50

_SEPARATORS = ",;\t"


def read(paths: Iterable[pathlib.Path]) -> dict[pathlib.Path, frozenset[str]]:
  """Returns each list's ids, as `ids.parse` spells them; headers, blank lines and any line ends are fine.

  Raises:
    InputError: a list can't be read, or has a line that is neither an id nor a header: then it is no such list.
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
  """Makes sure that lists do not take more people out of a cohort than withdraw, unless somebody has looked.

  Args:
    lists: from `read`.
    eids: the cohort's people.
    known: those who are known to have withdrawn, and were counted then.
    confirmed: whether the lists are known to be right.

  Raises:
    InputError: together they name over `MAX_FRACTION` of the cohort and over `MAX_PEOPLE` people.
  """
  fresh = frozenset(map(ids.plain, frozenset(eids) - frozenset(known)))
  total = len(fresh & union(lists))
  if confirmed or total <= MAX_PEOPLE or total <= MAX_FRACTION * len(eids):
    return
  shares = ", ".join(f"{path.name} {len(fresh & people):,}" for path, people in lists.items() if fresh & people)
  raise errors.InputError(
    f"the lists of withdrawals name {total:,} of {len(eids):,} people ({shares}). That is more than withdraw: one of "
    "them may be another list of ids. Take that one away, or name the right ones with --config.data.withdrawals. If "
    "all these people have withdrawn, say --confirm_withdrawals."
  )


def without(table: pd.DataFrame, withdrawn: Collection[str]) -> pd.DataFrame:
  """Returns the rows, numbered anew, of a table with a column eid that are of people who have not withdrawn.

  Args:
    table: any, of people of a cohort.
    withdrawn: ids as the table spells them.
  """
  return table[~table["eid"].isin(list(withdrawn))].reset_index(drop=True)


def _read_one(path: pathlib.Path) -> frozenset[str]:
  try:
    lines = text_files.read_lines(path)
  except text_files.UNREADABLE as error:
    raise errors.InputError(f"list of withdrawals {path.name} can't be read ({type(error).__name__}).") from None
  if lines and _is_header(lines[0][1]):
    lines = lines[1:]
  people = []
  for number, line in lines:
    eid = ids.parse(line.rstrip(_SEPARATORS + " "))
    if eid is None:
      raise errors.InputError(
        f"list of withdrawals {path.name}, line {number}: not a participant id. A list has one id a line, written out "
        "in digits, and nothing else; if this file is another kind of table, name the lists with "
        "--config.data.withdrawals."
      )
    people.append(eid)
  return frozenset(people)


def _is_header(line: str) -> bool:
  """Returns whether the first line names the column: words without a digit, for an id has one."""
  name = ids.unquoted(line.rstrip(_SEPARATORS + " "))
  has_other = any(letter.isdigit() or letter in _SEPARATORS or not letter.isprintable() for letter in name)
  return any(letter.isalpha() for letter in name) and not has_other
