"""Makers of small data roots: UK Biobank files with knee images, and a folder of radiographs."""

import pathlib
import zipfile

import cv2
import numpy as np

from tests.imaging import conftest as dicoms

EIDS = [str(9_000_001 + i) for i in range(30)]
IMAGED = EIDS[:20]
WITHDRAWN = [EIDS[3], EIDS[25]]
RELATIVES = [(EIDS[0], EIDS[1]), (EIDS[1], EIDS[5]), (EIDS[8], EIDS[3])]
HEADER = "eid,31-0.0,22001-0.0,34-0.0,52-0.0,53-0.0,53-2.0,21000-0.0,54-2.0"


def table_rows() -> list[str]:
  return [
    f"{eid},{i % 2},{i % 2},{1938 + i},{1 + i % 12},2008-07-04,{'2016-02-29' if eid in IMAGED else ''},1001,11025"
    for i, eid in enumerate(EIDS)
  ]


def make_ukb(root: pathlib.Path) -> pathlib.Path:
  """Writes tables/, Bulk/<two digits>/*.zip, a list of withdrawals and ukb_rel.dat."""
  (root / "tables").mkdir(parents=True)
  (root / "tables" / "ukb1.csv").write_text("\n".join([HEADER, *table_rows()]) + "\n")
  (root / "w1_20240101.csv").write_text("\n".join(WITHDRAWN) + "\n")
  lines = ["ID1 ID2 HetHet IBS0 Kinship", *(f"{a} {b} 0.08 0.01 0.25" for a, b in RELATIVES)]
  (root / "ukb_rel.dat").write_text("\n".join(lines) + "\n")
  for i, eid in enumerate(IMAGED):
    add_zip(root, eid, seed=i)
  return root


def add_zip(root: pathlib.Path, eid: str, instance: int = 2, seed: int = 0) -> None:
  path = root / "Bulk" / eid[:2] / f"{eid}_20158_{instance}_0.zip"
  path.parent.mkdir(parents=True, exist_ok=True)
  with zipfile.ZipFile(path, "w") as archive:
    for number, protocol in enumerate(("Right Ortho Knee", "Left Ortho Knee")):
      pixels = dicoms.picture(*dicoms.SIZES[protocol], seed=2 * seed + number)
      archive.writestr(f"{number}.dcm", dicoms.dicom_bytes(pixels, protocol, number))


def make_folder(root: pathlib.Path, lines: list[str], header: str = "id,age,sex,path") -> pathlib.Path:
  """Writes labels.csv and the pictures that its fourth column names."""
  root.mkdir()
  (root / "labels.csv").write_text("\n".join([header, *lines]) + "\n")
  for i, line in enumerate(lines):
    picture = dicoms.picture(64, 48, seed=i)
    cv2.imwrite(str(root / line.split(",")[3]), np.ascontiguousarray(picture))
  return root
