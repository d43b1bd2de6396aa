"""DICOM files, pictures and zips of DICOM files."""

import functools
import hashlib
import io
import logging
import pathlib
import struct
import zipfile
import zlib

import cv2
import numpy as np
import pydicom

from msk_jax.imaging import decoder_client, dxa_visit, picture_files, quality
from tests.imaging import conftest as dicoms
from tests.mutants.form import DroppedError, Form, Reading, digest

logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # what it says of the odd values that are wanted here
_SYNTAXES = pathlib.Path(__file__).resolve().parents[4] / "shared" / "data" / "dicom_syntaxes"
_ZIP_NAME = "9000001_20158_2_0.zip"
_DECODER_SECONDS = 600.0  # the limit on a mutant comes first
_ABSURD = (0, 1, 2, 3, 17, 8191, 16_384, 16_385, 40_000, 65_535)
_UIDS = (
  "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99",
  "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
  "1.2.840.10008.1.2.4.100", "9.9.9", "",
)  # fmt: skip
_VALUES: dict[str, tuple] = {
  "Rows": _ABSURD,
  "Columns": _ABSURD,
  "BitsAllocated": (0, 1, 8, 12, 16, 32, 64),
  "BitsStored": (0, 1, 7, 8, 12, 16, 17, 255),
  "HighBit": (0, 6, 7, 15, 255),
  "SamplesPerPixel": (0, 2, 3, 4),
  "PixelRepresentation": (1, 2),
  "PhotometricInterpretation": ("MONOCHROME1", "PALETTE COLOR", "RGB", "YBR_FULL", "", "X" * 100),
  "NumberOfFrames": ("0", "2", "9999999", "-1", "two"),
  "WindowCenter": ("nan", "1e400", "-1", "0"),
  "WindowWidth": ("0", "-5", "1e-300", "inf"),
  "RescaleSlope": ("0", "nan", "1e308", "-1"),
  "RescaleIntercept": ("nan", "1e308", "-30000"),
  "PixelPaddingValue": (0, 255, 65_535),
  "ProtocolName": ("", "Total Body", "AP Spine" * 1000, "\x00\x01"),
  "InstanceNumber": ("99999999999999", "-1", "one"),
}


@functools.cache
def _decoder() -> decoder_client.IsolatedDecoder:
  return decoder_client.IsolatedDecoder(timeout_seconds=_DECODER_SECONDS)


def _make_dicom(folder: pathlib.Path) -> None:
  eight, sixteen = dicoms.picture(120, 90), dicoms.picture(100, 80).astype(np.uint16) * 16
  files = {
    "plain.dcm": dicoms.dicom_bytes(eight),
    "no_preamble.dcm": dicoms.dicom_bytes(eight, has_preamble=False),
    "explicit.dcm": dicoms.dicom_bytes(eight, syntax="1.2.840.10008.1.2.1"),
    "deep.dcm": dicoms.dicom_bytes(sixteen, BitsStored=12, HighBit=11, WindowCenter="2000", WindowWidth="4000"),
    "big_endian.dcm": dicoms.dicom_bytes(eight, syntax="1.2.840.10008.1.2.2"),
  }
  for name, data in files.items():
    (folder / name).write_bytes(data)
  for path in sorted(_SYNTAXES.glob("*.dcm")) if _SYNTAXES.is_dir() else []:
    (folder / path.name).write_bytes(path.read_bytes())


def _make_pictures(folder: pathlib.Path) -> None:
  from PIL import Image

  grey = dicoms.picture(120, 90)
  Image.fromarray(grey).save(folder / "grey.png")
  Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "deep.png")
  Image.fromarray(grey).convert("P").save(folder / "palette.png")
  Image.fromarray(grey).save(folder / "grey.tif")
  Image.fromarray(grey).save(folder / "packed.tif", compression="tiff_lzw")
  Image.fromarray(grey).save(folder / "grey.jpg", quality=90)
  Image.fromarray(grey).save(folder / "grey.bmp")
  Image.fromarray(grey).convert("RGB").save(folder / "colour.webp")
  assert cv2.imread(str(folder / "grey.png")) is not None


