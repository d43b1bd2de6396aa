"""The scanner's DICOM files, written element by element.

Implicit VR Little Endian, one grey frame of 8 bits, with the header elements of UK Biobank's published example of
field 20158 (GE Lunar iDXA). Byte for byte the same for the same arguments, and much faster than a general writer.
"""

import struct
from collections.abc import Mapping, Sequence

import numpy as np

CR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.1"
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
IMPLEMENTATION_UID = "2.25.201158000000000000000000000000000001"

_PIXEL_DATA = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF

Value = str | int | tuple[int, ...] | Sequence["Elements"]
Elements = Mapping[int, Value]  # tag, (group << 16) + element, to value: text, unsigned short(s) or a sequence


def write(elements: Elements, pixels: np.ndarray, pixel_bytes: bytes | None = None) -> bytes:
  """Returns a DICOM file.

  Args:
    elements: the data set without rows, columns and pixel data; must hold SOPInstanceUID.
    pixels: uint8 [rows, columns].
    pixel_bytes: what to write as pixel data instead of the pixels (for a planted flaw).
  """
  rows, columns = pixels.shape
  full = {
    **elements,
    0x00280002: 1,
    0x00280004: "MONOCHROME2",
    0x00280010: rows,
    0x00280011: columns,
    0x00280100: 8,
    0x00280101: 8,
    0x00280102: 7,
    0x00280103: 0,
  }
  data = pixels.tobytes() if pixel_bytes is None else pixel_bytes
  data += b"\0" * (len(data) % 2)
  body = b"".join(_element(tag, full[tag]) for tag in sorted(full))
  return b"".join((_file_meta(str(elements[0x00080018])), body, _head(_PIXEL_DATA, len(data)), data))


def _file_meta(instance_uid: str) -> bytes:
  """Returns the 128 empty bytes, the magic word and group 2, which is always Explicit VR Little Endian."""
  group = b"".join(
    (
      struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\0\1",
      _explicit_uid(0x0002, CR_IMAGE_STORAGE),
      _explicit_uid(0x0003, instance_uid),
      _explicit_uid(0x0010, IMPLICIT_LITTLE_ENDIAN),
      _explicit_uid(0x0012, IMPLEMENTATION_UID),
    )
  )
  return b"\0" * 128 + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(group)) + group


def _explicit_uid(element: int, uid: str) -> bytes:
  value = _padded(uid, b"\0")
  return struct.pack("<HH2sH", 2, element, b"UI", len(value)) + value


def _element(tag: int, value: Value) -> bytes:
  encoded = _encode(tag, value)
  if isinstance(encoded, list):  # a sequence: items and sequence of undefined length, each with its end mark
    items = b"".join(_head(0xFFFEE000, _UNDEFINED) + item + _head(0xFFFEE00D, 0) for item in encoded)
    return _head(tag, _UNDEFINED) + items + _head(0xFFFEE0DD, 0)
  return _head(tag, len(encoded)) + encoded


def _encode(tag: int, value: Value) -> bytes | list[bytes]:
  if isinstance(value, str):
    return _padded(value, b"\0" if _is_uid(value, tag) else b" ")
  if isinstance(value, int):
    return struct.pack("<H", value)
  if value and isinstance(value[0], Mapping):
    return [b"".join(_element(t, item[t]) for t in sorted(item)) for item in value]  # type: ignore[union-attr]
  return struct.pack(f"<{len(value)}H", *value)


def _is_uid(value: str, tag: int) -> bool:
  return tag in (0x00080016, 0x00080018, 0x0020000D, 0x0020000E) and value != ""


def _padded(text: str, filler: bytes) -> bytes:
  data = text.encode("latin-1")
  return data + filler * (len(data) % 2)


def _head(tag: int, length: int) -> bytes:
  return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, length)
