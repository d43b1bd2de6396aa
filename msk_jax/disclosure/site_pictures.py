"""What hides in a picture: the texts of a PNG's chunks and of an SVG's elements, and of how many people it says it is.

A picture says of what it was made: JSON under `Description`, with `num_people` (and `fewest_people_per_mark`) or, where
it shows variants, `num_variants`. `door.save_figure` and `with_statement` write that.
"""

import binascii
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from msk_jax.disclosure import small_counts

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DRAWING = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD"}
_LONGEST_TEXT = 2**20  # bytes of one text when it is unpacked
_STATEMENT = "Description"
_NUMBERS_OF_PEOPLE = ("num_people", "fewest_people_per_mark")
_NUMBER_OF_VARIANTS = "num_variants"
# Attributes of an SVG that are numbers of the drawing, in which seven digits mean nothing.
_GEOMETRY = re.compile(r"(d|points|transform|viewBox|[xyr]|[xy][12]|[cr][xy]|width|height|offset|stroke-.*|preserve.*)")


class DamagedPictureError(ValueError):
  """A picture that can't be read, or has parts that nobody knows; the message says which."""


def texts_of_png(content: bytes) -> dict[str, str]:
  """Returns the texts in a PNG's chunks by keyword.

  Raises:
    DamagedPictureError: it is not a PNG, is cut off, or has bytes beside the drawing.
  """
  texts: dict[str, str] = {}
  for kind, data in _chunks(content):
    if kind in _DRAWING:
      continue
    keyword, text = _text_of(kind, data)
    texts[f"{keyword} {len(texts)}" if keyword in texts else keyword] = text
  return texts


def texts_of_svg(content: str) -> Iterator[tuple[str, str]]:
  """Yields where and what is written in an SVG: titles, descriptions, metadata, comments, names, links.

  Raises:
    DamagedPictureError: it is not XML, or declares entities.
  """
  if "<!ENTITY" in content:
    raise DamagedPictureError("it declares entities")
  try:
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True, insert_pis=True))
    root = ElementTree.fromstring(content, parser)
  except ElementTree.ParseError:
    raise DamagedPictureError("it can't be read as XML") from None
  for element in root.iter():
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "comment"
    for text in (element.text, element.tail):
      if text and text.strip():
        yield name, text
    for key, value in element.attrib.items():
      if not _GEOMETRY.fullmatch(key):
        yield f"{name}, attribute {key.rpartition('}')[2]}", value


def find_problem(statement: str | None) -> str:
  """Returns why a picture of groups may not leave, by its own statement; an empty text if it may."""
  try:
    said = json.loads(statement or "")
    counts = [int(said[name]) for name in _NUMBERS_OF_PEOPLE if name in said]
    if not counts and int(said[_NUMBER_OF_VARIANTS]) >= 0:
      return ""
  except (ValueError, TypeError, KeyError):
    return "the picture does not say of how many people it is"
  few = min(counts) < small_counts.FEWEST_PEOPLE
  return f"the picture says that it shows fewer than {small_counts.FEWEST_PEOPLE} people" if few else ""


def statement_of(texts: Mapping[str, str]) -> str | None:
  """Returns what a PNG says of itself, from `texts_of_png`."""
  return texts.get(_STATEMENT)


def statement_of_svg(texts: Mapping[str, str]) -> str | None:
  """Returns what an SVG says of itself, from `texts_of_svg`: its `dc:description`, as matplotlib writes it."""
  return texts.get("description", texts.get("desc"))


def with_statement(png: bytes, statement: Mapping[str, Any]) -> bytes:
  """Returns a PNG that says what it was made of, e.g. {"num_variants": 12} or {"num_people": 300}."""
  data = f"{_STATEMENT}\0{json.dumps(dict(statement), sort_keys=True)}".encode("latin-1")
  chunk = struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))
  end = len(_SIGNATURE) + 25  # IHDR is the first chunk, and has one length
  return png[:end] + chunk + png[end:]


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
  if not content.startswith(_SIGNATURE):
    raise DamagedPictureError("it is not a PNG")
  place = len(_SIGNATURE)
  while place < len(content):
    head = content[place : place + 8]
    if len(head) < 8:
      raise DamagedPictureError("it is cut off, or has bytes after its end")
    length, kind = struct.unpack(">I4s", head)
    data = content[place + 8 : place + 8 + length]
    place += 12 + length
    if len(data) < length or place > len(content):
      raise DamagedPictureError("it is cut off")
    yield kind, data
    if kind == b"IEND":
      break
  if place != len(content):
    raise DamagedPictureError("it has bytes after its end")


def _text_of(kind: bytes, data: bytes) -> tuple[str, str]:
  """Returns keyword and text of a chunk."""
  keyword, _, rest = data.partition(b"\0")
  name = keyword.decode("latin-1")
  try:
    if kind == b"tEXt":
      return name, rest.decode("latin-1")
    if kind == b"zTXt":
      return name, _unpacked(rest[1:]).decode("latin-1")
    if kind == b"iTXt":
      is_packed, further = rest[0], rest[2:]
      language, _, further = further.partition(b"\0")
      translated, _, text = further.partition(b"\0")
      content = _unpacked(text) if is_packed else text
      return name, " ".join(part.decode("utf-8", "replace") for part in (language, translated, content))
  except (zlib.error, binascii.Error, IndexError):
    pass
  raise DamagedPictureError(f"its chunk {kind.decode('latin-1')} is not known, or damaged")


def _unpacked(data: bytes) -> bytes:
  unpacked = zlib.decompressobj().decompress(data, _LONGEST_TEXT + 1)
  if len(unpacked) > _LONGEST_TEXT:
    raise DamagedPictureError("a text in it is too long")
  return unpacked