def _make_zip(folder: pathlib.Path) -> None:
  with zipfile.ZipFile(folder / _ZIP_NAME, "w") as archive:
    for number, protocol in enumerate(("Right Ortho Knee", "Left Ortho Knee", "AP Spine")):
      pixels = dicoms.picture(*dicoms.SIZES[protocol], seed=number)
      info = zipfile.ZipInfo(f"{number}.dcm")
      info.compress_type = zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED
      archive.writestr(info, dicoms.dicom_bytes(pixels, protocol, number))
    archive.writestr("manifest.cvs", "9000001,0.dcm\n")


def _read_pictures(folder: pathlib.Path) -> Reading:
  read = []
  for path in sorted(folder.iterdir()):
    if path.name in ("tmp", ".pipe"):
      continue
    try:
      data = picture_files.read_bytes(path)
      pixels, doubts = picture_files.decode(data, path.suffix, _decoder())
    except quality.Refusal as refusal:
      raise DroppedError(f"{refusal.reason} {refusal.detail}".strip()) from None
    read.append((path.name, digest(pixels), tuple(doubts)))
  doubts = [doubt.reason for _, _, of_file in read for doubt in of_file]
  return Reading(digest(read), {f"doubt: {doubt}": doubts.count(doubt) for doubt in doubts})


def _read_zip(folder: pathlib.Path) -> Reading:
  images, notes = dxa_visit.read_visit(folder / _ZIP_NAME, _decoder())
  values = [(image.view, image.side, hashlib.sha256(image.pixels.tobytes()).hexdigest()) for image in images]
  said = [note.reason for note in notes]
  return Reading(digest(sorted(values)), {reason: said.count(reason) for reason in said})


