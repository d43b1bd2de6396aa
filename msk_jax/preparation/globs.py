"""Globs of files under a data root, matched against paths relative to it."""

import re
from collections.abc import Iterable

_CHARACTERS = r"\[!?[^]/!^[]+\]"  # one of several characters


def matches(relative: str, pattern: str) -> bool:
  """Returns whether a path relative to the root, with `/`, matches a glob.

  `**/` stands for any folders or none, `[0-9]` for one of these characters, `[!0-9]` for any other,
  `{csv,txt}` for one of these texts.
  """
  return any(re.fullmatch(as_regex(one), relative) for one in expand([pattern]))


def expand(patterns: Iterable[str]) -> list[str]:
  """Returns the globs without braces that globs with `{csv,txt}` stand for."""
  plain: list[str] = []
  for pattern in patterns:
    braces = re.search(r"\{([^{}]*)\}", pattern)
    if braces is None:
      plain.append(pattern)
    else:
      before, after = pattern[: braces.start()], pattern[braces.end() :]
      plain.extend(expand(before + choice + after for choice in braces[1].split(",")))
  return plain


def as_regex(pattern: str) -> str:
  """Returns the regular expression of a glob without braces, for a whole path relative to the root."""
  parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}

  def translate(part: str) -> str:
    if re.fullmatch(_CHARACTERS, part):
      inside = part[1:-1].replace("\\", "\\\\")
      return f"[^/{inside[1:]}]" if inside[0] == "!" else f"[{inside}]"
    return parts.get(part) or re.escape(part)

  return "".join(map(translate, re.split(rf"(\*\*/|\*\*|\*|\?|{_CHARACTERS})", pattern)))
