"""DICOM radiographs as grey arrays, and the two header fields that tell the view.

The scanner's own files (Implicit VR Little Endian, 8 bit) are read here, by a walk over the header's elements and one
`numpy.frombuffer`: twice as fast as a general reader. All others go to a decoder process (`decoder_client`). There no
flawed file can end the run, and no library can log a person's data.
"""

import dataclasses
import struct
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from msk_jax.imaging import quality
from msk_jax.imaging.quality import Doubt

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
MAX_SIDE_PX = 16_384
MAX_PIXELS = 64 * 2**20

_PREAMBLE = 128
_MAGIC = b"DICM"
_UNDEFINED = 0xFFFFFFFF
_MAX_DEPTH = 8  # of nested sequences
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UT", b"UN", b"UC", b"UR", b"SV", b"UV")

# Tags as (group << 16) + element.
_SYNTAX_UID = 0x00020010
_PROTOCOL_NAME = 0x00181030
_INSTANCE_NUMBER = 0x00200013
_SAMPLES_PER_PIXEL = 0x00280002
_PHOTOMETRIC = 0x00280004
_FRAMES = 0x00280008
_ROWS = 0x00280010
_COLUMNS = 0x00280011
_BITS_ALLOCATED = 0x00280100
_BITS_STORED = 0x00280101
_HIGH_BIT = 0x00280102
_PIXEL_REPRESENTATION = 0x00280103
_PIXEL_DATA = 0x7FE00010
# Elements that change the meaning of stored values (padding, windows, rescale, lookup tables, presentation). Files with
# any of them go to the decoder process.
_MEANING = frozenset(
  (
    0x00280120,
    0x00281050,
    0x00281051,
    0x00281052,
    0x00281053,
    0x00281056,
    0x00283000,
    0x00283010,
    0x20500010,
    0x20500020,
  )
)
_WANTED = frozenset(
  (
    _PROTOCOL_NAME,
    _INSTANCE_NUMBER,
    _SAMPLES_PER_PIXEL,
    _PHOTOMETRIC,
    _FRAMES,
    _ROWS,
    _COLUMNS,
    _BITS_ALLOCATED,
    _BITS_STORED,
    _HIGH_BIT,
    _PIXEL_REPRESENTATION,
    *_MEANING,
  )
)
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class Decoder(Protocol):
  """Decodes the files that are not read here; see `decoder_client.IsolatedDecoder`."""

  def decode(
    self, kind: str, data: bytes, named_bits: int = 0
  ) -> tuple[Mapping[str, Any], np.ndarray | quality.Refusal]:
    """Returns facts of the header and doubts, and uint8 [h, w] or why there is none."""
    ...


@dataclasses.dataclass(frozen=True)
class DicomImage:
  """A radiograph and the two header fields that tell which view it is.

  Attributes:
    protocol: DICOM ProtocolName, stripped; empty if absent.
    instance_number: DICOM InstanceNumber, or None if it is absent or not a number.
    pixels: uint8 [h, w], dark background and bright bone; or why there are none.
    doubts: why the pixels may be wrong.
  """

  protocol: str
  instance_number: int | None
  pixels: np.ndarray | quality.Refusal
  doubts: tuple[Doubt, ...] = ()


def read(data: bytes, decoder: Decoder, named_bits: int = 0) -> DicomImage:
  """Reads one file held in memory.

  Args:
    data: the file.
    decoder: for files that are not read here.
    named_bits: see `bit_depth.value_range`.

  Raises:
    Refusal: `not_dicom`, `truncated`, ... where the header can't be read.
  """
  syntax = transfer_syntax(data)
  if syntax == IMPLICIT_LITTLE_ENDIAN:
    fields, pixel_data = _walk_header(data)
    if _is_plain(data, fields):
      protocol = _text(data, fields.get(_PROTOCOL_NAME))
      number = _integer(_text(data, fields.get(_INSTANCE_NUMBER)))
      try:
        return DicomImage(protocol, number, *_plain_pixels(data, fields, pixel_data))
      except quality.Refusal as refusal:
        return DicomImage(protocol, number, refusal)
  facts, pixels = decoder.decode("dicom", data, named_bits)
  doubts = tuple(Doubt(*doubt) for doubt in facts.get("doubts", ()))
  return DicomImage(str(facts.get("protocol", "")), facts.get("instance_number"), pixels, doubts)


def check_size(rows: int, columns: int) -> None:
  """Compares a header's claim with the caps, before any pixel is decoded.

  Raises:
    Refusal: `no_pixels` or `too_large`.
  """
  if rows < 1 or columns < 1:
    raise quality.Refusal("no_pixels")
  if max(rows, columns) > MAX_SIDE_PX or rows * columns > MAX_PIXELS:
    raise quality.Refusal("too_large")


def transfer_syntax(data: bytes) -> str:
  """Returns the transfer syntax's UID, or an empty string for a file without preamble and meta header.

  Raises:
    Refusal: `not_dicom` or `truncated`.
  """
  if not has_preamble(data):
    if not may_lack_preamble(data):
      raise quality.Refusal("not_dicom")
    return ""
  position = _PREAMBLE + 4
  while position + 8 <= len(data) and data[position : position + 2] == b"\x02\x00":
    tag, start, length = _explicit_element(data, position)
    if start + length > len(data):
      break
    if tag == _SYNTAX_UID:
      return data[start : start + length].rstrip(b"\0 ").decode("ascii", "replace")
    position = start + length
  raise quality.Refusal("truncated" if position + 8 >= len(data) else "not_dicom")


def has_preamble(data: bytes) -> bool:
  """Returns whether a file starts as DICOM files do, with 128 bytes of anything and the word DICM."""
  return data[_PREAMBLE : _PREAMBLE + 4] == _MAGIC


