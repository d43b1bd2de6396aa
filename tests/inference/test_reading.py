"""Files of every kind become just the images that the store holds for the same visit."""

import os
import pathlib
import shutil
import zipfile

import cv2
import numpy as np
import pytest

from msk_jax.imaging import decoder_client, dxa_visit, folder_ingest, folder_spec, views
from msk_jax.inference import sample, sample_images, samples
from msk_jax.io import errors
from msk_jax.simulation import cohort, spec
from msk_jax.trained import model_card
from tests.inference import conftest

_TINY = spec.PhantomSpec(
  num_participants=1, seed=4, imaged_fraction=1.0, repeat_imaging_fraction=0.0, flaws=spec.FlawCounts.none()
)


@pytest.fixture(scope="module")
def decoder():
  with decoder_client.IsolatedDecoder() as made:
    yield made


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> pathlib.Path:
  """The DXA archive of a phantom's visit."""
  raw = tmp_path_factory.mktemp("phantom") / "raw"
  cohort.generate(_TINY, raw)
  return next(raw.glob("dxa/*/*.zip"))


@pytest.fixture(scope="module")
def stored(archive, decoder) -> dict[tuple[str, str], np.ndarray]:
  images, _ = dxa_visit.read_visit(archive, decoder)
  return {(image.view, image.side): image.pixels for image in images}


def _wanted(name: str) -> model_card.ImageFormat:
  view = views.VIEWS[name]
  return model_card.ImageFormat(view, False, (*view.network_shape, view.channels))


def _read(paths, wanted, decoder, sides=()):
  files = tuple(sample.File(p, p.name, s) for p, s in zip(paths, sides or [""] * len(paths), strict=True))
  images, notes = sample_images.read_sample(sample.Sample("a", 2, files), wanted, decoder)
  return {image.side: image.pixels.squeeze() for image in images}, [(note.source, note.reason) for note in notes]


def _extract(archive: pathlib.Path, to: pathlib.Path) -> list[pathlib.Path]:
  with zipfile.ZipFile(archive) as opened:
    names = [name for name in opened.namelist() if name.endswith(".dcm")]
    opened.extractall(to, names)
  return [to / name for name in names]


@pytest.mark.parametrize("name", list(views.VIEWS))
def test_archives_and_loose_files_give_what_the_store_holds(name, archive, stored, decoder, tmp_path):
  expected = {side: pixels for (view, side), pixels in stored.items() if view == name}
  assert len(expected) == (2 if views.VIEWS[name].is_paired else 1)
  for paths in ([archive], _extract(archive, tmp_path)):
    found, notes = _read(paths, _wanted(name), decoder)
    assert found.keys() == expected.keys() and {reason for _, reason in notes} <= {"other_view"}
    for side, pixels in expected.items():
      np.testing.assert_array_equal(found[side], pixels)


@pytest.mark.parametrize("name", ["knee", "spine/coronal", "full_body/mixed"])
def test_cut_pictures_of_the_stored_size_are_taken_as_they_are(name, stored, decoder, tmp_path):
  wanted = _wanted(name)
  for (view, side), pixels in stored.items():
    if view != name:
      continue
    taken = pixels[:, ::-1] if side == "left" else pixels  # as the person stood
    cv2.imwrite(str(tmp_path / "cut.png"), taken[..., ::-1] if pixels.ndim == 3 else taken)
    found, _ = _read([tmp_path / "cut.png"], wanted, decoder, [side])
    np.testing.assert_array_equal(found[side], pixels)


def test_a_total_body_alone_is_flesh_and_never_figure(archive, decoder, tmp_path):
  (path,) = [p for p in _extract(archive, tmp_path) if p.name.endswith(".12.12.1.dcm")]
  assert _read([path], _wanted("full_body/flesh"), decoder)[1] == [(path.name, "single_total_body")]
  found, notes = _read([path], _wanted("full_body/figure"), decoder)
  assert not found and (path.name, "missing_view") in notes


