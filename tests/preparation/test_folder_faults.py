"""Faults of an own folder's table, and the same picture under two ids: refused or doubted by line, never in silence."""

import csv
import logging
import shutil

import cv2
import numpy as np
import pytest

from msk_jax.imaging import folder_spec
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import prepared
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables
from tests.preparation import raw_data


def _prepare(root, workdir, **changes) -> dict:
  settings = {"num_folds": 5, **changes}
  spec = DataSpec(
    kind="folder", root=str(root), workers=0, folder=folder_spec.FolderSpec(rows=40, columns=32), **settings
  )
  prepared.ensure(spec, workdir)
  record = run_record.read(workdir / "cohort")
  assert record is not None
  return record["results"]


def _rows(workdir) -> list[tuple[int, str, str]]:
  with (workdir / "qc" / "rows.csv").open() as file:
    return [(int(row["line"]), row["file"], row["reason"]) for row in csv.DictReader(file)]


def _people(first: int, last: int) -> list[str]:
  return [f"K{i},{40 + i},{'F' if i % 2 else 'M'},k{i}.png" for i in range(first, last)]


def _append(root, *lines: str) -> None:
  with (root / "labels.csv").open("a") as file:
    file.write("".join(f"{line}\n" for line in lines))


def test_refused_rows_are_listed_by_line_and_file(tmp_path, caplog) -> None:
  root = raw_data.make_folder(tmp_path / "xrays", _people(0, 20))
  long = "x" * 300
  (root / "torn.png").write_bytes(b"no picture")
  _append(root, f"A,50,F,{long}", "B,,F,k1.png", "", "C,50,F,k1.png,7", "D,50,F,torn.png", f"E,50,F,{root}/k2.png,")
  with caplog.at_level(logging.WARNING):
    results = _prepare(root, tmp_path / "work")
  assert "labels.csv: 3 of 25 rows are refused (extra_cells 1, missing_file 1, no_age 1)" in caplog.text
  assert [row for row in _rows(tmp_path / "work") if row[2] != "shared_picture"] == [
    (22, long, "missing_file"),
    (23, "k1.png", "no_age"),
    (25, "", "extra_cells"),
    (26, "torn.png", "decode_failed"),
  ]
  assert results["reasons"] == {
    "decode_failed": 1,
    "extra_cells": 1,
    "missing_file": 1,
    "no_age": 1,
    "shared_picture": 2,
  }
  with (tmp_path / "work" / "qc" / "images.csv").open() as file:
    pseudonyms = [row["pseudonym"] for row in csv.DictReader(file)]
  assert len(set(pseudonyms)) == len(pseudonyms) == 6


def test_lines_follow_the_table_when_it_changes(tmp_path) -> None:
  root = raw_data.make_folder(tmp_path / "xrays", _people(0, 20))
  (root / "k3.png").write_bytes(b"no picture")
  _prepare(root, tmp_path / "work")
  assert _rows(tmp_path / "work") == [(5, "k3.png", "decode_failed")]
  text = (root / "labels.csv").read_text().splitlines()
  (root / "labels.csv").write_text("\n".join([text[0], "", *text[1:]]) + "\n")
  _prepare(root, tmp_path / "work")
  assert _rows(tmp_path / "work") == [(6, "k3.png", "decode_failed")]


def test_a_table_whose_rows_are_all_refused_counts_the_reasons(tmp_path) -> None:
  root = raw_data.make_folder(tmp_path / "xrays", _people(0, 10))
  lines = (root / "labels.csv").read_text().replace(",F,", ",?,").splitlines()
  (root / "labels.csv").write_text("\n".join([lines[0], *(line.replace(",M,", ",,") for line in lines[1:])]) + "\n")
  with pytest.raises(errors.InputError, match=r"no usable row in labels\.csv: 10 no_sex"):
    _prepare(root, tmp_path / "work")
  assert [reason for _, _, reason in _rows(tmp_path / "work")] == ["no_sex"] * 10


