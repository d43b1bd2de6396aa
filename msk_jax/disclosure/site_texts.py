"""Texts of a site in which a participant's id could hide, as a reader gets at them: unescaped, keys too."""

import base64
import binascii
import html
import pathlib
import re
import urllib.parse
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from msk_jax.disclosure import small_counts
from msk_jax.io import privacy

_RS_NUMBER = re.compile(r"(?<![0-9A-Za-z])rs[0-9]+(?![0-9A-Za-z])")
# Numbers of documents that are counts of other things: seven digits of theirs are no id.
_COUNTED = re.compile(r"rows|bytes|num_\w+")
_NAMES_OF_PERSONS = frozenset({"eid", "eids", "iid", "fid", "participant", "participant_id", "person_id"})
_FEWEST_POINTS = 20  # a list of fewer values is not taken for one of all participants
_COUNTS_OF_PEOPLE = re.compile(
  r"n|people|participants|samples|visits|(num|n)_(people|samples|participants)(_\w+)?|\w+_people"
)
_FEW = r"(?<![\d.,])[1-4](?![\d,.]*\d|e[-+]?\d|[\s\u2009\u202f]\d{3}(?!\d))"  # not of 1.5, 1,000, 1e-5 or 1 000
_NUMBERED = r"(?P<numbered>\b(?:wave|phase|first|at\s+least|more\s+than)\s+)?"  # before what does not count people
_PERSONS = "people|persons?|participants?|individuals?|patients?|subjects?|samples?|visits?|women|woman|men|man"
_SAYS_FEW = re.compile(
  rf"(?:\bn\s*[=:]\s*{_FEW}|{_NUMBERED}{_FEW}\s+(?:{_PERSONS})\b|"
  rf"\b(?:people|participants|samples|visits|women|men)\s*[=:]\s*{_FEW})",
  re.IGNORECASE,
)
FEW = "it says that something is of one to four people"
_PACKED = re.compile(r"data:(?!image/)[^,\"'\s]*;base64,([A-Za-z0-9+/]+)")
DATA_URI = re.compile(r"data:image/([a-z+]+)(?:;charset=[-\w]+)?(;base64)?,([^\"'\s)]*)")


def holds_id(text: str) -> bool:
  """Returns whether a text, as it is or unescaped as HTML or an address, holds what looks like a participant's id.

  Data in it that are packed as an address are looked at as they are unpacked; those of pictures are the gate's.
  """
  plain = _RS_NUMBER.sub("rs", text)
  readings = {plain, html.unescape(plain), urllib.parse.unquote(plain), *map(_unpacked, _PACKED.findall(text))}
  return any(privacy.redact(each) != each for each in readings)


def _unpacked(letters: str) -> str:
  """Returns what is packed as base64; an empty text if that is nothing."""
  try:
    return base64.b64decode(letters + "=" * (-len(letters) % 4)).decode("latin-1")
  except binascii.Error:
    return ""


def without_pictures(text: str) -> str:
  """Returns a text without pictures that are packed in it as addresses: digits of their encoding mean nothing."""
  return DATA_URI.sub("", text)


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


def says_few(text: str, typed: Collection[str] = ()) -> bool:
  """Returns whether a text says that something is of one to four people, as hover texts do: `n = 3`, `3 people`.

  Args:
    text: as it is or in HTML.
    typed: texts of the config, e.g. the title, which are not looked at where they stand alone.
  """
  if text in typed:
    return False
  if typed:
    text = re.sub(r">([^<>]*)<", lambda match: "><" if html.unescape(match[1]) in typed else match[0], text)
  readings = (text, html.unescape(text))
  return any(not match["numbered"] for reading in readings for match in _SAYS_FEW.finditer(reading))


def find_few(value: Any, typed: Collection[str] = (), place: str = "") -> Iterator[tuple[str, str]]:
  """Yields where and why a value of JSON says that something is of one to four people: by a key, or in a text.

  Args:
    value: mappings, lists, texts, numbers.
    typed: see `says_few`.
    place: path of the value.
  """
  if isinstance(value, Mapping):
    for key, item in value.items():
      counts = item if isinstance(item, list | tuple) else [item]
      if _COUNTS_OF_PEOPLE.fullmatch(str(key).lower()) and any(map(_is_few, counts)):
        yield f"{place}/{key}", FEW
      yield from find_few(item, typed, f"{place}/{key}")
  elif isinstance(value, list | tuple):
    for number, item in enumerate(value, 1):
      yield from find_few(item, typed, f"{place}/{number}")
  elif isinstance(value, str) and says_few(value, typed):
    yield place, FEW


def find_persons(
  value: Any, person_counts: Collection[int], things: Sequence[str] = (), place: str = ""
) -> Iterator[tuple[str, str]]:
  """Yields where and why a value of JSON looks as if it had numbers for every participant or sample.

  Args:
    value: mappings, lists, texts, numbers.
    person_counts: numbers of participants and of samples.
    things: places of lists, `*` for any key, whose entries are declared to be no people; what is in them is looked at.
    place: path of the value.
  """
  if isinstance(value, Mapping):
    for key, item in value.items():
      if str(key).lower() in _NAMES_OF_PERSONS:
        yield f"{place}/{key}", "a key names persons"
      yield from find_persons(item, person_counts, things, f"{place}/{key}")
  elif isinstance(value, list | tuple):
    is_of_things = any(pathlib.PurePosixPath(place).match(each) for each in things)
    is_of_all = len(value) >= _FEWEST_POINTS and len(value) in person_counts
    if is_of_all and not is_of_things and any(map(_has_number, value)):
      yield place, "a list has as many entries with numbers as there are participants or samples"
    for number, item in enumerate(value, 1):
      yield from find_persons(item, person_counts, things, f"{place}/{number}")


def _is_few(value: Any) -> bool:
  if isinstance(value, str):
    value = int(value) if re.fullmatch(r"\d+", value, re.ASCII) else 0
  return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value < small_counts.FEWEST_PEOPLE


def _has_number(entry: Any) -> bool:
  """Returns whether an entry of a list is a number or holds one at any depth, as texts too."""
  if isinstance(entry, Mapping):
    return any(map(_has_number, entry.values()))
  return any(map(_has_number, entry)) if isinstance(entry, list | tuple) else _is_number(entry)


def _is_number(value: Any) -> bool:
  if isinstance(value, str):
    return bool(re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", value.strip(), re.IGNORECASE | re.ASCII))
  return isinstance(value, int | float) and not isinstance(value, bool)
