"""Values that are hardly measurements: codes for missing such as -9 or 999, and slips far beyond all others.

They are reported with their share, and kept: only the table's author knows what they mean.
"""

import dataclasses

import numpy as np

GREATEST = 1e15  # no measurement is greater; squares of greater numbers can't be summed

_FEWEST = 20  # values; fewer don't tell what is usual
_TAIL = 0.05  # share of the values below, and above, the usual ones
_FAR = 3.0  # spreads of the usual values beyond them: about ten SDs of normal ones
_LONELY = 0.5  # share of a value's distance that is a gap without any value
_CODE_GAP = 0.25  # spreads between a code and the values on its side
_FEWEST_CODES = 2
_SHOWN = 5  # values in a line
_REPEATED = [int(digit * length) for digit in "6789" for length in range(2, 7)]
_CODES = np.array(
  sorted({*_REPEATED, *(-code for code in _REPEATED), *range(-9, 1), 99.9, 999.9, 9999.9, -99.9, -999.9})
)


@dataclasses.dataclass(frozen=True)
class Suspect:
  """A value that is hardly a measurement.

  Attributes:
    value: the value.
    count: how often it occurs.
    total: number of all values.
  """

  value: float
  count: int
  total: int


def find(values: np.ndarray) -> list[Suspect]:
  """Returns the suspicious values of one measurement, the least first.

  A value is taken for a code if it is 0, -1 to -9 or a row of sixes to nines with either sign, if it occurs twice or
  more, and if it is apart from the other values: by a quarter of the spread of the usual ones (from their 5th to their
  95th percentile), or below zero where all others are not. 0 can be a code only among more than twenty different
  values. Any other value is suspicious if it is three spreads beyond the usual ones, past a gap of half that distance.

  Args:
    values: float64 [n], NaN missing.
  """
  known = values[np.isfinite(values)]
  if len(known) < _FEWEST:
    return []
  unique, counts = np.unique(known, return_counts=True)
  is_code = np.isin(unique, _CODES) & (counts >= _FEWEST_CODES)
  if len(unique) <= _FEWEST:
    is_code &= unique != 0
  others = np.repeat(unique[~is_code], counts[~is_code])
  if len(others) < _FEWEST:
    return []
  low, high = np.quantile(others, [_TAIL, 1 - _TAIL], method="inverted_cdf")
  spread = high - low
  if spread == 0:
    return []
  is_far = (_is_lonely(unique, is_code, high, spread)) | (_is_lonely(-unique, is_code, -low, spread))
  rest = unique[~is_code & ~is_far]
  gap = np.maximum(unique - rest[-1], rest[0] - unique)
  is_apart = is_code & ((gap > _CODE_GAP * spread) | ((unique < 0) & (rest[0] >= 0)))
  return [Suspect(float(unique[i]), int(counts[i]), len(known)) for i in np.flatnonzero(is_far | is_apart)]


def describe(name: str, values: np.ndarray) -> str:
  """Returns a line on the suspicious values of a measurement, empty if there are none.

  Args:
    name: of the measurement.
    values: float64 [n], NaN missing.
  """
  suspects = find(values)
  if not suspects:
    return ""
  shown = ", ".join(f"{s.value:g} ({s.count:,} of {s.total:,}, {s.count / s.total:.2%})" for s in suspects[:_SHOWN])
  rest = np.setdiff1d(values[np.isfinite(values)], [suspect.value for suspect in suspects])
  more = f" and {len(suspects) - _SHOWN} other values" if len(suspects) > _SHOWN else ""
  return f"{name}: {shown}{more}; all others are from {rest.min():g} to {rest.max():g}"


def _is_lonely(unique: np.ndarray, is_code: np.ndarray, edge: float, spread: float) -> np.ndarray:
  """Returns which values are far above the edge of the usual ones, past a gap, bool [m]."""
  plain = np.sort(unique[~is_code])
  beyond = plain[plain > edge + _FAR * spread]
  if not len(beyond):
    return np.zeros(len(unique), bool)
  before = np.concatenate([[plain[plain <= edge + _FAR * spread].max()], beyond[:-1]])
  is_gap = beyond - before > _LONELY * (beyond - edge)
  if not is_gap.any():
    return np.zeros(len(unique), bool)
  return ~is_code & (unique >= beyond[np.argmax(is_gap)])
