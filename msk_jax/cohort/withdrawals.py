"""Lists of participants who have withdrawn: nothing of theirs may be used or kept.

UK Biobank sends them as `w<application>_<date>.csv`: one participant id a line, with or without a header.
"""

import pathlib
import re
from collections.abc import Collection, Iterable

import pandas as pd

from msk_jax.io import errors

_ID = re.compile(r"\"?0*(\d+)\"?[,;]?")
_HEADER = re.compile(r"\"?[A-Za-z_.][\w. ]*\"?[,;]?")


def read(paths: Iterable[pathlib.Path]) -> frozenset[str]:
  """Returns the ids on all lists; headers, blank lines and any line ends are fine.

  Raises:
    InputError: a list can't be read, or has a line that is neither an id nor a header: then it is no such list.
  """
  return frozenset(eid for path in sorted(paths) for eid in _read_one(path))


def listed(eids: Iterable[str], ids: Collection[str]) -> frozenset[str]:
  """Returns those of `eids` that are among `ids`, which come from `read`."""
  return frozenset(eid for eid in eids if plain(eid) in ids)


def plain(eid: str) -> str:
  """Returns an id as `read` does: own data's numbers may begin with zeros, which lists need not have."""
  return (eid.lstrip("0") or "0") if eid.isdecimal() else eid


def without(table: pd.DataFrame, withdrawn: Collection[str]) -> pd.DataFrame:
  """Returns the rows, numbered anew, of a table with a column eid that are of people who have not withdrawn.

  Args:
    table: any, of people of a cohort.
    withdrawn: ids as the table spells them.
  """
  return table[~table["eid"].isin(list(withdrawn))].reset_index(drop=True)


def _read_one(path: pathlib.Path) -> list[str]:
  try:
    text = path.read_text(encoding="utf-8-sig")
  except (OSError, UnicodeDecodeError) as error:
    raise errors.InputError(f"list of withdrawals {path.name} can't be read ({type(error).__name__}).") from None
  lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
  lines = [(number, line) for number, line in lines if line]
  if lines and _HEADER.fullmatch(lines[0][1]):
    lines = lines[1:]
  found = []
  for number, line in lines:
    match = _ID.fullmatch(line)
    if match is None:
      raise errors.InputError(
        f"list of withdrawals {path.name}, line {number}: not a participant id. A list has one id a line and nothing "
        "else; if this file is another kind of table, name the lists with --config.data.withdrawals."
      )
    found.append(match[1])
  return found
