"""A small folder of radiographs with the variety of real ones, drawn here: each file and each row is a case.

Every case says what must become of it: the grey of chosen stored values, or reason codes.
"""

import dataclasses
import io
import pathlib

import cv2
import numpy as np
import pydicom
from PIL import Image

from tests.imaging.conftest import dicom_bytes

EXPLICIT, IMPLICIT, RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5"
SIDE_PX = 64
STORED = np.array([0, 1200, 2000, 2800, 4095])  # of 12 bits, in five bands from the top
BANDS_8 = np.array([0, 100, 200, 255])
PLAIN_12 = [0, 75, 125, 174, 255]


@dataclasses.dataclass(frozen=True)
class Case:
  """A file, and what must become of it.

  Attributes:
    name: of the file; often not what it is.
    data: its bytes.
    greys: of its bands from the top, plus or minus one; empty where it is refused.
    codes: reason codes against it.
  """

  name: str
  data: bytes
  greys: tuple[int, ...] = ()
  codes: tuple[str, ...] = ()


def bands(values: np.ndarray, seed: int, kind: type = np.uint16) -> np.ndarray:
  """Bands of equal height, and a last row of its own so that no two pictures are the same."""
  image = np.repeat(values, -(-SIDE_PX // len(values)))[:SIDE_PX, None].repeat(SIDE_PX, 1).astype(kind)
  image[-1] = np.random.default_rng(seed).choice(values, SIDE_PX)
  return image


def cases() -> list[Case]:
  """Returns all files of the folder."""
  return [*_rescaled(), *_looked_up(), *_open_depths(), *_misnamed(), *_others()]


def _rescaled() -> list[Case]:
  fields = {"RescaleSlope": -10, "RescaleIntercept": 3000}
  window = {"WindowCenter": 1725, "WindowWidth": 2550}
  made = []
  for seed, syntax in enumerate((EXPLICIT, IMPLICIT, RLE)):
    for number, more in enumerate(({}, window)):
      data = _dicom(bands(BANDS_8, 10 * seed + number, np.uint8), syntax, **fields, **more)
      made.append(Case(f"rescale{seed}{number}.dcm", data, (255, 155, 55, 0)))
  return made


def _looked_up() -> list[Case]:
  v = np.arange(4096)
  rising = np.rint(4095 * np.clip((v - 1200) / 1600, 0, 1))
  image = bands(STORED, 30)
  sigmoid = np.rint(255 / (1 + np.exp(-4 * (STORED - 2048) / 1024))).astype(int)
  window = {"WindowCenter": 2048, "WindowWidth": 1024, "VOILUTFunction": "SIGMOID"}
  inverse = {"PresentationLUTShape": "INVERSE"}
  return [
    Case("voi.dcm", _twelve(image, VOILUTSequence=_table(rising)), (0, 0, 127, 255, 255)),
    Case("voi_falling.dcm", _twelve(bands(STORED, 31), VOILUTSequence=_table(4095 - rising)), (255, 255, 128, 0, 0)),
    Case("modality.dcm", _twelve(bands(STORED, 32), ModalityLUTSequence=_table(4095 - v)), (255, 180, 130, 80, 0)),
    Case("sigmoid.dcm", _twelve(bands(STORED, 33), **window), tuple(sigmoid.tolist())),
    Case("inverse.dcm", _twelve(bands(STORED, 34), **inverse), tuple(PLAIN_12), ("presentation_lut",)),
    Case("high_bit.dcm", _dicom(bands(STORED << 4, 35), EXPLICIT, BitsStored=12, HighBit=15), tuple(PLAIN_12)),
    Case("wrong_high_bit.dcm", _dicom(bands(STORED, 36), EXPLICIT, BitsStored=12, HighBit=15), (), ("unsupported",)),
  ]


def _open_depths() -> list[Case]:
  return [
    Case("deep.png", _png(bands(STORED, 40)), tuple(PLAIN_12), ("guessed_depth",)),
    Case("deep.tif", _pillow(bands(STORED, 41), "TIFF"), tuple(PLAIN_12), ("guessed_depth",)),
    Case("deep.dcm", _dicom(bands(STORED, 42), EXPLICIT), tuple(PLAIN_12), ("guessed_depth",)),
    Case("full.png", _png(bands(STORED * 16, 43)), tuple(PLAIN_12)),
  ]


def _misnamed() -> list[Case]:
  grey = np.array(PLAIN_12)
  return [
    Case("1.2.826.0.1.3680043.8.498.1", _twelve(bands(STORED, 50)), tuple(PLAIN_12)),
    Case("dicom.png", _twelve(bands(STORED, 51)), tuple(PLAIN_12)),
    Case("png.dcm", _png(bands(grey, 52, np.uint8)), tuple(PLAIN_12)),
    Case("page.dcm", b"<html>please sign in</html>", (), ("not_dicom",)),
  ]


def _others() -> list[Case]:
  grey = np.array(PLAIN_12)
  padded = bands(grey, 60, np.uint8)
  filler = {"PixelData": padded.tobytes() + b"\0" * 64}
  colours = _png(np.dstack([bands(STORED * 16, 61)] * 3))
  return [
    Case("padded.dcm", _dicom(padded, EXPLICIT, **filler), tuple(PLAIN_12), ("padded_pixels",)),
    Case("twelve_bits.dcm", _pydicoms_jpeg(), (), ("blank",)),  # decoded; there is next to nothing in it
    Case("scan.bmp", _pillow(bands(grey, 62, np.uint8), "BMP"), tuple(PLAIN_12)),
    Case("scan.webp", _pillow(bands(grey, 63, np.uint8), "WEBP", lossless=True), tuple(PLAIN_12)),
    Case("deep_colours.png", colours, (), ("unsupported",)),
  ]


def write(root: pathlib.Path) -> dict[str, Case]:
  """Writes the files and a table with semicolons, a row per file; returns the cases by id."""
  root.mkdir(parents=True)
  people = {f"P{number:02d}": case for number, case in enumerate(cases())}
  lines = ["id;age;sex;path"]
  for number, (person, case) in enumerate(people.items()):
    (root / case.name).write_bytes(case.data)
    lines.append(f"{person};{40 + number},5;{'FM'[number % 2]};{case.name}")
  (root / "labels.csv").write_text("\n".join(lines) + "\n")
  return people


def _dicom(image: np.ndarray, syntax: str, **fields: object) -> bytes:
  if syntax != RLE:
    return dicom_bytes(image, "any", syntax=syntax, **fields)
  dataset = pydicom.dcmread(io.BytesIO(dicom_bytes(image, "any", syntax=EXPLICIT, **fields)))
  dataset.compress(RLE)
  file = io.BytesIO()
  dataset.save_as(file)
  return file.getvalue()


def _twelve(image: np.ndarray, **fields: object) -> bytes:
  return _dicom(image, EXPLICIT, BitsStored=12, HighBit=11, **fields)


def _table(entries: np.ndarray) -> pydicom.Sequence:
  item = pydicom.Dataset()
  item.add_new("LUTDescriptor", "US", [len(entries), 0, 12])
  item.add_new("LUTData", "US", entries.astype(int).tolist())
  return pydicom.Sequence([item])


def _png(image: np.ndarray) -> bytes:
  return cv2.imencode(".png", image)[1].tobytes()


def _pillow(image: np.ndarray, form: str, **settings: object) -> bytes:
  file = io.BytesIO()
  Image.fromarray(image).save(file, form, **settings)
  return file.getvalue()


def _pydicoms_jpeg() -> bytes:
  return pathlib.Path(str(pydicom.data.get_testdata_file("JPEG-lossy.dcm", download=False))).read_bytes()
