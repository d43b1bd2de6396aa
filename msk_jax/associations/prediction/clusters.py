"""The best cluster of variables: many variables that many samples have all of.

Source: the authors' `HC.py`: variables are merged step by step, each time the two clusters that have most complete
samples in common; the cluster taken is the one with the greatest product of complete samples and number of variables.

Samples are bits, so that 500,000 samples of a variable are 62 kB, and samples in common are counted by bits.
Variables of one pattern of missing values, as most of a questionnaire are, are one cluster from the start: no other
pair has more in common with either. The merging stops once no later cluster could win.
"""

import dataclasses

import numpy as np

_BLOCK = 64  # clusters compared at a time: 4 MB of 500,000 samples
_WORD_BYTES = 8


@dataclasses.dataclass(frozen=True)
class Cluster:
  """Variables, and the samples that have all of them.

  Attributes:
    variables: int64 [m], places of the variables, ascending.
    samples: uint64 [w], bits of the samples.
    num_samples: how many.
  """

  variables: np.ndarray
  samples: np.ndarray
  num_samples: int


def pack(is_there: np.ndarray) -> np.ndarray:
  """Returns bits, uint64 [..., w], of bool [..., n]; the bits after the last sample are 0."""
  packed = np.packbits(is_there, axis=-1)
  surplus = -packed.shape[-1] % _WORD_BYTES
  padding = [(0, 0)] * (packed.ndim - 1) + [(0, surplus)]
  return np.ascontiguousarray(np.pad(packed, padding)).view(np.uint64)


def unpack(bits: np.ndarray, num_samples: int) -> np.ndarray:
  """Returns bool [n] of bits, uint64 [w]."""
  return np.unpackbits(bits.view(np.uint8), count=num_samples).astype(bool)


def count(bits: np.ndarray) -> np.ndarray:
  """Returns how many bits are set, int64 [...] of uint64 [..., w]."""
  return np.bitwise_count(bits).sum(axis=-1, dtype=np.int64)


def find_best(bits: np.ndarray) -> Cluster | None:
  """Returns the best cluster of variables; the first, which has most samples, of equals. None if all are empty.

  Args:
    bits: uint64 [v, w], the samples that have each variable.
  """
  patterns, members = _group_equal(bits)
  if not len(patterns):
    return None
  sizes = np.array([len(each) for each in members])
  scores = count(patterns) * sizes
  first = int(np.argmax(scores))
  best_score, best = int(scores[first]), (members[first], patterns[first].copy())
  tree = _Merging(patterns, members)
  while tree.most_in_common * int(sizes.sum()) > best_score:
    variables, samples, num = tree.merge()
    if num * len(variables) > best_score:
      best_score, best = num * len(variables), (variables, samples)
  return Cluster(np.sort(np.array(best[0], np.int64)), best[1], int(count(best[1])))


def all_of(bits: np.ndarray) -> Cluster | None:
  """Returns the cluster of all variables that any sample has; None if there is no such variable."""
  variables = np.flatnonzero(bits.any(axis=1))
  if not len(variables):
    return None
  samples = np.bitwise_and.reduce(bits[variables], axis=0)
  return Cluster(variables, samples, int(count(samples)))


def _group_equal(bits: np.ndarray) -> tuple[np.ndarray, list[list[int]]]:
  """Returns the different patterns that are not empty, uint64 [p, w], and the variables of each."""
  members: dict[bytes, list[int]] = {}
  for place, row in enumerate(bits):
    if row.any():
      members.setdefault(row.tobytes(), []).append(place)
  groups = list(members.values())
  return bits[[group[0] for group in groups]], groups


class _Merging:
  """Clusters being merged; a merged pair lives on in the place of its first."""

  def __init__(self, patterns: np.ndarray, members: list[list[int]]):
    self._bits = patterns.copy()
    self._members = [list(each) for each in members]
    self._alive = np.arange(len(patterns))
    self._common = np.full((len(patterns), len(patterns)), -1, np.int64)  # samples in common
    for i in range(len(patterns) - 1):
      later = self._alive[i + 1 :]
      self._common[i, later] = self._common[later, i] = self._count_common(i, later)
    self._partner = self._common.argmax(axis=1)
    self._most = self._common.max(axis=1)

  @property
  def most_in_common(self) -> int:
    """Samples in common of the next pair, which no later cluster has more of; 0 if there is no pair."""
    return max(int(self._most.max()), 0) if len(self._alive) > 1 else 0

  def merge(self) -> tuple[list[int], np.ndarray, int]:
    """Merges the next pair; returns the new cluster's variables, samples and number of samples."""
    i = int(self._most.argmax())
    j, num = int(self._partner[i]), int(self._most[i])
    self._bits[i] &= self._bits[j]
    self._members[i] += self._members[j]
    self._alive = self._alive[self._alive != j]
    self._common[j] = self._common[:, j] = -1
    others = self._alive[self._alive != i]
    self._common[i, others] = self._common[others, i] = self._count_common(i, others)
    self._most[j] = -1
    # A merged cluster has no more in common with others than its parts had: only these partners change.
    for each in (i, *others[np.isin(self._partner[others], (i, j))]):
      self._partner[each] = self._common[each].argmax()
      self._most[each] = self._common[each, self._partner[each]]
    return list(self._members[i]), self._bits[i].copy(), num

  def _count_common(self, i: int, others: np.ndarray) -> np.ndarray:
    own = self._bits[i]
    words = np.flatnonzero(own)
    if len(words) == 0:
      return np.zeros(len(others), np.int64)
    is_dense = len(words) > len(own) // 2
    parts = []
    for start in range(0, len(others), _BLOCK):
      block = others[start : start + _BLOCK]
      parts.append(count(self._bits[block] & own if is_dense else self._bits[np.ix_(block, words)] & own[words]))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
