"""Small counts kept out of what may be shared: neither a number nor the difference of two is one to four people.

Source: UK Biobank's rules for results that leave the data's home. Beside a known total, a small group can be counted
even if its row is missing. So enough other people are left out with it. A person seen twice may be in two groups (age
bands, centres), so the groups' sum is not the total. What counts are different people. Numbers of samples and of people
side by side say how many people were seen twice. If these are few, the number of samples is left out.

Counts of different models are of different people (who has which image) and are not compared.
"""

import numpy as np
import pandas as pd

FEWEST_PEOPLE = 5


def is_small(count: np.ndarray | int) -> np.ndarray:
  """Returns whether counts, int of any shape, are of one to four people."""
  return np.logical_and(np.greater(count, 0), np.less(count, FEWEST_PEOPLE))


def choose_groups(group: np.ndarray, person: np.ndarray, num_groups: int) -> np.ndarray:
  """Returns which groups' numbers of people may be shown beside those of all people and samples, bool [num_groups].

  The smallest groups are left out, one after the other, until none of these counts is one to four: people of a shown
  group, people outside of it, people in no shown group, and what the groups' sum differs by from the people in them,
  from all people (who are in a second group), and from all samples (who are seen twice in their group). If that never
  happens, no group is shown.

  Args:
    group: int [n], each sample's group, 0 to num_groups - 1.
    person: int [n], a number per participant, not negative.
    num_groups: how many groups.
  """
  _, person = np.unique(person, return_inverse=True)
  num_people = int(person.max(initial=-1)) + 1
  member_group, member = np.divmod(_memberships(group, person), max(num_people, 1))
  counts = np.bincount(member_group, minlength=num_groups)
  # As in `shown_samples`, the number of samples is shown unless that gives away a few people.
  wholes = [num_people] if is_small(len(group) - num_people) else [num_people, len(group)]
  shown = (counts >= FEWEST_PEOPLE) & ~is_small(num_people - counts)
  for smallest in np.argsort(counts, kind="stable"):
    times_shown = np.bincount(member[shown[member_group]], minlength=num_people)
    summed, inside = int(times_shown.sum()), int((times_shown > 0).sum())
    if not is_small(np.abs([num_people - inside, summed - inside, *(summed - whole for whole in wholes)])).any():
      break
    shown[smallest] = False
  return shown


def shown_samples(num_samples: np.ndarray, num_people: np.ndarray) -> pd.Series:
  """Returns numbers of samples to show beside numbers of people, Int64 [n]; missing where one to four were seen twice.

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
  """Returns each person in each of their cells once, cell * (highest person + 1) + person, ascending."""
  return np.unique(cell.astype(np.int64) * (int(person.max(initial=-1)) + 1) + person)
