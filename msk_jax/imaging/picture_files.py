"""Reads a file that holds a picture. Its content says of which kind it is: names are often wrong."""

import enum
import pathlib

import numpy as np

from msk_jax.imaging import dicom, quality
from msk_jax.imaging.quality import Doubt
from msk_jax.io import plain_files

HEAD_BYTES = 132  # enough to tell the kind: a DICOM file's preamble and the word DICM
DICOM_ENDINGS = frozenset({".dcm", ".dicom", ".ima", ""})
PICTURE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".bmp", ".webp"})
ARCHIVE_ENDING = ".zip"
_MAX_FILE_BYTES = 256 * 2**20  # 64 million pixels of 16 bits are 128 MiB
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # bytes


class Kind(enum.Enum):
  """What a file is."""

  DICOM = enum.auto()
  PICTURE = enum.auto()
  ARCHIVE = enum.auto()
  UNKNOWN = enum.auto()


def kind_of(head: bytes) -> Kind:
  """Returns the kind of a file, by its first `HEAD_BYTES`."""
  if dicom.has_preamble(head):
    return Kind.DICOM
  if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", *_TIFF)) or _is_bmp(head):
    return Kind.PICTURE
  if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
    return Kind.PICTURE
  if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
    return Kind.ARCHIVE
  return Kind.DICOM if dicom.may_lack_preamble(head) else Kind.UNKNOWN


def read_head(path: pathlib.Path) -> bytes:
  """Returns a file's first bytes; none if it can't be read."""
  try:
    with plain_files.open_binary(path) as file:
      return file.read(HEAD_BYTES)
  except OSError:
    return b""


def read_bytes(path: pathlib.Path) -> bytes:
  """Reads a picture's file.

  Raises:
    Refusal: `unreadable_file`, or `too_large`.
  """
  try:
    data = plain_files.read_at_most(path, _MAX_FILE_BYTES)
  except (OSError, ValueError) as error:
    raise quality.Refusal("unreadable_file", type(error).__name__) from None
  if len(data) > _MAX_FILE_BYTES:
    raise quality.Refusal("too_large", "file")
  return data


def decode(
  data: bytes, ending: str, decoder: dicom.Decoder, named_bits: int = 0
) -> tuple[np.ndarray, tuple[Doubt, ...]]:
  """Decodes a PNG, JPEG, TIFF, BMP, WebP or DICOM file.

  Args:
    data: the file.
    ending: of its name; it only decides how a file of another kind is refused.
    decoder: see `decoder_client`.
    named_bits: see `bit_depth.value_range`.

  Returns:
    pixels: uint8 [h, w].
    doubts: why they may be wrong.

  Raises:
    Refusal: it can't be read.
  """
  kind = kind_of(data)
  if kind is Kind.ARCHIVE or (kind is Kind.UNKNOWN and ending.lower() == ARCHIVE_ENDING):
    raise quality.Refusal("unsupported", "an archive, where pictures are wanted")
  if kind is Kind.UNKNOWN:
    raise quality.Refusal("not_dicom" if ending.lower() in DICOM_ENDINGS else "decode_failed", "no picture")
  if kind is Kind.DICOM:
    image = dicom.read(data, decoder, named_bits)
    pixels, doubts = image.pixels, image.doubts
  else:
    facts, pixels = decoder.decode("picture", data, named_bits)
    doubts = tuple(Doubt(*doubt) for doubt in facts.get("doubts", ()))
  if isinstance(pixels, quality.Refusal):
    raise pixels
  return pixels, doubts


def _is_bmp(head: bytes) -> bool:
  return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS
