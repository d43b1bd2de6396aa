"""Inner folds of participants: one division for all ensembles, so that a held-out fold is unknown at every level."""

import numpy as np

_FEW_ROWS, _FOLDS_OF_FEW = 100, 5  # published: below 100 rows, 5 inner folds
_FEWEST_PEOPLE = 2  # of an inner fold: R2 wants two targets
NOWHERE = -1


def divide(person: np.ndarray, num_folds: int) -> np.ndarray:
  """Returns each row's inner fold: distinct participants in order, cut into even runs as scikit-learn's KFold does.

  Args:
    person: int [n], numbers that go with the sorted ids.
    num_folds: with 100 rows or more; 5 with fewer; never so many that a fold has fewer than two participants.

  Returns:
    int64 [n]; all 0 if there are too few participants for two folds.
  """
  people, place = np.unique(person, return_inverse=True)
  wanted = num_folds if len(person) >= _FEW_ROWS else min(num_folds, _FOLDS_OF_FEW)
  count = max(1, min(wanted, len(people) // _FEWEST_PEOPLE))
  sizes = np.full(count, len(people) // count) + (np.arange(count) < len(people) % count)
  return np.repeat(np.arange(count), sizes)[place]


def divide_splits(split: np.ndarray, person: np.ndarray, num_folds: int) -> np.ndarray:
  """Returns the inner fold, int64 [n], of rows in split `split` [n]; NOWHERE for rows in none (-1)."""
  result = np.full(len(split), NOWHERE)
  for k in np.unique(split[split >= 0]).tolist():
    rows = split == k
    result[rows] = divide(person[rows], num_folds)
  return result