def test_files_of_other_views_and_channels_are_refused(archive, decoder, tmp_path):
  loose = {p.name.rsplit(".", 4)[1]: p for p in _extract(archive, tmp_path)}
  grey = tmp_path / "grey.png"
  cv2.imwrite(str(grey), np.tile(np.arange(181, dtype=np.uint8), (541, 1)))
  found, notes = _read([*loose.values(), grey], _wanted("full_body/mixed"), decoder)
  reasons = dict(notes)
  assert reasons.pop("grey.png") == "not_colour" and set(reasons.values()) == {"other_view"} and len(found) == 1


def test_a_zip_bomb_costs_one_file(decoder, tmp_path):
  bomb = tmp_path / "bomb.zip"
  with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
    opened.writestr("../../1.dcm", b"\0" * 30_000_000)
  assert _read([bomb], _wanted("knee"), decoder) == ({}, [("bomb.zip", "zip_bomb")])


def test_padded_pictures_are_those_of_the_folder_ingest(decoder, tmp_path):
  page = (48, 40)
  wanted = model_card.ImageFormat(views.View(folder_spec.VIEW, page, page), True, (24, 20, 1))
  picture = np.tile(np.linspace(20, 200, 60).astype(np.uint8), (90, 1))
  for name, pixels in {"a.png": picture, "wide.png": np.tile(picture[:40], (1, 4)), "s.png": picture[:10]}.items():
    cv2.imwrite(str(tmp_path / name), pixels)
  expected = cv2.resize(folder_ingest.fit(picture, page), (20, 24), interpolation=cv2.INTER_AREA)
  np.testing.assert_array_equal(_read([tmp_path / "a.png"], wanted, decoder)[0][""], expected)
  left = _read([tmp_path / "a.png"], wanted, decoder, ["left"])[0]["left"]
  np.testing.assert_array_equal(left, expected[:, ::-1])
  (tmp_path / "visit.zip").write_bytes(b"PK")
  paths = [tmp_path / name for name in ("a.png", "a.png", "wide.png", "s.png", "visit.zip")]
  _, notes = _read(paths, wanted, decoder, ["", "", "right", "", ""])
  assert notes == [
    ("wide.png", "mostly_padding"),
    ("s.png", "too_small"),
    ("visit.zip", "unsupported"),
    ("a.png", "duplicate_row"),
  ]


def test_tables_and_names_say_whose_a_file_is(tmp_path):
  eid = str(9_000_003)
  for name in ("a.png", f"{eid}_20158_2_0.zip", f"{eid}_20158_2_1.zip", "sub/b.JPG", ".hidden.png", "c.txt"):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
  for name, content in (
    (f"0{eid}_20158_2_0.ZIP", b"x"),
    ("9000004_20158_2_0.zip", b"y"),
    ("z/9000004_20158_2_0.zip", b"z"),
  ):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
  (tmp_path / "loose").write_bytes(b"\0" * 128 + b"DICM")
  found, notes = samples.find(tmp_path, None)
  assert [(s.id, s.instance) for s in found] == [(eid, 2), ("a.png", 0), ("loose", 0), ("sub/b.JPG", 0)]
  assert [(n.source, n.reason) for n in notes] == [
    (f"{eid}_20158_2_1.zip", "duplicate_visit"),
    (f"{eid}_20158_2_0.zip", "repeated_zip"),
    ("9000004_20158_2_0.zip", "conflicting_zips"),
    ("z/9000004_20158_2_0.zip", "conflicting_zips"),
  ]
  rows = [
    {"path": "a.png", "id": "P1", "side": "R", "sex": "", "ethnicity": "", "age": "061Y"},
    {"path": "sub\\b.JPG", "id": "P1", "side": "left", "sex": "female", "ethnicity": "1001", "age": "200"},
    {"path": f"{eid}_20158_2_0.zip", "id": "", "side": "", "sex": "x", "ethnicity": "77", "age": ""},
    {"path": "../a.png", "id": "P2", "side": "", "sex": "M", "ethnicity": "-5", "age": "50"},
    {"path": "x" * 5000, "id": "P3", "side": "", "sex": "M", "ethnicity": "", "age": "50"},
  ]
  found, notes = samples.find(tmp_path, conftest.write_table(tmp_path / "t.csv", rows))
  assert [n.reason for n in notes] == ["outside_root", "missing_file"]
  first, second = found
  assert (first.id, first.sex, first.ethnicity, first.age_years) == ("P1", 0, 1001, 61.0)
  assert [(f.path.name, f.side) for f in first.files] == [("a.png", "right"), ("b.JPG", "left")]
  assert (second.id, second.instance, second.sex) == (eid, 2, -1)
  assert second.ethnicity == sample.UNKNOWN_ETHNICITY and np.isnan(second.age_years)


