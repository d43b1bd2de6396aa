"""DICOM files of any supported kind to grey, by pydicom and GDCM. Runs in the decoder process.

Nothing else may import pydicom: its messages may quote a person's data from the header.
"""

import io
from typing import Any

import numpy as np

from msk_jax.imaging import dicom, dicom_presentation, grey_levels, quality, views
from msk_jax.imaging.quality import Doubt

# Transfer syntaxes read here, each with the one library that decodes it, so that the pixels of a file do not depend on
# what else is installed. Deflated files and videos are not read.
_EXPLICIT_LITTLE, _EXPLICIT_BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
_RLE, _JPEG_EXTENDED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.51"
_PLUGINS = {
  dicom.IMPLICIT_LITTLE_ENDIAN: "",
  _EXPLICIT_LITTLE: "",
  _EXPLICIT_BIG: "",
  _RLE: "pydicom",
  "1.2.840.10008.1.2.4.50": "gdcm",  # JPEG baseline
  _JPEG_EXTENDED: "gdcm",  # 8 bits by pydicom's plugin, 12 bits without it
  "1.2.840.10008.1.2.4.57": "gdcm",  # JPEG lossless
  "1.2.840.10008.1.2.4.70": "gdcm",  # JPEG lossless, first-order prediction
  "1.2.840.10008.1.2.4.80": "gdcm",  # JPEG-LS lossless
  "1.2.840.10008.1.2.4.81": "gdcm",  # JPEG-LS near-lossless
  "1.2.840.10008.1.2.4.90": "gdcm",  # JPEG 2000 lossless
  "1.2.840.10008.1.2.4.91": "gdcm",  # JPEG 2000
}
_PIXEL_DATA_TAGS = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")  # as bytes, little and big endian
_JPEG_EXTENDED_BITS = 12


def decode(data: bytes, named_bits: int = 0) -> tuple[dict[str, Any], np.ndarray | quality.Refusal]:
  """Reads any supported DICOM file.

  Args:
    data: the file.
    named_bits: see `bit_depth.value_range`.

  Returns:
    facts: `protocol`, `instance_number` and, with pixels, `doubts`.
    pixels: uint8 [h, w], bright bone on dark; or why there are none.

  Raises:
    Refusal: the header can't be read.
  """
  import pydicom

  pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
  if dicom.transfer_syntax(data) not in ("", *_PLUGINS):
    raise quality.Refusal("unsupported", "transfer syntax")
  header = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
  facts = {"protocol": str(header.get("ProtocolName") or "").strip(), "instance_number": _number(header)}
  try:
    pixels, doubts = _pixels(data, header, named_bits)
    return {**facts, "doubts": doubts}, pixels
  except quality.Refusal as refusal:
    return facts, refusal
  except Exception as error:
    return facts, quality.Refusal("decode_failed", type(error).__name__)


def _pixels(data: bytes, header: Any, named_bits: int) -> tuple[np.ndarray, list[Doubt]]:
  import pydicom

  _check_header(data, header)
  dataset = pydicom.dcmread(io.BytesIO(data), force=True)
  if "PixelData" not in dataset:
    raise quality.Refusal("truncated" if any(tag in data for tag in _PIXEL_DATA_TAGS) else "no_pixels")
  syntax = _syntax(dataset)
  words, doubts = _stored_words(dataset, syntax)
  coding, remarks = _coding(header, syntax, 8 * words.dtype.itemsize)
  show = dicom_presentation.Presentation(
    header, coding, syntax != _EXPLICIT_BIG, named_bits, _keeps_bytes(header, coding)
  )
  if coding.shift and int(words.view(f"u{words.dtype.itemsize}").max()) < 2**coding.bits_stored:
    raise quality.Refusal("unsupported", "high bit")  # values in the low bits of their words contradict the header
  pixels, more = grey_levels.to_uint8(words, coding, show)
  return pixels, doubts + remarks + more


def _check_header(data: bytes, header: Any) -> None:
  """Refuses unsupported files before any pixel is decoded."""
  rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
  if rows == 0 and columns == 0 and not any(tag in data for tag in _PIXEL_DATA_TAGS):
    raise quality.Refusal("no_pixels" if header.get("SOPClassUID") else "not_dicom")
  dicom.check_size(rows, columns)
  photometric = str(header.get("PhotometricInterpretation") or "")
  if photometric not in dicom_presentation.GREY or int(header.get("SamplesPerPixel") or 1) != 1:
    raise quality.Refusal("unsupported", "not grey")
  if int(header.get("NumberOfFrames") or 1) != 1 or int(header.get("BitsAllocated") or 0) not in (8, 16):
    raise quality.Refusal("unsupported", "frames or bits")


