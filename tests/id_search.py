"""Looks for participant ids in texts that a run writes or prints."""

import re

_ID = re.compile(r"(?<![\d.])9\d{6}(?!\d)")  # the tests' people start at 9,000,000
# Hashes, sizes and revisions may hold seven such digits in a row.
_NO_IDS = re.compile(r'"bytes": \d+|\b[0-9a-f]{64}\b|"git_revision": "[^"]*"')


def has_id(text: str) -> bool:
  """Returns whether a text holds what looks like a participant id."""
  return _ID.search(strip(text)) is not None


def strip(text: str) -> str:
  """Returns a text without hashes, sizes and revisions."""
  return _NO_IDS.sub("", text)