@pytest.mark.parametrize(
  ("second", "said"),
  [
    ({"age": "60"}, r"t\.csv: rows give different ages of one person at one visit \(1 times\)"),
    ({"sex": "m", "instance": "3"}, r"t\.csv: rows give different sexes of one person \(1 times\)"),
  ],
)
def test_rows_of_one_person_that_contradict_each_other_are_refused(tmp_path, second, said):
  rows = [{"path": f"{name}.png", "id": "7", "instance": "2", "sex": "f", "age": "50"} for name in "ab"]
  for name in "ab":
    (tmp_path / f"{name}.png").write_bytes(b"x")
  with pytest.raises(errors.InputError, match=said):
    samples.find(tmp_path, conftest.write_table(tmp_path / "t.csv", [rows[0], {**rows[1], **second}]))
  later = {**rows[1], "age": "60", "instance": "3"}
  assert len(samples.find(tmp_path, conftest.write_table(tmp_path / "t.csv", [rows[0], later]))[0]) == 2


def test_a_table_of_new_images_is_read_as_tables_for_training_are(tmp_path, caplog):
  for name in ("a.png", "b.png", "c.png"):
    (tmp_path / name).write_bytes(b"x")
  rows = [
    {"path": "a.png", "id": "7", "side": "right", "sex": "2.0", "age": "50,5"},
    {"path": "b.png", "id": "7.0", "side": "left", "sex": "2", "age": "50,5"},
    {"path": "c.png", "id": "8", "side": "", "sex": "1", "age": "80"},
  ]
  table = conftest.write_table(tmp_path / "t.csv", rows)
  with pytest.raises(errors.InputError, match=r"sex holds the numbers 1, 2: .*--sex_values=1=male,2=female where"):
    samples.find(tmp_path, table)
  caplog.set_level("INFO")
  found, _ = samples.find(tmp_path, table, {"1": 1, "2": 0})
  assert [(one.id, len(one.files), one.sex, one.age_years) for one in found] == [("7", 2, 0, 50.5), ("8", 1, 1, 80)]
  assert "column sex read as: female 2 (2.0 1, 2 1), male 1 (1)" in caplog.text
  with pytest.raises(errors.InputError, match="open-ended ages"):
    samples.find(tmp_path, conftest.write_table(tmp_path / "t.csv", [*rows[:2], {**rows[2], "age": "80+"}]), {"1": 1})


def test_a_folder_without_images_and_a_table_without_paths_say_so(tmp_path):
  for given in (tmp_path / "none", tmp_path):
    with pytest.raises(ValueError, match="--images: "):
      samples.find(given, None)
  table = conftest.write_table(tmp_path / "t.csv", [{"id": "P1", "file": "a.png"}])
  with pytest.raises(ValueError, match="lacks the columns path"):
    samples.find(tmp_path, table)


