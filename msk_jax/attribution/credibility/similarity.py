"""How alike two maps are: rank correlations of their values and of their sizes."""

from typing import Literal, get_args

import numpy as np
from scipy import stats

Measure = Literal["signed", "absolute"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
_FEWEST_PIXELS = 3


def rank_correlations(first: np.ndarray, second: np.ndarray, measure: Measure) -> np.ndarray:
  """Returns Spearman's correlation of pairs of maps over the pixels that both have.

  Args:
    first: [n, rows, columns], NaN where there is no pixel.
    second: [n, rows, columns].
    measure: `signed` compares values, `absolute` their sizes.

  Returns:
    float64 [n]; NaN where one of the two maps has the same value everywhere.
  """
  return np.array([_spearman(a, b, measure) for a, b in zip(first, second, strict=True)], np.float64)


def _spearman(first: np.ndarray, second: np.ndarray, measure: Measure) -> float:
  is_known = np.isfinite(first) & np.isfinite(second)
  a, b = first[is_known], second[is_known]
  if measure == "absolute":
    a, b = np.abs(a), np.abs(b)
  if len(a) < _FEWEST_PIXELS or (a == a[0]).all() or (b == b[0]).all():
    return np.nan
  ranks = [stats.rankdata(values) - (len(values) + 1) / 2 for values in (a, b)]
  return float(ranks[0] @ ranks[1] / np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
