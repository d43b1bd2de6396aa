"""Texts of a site in which a participant's id could hide, as a reader gets at them: unescaped, keys too."""

import html
import re
import urllib.parse
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msk_jax.disclosure import small_counts
from msk_jax.io import privacy

_RS_NUMBER = re.compile(r"(?<![0-9A-Za-z])rs[0-9]+(?![0-9A-Za-z])")
# Numbers of documents that are counts of other things: seven digits of theirs are no id.
_COUNTED = re.compile(r"rows|bytes|num_\w+")
_NAMES_OF_PERSONS = frozenset({"eid", "eids", "iid", "fid", "participant", "participant_id", "person_id"})
_FEWEST_POINTS = 20  # a list of fewer values is not taken for one of all participants
_KNOWN_LISTS = frozenset({"chromosomes"})  # of things that are no people, though they have numbers
_COUNTS_OF_PEOPLE = re.compile(
  r"n|people|participants|samples|visits|(num|n)_(people|samples|participants)(_\w+)?|\w+_people"
)
_FEW = r"(?<![\d.,])[1-4](?![\d,.]*\d)"
_SAYS_FEW = re.compile(
  rf"(?:\bn\s*[=:]\s*{_FEW}|{_FEW}\s+(?:people|persons?|participants?|samples?|visits?|women|woman|men|man)\b|"
  rf"\b(?:people|participants|samples|visits|women|men)\s*[=:]\s*{_FEW})",
  re.IGNORECASE,
)
FEW = "it says that something is of one to four people"
DATA_URI = re.compile(r"data:image/([a-z+]+)(?:;charset=[-\w]+)?(;base64)?,([^\"'\s)]*)")


def holds_id(text: str) -> bool:
  """Returns whether a text, as it is or unescaped as HTML or an address, holds what looks like a participant's id."""
  plain = _RS_NUMBER.sub("rs", text)
  readings = {plain, html.unescape(plain), urllib.parse.unquote(plain)}
  return any(privacy.redact(each) != each for each in readings)


def walk(value: Any, place: str = "", *, is_counted: bool = False) -> Iterator[tuple[str, str]]:
  """Yields where and what of every key, text and number of a value of JSON that could be an id.

  Args:
    value: mappings, lists, texts, numbers.
    place: path of the value; keys that look like ids are not in it.
    is_counted: whether its numbers count other things than people's ids, by a key above.
  """
  if isinstance(value, Mapping):
    for number, (key, item) in enumerate(value.items(), 1):
      named = f"{place}/key {number}" if holds_id(str(key)) else f"{place}/{key}"
      yield f"{named} (key)", str(key)
      yield from walk(item, named, is_counted=is_counted or bool(_COUNTED.fullmatch(str(key))))
  elif isinstance(value, list | tuple):
    for number, item in enumerate(value, 1):
      yield from walk(item, f"{place}/{number}", is_counted=is_counted)
  elif isinstance(value, str):
    yield place, value
  elif isinstance(value, int | float) and not is_counted and value == value // 1:
    yield place, str(int(value))


def says_few(text: str) -> bool:
  """Returns whether a text says that something is of one to four people, as hover texts do: `n = 3`, `3 people`."""
  return any(_SAYS_FEW.search(each) for each in (text, html.unescape(text)))


def find_few(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
  """Yields where and why a value of JSON says that something is of one to four people: by a key, or in a text."""
  if isinstance(value, Mapping):
    for key, item in value.items():
      counts = item if isinstance(item, list | tuple) else [item]
      if _COUNTS_OF_PEOPLE.fullmatch(str(key).lower()) and any(map(_is_few, counts)):
        yield f"{place}/{key}", FEW
      yield from find_few(item, f"{place}/{key}")
  elif isinstance(value, list | tuple):
    for number, item in enumerate(value, 1):
      yield from find_few(item, f"{place}/{number}")
  elif isinstance(value, str) and says_few(value):
    yield place, FEW


def find_persons(value: Any, person_counts: Collection[int], place: str = "") -> Iterator[tuple[str, str]]:
  """Yields where and why a value of JSON looks as if it had numbers for every participant or sample."""
  if isinstance(value, Mapping):
    for key, item in value.items():
      if str(key).lower() in _NAMES_OF_PERSONS:
        yield f"{place}/{key}", "a key names persons"
      if str(key) not in _KNOWN_LISTS:
        yield from find_persons(item, person_counts, f"{place}/{key}")
  elif isinstance(value, list | tuple):
    if len(value) >= _FEWEST_POINTS and len(value) in person_counts and any(map(_has_number, value)):
      yield place, "a list has as many entries with numbers as there are participants or samples"
    for number, item in enumerate(value, 1):
      yield from find_persons(item, person_counts, f"{place}/{number}")


def _is_few(value: Any) -> bool:
  if isinstance(value, str):
    value = int(value) if re.fullmatch(r"\d+", value, re.ASCII) else 0
  return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value < small_counts.FEWEST_PEOPLE


def _has_number(entry: Any) -> bool:
  """Returns whether an entry of a list is a number or directly holds one, as texts too."""
  held = entry.values() if isinstance(entry, Mapping) else entry if isinstance(entry, list | tuple) else [entry]
  return any(_is_number(each) for each in held)


def _is_number(value: Any) -> bool:
  if isinstance(value, str):
    return bool(re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", value.strip(), re.IGNORECASE | re.ASCII))
  return isinstance(value, int | float) and not isinstance(value, bool)