def test_files_are_read_by_content_whatever_they_are_called(archive, stored, decoder, tmp_path):
  loose = {p.name.rsplit(".", 4)[1]: p for p in _extract(archive, tmp_path / "loose")}
  wanted = _wanted("spine/coronal")
  (expected,) = [pixels for (view, _), pixels in stored.items() if view == "spine/coronal"]
  (spine,) = [path for path in loose.values() if _read([path], wanted, decoder)[0]]
  for name in ("1.2.840.113619", "spine.png", "spine"):
    shutil.copy(spine, tmp_path / name)
    np.testing.assert_array_equal(_read([tmp_path / name], wanted, decoder)[0][""], expected)
  cv2.imwrite(str(tmp_path / "cut.png"), expected)
  for name in ("cut.dcm", "cut.7", "cut.tif"):
    shutil.copy(tmp_path / "cut.png", tmp_path / name)
    np.testing.assert_array_equal(_read([tmp_path / name], wanted, decoder)[0][""], expected)
  shutil.copy(archive, tmp_path / "visit.dat")
  np.testing.assert_array_equal(_read([tmp_path / "visit.dat"], wanted, decoder)[0][""], expected)
  (tmp_path / "page.dcm").write_bytes(b"<html>")
  assert _read([tmp_path / "page.dcm"], wanted, decoder)[1] == [("page.dcm", "not_dicom")]


def test_a_named_depth_is_that_of_the_folder_ingest(decoder, tmp_path):
  deep = np.tile(np.arange(0, 2048, 32, dtype=np.uint16), (64, 1))
  cv2.imwrite(str(tmp_path / "deep.png"), deep)
  view = folder_spec.folder_view(folder_spec.FolderSpec(rows=64, columns=64, bits=12))
  found, notes = _read([tmp_path / "deep.png"], model_card.ImageFormat(view, True, (64, 64, 1)), decoder)
  np.testing.assert_array_equal(found[""], np.rint(deep * (255 / 4095)))
  assert notes == []
  view = folder_spec.folder_view(folder_spec.FolderSpec(rows=64, columns=64))
  assert _read([tmp_path / "deep.png"], model_card.ImageFormat(view, True, (64, 64, 1)), decoder)[1] == [
    ("deep.png", "guessed_depth")
  ]


def test_files_that_are_no_images_are_counted_or_named(tmp_path, caplog, monkeypatch):
  picture = np.full((40, 40), 90, np.uint8)
  for name in ("a.tif", "b.bmp", "c.webp", "d.png"):
    cv2.imwrite(str(tmp_path / name), picture)
  (tmp_path / "d.png").rename(tmp_path / "unnamed")
  for name in ("e.gif", "f.jp2", "notes.txt", "labels.csv", "more.csv", f"x.{9_000_123}"):
    (tmp_path / name).write_bytes(b"words")
  (tmp_path / "shut").mkdir()
  scandir = os.scandir

  def forbidding(path):
    if str(path).endswith("shut"):
      raise PermissionError(13, "Permission denied", str(path))
    return scandir(path)

  monkeypatch.setattr(os, "scandir", forbidding)
  found, notes = samples.find(tmp_path, None)
  assert [one.id for one in found] == ["a.tif", "b.bmp", "c.webp", "unnamed"]
  assert [(n.source, n.reason) for n in notes] == [
    ("shut", "unreadable_file"),
    ("e.gif", "unsupported"),
    ("f.jp2", "unsupported"),
  ]
  assert "4 files are not images and are skipped: .csv 2, .txt 1, others 1" in caplog.text
  assert str(9_000_123) not in caplog.text


def test_rows_of_a_table_that_can_not_be_read_name_their_lines(tmp_path):
  (tmp_path / "a.png").write_bytes(b"x")
  text = f"id,path,age\nP1,{tmp_path}/a.png,50,\nP2,a.png,50,5\n\nP3,{'x' * 300},50\n"
  (tmp_path / "t.csv").write_text(text)
  found, notes = samples.find(tmp_path, tmp_path / "t.csv")
  assert [(one.id, one.files[0].name) for one in found] == [("P1", "a.png")]
  assert [(n.source, n.reason, n.detail) for n in notes] == [
    ("t.csv", "extra_cells", "line 3"),
    ("x" * 300, "missing_file", "line 5"),
  ]
