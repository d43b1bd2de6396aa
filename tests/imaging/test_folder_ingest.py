"""Pictures of a folder into its store."""

import pathlib

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import folder_ingest, folder_spec, folder_table, store
from tests.imaging.conftest import half_bright

KEY = b"k" * 32
SPEC = folder_spec.FolderSpec(rows=64, columns=48)


def _write(root: pathlib.Path, text: str) -> None:
  (root / "labels.csv").write_text(text)


def test_fit_keeps_the_aspect_and_pads_with_black() -> None:
  for shape in ((200, 100), (100, 300), (64, 48), (30, 20)):
    fitted = folder_ingest.fit(np.full(shape, 200, np.uint8), (64, 48))
    rows, columns = np.flatnonzero(fitted.any(axis=1)), np.flatnonzero(fitted.any(axis=0))
    assert fitted.shape == (64, 48) and (len(rows) == 64 or len(columns) == 48)
    assert len(rows) / len(columns) == pytest.approx(shape[0] / shape[1], rel=0.05)
    assert abs(rows[0] - (63 - rows[-1])) <= 1 and abs(columns[0] - (47 - columns[-1])) <= 1
    assert (fitted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 200).all()


def test_pictures_are_stored_and_left_ones_mirrored(root: pathlib.Path, tmp_path, make_dicom) -> None:
  (root / "images" / "5.dcm").write_bytes(make_dicom(half_bright(), "any"))
  cv2.imwrite(str(root / "images" / "4.jpg"), half_bright())
  (root / "images" / "3.png").write_bytes(b"no picture")
  cv2.imwrite(str(root / "images" / "2.png"), np.zeros((99, 99), np.uint8))
  paths = ["0.png", "1.png", "2.png", "3.png", "4.jpg", "5.dcm"]
  sides = ["right", "left", "", "", "", ""]
  lines = [f"p{i // 2},50,f,images/{p},{s},{i}" for i, (p, s) in enumerate(zip(paths, sides, strict=True))]
  _write(root, "id,age,sex,path,side,instance\n" + "\n".join([*lines, "x,,f,images/0.png,,0"]) + "\n")
  table = folder_table.read(root, SPEC)
  counts = folder_ingest.ingest_folder(root, table, tmp_path / "w", SPEC, key=KEY, workers=0)
  refused = {"blank": 1, "decode_failed": 1, "no_age": 1}
  doubts = {"repeated_picture": 2, "shared_picture": 3}  # 0.png, 1.png and 5.dcm
  assert counts.images == {"folder": 4} and counts.reasons == refused | doubts
  images = store.ImageStore.open(tmp_path / "w" / "images" / "folder")
  by_instance = {i: images.read(n) for n, i in enumerate(images.index["instance"])}
  np.testing.assert_array_equal(by_instance[0], folder_ingest.fit(half_bright(), (64, 48)))
  np.testing.assert_array_equal(by_instance[1], by_instance[0][:, ::-1])
  np.testing.assert_array_equal(by_instance[5], by_instance[0])
  assert np.abs(by_instance[4].astype(int) - by_instance[0]).mean() < 2
  assert (tmp_path / "w" / "qc" / "contact_folder.png").exists()
  report = pd.read_csv(tmp_path / "w" / "qc" / "counts.csv")
  assert report.set_index("reason")["count"].to_dict() == refused | doubts
  again = folder_ingest.ingest_folder(root, table, tmp_path / "w", SPEC, key=KEY, workers=0)
  assert again.read == 0 and again.images == counts.images


def test_another_size_is_read_again(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,50,f,images/0.png\n")
  for rows in (64, 32):
    spec = folder_spec.FolderSpec(rows=rows, columns=48)
    counts = folder_ingest.ingest_folder(root, folder_table.read(root, spec), tmp_path / "w", spec, key=KEY, workers=0)
    assert counts.read == 1
    images = store.ImageStore.open(tmp_path / "w" / "images" / "folder")
    assert images.shape == images.read(0).shape == (rows, 48)
    assert folder_spec.folder_view(spec).network_shape == (rows, 48)


@pytest.mark.shared_data
def test_the_real_knees(shared_data: pathlib.Path, tmp_path: pathlib.Path) -> None:
  root = shared_data / "knee_xrays"
  table = folder_table.read(root, SPEC)
  assert len(table.rows) == 238 and table.reasons == {"implausible_age": 1}  # the age of 107
  counts = folder_ingest.ingest_folder(root, table, tmp_path, SPEC, key=KEY, workers=0)
  assert counts.images == {"folder": 238}
  assert counts.reasons["shared_picture"] == 43 and len(counts.sharing) == 21  # files that are equal byte for byte
