"""Small counts kept out of what may be shared: no number there stands for one to four people, nor do two together.

Source: UK Biobank's rules for results that leave the data's home. A table of groups beside a known total gives a small
group away even if its own row is missing; so whoever is left out is so together with enough others. A person seen twice
may be in two groups (age bands, centres), so groups do not add up: what counts are different people. Numbers of samples
and of people side by side say how many were seen again; then the samples' number is left out.

Counts of different models are of different people (who has which image) and are not compared.
"""

import numpy as np
import pandas as pd

FEWEST_PEOPLE = 5


def is_small(count: np.ndarray | int) -> np.ndarray:
  """Returns whether counts, int of any shape, are of somebody, but of fewer than five."""
  return np.logical_and(np.greater(count, 0), np.less(count, FEWEST_PEOPLE))


def choose_groups(group: np.ndarray, person: np.ndarray, num_groups: int) -> np.ndarray:
  """Returns which groups' numbers of people may be written beside those of all people and samples, bool [num_groups].

  The smallest groups are left out, one after the other, until none of these counts is one to four: people of a group
  that is shown, people outside of it, people in no such group, and what the groups' sum differs by from the people in
  them, from all people (who are in a second group), and from all samples (who are seen again in their group). If there
  is no end to it none is shown.

  Args:
    group: int [n], each sample's group, 0 to num_groups - 1.
    person: int [n], a number per participant, not negative.
    num_groups: how many groups.
  """
  _, person = np.unique(person, return_inverse=True)
  total = int(person.max(initial=-1)) + 1
  member_group, member = np.divmod(_memberships(group, person), max(total, 1))
  counts = np.bincount(member_group, minlength=num_groups)
  wholes = [total] if is_small(len(group) - total) else [total, len(group)]  # as `shown_samples` has it
  shown = (counts >= FEWEST_PEOPLE) & ~is_small(total - counts)
  for smallest in np.argsort(counts, kind="stable"):
    times_shown = np.bincount(member[shown[member_group]], minlength=total)
    summed, inside = int(times_shown.sum()), int((times_shown > 0).sum())
    if not is_small(np.abs([total - inside, summed - inside, *(summed - whole for whole in wholes)])).any():
      break
    shown[smallest] = False
  return shown


def shown_samples(num_samples: np.ndarray, num_people: np.ndarray) -> pd.Series:
  """Returns numbers of samples to stand beside numbers of people, Int64 [n]; none where one to four came again.

  Args:
    num_samples: int [n].
    num_people: int [n], whose samples they are.
  """
  shown = pd.Series(num_samples).astype("Int64")
  return shown.mask(is_small(np.asarray(num_samples) - np.asarray(num_people)))


def count_people(cell: np.ndarray, person: np.ndarray, num_cells: int) -> np.ndarray:
  """Returns the number of different people in each cell, int [num_cells].

  Args:
    cell: int [n], 0 to num_cells - 1.
    person: int [n], a number per participant, not negative.
    num_cells: how many cells.
  """
  if len(cell) == 0:
    return np.zeros(num_cells, np.int64)
  return np.bincount(_memberships(cell, person) // (int(person.max()) + 1), minlength=num_cells)


def _memberships(cell: np.ndarray, person: np.ndarray) -> np.ndarray:
  """Each person in each of their cells once, cell * (highest person + 1) + person, ascending."""
  return np.unique(cell.astype(np.int64) * (int(person.max(initial=-1)) + 1) + person)
