"""Whether a column of estimates holds ids: an estimate is a number with a fraction, an id has none."""

import numpy as np
import pandas as pd

from msk_jax.io import privacy

DIGITS = 6  # significant, of numbers that are not counts when they are shared
_FEWEST = 2  # of such numbers in a column
_LARGEST = 2**53


def look_like_ids(values: pd.Series) -> np.ndarray:
  """Returns which estimates look like ids, bool [n].

  These are whole, positive, and have seven digits. One that has no more digits than shared numbers have may be an
  estimate that was rounded: it is one only in a column where most numbers are so.

  Args:
    values: float [n], NaN where missing.
  """
  number = values.to_numpy(float, na_value=np.nan)
  is_whole = np.isfinite(number) & (number > 0) & (number < _LARGEST) & (number == np.rint(number))
  whole = np.where(is_whole, number, 0).astype(np.int64)
  alike = {value for value in set(whole[is_whole].tolist()) if privacy.redact(str(value)) != str(value)}
  is_alike = is_whole & np.isin(whole, list(alike))
  rounded = is_alike & (np.array([f"{value:.{DIGITS}g}" for value in number], float) == number)
  are_most = int(rounded.sum()) >= _FEWEST and 2 * int(is_alike.sum()) > int(np.isfinite(number).sum())
  return is_alike & (~rounded | are_most)
