"""Inner folds of participants. All ensembles share one division: a held-out fold is unknown at every level."""

import numpy as np

_FEW_ROWS, _FOLDS_OF_FEW = 100, 5  # published: 5 inner folds below 100 rows
_FEWEST_PEOPLE = 2  # in an inner fold: R2 needs two targets
NOWHERE = -1


def divide(person: np.ndarray, num_folds: int) -> np.ndarray:
  """Returns each row's inner fold: participants in order, cut into even runs as scikit-learn's KFold does.

  Args:
    person: int [n], numbers of participants (`cohort.people`).
    num_folds: for 100 rows or more. Fewer rows get 5. Every fold has at least two participants.

  Returns:
    int64 [n]; all 0 if there are too few participants for two folds.
  """
  people, place = np.unique(person, return_inverse=True)
  most = num_folds if len(person) >= _FEW_ROWS else min(num_folds, _FOLDS_OF_FEW)
  count = max(1, min(most, len(people) // _FEWEST_PEOPLE))
  sizes = np.full(count, len(people) // count) + (np.arange(count) < len(people) % count)
  return np.repeat(np.arange(count), sizes)[place]


def divide_splits(split: np.ndarray, person: np.ndarray, num_folds: int) -> np.ndarray:
  """Returns each row's inner fold within its split, int64 [n]; NOWHERE for rows of no split.

  Args:
    split: int [n], -1 for rows of none.
    person: int [n], numbers of participants.
    num_folds: see `divide`.
  """
  result = np.full(len(split), NOWHERE)
  for k in np.unique(split[split >= 0]).tolist():
    rows = split == k
    result[rows] = divide(person[rows], num_folds)
  return result