def may_lack_preamble(data: bytes) -> bool:
  """Returns whether a file may be DICOM without preamble: it then starts with an element of group 2 or 8."""
  return len(data) > 8 and data[:2] in (b"\x02\x00", b"\x08\x00") and data[3] < 0x10


def _explicit_element(data: bytes, position: int) -> tuple[int, int, int]:
  """Returns tag, start of value and length of an element of explicit VR."""
  group, element = struct.unpack_from("<HH", data, position)
  if data[position + 4 : position + 6] in _LONG_VRS:
    if position + 12 > len(data):
      raise quality.Refusal("truncated")
    return (group << 16) + element, position + 12, struct.unpack_from("<I", data, position + 8)[0]
  return (group << 16) + element, position + 8, struct.unpack_from("<H", data, position + 6)[0]


def _walk_header(data: bytes) -> tuple[dict[int, tuple[int, int]], tuple[int, int] | None]:
  """Returns places of the wanted elements of an implicit VR file, and (start, claimed length) of its pixel data."""
  position = _PREAMBLE + 4
  while position + 8 <= len(data) and data[position : position + 2] == b"\x02\x00":
    _, start, length = _explicit_element(data, position)
    position = start + length
  fields: dict[int, tuple[int, int]] = {}
  while position + 8 <= len(data):
    tag, start, length = _implicit_element(data, position)
    if tag == _PIXEL_DATA:
      return fields, (start, length)
    if length == _UNDEFINED:
      position = _end_of_sequence(data, start, 0)
      if tag in _WANTED:
        fields[tag] = (start, position - start)
      continue
    position = start + length
    if position > len(data):
      raise quality.Refusal("truncated")
    if tag in _WANTED:
      fields[tag] = (start, length)
  if position != len(data) or not fields:
    raise quality.Refusal("truncated")
  return fields, None


def _implicit_element(data: bytes, position: int) -> tuple[int, int, int]:
  if position + 8 > len(data):
    raise quality.Refusal("truncated")
  group, element, length = struct.unpack_from("<HHI", data, position)
  return (group << 16) + element, position + 8, length


def _end_of_sequence(data: bytes, position: int, depth: int) -> int:
  """Returns the position after a sequence of undefined length whose first item starts at `position`."""
  if depth > _MAX_DEPTH:
    raise quality.Refusal("not_dicom", "nesting")
  while True:
    tag, start, length = _implicit_element(data, position)
    if tag == _SEQUENCE_END:
      return start
    if tag != _ITEM:
      raise quality.Refusal("not_dicom", "sequence")
    position = start + length if length != _UNDEFINED else _end_of_item(data, start, depth)


def _end_of_item(data: bytes, position: int, depth: int) -> int:
  while True:
    tag, start, length = _implicit_element(data, position)
    if tag == _ITEM_END:
      return start
    position = start + length if length != _UNDEFINED else _end_of_sequence(data, start, depth + 1)


def _is_plain(data: bytes, fields: Mapping[int, tuple[int, int]]) -> bool:
  """Returns whether this is one grey frame of 8 unsigned bits, to be shown as they are."""
  return (
    not _MEANING & fields.keys()
    and _short(data, fields.get(_HIGH_BIT), 7) == 7
    and _short(data, fields.get(_BITS_ALLOCATED)) == 8
    and _short(data, fields.get(_BITS_STORED)) == 8
    and _short(data, fields.get(_SAMPLES_PER_PIXEL), 1) == 1
    and _short(data, fields.get(_PIXEL_REPRESENTATION), 0) == 0
    and (_integer(_text(data, fields.get(_FRAMES))) or 1) == 1
    and _text(data, fields.get(_PHOTOMETRIC)) in ("MONOCHROME1", "MONOCHROME2")
  )


def _plain_pixels(
  data: bytes, fields: Mapping[int, tuple[int, int]], pixel_data: tuple[int, int] | None
) -> tuple[np.ndarray, tuple[Doubt, ...]]:
  rows, columns = _short(data, fields.get(_ROWS), 0), _short(data, fields.get(_COLUMNS), 0)
  check_size(rows, columns)
  if pixel_data is None:
    raise quality.Refusal("no_pixels")
  start, length = pixel_data
  if start + length > len(data):
    raise quality.Refusal("truncated")
  doubts = tuple(check_pixel_length(memoryview(data)[start : start + length], rows * columns))
  pixels = np.frombuffer(data, np.uint8, rows * columns, start).reshape(rows, columns)
  return 255 - pixels if _text(data, fields[_PHOTOMETRIC]) == "MONOCHROME1" else pixels, doubts


def check_pixel_length(value: bytes | memoryview, expected: int) -> list[Doubt]:
  """Returns a doubt if more than one byte follows the `expected` ones: padding, which old files have (PS3.5 8.1.1).

  Raises:
    Refusal: `pixel_length`, where bytes are missing or those that follow are not all alike, so that they may be image.
  """
  if len(value) < expected:
    raise quality.Refusal("pixel_length", "short")
  rest = bytes(value[expected:])
  if rest.count(rest[:1]) < len(rest):
    raise quality.Refusal("pixel_length", "long")
  return [Doubt("padded_pixels")] if len(rest) > 1 else []


def _short(data: bytes, place: tuple[int, int] | None, missing: int = -1) -> int:
  if place is None or place[1] < 2:
    return missing
  return struct.unpack_from("<H", data, place[0])[0]


def _text(data: bytes, place: tuple[int, int] | None) -> str:
  if place is None:
    return ""
  return data[place[0] : place[0] + place[1]].strip(b"\0 ").decode("latin-1")


def _integer(text: str) -> int | None:
  try:
    return int(text)
  except ValueError:
    return None
