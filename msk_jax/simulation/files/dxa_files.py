"""A visit's zip as UK Biobank delivers it: eight DICOM files and a manifest, with the tags and names of real ones."""

import dataclasses
import datetime
import hashlib
import uuid
from collections.abc import Mapping

import numpy as np

from msk_jax.simulation import people
from msk_jax.simulation.files import dicom_writer, zip_writer
from msk_jax.simulation.pictures import drawing

FIELD = 20158
MANIFEST = "manifest.cvs"  # sic

_MANIFEST_TAGS = (0x00100020, 0x00200010, 0x00200011, 0x00200013, 0x00080020, 0x00181030)
_ETHNIC_GROUPS = {1: "White", 2: "Mixed", 3: "Asian", 4: "Black", 5: "Chinese", 6: "Other"}  # first digit of the code
_STARTED = "135126"  # time of day of all visits
_CENTRE_NAMES = {11025: "Stockport", 11026: "Reading", 11027: "Newcastle"}
_DOSE_MGY = {
  "AP Spine": "0.329000",
  "LVA": "1.316000",
  "Left Femur": "0.146000",
  "Right Femur": "0.146000",
  "Left Ortho Knee": "0.034000",
  "Right Ortho Knee": "0.034000",
  "Total Body": "0.003000",
}


@dataclasses.dataclass(frozen=True)
class DxaFile:
  """One image of a visit before it is written.

  Attributes:
    name: in the zip.
    elements: of the header, by tag.
    pixels: uint8 [h, w].
    pixel_bytes: what is written instead of the pixels (a flaw).
    content: what is written instead of a DICOM file (a flaw).
  """

  name: str
  elements: Mapping[int, dicom_writer.Value]
  pixels: np.ndarray
  pixel_bytes: bytes | None = None
  content: bytes | None = None

  def encode(self) -> bytes:
    """Returns the member's bytes."""
    if self.content is not None:
      return self.content
    return dicom_writer.write(self.elements, self.pixels, self.pixel_bytes)


def zip_name(eid: str, instance: int, array: int = 0) -> str:
  """Returns `<eid>_20158_<instance>_<array>.zip`."""
  return f"{eid}_{FIELD}_{instance}_{array}.zip"


def file_name(seed: int, eid: str, instance: int, take: int, picture: drawing.Picture) -> str:
  """Returns a member's name, SOPInstanceUID and `.dcm`. The total bodies' names end in 11.12.1.dcm and 12.12.1.dcm."""
  return f"{_study_uid(seed, eid, instance, take)}.1.{picture.instance_number}.12.1.dcm"


def zip_folder(eid: str) -> str:
  """Returns the folder within `dxa/`: the eid's first two digits, as on the Research Analysis Platform."""
  return eid[:2]


def make_files(seed: int, person: people.Person, visit: people.Visit, scale: drawing.Scale) -> list[DxaFile]:
  """Draws the eight images of a visit and gives them their headers, in the scanner's order."""
  return [
    make_file(seed, person, visit, picture, drawing.draw_picture(seed, person, visit, picture, scale), scale.take)
    for picture in drawing.PICTURES
  ]


def make_file(
  seed: int, person: people.Person, visit: people.Visit, picture: drawing.Picture, pixels: np.ndarray, take: int = 0
) -> DxaFile:
  """Gives an image its header.

  Args:
    seed: the cohort's seed.
    person: whose.
    visit: when.
    picture: which of the eight.
    pixels: uint8 [h, w].
    take: which of the takes within the visit.
  """
  study = _study_uid(seed, person.eid, visit.instance, take)
  name = file_name(seed, person.eid, visit.instance, take, picture)
  uid = name.removesuffix(".dcm")
  return DxaFile(name, _header(person, visit, picture, study, uid, pixels.shape), pixels)