def _change_field(data: bytes, rng: np.random.Generator) -> bytes:
  """Has an absurd value in an element, or lacks one."""
  import warnings

  with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    try:
      dataset = pydicom.dcmread(io.BytesIO(data), force=True)
      for _ in range(int(rng.integers(1, 3))):
        name = sorted(_VALUES)[int(rng.integers(len(_VALUES)))]
        if rng.random() < 0.3 and name in dataset:
          delattr(dataset, name)
        else:
          setattr(dataset, name, _VALUES[name][int(rng.integers(len(_VALUES[name])))])
      out = io.BytesIO()
      pydicom.dcmwrite(out, dataset, enforce_file_format=False)
    except Exception:  # what pydicom does not write
      return data[: len(data) // 2]
  return out.getvalue()


def _change_syntax(data: bytes, rng: np.random.Generator) -> bytes:
  """Names another transfer syntax than its pixels have."""
  place = data.find(b"\x02\x00\x10\x00UI")
  if place < 0:
    return data[128:]
  (length,) = struct.unpack_from("<H", data, place + 6)
  uid = _UIDS[int(rng.integers(len(_UIDS)))].encode()
  return data[: place + 8] + uid[:length].ljust(length, b"\0") + data[place + 8 + length :]


def _change_pixel_length(data: bytes, rng: np.random.Generator) -> bytes:
  """Claims another length of pixels than there is."""
  place = data.rfind(b"\xe0\x7f\x10\x00")
  length = (0, 1, 2**31, 2**32 - 1, 2**32 - 2, int(rng.integers(2**20)))[int(rng.integers(6))]
  offset = 8 if data[place + 4 : place + 6] in (b"OW", b"OB") else 4
  return data[: place + offset] + struct.pack("<I", length) + data[place + offset + 4 :]


def _nest(data: bytes, rng: np.random.Generator) -> bytes:
  """Has sequences within sequences, thousands deep."""
  place = data.find(b"\x18\x00\x30\x10")
  depth = int(rng.integers(5, 20_000))
  return data[:place] + b"\x08\x00\x40\x11\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * depth + data[place:]


def _chunk(name: bytes, body: bytes) -> bytes:
  return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png_size(data: bytes, rng: np.random.Generator) -> bytes:
  """A PNG that claims another size, its checksum right."""
  if not data.startswith(b"\x89PNG"):
    return data[: len(data) // 2]
  sizes = (0, 1, 121, 16_384, 16_385, 2**31 - 1, 2**32 - 1, 100_000)
  width, height = (sizes[int(place)] for place in rng.integers(0, len(sizes), 2))
  return data[:8] + _chunk(b"IHDR", struct.pack(">II", width, height) + data[24:29]) + data[33:]


def _png_kind(data: bytes, rng: np.random.Generator) -> bytes:
  """A PNG that claims another depth or kind of colour, its checksum right."""
  if not data.startswith(b"\x89PNG"):
    return data[: len(data) // 3]
  kind = bytes([(1, 2, 4, 8, 16, 32)[int(rng.integers(6))], int(rng.integers(8)), 0, 0, int(rng.integers(3))])
  return data[:8] + _chunk(b"IHDR", data[16:24] + kind) + data[33:]


def _png_bomb(data: bytes, rng: np.random.Generator) -> bytes:
  """A PNG of few bytes and very many pixels."""
  del data
  side = int((4000, 8000, 16_384, 30_000)[int(rng.integers(4))])
  pixels = zlib.compress(bytes(side + 1) * min(side, 1000), 9)
  head = struct.pack(">II", side, side) + bytes([8, 0, 0, 0, 0])
  return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _png_text(data: bytes, rng: np.random.Generator) -> bytes:
  """A PNG with a compressed text of many megabytes, or a colour profile that is none."""
  if not data.startswith(b"\x89PNG"):
    return data + bytes(50)
  body = zlib.compress(bytes(64 * 2**20), 1) if rng.random() < 0.5 else rng.bytes(50)
  return data[:33] + _chunk((b"zTXt", b"iCCP")[int(rng.integers(2))], b"a\0\0" + body) + data[33:]


def _directory_field(data: bytes, rng: np.random.Generator) -> bytes:
  """A zip whose directory claims another size, place, method or flag of a member."""
  place = data.find(b"PK\x01\x02")
  for _ in range(int(rng.integers(3))):
    place = max(place, data.find(b"PK\x01\x02", place + 4))
  offset, width = ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4))[int(rng.integers(8))]
  number = (0, 1, 8, 9, 12, 14, 99, 2**16 - 1, 2**31, 2**32 - 1, 300 * 2**20)[int(rng.integers(11))] % 2 ** (8 * width)
  return data[: place + offset] + number.to_bytes(width, "little") + data[place + offset + width :]


def _end_field(data: bytes, rng: np.random.Generator) -> bytes:
  """A zip whose last record claims another number of members, size or place of the directory."""
  place = data.rfind(b"PK\x05\x06")
  offset, width = ((8, 2), (10, 2), (12, 4), (16, 4), (20, 2))[int(rng.integers(5))]
  number = (0, 1, 2, 100, 2**16 - 1, 2**31, 2**32 - 1)[int(rng.integers(7))] % 2 ** (8 * width)
  return data[: place + offset] + number.to_bytes(width, "little") + data[place + offset + width :]


def _zip_members(data: bytes, rng: np.random.Generator) -> bytes:
  """A zip with odd members: of blanks by the gigabyte, of paths outside, of one name, too many, a zip in a zip."""
  import warnings

  out = io.BytesIO(data)
  kind = int(rng.integers(6))
  with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
    warnings.simplefilter("ignore")
    if kind == 0:
      archive.writestr("bomb.dcm", bytes(int(rng.integers(5, 40)) * 2**20), compresslevel=9)
    elif kind == 1:
      archive.writestr(("../../out.dcm", "/etc/out.dcm", "C:\\out.dcm", "a\0b.dcm")[int(rng.integers(4))], b"x")
    elif kind == 2:
      archive.writestr("0.dcm", dicoms.dicom_bytes(dicoms.picture(300, 340), "Left Femur", 9))
    elif kind == 3:
      for number in range(int(rng.integers(60, 3000))):
        archive.writestr(f"{number}_.dcm", b"")
    elif kind == 4:
      archive.writestr("inner.zip", data)
    else:
      archive.writestr("odd.dcm", rng.bytes(1000))
  return out.getvalue()


_DICOM = {each.__name__.strip("_"): each for each in (_change_field, _change_syntax, _change_pixel_length, _nest)}
FORMS = (
  # A table names the pictures of a folder; here all that are there are read.
  Form("dicom", _make_dicom, _read_pictures, ("*.dcm",), _DICOM, share=1.6, needs_all=False),
  Form(
    "picture",
    _make_pictures,
    _read_pictures,
    ("*.*",),
    {each.__name__.strip("_"): each for each in (_png_size, _png_kind, _png_bomb, _png_text)},
    share=1.2,
    needs_all=False,
  ),
  Form(
    "zip",
    _make_zip,
    _read_zip,
    ("*.zip",),
    {each.__name__.strip("_"): each for each in (_directory_field, _end_field, _zip_members)},
    share=1.2,
  ),
)
