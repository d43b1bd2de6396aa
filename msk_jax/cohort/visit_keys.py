"""A person's visit as one number, so that visits can be sorted, searched and joined as arrays."""

import numpy as np

_INSTANCES = 128  # instances are int8


def make(person: np.ndarray, instance: np.ndarray | int) -> np.ndarray:
  """Returns a number per visit, int64 [n], ascending by person, then by instance.

  Args:
    person: int [n], a number per participant; negative for unknown people, whose keys are then negative.
    instance: int [n] or one for all, the visit's number.

  Raises:
    ValueError: an instance is not 0 to 127: its key would be another person's.
  """
  number = np.asarray(instance, np.int64)
  if number.size and not 0 <= number.min() <= number.max() < _INSTANCES:
    raise ValueError(f"instances are 0 to {_INSTANCES - 1}, got {number.min()} to {number.max()}.")
  return np.asarray(person, np.int64) * _INSTANCES + number


def person_of(key: np.ndarray) -> np.ndarray:
  """Returns the people whose visits these are, int64 [n]."""
  return key // _INSTANCES
