"""People in bins, by group: no bin has one to four people of any group, so no difference of two counts does."""

import numpy as np

from msk_jax.disclosure import small_counts


def count(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
  """Returns how many values are in each bin, int [b]; a value on an edge is in the upper bin.

  Args:
    values: float [n].
    edges: float [b + 1], ascending, the outer ones infinite.
  """
  return np.bincount(np.searchsorted(edges, values, side="right") - 1, minlength=len(edges) - 1)


def join_small(edges: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns edges [b + 1] and counts [g, b] after bins with one to four people of a group joined the next one.

  Outer bins without people join it, too. From the outside in, towards the middle. Where even one bin of all people is
  small, there is no bin.

  Args:
    edges: float [b + 1], ascending.
    counts: int [g, b], people of groups that have nobody in common.
  """
  limits, people = list(edges), list(np.asarray(counts, np.int64).T)
  while len(people) > 1:
    outer = (0, len(people) - 1)
    small = [
      number
      for number, each in enumerate(people)
      if small_counts.is_small(each).any() or (number in outer and not each.any())
    ]
    if not small:
      break
    middle = (len(people) - 1) / 2
    place = max(small, key=lambda each: abs(each - middle))
    first = place if place < middle or place == 0 else place - 1
    people[first] = people[first] + people.pop(first + 1)
    del limits[first + 1]
  if len(people) == 1 and small_counts.is_small(people[0]).any():
    return np.array(limits[:1]), np.empty((len(counts), 0), np.int64)
  return np.array(limits), np.stack(people, axis=1)
