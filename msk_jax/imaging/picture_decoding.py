"""PNG, JPEG, TIFF, BMP and WebP pictures to grey or colour, by Pillow. Runs in the decoder process."""

import io
from typing import Any

import numpy as np

from msk_jax.imaging import dicom, grey_levels, quality

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_COLOURS = ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr")
_GREYS = ("1", "L", "LA")
_PREVIEWS = "MPO"  # a JPEG with smaller copies of itself, which do not count as frames
_TIFF_PHOTOMETRIC, _TIFF_BITS = 262, 258
_MIN_IS_WHITE = 0
_PNG_BITS, _PNG_COLOUR = 24, 25  # places in the file
_DEEP = grey_levels.Coding(bits_stored=16)


def decode_grey(data: bytes, named_bits: int = 0) -> tuple[dict[str, Any], np.ndarray]:
  """Reads a picture: colours become grey (ITU-R 601), 16-bit grey is scaled by its depth.

  Args:
    data: the file.
    named_bits: see `bit_depth.value_range`.

  Returns:
    facts: `doubts`.
    pixels: uint8 [h, w].

  Raises:
    Refusal: `decode_failed`, `unsupported`, `too_large`.
  """
  picture = _open(data)
  if picture.mode in (*_GREYS, *_COLOURS):
    return {}, np.asarray(_upright(picture).convert("L"))
  if not picture.mode.startswith("I;16") and not (picture.mode == "I" and picture.format == "PNG"):
    raise quality.Refusal("unsupported", "bits of the picture")
  is_inverted = picture.format == "TIFF" and picture.tag_v2.get(_TIFF_PHOTOMETRIC) == _MIN_IS_WHITE
  words = np.asarray(_upright(picture))
  words = words.astype(np.uint16, copy=False)  # in this machine's byte order, two bytes
  pixels, doubts = grey_levels.to_uint8(words, _DEEP, grey_levels.linear(_DEEP, named_bits))
  return {"doubts": doubts}, 255 - pixels if is_inverted else pixels


def decode_colour(data: bytes, named_bits: int = 0) -> tuple[dict[str, Any], np.ndarray]:
  """Reads a picture with colours, as uint8 [h, w, 3]: red, green, blue.

  Raises:
    Refusal: `not_colour`, `decode_failed`, `unsupported`, `too_large`.
  """
  del named_bits
  picture = _open(data)
  if picture.mode not in _COLOURS:
    raise quality.Refusal("not_colour")
  return {}, np.asarray(_upright(picture).convert("RGB"))


def _open(data: bytes) -> Any:
  from PIL import Image

  Image.MAX_IMAGE_PIXELS = None  # `dicom.check_size` comes before any decoding
  try:
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
  except Exception as error:
    raise quality.Refusal("decode_failed", type(error).__name__) from None
  dicom.check_size(picture.height, picture.width)
  if picture.format != _PREVIEWS and getattr(picture, "n_frames", 1) != 1:
    raise quality.Refusal("unsupported", "several frames")
  if picture.mode in _COLOURS and _has_sixteen_bits(data, picture):  # Pillow would drop half of the bits
    raise quality.Refusal("unsupported", "colours of 16 bits")
  return picture


def _upright(picture: Any) -> Any:
  from PIL import ImageOps

  ImageOps.exif_transpose(picture, in_place=True)
  return picture


def _has_sixteen_bits(data: bytes, picture: Any) -> bool:
  if picture.format == "PNG":
    return data[_PNG_BITS] == 16 and data[_PNG_COLOUR] != 0
  return picture.format == "TIFF" and max(picture.tag_v2.get(_TIFF_BITS, (8,))) > 8
