"""Rows in an order in which groups (clusters, people) are summed by plain additions.

Groups of one size k stand together, g of them in a chunk of k * g rows: first the first member of each, then the second
of each, and so on. A sum over groups is then a sum over the first axis of [k, g, ...]. Groups with the same outcomes
are neighbours, so that whole chunks lack an outcome, or have it everywhere.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Chunk:
  """Groups of one size.

  Attributes:
    size: rows of a group, k.
    rows: int64 [k * g]; member j of group i is at j * g + i.
    outcomes: those that any of the rows has.
    is_complete: of each of `outcomes`, whether all rows have it.
  """

  size: int
  rows: np.ndarray
  outcomes: tuple[int, ...]
  is_complete: tuple[bool, ...]


def make(group: np.ndarray, has_outcome: np.ndarray, chunk_rows: int) -> tuple[Chunk, ...]:
  """Returns the rows that have any outcome, in chunks.

  Args:
    group: int [n].
    has_outcome: bool [n, d].
    chunk_rows: of a chunk; a larger group is a chunk of its own.
  """
  used = np.flatnonzero(has_outcome.any(axis=1))
  _, label = np.unique(group[used], return_inverse=True)
  sizes = np.bincount(label)
  pattern = _patterns(label, has_outcome[used], len(sizes))
  by_group = np.argsort(label, kind="stable")
  starts = np.cumsum(sizes) - sizes
  chunks = []
  for size in np.unique(sizes):
    groups = np.flatnonzero(sizes == size)
    groups = groups[np.argsort(pattern[groups], kind="stable")]
    step = max(1, chunk_rows // size)
    for first in range(0, len(groups), step):
      members = starts[groups[first : first + step]] + np.arange(size)[:, None]
      chunks.append(_chunk(int(size), used[by_group[members.ravel()]], has_outcome))
  return tuple(chunks)


def number_patterns(has: np.ndarray) -> np.ndarray:
  """Returns a number per row of bool [n, d], 0 to the number of different rows - 1, equal for equal rows, int64 [n]."""
  code = np.zeros(len(has), np.int64)
  for column in has.T:
    code = np.unique(2 * code + column, return_inverse=True)[1]
  return code


def _patterns(label: np.ndarray, has_outcome: np.ndarray, num_groups: int) -> np.ndarray:
  """Returns a number per group, equal for groups whose members together have the same outcomes."""
  totals = np.stack([np.bincount(label, column, num_groups) for column in has_outcome.T], axis=1)
  return number_patterns(totals > 0)


def _chunk(size: int, rows: np.ndarray, has_outcome: np.ndarray) -> Chunk:
  own = has_outcome[rows]
  outcomes = np.flatnonzero(own.any(axis=0))
  return Chunk(size, rows, tuple(outcomes.tolist()), tuple(bool(own[:, d].all()) for d in outcomes))
