"""Names of columns as messages show them: none where the header is gone and they are a person's values."""

import re
from collections.abc import Sequence

_NUMBER = r"[-+]?[0-9][0-9.,]*(?:e[-+]?[0-9]+)?"
_DATE = r"[0-9]+(?P<mark>[-/.])[0-9]+(?P=mark)[0-9]+.*"
_LONG_NUMBER = r".*[0-9]{7,}.*"  # such as an id
_VALUE = re.compile(f"{_NUMBER}|{_DATE}|{_LONG_NUMBER}", re.IGNORECASE)
_MOST = 40
_LONGEST = 60  # letters of a name


def shown(names: Sequence[str], most: int = _MOST) -> str:
  """Returns the names of a table's columns for a message: `it has a, b`, or that the first line may have no names.

  Args:
    names: cells of the table's first line.
    most: how many are shown.
  """
  cells = [name.strip() for name in names if name.strip()]
  if num := sum(_VALUE.fullmatch(cell) is not None for cell in cells):
    return f"its first line is not shown, as {num} of its {len(cells)} cells may be values: the header may be missing"
  listed = ", ".join(cell[:_LONGEST] for cell in cells[:most])
  return f"it has {listed}{f' and {len(cells) - most} more' if len(cells) > most else ''}" if cells else "it has none"
