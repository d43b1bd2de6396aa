"""The parts of a split that are predicted, `validation` and `test`, and which split predicts a sample in each."""

from typing import Literal

import numpy as np

Part = Literal["validation", "test"]
VALIDATION: Part = "validation"
TEST: Part = "test"
PARTS: tuple[Part, ...] = (VALIDATION, TEST)  # also the order of arrays that have an axis of parts


def split_of(fold: np.ndarray, is_test: np.ndarray | bool, num_folds: int) -> np.ndarray:
  """Returns the split that predicts each sample, int [n]: its own fold's in `test`, the next one in `validation`.

  Args:
    fold: int [n], data folds.
    is_test: bool [n] or one for all, whether the sample is predicted as `test`.
    num_folds: data folds, and splits.
  """
  return np.where(is_test, fold, (fold + 1) % num_folds)
