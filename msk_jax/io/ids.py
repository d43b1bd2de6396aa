"""Participant ids as files spell them: digits, with zeros in front, `9000001.0`, `9.000001e6`, in quotes."""

import re

_WHOLE = re.compile(r"0*([0-9]+)(?:\.0*)?")
_SCIENTIFIC = re.compile(r"([1-9])\.([0-9]+)[eE]\+?0*([0-9]{1,2})")
_QUOTES = "\"'"


def parse(text: str) -> str | None:
  """Returns an id as decimal digits without zeros in front, or None where the text is none.

  Scientific notation counts only where it holds all digits: `9.000001e6` does, `9.0e6` may be any of thousands of ids.
  """
  text = unquoted(text)
  if match := _WHOLE.fullmatch(text):
    return match[1]
  match = _SCIENTIFIC.fullmatch(text)
  if match is None:
    return None
  digits, num_whole = match[1] + match[2], int(match[3]) + 1
  return digits[:num_whole] if len(digits) >= num_whole and not digits[num_whole:].strip("0") else None


def plain(eid: str) -> str:
  """Returns the spelling by which an id is compared: as `parse` does, and as it is where it is not a number."""
  return parse(eid) or eid


def unquoted(text: str) -> str:
  """Returns a cell without the spaces and the pair of quotes around it."""
  text = text.strip()
  is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES
  return text[1:-1].strip() if is_quoted else text
