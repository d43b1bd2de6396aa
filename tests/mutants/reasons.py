"""Kinds of reasons for which files are refused, told by the words of messages."""

import re

_KINDS = (
  (
    "no file",
    r"there is no|no table|no DXA|no list of withdrawn|no UK Biobank table|is missing|does not exist|holds no",
  ),
  (
    "damaged",
    r"damaged|cut off|can't be read|can't be opened|can't read|not what was written|was written with|too large",
  ),
  (
    "another file",
    r"version|is not a|not a readable|does not begin|begins with|another|is of |not of |in the order|compressed",
  ),
  ("encoding", r"UTF|NUL|not text|byte order"),
  ("columns", r"column|header|lacks|layer|array"),
  ("rows", r"rows|lines|longer|shorter|people|repeat"),
  ("values", r"values|cells|not understood|must be|number|line \d|finite|letters"),
)
OTHER = "other"
NAMES = (*(name for name, _ in _KINDS), OTHER)


def kind_of(message: str) -> str:
  """Returns the kind of a refusal's reason."""
  return next((name for name, pattern in _KINDS if re.search(pattern, message)), OTHER)
