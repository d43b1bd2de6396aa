"""Ethnicity as the networks get it: 24 columns; a group's column also holds those of its subgroups.

Source: UK Biobank field 21000 (data coding 1001); columns as in the published system, whose image models leave out
the extra column `Other` (23 columns) while its scalar models keep it (24).
"""

from collections.abc import Sequence

import numpy as np

MISSING = -5  # no answer at any visit; a code of the published system, not of UK Biobank

# Code of field 21000 -> column.
CODES: dict[int, str] = {
  1: "White",
  1001: "British",
  1002: "Irish",
  1003: "White_Other",
  2: "Mixed",
  2001: "White_and_Black_Caribbean",
  2002: "White_and_Black_African",
  2003: "White_and_Asian",
  2004: "Mixed_Other",
  3: "Asian",
  3001: "Indian",
  3002: "Pakistani",
  3003: "Bangladeshi",
  3004: "Asian_Other",
  4: "Black",
  4001: "Caribbean",
  4002: "African",
  4003: "Black_Other",
  5: "Chinese",
  6: "Other_ethnicity",
  -1: "Do_not_know",
  -3: "Prefer_not_to_answer",
  MISSING: "NA",
}
_IN_OTHER = (6, -1, -3, MISSING)
_CHILDREN_PER_PARENT = 1000  # 1001-1003 belong to 1, 2001-2004 to 2, and so on

SIDE_NETWORK_COLUMNS: tuple[str, ...] = tuple(CODES.values())
ETHNICITY_COLUMNS: tuple[str, ...] = (*SIDE_NETWORK_COLUMNS, "Other")


def one_hot(codes: Sequence[int] | np.ndarray) -> np.ndarray:
  """Returns the columns of `ETHNICITY_COLUMNS` for each person.

  Args:
    codes: [n] codes of field 21000, `MISSING` where there is none.

  Returns:
    float32 [n, 24] of 0 and 1: a person's own column, its parent's (a `British` is also `White`), and `Other`.

  Raises:
    ValueError: field 21000 does not have a code.
  """
  codes = np.asarray(codes).astype(np.int64)
  known = np.fromiter(CODES, np.int64)
  order = np.argsort(known)
  place = order[np.searchsorted(known[order], codes).clip(0, len(known) - 1)]
  if not np.array_equal(known[place], codes):
    raise ValueError("an ethnicity code is not one of field 21000's; replace unknown codes by ethnicity.MISSING")
  return _code_rows()[place]


def _code_rows() -> np.ndarray:
  """Returns the row of each code, float32 [23, 24], in the order of `CODES`."""
  rows = np.zeros((len(CODES), len(ETHNICITY_COLUMNS)), np.float32)
  position = {code: i for i, code in enumerate(CODES)}
  for code, i in position.items():
    rows[i, i] = 1
    if code > _CHILDREN_PER_PARENT:
      rows[i, position[code // _CHILDREN_PER_PARENT]] = 1
    if code in _IN_OTHER:
      rows[i, -1] = 1
  return rows