def pack(files: list[DxaFile]) -> bytes:
  """Returns the zip of a visit: the files and a manifest that lists them."""
  members = {file.name: file.encode() for file in files}
  lines = ["filename,patientid,studyid,seriesnumber,instancenumber,date,protocol"]
  lines += [",".join((file.name, *(str(file.elements[tag]) for tag in _MANIFEST_TAGS))) for file in files]
  return zip_writer.pack({**members, MANIFEST: ("\r\n".join(lines) + "\r\n").encode()})


def _study_uid(seed: int, eid: str, instance: int, take: int) -> str:
  digest = hashlib.sha256(f"phantom study {seed} {eid} {instance} {take}".encode()).digest()
  return f"2.25.{uuid.UUID(bytes=digest[:16]).int}"


def _patient_code(eid: str) -> str:
  """Returns a code in pairs of characters, as real headers have; it is not the eid."""
  digest = hashlib.sha256(f"phantom patient {eid}".encode()).hexdigest().upper()
  return " ".join(digest[i : i + 2] for i in range(0, 8, 2))


def _header(
  person: people.Person, visit: people.Visit, picture: drawing.Picture, study: str, uid: str, shape: tuple[int, ...]
) -> dict[int, dicom_writer.Value]:
  # The field's height follows the rows scanned.
  field = (picture.field_mm[0], round(picture.field_mm[1] * shape[0] / picture.shape[0]))
  return {
    **_scanner_elements(visit),
    **_person_elements(person, visit),
    **_picture_elements(picture),
    0x00080018: uid,
    0x0020000D: study,
    0x0020000E: f"{study}.1",
    0x00400303: field,
  }


def _scanner_elements(visit: people.Visit) -> dict[int, dicom_writer.Value]:
  """Returns what is the same in all files of a visit."""
  date = visit.date.strftime("%Y%m%d")
  return {
    0x00080005: "ISO_IR 100",
    0x00080016: dicom_writer.CR_IMAGE_STORAGE,
    0x00080020: date,
    0x00080022: date,
    0x00080030: _STARTED,
    0x00080050: "",
    0x00080060: "CR",
    0x00080070: "GE Healthcare",
    0x00080080: "Phantom Biobank",
    0x00080090: "",
    0x00081010: "PHANTOM",
    0x00081030: "DXA Exam",
    0x0008103E: "DXA Images",
    0x00081040: _CENTRE_NAMES.get(visit.centre, "Stockport"),
    0x00081090: "Lunar iDXA",
    0x00180015: "",
    0x00181000: "210419",
    0x00181020: "16.20.059",
    0x00185101: "",
    0x00200010: "NONE",
    0x00200011: "1",
    0x00200020: "L\\F",
    0x00200060: "",
    0x00400244: date,
    0x00400245: _STARTED,
    0x00400275: [{0x00400007: "BioBank Scan", 0x00400009: "0000", 0x00401001: "NONE"}],
    0x00400301: 1,
    0x0040030E: [{0x00180060: "100.0", 0x00181150: "30000", 0x00188151: "188"}],
  }


def _person_elements(person: people.Person, visit: people.Visit) -> dict[int, dicom_writer.Value]:
  code = _patient_code(person.eid)
  return {
    0x00100010: f"{code}^Phantom",
    0x00100020: code,
    0x00100030: f"{person.birth_date.year}0101",
    0x00100040: "FM"[person.sex],
    0x00101010: f"{int(person.age_years(visit)):03d}Y",
    0x00101020: f"{person.height_cm / 100:.2f}",
    0x00101030: f"{person.weight_kg:.2f}",
    0x00102160: _ETHNIC_GROUPS.get(int(str(person.ethnicity)[0]) if person.ethnicity > 0 else 6, "Other"),
  }


def _picture_elements(picture: drawing.Picture) -> dict[int, dicom_writer.Value]:
  started = datetime.datetime.strptime(f"20000101{_STARTED}", "%Y%m%d%H%M%S")
  taken = started + datetime.timedelta(minutes=picture.instance_number)
  return {
    0x00080032: taken.strftime("%H%M%S"),
    0x00181030: picture.protocol,
    0x00200013: str(picture.instance_number),
    0x00400254: picture.protocol,
    0x00408302: _DOSE_MGY[picture.protocol],
  }
