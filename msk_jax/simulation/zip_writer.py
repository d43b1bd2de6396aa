"""Zip archives whose bytes depend on their members alone: no clock, no host, one compressor."""

import struct
import zlib
from collections.abc import Mapping

_DOS_DATE = (0 << 9) | (1 << 5) | 1  # 1980-01-01, the format's first day
_DEFLATED = 8
_VERSION = 20  # what is needed to unpack: deflate
_UTF8_FLAG = 0x800


def pack(members: Mapping[str, bytes]) -> bytes:
  """Returns a zip archive of the members, in their order.

  Level 1 with run lengths and Huffman codes only: noise does not repeat, the black around the body does, and so the
  search for longer repetitions would cost much and gain little.
  """
  parts, directory, position = [], [], 0
  for name, data in members.items():
    encoded = name.encode()
    squeezer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 8, zlib.Z_RLE)
    packed = squeezer.compress(data) + squeezer.flush()
    common = struct.pack("<HHHHHIIIHH", _VERSION, _UTF8_FLAG, _DEFLATED, 0, _DOS_DATE, zlib.crc32(data), len(packed),
                         len(data), len(encoded), 0)  # fmt: skip
    parts.append(b"PK\3\4" + common + encoded + packed)
    directory.append(
      b"PK\1\2" + struct.pack("<H", _VERSION) + common + struct.pack("<HHHII", 0, 0, 0, 0, position) + encoded
    )
    position += len(parts[-1])
  listing = b"".join(directory)
  end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(listing), position, 0)
  return b"".join((*parts, listing, b"PK\5\6", end))