def test_contradictions_name_their_lines(tmp_path) -> None:
  root = raw_data.make_folder(tmp_path / "xrays", _people(0, 10))
  cv2.imwrite(str(root / "other.png"), cv2.imread(str(root / "k1.png"))[::-1])
  lines = (root / "labels.csv").read_text().splitlines()
  for row, what in (("K1,41,M,other.png,left,", "sex"), ("K1,44,F,other.png,left,", "age")):
    table = [lines[0] + ",side,ethnicity", *(line + ",right,1001" for line in lines[1:]), row + "1001"]
    (root / "labels.csv").write_text("\n".join(table) + "\n")
    with pytest.raises(errors.InputError, match=rf"different values of {what} .*\(lines 3, 12\)"):
      _prepare(root, tmp_path / "work")
  table[-1] = "K1,41,F,other.png,left,3001"
  (root / "labels.csv").write_text("\n".join(table) + "\n")
  with pytest.raises(errors.InputError, match=r"different values of ethnicity .*\(lines 3, 12\)"):
    _prepare(root, tmp_path / "work")


def _folds(workdir) -> dict[str, int]:
  table = tables.read(workdir / "cohort" / "folds.parquet", cohort_tables.FOLDS)
  return dict(zip(table["eid"], table["fold"].tolist(), strict=True))


@pytest.fixture
def copied(tmp_path):
  """Forty people of whom each even one has the picture of the next: as it is, or in another format."""
  root = raw_data.make_folder(tmp_path / "xrays", _people(0, 40))
  for i in range(0, 40, 2):
    if i % 4:
      shutil.copy(root / f"k{i + 1}.png", root / f"k{i}.png")
    else:
      cv2.imwrite(str(root / f"k{i}.bmp"), cv2.imread(str(root / f"k{i + 1}.png"), cv2.IMREAD_GRAYSCALE))
      (root / f"k{i}.bmp").replace(root / f"k{i}.png")
  return root


def test_people_with_one_picture_are_doubted_and_in_one_fold(tmp_path, copied) -> None:
  results = _prepare(copied, tmp_path / "work")
  assert results["reasons"] == {"shared_picture": 40}
  folds = _folds(tmp_path / "work")
  assert all(folds[f"K{i}"] == folds[f"K{i + 1}"] for i in range(0, 40, 2))
  assert np.bincount(list(folds.values())).tolist() == [8] * 5


def test_a_picture_and_its_mirror_image_as_the_other_side(tmp_path) -> None:
  lines = [f"K{i},{40 + i},F,k{i}.png,right" for i in range(12)]
  root = raw_data.make_folder(tmp_path / "xrays", lines, "id,age,sex,path,side")
  shutil.copy(root / "k0.png", root / "again.png")
  shutil.copy(root / "k2.png", root / "k3.png")
  _append(root, "K0,40,F,again.png,left", "K5,45,F,k1.png,left")
  results = _prepare(root, tmp_path / "work")
  assert results["reasons"] == {"repeated_picture": 2, "shared_picture": 4}
  folds = _folds(tmp_path / "work")
  assert folds["K2"] == folds["K3"] and folds["K1"] == folds["K5"]
  reasons = {(file, reason) for _, file, reason in _rows(tmp_path / "work")}
  assert ("again.png", "repeated_picture") in reasons and ("k3.png", "shared_picture") in reasons


def test_given_folds_are_followed_or_refused(tmp_path, copied) -> None:
  lines = (copied / "labels.csv").read_text().splitlines()
  given = [lines[0] + ",fold", *(f"{line},{'' if i % 2 else i % 5}" for i, line in enumerate(lines[1:]))]
  (copied / "labels.csv").write_text("\n".join(given) + "\n")
  _prepare(copied, tmp_path / "work")
  folds = _folds(tmp_path / "work")
  assert all(folds[f"K{i}"] == folds[f"K{i + 1}"] == i % 5 for i in range(0, 40, 2))
  given[4] += "1"  # K3, whose picture K2 has, in fold 2
  (copied / "labels.csv").write_text("\n".join(given) + "\n")
  with pytest.raises(errors.InputError, match=r"same picture under several ids, whose folds differ \(lines 4, 5\)"):
    _prepare(copied, tmp_path / "work")
