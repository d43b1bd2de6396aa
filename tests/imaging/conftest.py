"""Small DICOM files and zips for tests, written by pydicom, which is independent of the code under test."""

import io
import pathlib
import warnings
import zipfile
from collections.abc import Callable, Mapping

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset

MakeDicom = Callable[..., bytes]
MakeZip = Callable[..., pathlib.Path]

# Half of the usual sizes; a sixth would be refused as too small.
SIZES = {
  "AP Spine": (390, 358),
  "LVA": (884, 404),
  "Left Femur": (300, 340),
  "Right Femur": (300, 340),
  "Left Ortho Knee": (424, 320),
  "Right Ortho Knee": (424, 320),
  "Total Body": (396, 136),
}
MEMBERS = [*(name for name in SIZES if name != "Total Body"), "Total Body", "Total Body"]


def picture(rows: int, columns: int, seed: int = 0) -> np.ndarray:
  """A smooth uint8 pattern without symmetry, bright upper left."""
  rng = np.random.default_rng(seed)
  y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
  waves = np.sin(6 * x + rng.uniform(0, 6)) + np.cos(9 * y + 4 * x) + 2 * np.exp(-8 * ((x - 0.2) ** 2 + (y - 0.2) ** 2))
  return np.clip(60 + 50 * waves, 0, 251).astype(np.uint8)


def dicom_bytes(
  pixels: np.ndarray | None,
  protocol: str | None = "AP Spine",
  instance_number: int | str | None = 1,
  syntax: str = "1.2.840.10008.1.2",
  has_preamble: bool = True,
  **fields: object,
) -> bytes:
  """A DICOM file with names and ages that must never be shown; `fields` overrides any element."""
  with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    dataset = pydicom.Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.PatientName = "Secret^Person"
    dataset.PatientAge = "62"  # malformed: no unit
    if protocol is not None:
      dataset.ProtocolName = protocol
    if instance_number is not None:
      dataset.InstanceNumber = instance_number
    item = pydicom.Dataset()
    item.KVP = "100.0"
    item.is_undefined_length_sequence_item = True
    dataset.ExposureDoseSequence = pydicom.Sequence([item])
    dataset["ExposureDoseSequence"].is_undefined_length = True
    if pixels is not None:
      dataset.Rows, dataset.Columns = pixels.shape[:2]
      dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
      dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
      dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
      data = pixels.tobytes()
      is_big_endian = syntax == "1.2.840.10008.1.2.2"  # words would have to be swapped, bytes not
      dataset.add_new("PixelData", "OB" if is_big_endian else "OW", data + b"\0" * (len(data) % 2))
    for name, value in fields.items():
      setattr(dataset, name, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    file = io.BytesIO()
    if has_preamble:
      pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    else:
      del dataset.file_meta
      pydicom.dcmwrite(file, dataset, implicit_vr=True, little_endian=True)
    return file.getvalue()


def visit_members(seed: int = 0) -> dict[str, bytes]:
  """The eight files of a complete visit; Total Body 11 is flesh, 12 is figure. The order is not InstanceNumber's."""
  members = {}
  for number, protocol in enumerate(MEMBERS, start=5):
    pixels = picture(*SIZES[protocol], seed=100 * seed + number)
    members[f"{number}.dcm"] = dicom_bytes(pixels, protocol, number)
  return dict(sorted(members.items(), reverse=True))


@pytest.fixture(scope="session")
def make_dicom() -> MakeDicom:
  return dicom_bytes


@pytest.fixture
def make_zip(tmp_path: pathlib.Path) -> MakeZip:
  """Makes `<tmp_path>/zips/<name>` from name -> bytes, or from a complete visit; adds the manifest."""

  def make(name: str, members: Mapping[str, bytes] | None = None, seed: int = 0) -> pathlib.Path:
    path = tmp_path / "zips" / name
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
      for member, data in (visit_members(seed) if members is None else members).items():
        archive.writestr(member, data)
      archive.writestr("manifest.cvs", "file,description\n")
    return path

  return make


@pytest.fixture(scope="session")
def visit() -> dict[str, bytes]:
  """The members of a complete visit, by file name `<InstanceNumber>.dcm`."""
  return visit_members()


def half_bright(rows: int = 200, columns: int = 100) -> np.ndarray:
  """Returns a picture whose left half is bright, below a darker quarter."""
  image = np.zeros((rows, columns), np.uint8)
  image[:, : columns // 2] = 200
  image[: rows // 4] //= 2
  return image


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
  """A folder of six radiographs, without a table."""
  path = tmp_path / "root"
  (path / "images").mkdir(parents=True)
  for number in range(6):
    cv2.imwrite(str(path / "images" / f"{number}.png"), half_bright())
  return path
