"""Small counts kept out of what may be shared: every cell of an aggregate table holds at least five people.

Source: UK Biobank's rules for results that leave the data's home. A table of groups that sum to a known total gives a
small group away even if its own row is missing; so whoever is left out is so together with enough others.
"""

import numpy as np

FEWEST_PEOPLE = 5


def is_publishable(num_people: np.ndarray) -> np.ndarray:
  """Returns which groups of a table may be written, bool [g].

  Args:
    num_people: int [g], people of each group; the groups share nobody and make up a known whole.

  Returns:
    True for groups of at least five people, but that, where smaller ones are left out that have fewer than five
    people together, the next larger ones are left out with them until they have.
  """
  counts = np.asarray(num_people)
  shown = counts >= FEWEST_PEOPLE
  hidden = int(counts[~shown].sum())
  for group in np.argsort(counts, kind="stable"):
    if not 0 < hidden < FEWEST_PEOPLE:
      break
    if shown[group]:
      shown[group] = False
      hidden += int(counts[group])
  return shown


def count_people(cell: np.ndarray, person: np.ndarray, num_cells: int) -> np.ndarray:
  """Returns the number of different people in each cell, int [num_cells].

  Args:
    cell: int [n], 0 to num_cells - 1.
    person: int [n], a number per participant, not negative.
    num_cells: how many cells.
  """
  if len(cell) == 0:
    return np.zeros(num_cells, np.int64)
  width = int(person.max()) + 1
  return np.bincount(np.unique(cell.astype(np.int64) * width + person) // width, minlength=num_cells)
