"""Zip archives whose bytes depend on their members alone, not on clock, host or compressor."""

import struct
import zlib
from collections.abc import Mapping

_DOS_DATE = (0 << 9) | (1 << 5) | 1  # 1980-01-01, the format's first day
_STORED, _DEFLATED = 0, 8
_VERSION = 20  # what is needed to unpack: deflate
_UTF8_FLAG = 0x800
_WORTH_PACKING = 0.35  # share of zero bytes; below it a picture is mostly noise, which takes time and hardly shrinks


def pack(members: Mapping[str, bytes]) -> bytes:
  """Returns a zip archive of the members, in their order."""
  parts, directory, position = [], [], 0
  for name, data in members.items():
    encoded = name.encode()
    method, packed = _squeeze(data)
    common = struct.pack(
      "<HHHHHIIIHH",
      _VERSION,
      _UTF8_FLAG,
      method,
      0,
      _DOS_DATE,
      zlib.crc32(data),
      len(packed),
      len(data),
      len(encoded),
      0,
    )
    parts.append(b"PK\3\4" + common + encoded + packed)
    listed = struct.pack("<H", _VERSION) + common + struct.pack("<HHHII", 0, 0, 0, 0, position)
    directory.append(b"PK\1\2" + listed + encoded)
    position += len(parts[-1])
  listing = b"".join(directory)
  end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(listing), position, 0)
  return b"".join((*parts, listing, b"PK\5\6", end))


def _squeeze(data: bytes) -> tuple[int, bytes]:
  """Returns method and packed bytes.

  Run lengths and Huffman codes only: the black around the body repeats, noise does not. A search for longer
  repetitions would take time and gain little.
  """
  if data.count(0) < _WORTH_PACKING * len(data):
    return _STORED, data
  squeezer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 8, zlib.Z_RLE)
  return _DEFLATED, squeezer.compress(data) + squeezer.flush()
