import pathlib

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import folder, store
from msk_jax.io import errors

KEY = b"k" * 32
SPEC = folder.FolderSpec(rows=64, columns=48)


def _picture(rows: int = 200, columns: int = 100) -> np.ndarray:
  image = np.zeros((rows, columns), np.uint8)
  image[:, : columns // 2] = 200  # the left half is bright
  image[: rows // 4] //= 2
  return image


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
  path = tmp_path / "root"
  (path / "images").mkdir(parents=True)
  for number in range(6):
    cv2.imwrite(str(path / "images" / f"{number}.png"), _picture())
  return path


def _write(root: pathlib.Path, text: str) -> None:
  (root / "labels.csv").write_text(text)


def test_a_plain_table(root: pathlib.Path) -> None:
  _write(root, "\ufeffID, Age ,sex,path,colour\nOP1,65.5,male,images/0.png,red\n0002,062Y,F,images\\1.png,blue\n")
  table = folder.read_folder_table(root, SPEC)
  common = {"instance": 0, "side": "", "ethnicity": -5, "fold": -1}
  assert table.to_dict("records") == [
    {**common, "line": 2, "eid": "OP1", "path": "images/0.png", "age_years": 65.5, "sex": 1},
    {**common, "line": 3, "eid": "0002", "path": "images/1.png", "age_years": 62.0, "sex": 0},
  ]
  assert table.attrs["refused"] == {}


def test_all_columns_and_semicolons(root: pathlib.Path) -> None:
  _write(
    root,
    "id;age;sex;path;side;ethnicity;instance;fold\na;50;Woman;images/0.png;L;1001;2;9\nb;51;male;images/1.png;;;;\n",
  )
  table = folder.read_folder_table(root, SPEC)
  assert table["side"].tolist() == ["left", ""] and table["ethnicity"].tolist() == [1001, -5]
  assert table["instance"].tolist() == [2, 0] and table["fold"].tolist() == [9, -1]
  assert table.dtypes.astype(str).to_dict() == {
    "line": "int64",
    "eid": "string",
    "instance": "int8",
    "side": "string",
    "path": "string",
    "age_years": "float64",
    "sex": "int8",
    "ethnicity": "int16",
    "fold": "int8",
  }


@pytest.mark.parametrize(
  ("spelled", "sex"), [("F", 0), ("female", 0), ("W", 0), ("woman", 0), ("M", 1), ("Male", 1), ("man", 1)]
)
def test_spellings_of_sex(root: pathlib.Path, spelled: str, sex: int) -> None:
  _write(root, f"id,age,sex,path\na,50,{spelled},images/0.png\n")
  assert folder.read_folder_table(root, SPEC)["sex"].tolist() == [sex]


def test_numbers_of_sex_are_read_where_their_coding_is_known(root: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,50,1,images/0.png\nb,50,0.0,images/1.png\nc,50,,images/2.png\n")
  table = folder.read_folder_table(root, SPEC)
  assert table["sex"].tolist() == [1, 0] and table.attrs["refused"] == {"no_sex": 1}
  assert table.attrs["read_as"] == {"sex": {"female": {"0.0": 1}, "male": {"1": 1}, "unknown": {"": 1}}}
  _write(root, "id,age,sex,path\na,50,1,images/0.png\nb,50,2.0,images/1.png\n")
  with pytest.raises(errors.InputError, match=r"numbers 1, 2: which .*configs/folder.py:male=1,female=2"):
    folder.read_folder_table(root, SPEC)
  said = folder.FolderSpec(rows=64, columns=48, sex_values={"1.0": 0, "2": 1})
  assert folder.read_folder_table(root, said)["sex"].tolist() == [0, 1]


def test_one_id_in_two_spellings_is_one_person(root: pathlib.Path) -> None:
  _write(
    root, "id,age,sex,path,side\n7,50,F,images/0.png,left\n7.0,50,F,images/1.png,right\n007,60,M,images/2.png,left\n"
  )
  assert folder.read_folder_table(root, SPEC)["eid"].tolist() == ["7", "7", "007"]


def test_rows_are_refused_with_reasons(root: pathlib.Path) -> None:
  rows = [
    "a,50,f,images/0.png",
    "a,50,f,images/0.png",
    "b,,f,images/1.png",
    "c,107,f,images/1.png",
    "d,-3,f,images/1.png",
    "e,50,?,images/1.png",
    "f,50,m,images/none.png",
    "g,50,m,../root/images/1.png",
    "h,50,m,/etc/passwd",
    "i,50,m,",
    "j,inf,m,images/1.png",
    ",50,m,images/1.png",
  ]
  _write(root, "id,age,sex,path\n" + "\n".join(rows) + "\n")
  table = folder.read_folder_table(root, SPEC)
  assert table["eid"].tolist() == ["a"]
  assert table.attrs["refused"] == {
    "duplicate_row": 1,
    "implausible_age": 2,
    "missing_file": 2,
    "no_age": 2,
    "no_id": 1,
    "no_sex": 1,
    "outside_root": 2,
  }


def test_missing_columns_are_listed_together(root: pathlib.Path) -> None:
  _write(root, "id,sex,colour\na,f,red\n")
  with pytest.raises(errors.InputError, match=r"lacks the columns age, path; it has id, sex, colour"):
    folder.read_folder_table(root, SPEC)
  with pytest.raises(errors.InputError, match=r"no table other\.csv"):
    folder.read_folder_table(root, folder.FolderSpec(table="other.csv"))


@pytest.mark.parametrize(
  ("column", "value"), [("side", "middle"), ("fold", "10"), ("instance", "first"), ("fold", "1.5")]
)
def test_values_that_are_not_understood_name_the_line(root: pathlib.Path, column: str, value: str) -> None:
  _write(root, f"id,age,sex,path,{column}\na,50,f,images/0.png,\nb,50,f,images/1.png,{value}\n")
  with pytest.raises(errors.InputError, match=rf"column {column}: 1 values are not understood \(lines 3\)"):
    folder.read_folder_table(root, SPEC)


def test_fit_keeps_the_aspect_and_pads_with_black() -> None:
  for shape in ((200, 100), (100, 300), (64, 48), (30, 20)):
    fitted = folder.fit(np.full(shape, 200, np.uint8), (64, 48))
    rows, columns = np.flatnonzero(fitted.any(axis=1)), np.flatnonzero(fitted.any(axis=0))
    assert fitted.shape == (64, 48) and (len(rows) == 64 or len(columns) == 48)
    assert len(rows) / len(columns) == pytest.approx(shape[0] / shape[1], rel=0.05)
    assert abs(rows[0] - (63 - rows[-1])) <= 1 and abs(columns[0] - (47 - columns[-1])) <= 1
    assert (fitted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 200).all()


def test_pictures_land_in_the_store_left_ones_mirrored(root: pathlib.Path, tmp_path, make_dicom) -> None:
  (root / "images" / "5.dcm").write_bytes(make_dicom(_picture(), "any"))
  cv2.imwrite(str(root / "images" / "4.jpg"), _picture())
  (root / "images" / "3.png").write_bytes(b"no picture")
  cv2.imwrite(str(root / "images" / "2.png"), np.zeros((99, 99), np.uint8))
  paths = ["0.png", "1.png", "2.png", "3.png", "4.jpg", "5.dcm"]
  sides = ["right", "left", "", "", "", ""]
  lines = [f"p{i // 2},50,f,images/{p},{s},{i}" for i, (p, s) in enumerate(zip(paths, sides, strict=True))]
  _write(root, "id,age,sex,path,side,instance\n" + "\n".join([*lines, "x,,f,images/0.png,,0"]) + "\n")
  table = folder.read_folder_table(root, SPEC)
  counts = folder.ingest_folder(root, table, tmp_path / "w", SPEC, key=KEY, workers=0)
  refused = {"blank": 1, "decode_failed": 1, "no_age": 1}
  doubts = {"repeated_picture": 2, "shared_picture": 3}  # 0.png, 1.png and 5.dcm
  assert counts.images == {"folder": 4} and counts.reasons == refused | doubts
  images = store.ImageStore.open(tmp_path / "w" / "images" / "folder")
  by_instance = {i: images.read(n) for n, i in enumerate(images.index["instance"])}
  np.testing.assert_array_equal(by_instance[0], folder.fit(_picture(), (64, 48)))
  np.testing.assert_array_equal(by_instance[1], by_instance[0][:, ::-1])
  np.testing.assert_array_equal(by_instance[5], by_instance[0])
  assert np.abs(by_instance[4].astype(int) - by_instance[0]).mean() < 2
  assert (tmp_path / "w" / "qc" / "contact_folder.png").exists()
  report = pd.read_csv(tmp_path / "w" / "qc" / "counts.csv")
  assert report.set_index("reason")["count"].to_dict() == refused | doubts
  again = folder.ingest_folder(root, table, tmp_path / "w", SPEC, key=KEY, workers=0)
  assert again.read == 0 and again.images == counts.images


def test_another_size_is_read_anew(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,50,f,images/0.png\n")
  for rows in (64, 32):
    spec = folder.FolderSpec(rows=rows, columns=48)
    counts = folder.ingest_folder(root, folder.read_folder_table(root, spec), tmp_path / "w", spec, key=KEY, workers=0)
    assert counts.read == 1
    images = store.ImageStore.open(tmp_path / "w" / "images" / "folder")
    assert images.shape == images.read(0).shape == (rows, 48)
    assert folder.folder_view(spec).network_shape == (rows, 48)


def test_a_table_without_usable_rows_is_an_error(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,,f,images/0.png\n")
  with pytest.raises(errors.InputError, match="no usable row"):
    folder.ingest_folder(root, folder.read_folder_table(root, SPEC), tmp_path, SPEC, key=KEY, workers=0)


def test_refused_rows_of_people_who_withdrew_are_not_listed(root: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,,f,images/0.png\nb,,f,images/1.png\nc,50,f,images/2.png\n")
  table = folder.read_folder_table(root, SPEC)
  folder.forget_refused(table, {"a"})
  assert [row.place for row in folder.refused_rows(table, "labels.csv")] == [(3, "images/1.png")]
  assert table.attrs["refused"] == {"no_age": 1}


@pytest.mark.shared_data
def test_the_real_knees(shared_data: pathlib.Path, tmp_path: pathlib.Path) -> None:
  root = shared_data / "knee_xrays"
  table = folder.read_folder_table(root, SPEC)
  assert len(table) == 238 and table.attrs["refused"] == {"implausible_age": 1}  # the age of 107
  counts = folder.ingest_folder(root, table, tmp_path, SPEC, key=KEY, workers=0)
  assert counts.images == {"folder": 238}
  assert counts.reasons["shared_picture"] == 43 and len(counts.sharing) == 21  # files that are equal byte for byte
