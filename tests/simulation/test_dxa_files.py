"""Zips and DICOMs as the scanner and UK Biobank write them, read back by other people's libraries."""

import io
import re
import zipfile

import numpy as np
import pydicom
import pytest

from msk_jax.simulation import people, spec
from msk_jax.simulation.files import dicom_writer, dxa_files, zip_writer
from msk_jax.simulation.pictures import drawing

_SPEC = spec.PhantomSpec(num_participants=8, seed=2)


@pytest.fixture(scope="module")
def visit() -> tuple[people.Person, people.Visit]:
  return next((p, v) for p in people.make_people(_SPEC) for v in p.visits if v.is_imaged)


@pytest.fixture(scope="module")
def archive(visit) -> bytes:
  return dxa_files.pack(dxa_files.make_files(_SPEC.seed, *visit, drawing.Scale()))


@pytest.fixture(scope="module")
def datasets(archive) -> list[pydicom.Dataset]:
  with zipfile.ZipFile(io.BytesIO(archive)) as opened:
    return [pydicom.dcmread(io.BytesIO(opened.read(n))) for n in opened.namelist() if n.endswith(".dcm")]


def test_zips_hold_eight_dicoms_and_the_manifest(archive):
  with zipfile.ZipFile(io.BytesIO(archive)) as opened:
    assert opened.testzip() is None
    names = opened.namelist()
    manifest = opened.read(dxa_files.MANIFEST).decode()
  dicoms = [name for name in names if name.endswith(".dcm")]
  assert len(dicoms) == 8 and names[-1] == "manifest.cvs"
  assert all(name in manifest for name in dicoms)
  assert all(re.fullmatch(r"2\.25\.\d+\.1\.\d+\.12\.1\.dcm", name) for name in dicoms)
  assert dicoms[-2].endswith("11.12.1.dcm") and dicoms[-1].endswith("12.12.1.dcm")
  assert sorted(dicoms[-2:]) == dicoms[-2:]


def test_headers_are_those_of_the_scanner(datasets, visit):
  person, when = visit
  for data, picture in zip(datasets, drawing.PICTURES, strict=True):
    assert data.file_meta.TransferSyntaxUID == pydicom.uid.ImplicitVRLittleEndian
    assert data.SOPClassUID == data.file_meta.MediaStorageSOPClassUID == dicom_writer.CR_IMAGE_STORAGE
    assert data.SOPInstanceUID == data.file_meta.MediaStorageSOPInstanceUID
    assert (data.Modality, data.PhotometricInterpretation) == ("CR", "MONOCHROME2")
    assert (data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation) == (8, 8, 7, 0)
    assert (data.ProtocolName, data.InstanceNumber) == (picture.protocol, picture.instance_number)
    assert data.BodyPartExamined == data.Laterality == data.ViewPosition == ""
    assert data.PatientSex == "FM"[person.sex]
    assert data.PatientAge == f"{int(person.age_years(when)):03d}Y"
    assert float(data.PatientSize) == pytest.approx(person.height_cm / 100, abs=0.006)
    assert float(data.PatientWeight) == pytest.approx(person.weight_kg)
    assert data.EthnicGroup and len(data.ExposedArea) == 2
    assert data.pixel_array.shape == (data.Rows, data.Columns)
    assert data.ExposureDoseSequence[0].KVP == 100
    assert len(data.SOPInstanceUID) <= 64 and pydicom.uid.UID(data.SOPInstanceUID).is_valid
    assert person.eid not in str(data)


def test_pixels_are_the_pictures(datasets, visit):
  picture = drawing.PICTURES[5]
  expected = drawing.draw_picture(_SPEC.seed, *visit, picture, drawing.Scale())
  np.testing.assert_array_equal(datasets[5].pixel_array, expected)


def test_headers_hold_the_elements_of_the_published_example(datasets, shared_data):
  example = next((shared_data / "dxa_example").glob("*12.12.1.dcm"))
  real = {element.tag for element in pydicom.dcmread(example)}
  ours = {element.tag for element in datasets[-1]}
  assert real == ours


def test_the_same_visit_gives_the_same_bytes(archive, visit):
  assert dxa_files.pack(dxa_files.make_files(_SPEC.seed, *visit, drawing.Scale())) == archive


def test_names_follow_the_field():
  assert dxa_files.zip_name("9000001", 2) == "9000001_20158_2_0.zip"
  assert dxa_files.zip_name("9000001", 3, 1) == "9000001_20158_3_1.zip"
  assert dxa_files.zip_folder("9000001") == "90"


def test_packing_keeps_any_bytes():
  rng = np.random.default_rng(0)
  members = {"empty": b"", "zeros": bytes(100_000), "noise": rng.bytes(70_001), "a b é.txt": b"text"}
  packed = zip_writer.pack(members)
  with zipfile.ZipFile(io.BytesIO(packed)) as opened:
    assert {name: opened.read(name) for name in opened.namelist()} == members
    assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in opened.infolist())
  assert zip_writer.pack(members) == packed


def test_odd_pixel_counts_are_padded():
  pixels = np.arange(15, dtype=np.uint8).reshape(3, 5)
  written = dicom_writer.write({0x00080016: dicom_writer.CR_IMAGE_STORAGE, 0x00080018: "2.25.1"}, pixels)
  data = pydicom.dcmread(io.BytesIO(written))
  assert len(data.PixelData) == 16
  np.testing.assert_array_equal(data.pixel_array, pixels)
