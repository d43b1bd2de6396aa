"""What runs inside the decoder process: compressed or unusual DICOM, and PNG and JPEG pictures.

Started by `isolation.IsolatedDecoder` as `python -m msk_jax.imaging.decoding`; speaks its protocol on the standard
streams. Nothing else may import pydicom: its messages can quote what a header says of the person.
"""

import io
import json
import logging
import math
import os
import struct
import sys
import warnings
from typing import Any, BinaryIO

import numpy as np

from msk_jax.imaging import dicom, quality

REQUEST = struct.Struct("<8sQ")  # kind, number of bytes that follow
REPLY = struct.Struct("<QQ")  # bytes of JSON facts, bytes of pixels
_MEMORY_BYTES = 6 * 2**30  # what a decoder may take in all

# Transfer syntaxes read here, each with the one library that decodes it: the same file gives the same pixels
# whatever else is installed. Deflated files and videos are not read.
_RLE = "1.2.840.10008.1.2.5"
_PLUGINS = {
  "1.2.840.10008.1.2": "",
  "1.2.840.10008.1.2.1": "",
  "1.2.840.10008.1.2.2": "",
  _RLE: "pydicom",
  "1.2.840.10008.1.2.4.50": "gdcm",  # JPEG baseline
  "1.2.840.10008.1.2.4.51": "gdcm",  # JPEG extended
  "1.2.840.10008.1.2.4.57": "gdcm",  # JPEG lossless
  "1.2.840.10008.1.2.4.70": "gdcm",  # JPEG lossless, first-order prediction
  "1.2.840.10008.1.2.4.80": "gdcm",  # JPEG-LS lossless
  "1.2.840.10008.1.2.4.81": "gdcm",  # JPEG-LS near-lossless
  "1.2.840.10008.1.2.4.90": "gdcm",  # JPEG 2000 lossless
  "1.2.840.10008.1.2.4.91": "gdcm",  # JPEG 2000
}
_PIXEL_DATA_TAGS = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")  # as bytes, little and big endian


def decode_dicom(data: bytes) -> tuple[dict[str, Any], np.ndarray | quality.Refusal]:
  """Reads any supported DICOM file.

  Returns:
    facts: `protocol` and `instance_number`.
    pixels: uint8 [h, w], bright bone on dark; or why there are none, though the header could be read.

  Raises:
    Refusal: not even the header can be read.
  """
  import pydicom

  pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
  if dicom.transfer_syntax(data) not in ("", *_PLUGINS):
    raise quality.Refusal("unsupported", "transfer syntax")
  header = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
  facts = {"protocol": str(header.get("ProtocolName") or "").strip(), "instance_number": _number(header)}
  try:
    return facts, _dicom_pixels(data, header)
  except quality.Refusal as refusal:
    return facts, refusal
  except Exception as error:
    return facts, quality.Refusal("decode_failed", type(error).__name__)


def decode_picture(data: bytes) -> tuple[dict[str, Any], np.ndarray]:
  """Reads a PNG or JPEG: colours become grey (ITU-R 601), 16-bit grey is scaled by 255 / 65535.

  Raises:
    Refusal: `decode_failed`, `too_large`.
  """
  picture = _open_picture(data)
  if picture.mode.startswith("I"):
    return {}, to_uint8(np.asarray(picture), bits_stored=16)
  return {}, np.asarray(picture.convert("L"))


def decode_colour(data: bytes) -> tuple[dict[str, Any], np.ndarray]:
  """Reads a PNG or JPEG with colours, as uint8 [h, w, 3]: red, green, blue.

  Raises:
    Refusal: `not_colour`, `decode_failed`, `too_large`.
  """
  picture = _open_picture(data)
  if picture.mode not in ("RGB", "RGBA", "P", "CMYK", "YCbCr"):
    raise quality.Refusal("not_colour")
  return {}, np.asarray(picture.convert("RGB"))


def _open_picture(data: bytes) -> Any:
  from PIL import Image, ImageOps

  Image.MAX_IMAGE_PIXELS = None  # our own cap is checked before anything is decoded
  try:
    picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
  except Exception as error:
    raise quality.Refusal("decode_failed", type(error).__name__) from None
  dicom.check_size(picture.height, picture.width)
  return ImageOps.exif_transpose(picture)


