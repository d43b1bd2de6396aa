"""Concordance of predicted with chronological age: the share of pairs of people in the right order."""

import numpy as np


def c_index(chronological: np.ndarray, predicted: np.ndarray) -> float:
  """Returns the C-index in O(n log n); NaN if all ages are equal.

  It is the mean over all pairs of different chronological ages: 1 for a pair predicted in the right order, a half for
  equal predictions. Source: Harrell et al., Evaluating the yield of medical tests, JAMA 1982; without censoring.

  Args:
    chronological: [n] ages, years.
    predicted: [n] predicted ages, years.
  """
  age = np.unique(np.asarray(chronological, np.float64), return_inverse=True)[1].reshape(-1)
  rank = np.unique(np.asarray(predicted, np.float64), return_inverse=True)[1].reshape(-1)
  n = len(age)
  order = np.lexsort((rank, age))  # within one age predictions ascend: such pairs are not inversions
  comparable = n * (n - 1) // 2 - _tied_pairs(age)
  if comparable == 0:
    return float("nan")
  discordant = count_inversions(rank[order])
  equal = _tied_pairs(rank) - _tied_pairs(age * (rank.max() + 1) + rank)
  return (comparable - discordant - 0.5 * equal) / comparable


def count_inversions(values: np.ndarray) -> int:
  """Returns the number of pairs i < j with values[i] > values[j], O(n log max).

  Bits are visited from the highest to the lowest. Values that agree in all higher bits form a group, in their first
  order. In a group, a one before a zero is an inversion. Then each group is divided by that bit.

  Args:
    values: int [n], 0 or more.
  """
  values = np.asarray(values, np.int64)
  total = 0
  for bit in range(int(values.max(initial=0)).bit_length() - 1, -1, -1):
    prefix = values >> (bit + 1)
    is_one = (values >> bit) & 1
    starts = np.flatnonzero(np.diff(prefix, prepend=-1))
    sizes = np.diff(starts, append=len(values))
    ones_before = np.cumsum(is_one) - is_one
    ones_before -= np.repeat(ones_before[starts], sizes)
    total += int(ones_before[is_one == 0].sum())
    first = np.repeat(starts, sizes)
    zeros_in_group = np.repeat(sizes - np.add.reduceat(is_one, starts), sizes)
    zeros_before = np.arange(len(values)) - first - ones_before
    place = first + np.where(is_one == 1, zeros_in_group + ones_before, zeros_before)
    divided = np.empty_like(values)
    divided[place] = values
    values = divided
  return total


def _tied_pairs(labels: np.ndarray) -> int:
  """Returns the number of pairs of equal labels."""
  counts = np.unique(labels, return_counts=True)[1]
  return int((counts * (counts - 1) // 2).sum())
