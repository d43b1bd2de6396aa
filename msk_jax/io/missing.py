"""What a cell without a value holds: one list for all tables, UK Biobank's and one's own.

Marks that may be a doubt or a suppressed value (`*`, `?`) and codes such as -1 and -3 are not among them.
"""

import pandas as pd

# In small letters. `\\n` is how databases write `\\N`; `.` is SAS', Stata's and SPSS' mark; `#n/a` a spreadsheet's;
# `nat` is pandas' missing date.
PLACEHOLDERS = frozenset(
  {"", ".", "-", "--", "\\n", "na", "n/a", "#n/a", "#na", "nan", "-nan", "nat", "null", "#null!", "none", "<na>"}
)


def is_missing(cells: pd.Series) -> pd.Series:
  """Returns bool [n]: cells, stripped text, that are missing or hold a placeholder in any case."""
  return cells.isna() | cells.str.lower().isin(PLACEHOLDERS)