def to_uint8(
  values: np.ndarray, bits_stored: int, is_signed: bool = False, window: tuple[float, float] | None = None
) -> np.ndarray:
  """Scales grey values linearly to uint8, rounding to nearest.

  With a window (centre, width) the DICOM linear function is applied (PS3.3 C.11.2.1.2.1); without, all values that
  `bits_stored` bits can hold are mapped to 0 to 255, so that images of one device stay comparable. Unsigned 8-bit
  values stay as they are whatever the window: the skeleton's thresholds are meant for them.
  """
  if bits_stored == 8 and not is_signed:
    return values.astype(np.uint8)
  if window is not None:
    low, span = window[0] - 0.5 - (window[1] - 1) / 2, window[1] - 1
  else:
    low, span = -float(2 ** (bits_stored - 1)) if is_signed else 0.0, float(2**bits_stored - 1)
  scaled = (values.astype(np.float64) - low) * (255.0 / span)
  return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _dicom_pixels(data: bytes, header: Any) -> np.ndarray:
  import pydicom

  rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
  if rows == 0 and columns == 0 and not any(tag in data for tag in _PIXEL_DATA_TAGS):
    raise quality.Refusal("no_pixels" if header.get("SOPClassUID") else "not_dicom")
  dicom.check_size(rows, columns)
  photometric = str(header.get("PhotometricInterpretation") or "")
  allocated = int(header.get("BitsAllocated") or 0)
  if photometric not in ("MONOCHROME1", "MONOCHROME2") or int(header.get("SamplesPerPixel") or 1) != 1:
    raise quality.Refusal("unsupported", "not grey")
  if int(header.get("NumberOfFrames") or 1) != 1 or allocated not in (8, 16):
    raise quality.Refusal("unsupported", "frames or bits")
  dataset = pydicom.dcmread(io.BytesIO(data), force=True)
  if "PixelData" not in dataset:
    raise quality.Refusal("truncated" if any(tag in data for tag in _PIXEL_DATA_TAGS) else "no_pixels")
  values = _stored_values(dataset, rows * columns * allocated // 8)
  stored, is_signed = int(header.get("BitsStored") or allocated), bool(header.get("PixelRepresentation"))
  if not is_signed and stored < allocated:
    values = values & ((1 << stored) - 1)  # old files keep overlays in the unused bits
  window = _window(header)
  if window is not None:
    values = values * float(header.get("RescaleSlope") or 1) + float(header.get("RescaleIntercept") or 0)
  grey = to_uint8(values, stored, is_signed, window)
  return 255 - grey if photometric == "MONOCHROME1" else grey


def _stored_values(dataset: Any, expected_bytes: int) -> np.ndarray:
  """The integers as stored, [h, w]."""
  import pydicom
  from pydicom import pixels

  meta = getattr(dataset, "file_meta", None)
  syntax = str(meta.get("TransferSyntaxUID") or "") if meta is not None else ""
  if not syntax:  # no meta header: pydicom found out how the elements are coded
    little, implicit = dataset.original_encoding[1], dataset.original_encoding[0]
    syntax = dicom.IMPLICIT_LITTLE_ENDIAN if implicit else "1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2"
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
  plugin = _PLUGINS[syntax]
  if not plugin:
    dicom.check_pixel_length(len(dataset.PixelData), expected_bytes)
  values = pixels.pixel_array(dataset, raw=True, decoding_plugin=plugin)
  if values.shape != (dataset.Rows, dataset.Columns):
    raise quality.Refusal("decode_failed", "shape")
  return values


def _window(header: Any) -> tuple[float, float] | None:
  """The first (centre, width) of the header if it is usable."""
  pair = []
  for name in ("WindowCenter", "WindowWidth"):
    value = header.get(name)
    try:
      pair.append(float(value[0] if hasattr(value, "__getitem__") and not isinstance(value, str) else value))
    except (TypeError, ValueError, IndexError):
      return None
  return (pair[0], pair[1]) if all(map(math.isfinite, pair)) and pair[1] > 1 else None


def _number(header: Any) -> int | None:
  try:
    return int(header.get("InstanceNumber"))
  except (TypeError, ValueError):
    return None


_KINDS = {"dicom": decode_dicom, "picture": decode_picture, "colour": decode_colour}


def _answer(kind: str, data: bytes) -> tuple[dict[str, Any], bytes]:
  facts: dict[str, Any] = {}
  try:
    facts, pixels = _KINDS[kind](data)
  except quality.Refusal as refusal:
    pixels = refusal
  except Exception as error:
    pixels = quality.Refusal("decode_failed", type(error).__name__)
  if isinstance(pixels, quality.Refusal):
    return {**facts, "reason": pixels.reason, "detail": pixels.detail}, b""
  return {**facts, "shape": list(pixels.shape)}, np.ascontiguousarray(pixels).tobytes()


def _serve(requests: BinaryIO, replies: BinaryIO) -> None:
  while len(head := requests.read(REQUEST.size)) == REQUEST.size:
    kind, length = REQUEST.unpack(head)
    facts, pixels = _answer(kind.rstrip(b"\0").decode(), requests.read(length))
    text = json.dumps(facts).encode()
    replies.write(REPLY.pack(len(text), len(pixels)) + text)
    replies.write(pixels)
    replies.flush()


def _main() -> None:
  try:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
  except (ImportError, OSError, ValueError):
    pass  # not a Unix system, or a lower limit holds already
  warnings.simplefilter("ignore")
  logging.disable(logging.CRITICAL)
  replies = os.fdopen(os.dup(1), "wb")
  silence = os.open(os.devnull, os.O_WRONLY)
  os.dup2(silence, 1)  # what native libraries print must not end up among the replies, or in a log
  os.dup2(silence, 2)
  _serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
  _main()