def _syntax(dataset: Any) -> str:
  import pydicom

  meta = getattr(dataset, "file_meta", None)
  syntax = str(meta.get("TransferSyntaxUID") or "") if meta is not None else ""
  if not syntax:  # no meta header: pydicom infers how the elements are coded
    implicit, little = dataset.original_encoding
    syntax = dicom.IMPLICIT_LITTLE_ENDIAN if implicit else _EXPLICIT_LITTLE if little else _EXPLICIT_BIG
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
  return syntax


def _stored_words(dataset: Any, syntax: str) -> tuple[np.ndarray, list[Doubt]]:
  """Returns the words as stored, [h, w] in this machine's byte order, and doubts."""
  from pydicom import pixels

  doubts: list[Doubt] = []
  plugin = _PLUGINS[syntax]
  if not plugin:
    expected = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8
    doubts = dicom.check_pixel_length(dataset.PixelData, expected)
    if len(dataset.PixelData) > expected + expected % 2:
      dataset.PixelData = dataset.PixelData[: expected + expected % 2]
  if syntax == _JPEG_EXTENDED and dataset.BitsAllocated == 16:
    words = _jpeg_of_twelve_bits(dataset)
  else:
    # `grey_levels.Coding` handles the bits beside the values.
    words = pixels.pixel_array(dataset, raw=True, decoding_plugin=plugin, correct_unused_bits=False)
  if words.shape != (dataset.Rows, dataset.Columns):
    raise quality.Refusal("decode_failed", "shape")
  return words.astype(words.dtype.newbyteorder("="), copy=False), doubts


def _coding(header: Any, syntax: str, word_bits: int) -> tuple[grey_levels.Coding, list[Doubt]]:
  """Returns where in words of `word_bits` the values are, and doubts.

  Raises:
    Refusal: `unsupported`, where the header contradicts itself.
  """
  stored = int(header.get("BitsStored") or header.BitsAllocated)
  high = header.get("HighBit")
  shift, doubts = 0 if high is None else int(high) + 1 - stored, []
  if not 0 <= shift <= header.BitsAllocated - stored or (shift and _PLUGINS[syntax] == "gdcm"):
    raise quality.Refusal("unsupported", "high bit")
  if stored > word_bits:  # the compressed picture has fewer bits than its header says
    stored, doubts = word_bits, [Doubt("guessed_depth", f"{word_bits} bits in the picture, more in the header")]
  padding = header.get("PixelPaddingValue")
  padding = padding if isinstance(padding, int) else None
  return grey_levels.Coding(stored, shift, bool(header.get("PixelRepresentation")), padding), doubts


def _keeps_bytes(header: Any, coding: grey_levels.Coding) -> bool:
  """Returns whether a window is ignored: the skeleton's thresholds are for the scanner's own 8 bits."""
  is_plain = coding.bits_stored == header.BitsAllocated == 8 and not coding.is_signed
  is_own = str(header.get("ProtocolName") or "").strip() in views.SCANNER_PROTOCOLS
  return is_plain and is_own and dicom_presentation.rescale(header) == (1, 0) and not header.get("ModalityLUTSequence")


def _jpeg_of_twelve_bits(dataset: Any) -> np.ndarray:
  """Decodes JPEG extended by GDCM, since pydicom's plugin does not call GDCM's 12-bit decoder."""
  import gdcm
  from pydicom import encaps

  fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
  fragment.SetByteStringValue(next(encaps.generate_frames(dataset.PixelData, number_of_frames=1)))
  fragments.AddFragment(fragment)
  element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
  element.SetValue(fragments.__ref__())
  image = gdcm.Image()
  image.SetNumberOfDimensions(2)
  image.SetDimensions((dataset.Columns, dataset.Rows, 1))
  image.SetDataElement(element)
  kind = gdcm.PhotometricInterpretation.GetPIType(dataset.PhotometricInterpretation)
  image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
  image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(_JPEG_EXTENDED)))
  image.SetPixelFormat(gdcm.PixelFormat(1, 16, _JPEG_EXTENDED_BITS, _JPEG_EXTENDED_BITS - 1, 0))
  words = np.frombuffer(image.GetBuffer().encode("utf-8", "surrogateescape"), "<u2")
  if words.size != dataset.Rows * dataset.Columns:
    raise quality.Refusal("decode_failed", "12-bit JPEG")
  return words.reshape(dataset.Rows, dataset.Columns)


def _number(header: Any) -> int | None:
  try:
    return int(header.get("InstanceNumber"))
  except (TypeError, ValueError):
    return None
