"""Finding files under a data root."""

import os
import pathlib

import pytest

from msk_jax.io import errors
from msk_jax.preparation import layout
from msk_jax.preparation.spec import DataSpec


def _make(root: pathlib.Path, *names: str) -> None:
  for name in names:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    is_list = "rel" in name.lower().replace("release", "") or "w" in name.lower()
    (root / name).write_text("eid\n" if is_list else "eid,31-0.0\n")


def _find(root, **changes):
  return layout.find(DataSpec(kind="ukb", root=str(root), **changes), root, root / "workspace")


def _names(root, paths):
  return [path.relative_to(root).as_posix() for path in paths]


BASE = ("w1_2024.csv", "Bulk/90/9000001_20158_2_0.zip")


def test_any_depth_and_every_kind(tmp_path):
  passed_over = (".hidden/9000003_20158_2_0.zip", "workspace/raw/9000004_20158_2_0.zip", "tables/notes.log")
  _make(tmp_path, *BASE, *passed_over, "deep/er/9000002_20158_3_1.zip", "tables/b.tab", "tables/a.csv")
  _make(tmp_path, "genetics/ukb_rel_a1_s2.dat")
  found = _find(tmp_path)
  assert _names(tmp_path, found.zips) == ["Bulk/90/9000001_20158_2_0.zip", "deep/er/9000002_20158_3_1.zip"]
  assert _names(tmp_path, found.tables) == ["tables/a.csv", "tables/b.tab"]
  assert _names(tmp_path, found.withdrawals) == ["w1_2024.csv"]
  assert _names(tmp_path, found.kinship) == ["genetics/ukb_rel_a1_s2.dat"]


@pytest.mark.parametrize(
  "name",
  [
    "w12345_20240101.csv",
    "W12345_20240101.CSV",
    "w12345_20240101.txt",
    "w12345-2024-01-01.csv",
    "w12345_1.csv.gz",
    "w12345_1.TXT.gz",
    "w12345.csv",
    "withdraw12345_99.txt",
    "Withdrawals.csv",
    "deep/er/withdrawn_2024.csv",
  ],
)
def test_the_owners_names_of_lists_in_any_spelling(tmp_path, name, caplog):
  _make(tmp_path, "Bulk/9000001_20158_2_0.zip", "a.csv", "ukb_rel.dat", name)
  found = _find(tmp_path)
  assert _names(tmp_path, found.withdrawals) == [name] and found.passed_over == {} and not caplog.text
  assert layout.find_withdrawals(tmp_path, tmp_path / "work", DataSpec().withdrawals) == found.withdrawals


def test_other_files_are_no_lists_and_almost_lists_are_named(tmp_path, caplog):
  _make(tmp_path, *BASE, "white_british.csv", "wave_2.csv", "ukb_rel.dat")
  almost = ("w1_2025.xlsx", "w1_2025", "my_withdrawals.csv", "W1-2025.pdf", "x/Withdrawn.csv.bak")
  _make(tmp_path, "tables/a.csv", *almost)
  found = _find(tmp_path)
  assert _names(tmp_path, found.withdrawals) == ["w1_2024.csv"]
  assert found.passed_over == {"withdrawals": len(almost)}
  (named,) = [text for text in caplog.messages if "NOT READ AS A LIST OF WITHDRAWALS" in text]
  assert all(name in named for name in almost)
  assert "white_british" not in named and "wave_2" not in named
  caplog.clear()
  layout.find_withdrawals(tmp_path, tmp_path / "work", DataSpec().withdrawals)
  assert "my_withdrawals.csv" in caplog.text


@pytest.mark.parametrize(
  "name",
  [
    "ukb_rel.dat",
    "ukb12345_rel_s488264.dat",
    "ukb12345_rel_s488264.txt",
    "x/UKB12345_REL_S1.DAT",
    "ukb_rel_a1_s2.dat",
    "ukb1_rel_s2.dat.gz",
    "ukb_rel.csv",
    "ukb1_rel_s2.tsv",
    "ukb_relatedness.dat",
  ],
)
def test_relatedness_files_in_any_spelling(tmp_path, name, caplog):
  _make(tmp_path, *BASE, "a.csv", "ukb7_release2.csv", name)
  found = _find(tmp_path)
  assert _names(tmp_path, found.kinship) == [name] and found.passed_over == {} and not caplog.text
  assert "ukb7_release2.csv" in _names(tmp_path, found.tables) and not set(found.tables) & set(found.kinship)


def test_no_relatedness_file_is_said_in_capitals_unless_there_is_none(tmp_path, caplog):
  _make(tmp_path, *BASE, "tables/a.csv", "relatedness.txt", "x/king.kin0")
  assert _find(tmp_path).passed_over == {"relatedness": 2}
  assert "NO RELATEDNESS FILE" in caplog.text and "allow_no_relatedness=True" in caplog.text
  assert "NOT READ AS A RELATEDNESS FILE" in caplog.text and "king.kin0" in caplog.text
  caplog.clear()
  _find(tmp_path, allow_no_relatedness=True)
  assert "NO RELATEDNESS FILE" not in caplog.text


def test_archives_in_capitals_are_read_and_almost_archives_counted_without_their_names(tmp_path, caplog):
  _make(tmp_path, "w1_2024.csv", "ukb_rel.dat", "a.csv", "9000001_20158_2_0.ZIP", "x/9000002_20158_2_0.Zip")
  _make(
    tmp_path,
    "9000003_20158_2_0 (1).zip",
    "9000004_20158_2_0.zip.part",
    "9000005_20158_2_0.zip.md5",
    "20158.zip.9000006",
  )
  found = _find(tmp_path)
  assert len(found.zips) == 3 and found.passed_over == {"archives": 3}  # the copy (1) is refused as badly named
  assert ".zip.part (1)" in caplog.text and "90000" not in caplog.text
  assert _find(tmp_path, scalars_only=True).passed_over == {}


def test_files_of_several_applications_are_said_in_capitals(tmp_path, caplog):
  _make(tmp_path, *BASE, "a.csv", "w12345_1.csv", "withdraw12345_2.txt", "ukb12345_rel_s2.dat")
  _find(tmp_path)
  assert "SEVERAL APPLICATIONS" not in caplog.text
  _make(tmp_path, "w54321_20240101.csv")
  _find(tmp_path)
  assert "SEVERAL APPLICATIONS (12345, 54321)" in caplog.text


def test_a_folder_that_can_not_be_read_is_named(tmp_path, caplog, monkeypatch):
  _make(tmp_path, *BASE, "a.csv", "ukb_rel.dat", "locked/w1_2025.csv")
  scandir = os.scandir

  def refuse(path):
    if str(path).endswith("locked"):
      raise PermissionError(13, "Permission denied", str(path))
    return scandir(path)

  monkeypatch.setattr(os, "scandir", refuse)
  assert len(_find(tmp_path).withdrawals) == 1
  assert "CAN'T BE READ" in caplog.text and "locked" in caplog.text


@pytest.mark.parametrize(
  ("names", "expected"),
  [
    (["ukb41230.csv", "other.csv"], ["ukb41230.csv", "other.csv"]),
    (["participant.csv"], ["participant.csv"]),
    (["TABLE.CSV", "x.html"], ["TABLE.CSV"]),
    (["a.csv", "phenotypes/b.tsv", "tables/z.csv", "tables/deep/c.csv"], ["tables/z.csv", "phenotypes/b.tsv", "a.csv"]),
    (["tables/x.html", "ukb1.tab"], ["ukb1.tab"]),
  ],
)
def test_usual_places_of_tables(tmp_path, names, expected):
  _make(tmp_path, *BASE, *names)
  assert _names(tmp_path, _find(tmp_path).tables) == expected


def test_files_without_ids_do_not_hide_the_next_place(tmp_path, caplog):
  _make(tmp_path, *BASE, "ukb1.csv")
  (tmp_path / "tables").mkdir()
  (tmp_path / "tables" / "ukb_codings.csv").write_text("coding,meaning\n")
  assert _names(tmp_path, _find(tmp_path).tables) == ["ukb1.csv"]
  assert "LEFT OUT, since they have no column `eid`: tables/ukb_codings.csv" in caplog.text


def test_a_damaged_file_among_tables_is_refused(tmp_path):
  _make(tmp_path, *BASE, "a.csv", "b.parquet")
  with pytest.raises(errors.InputError, match=r"b\.parquet can't be read"):
    _find(tmp_path)


def test_named_tables_must_all_be_there_and_may_lie_elsewhere(tmp_path):
  root = tmp_path / "root"
  _make(root, *BASE, "a.csv")
  _make(tmp_path, "b.csv")
  found = _find(root, tables=("a.csv", str(tmp_path / "b*.csv")))
  assert {path.name for path in found.tables} == {"a.csv", "b.csv"}
  with pytest.raises(errors.InputError, match=r"config\.data\.tables.*missing\.csv"):
    _find(root, tables=("a.csv", "missing.csv"))


def test_linked_folders_are_followed_once(tmp_path):
  _make(tmp_path / "elsewhere", "9000001_20158_2_0.zip")
  _make(tmp_path / "root", "w1_1.csv", "a.csv")
  (tmp_path / "root" / "bulk").symlink_to(tmp_path / "elsewhere")
  (tmp_path / "elsewhere" / "loop").symlink_to(tmp_path / "root")
  assert len(_find(tmp_path / "root").zips) == 1


def test_hashes_change_with_content_names_and_number(tmp_path):
  _make(tmp_path, "a.csv", "b.csv")
  a, b = tmp_path / "a.csv", tmp_path / "b.csv"
  first = layout.hash_files([a, b])
  assert layout.hash_files([b, a]) == first != layout.hash_files([a])
  a.touch()
  assert layout.hash_files([a, b]) == first  # same content
  a.write_text("eix\n")
  assert layout.hash_files([a, b]) != first


def test_the_order_of_tables_is_an_input(tmp_path):
  _make(tmp_path, *BASE, "tables/a.csv", "phenotypes/b.csv")
  before = _find(tmp_path).hashes()
  (tmp_path / "tables/a.csv").rename(tmp_path / "a.csv")  # now the other's values count
  after = _find(tmp_path).hashes()
  assert after.pop("tables") != before.pop("tables") and after == before


def test_links_to_nowhere_are_named_and_archives_left_to_their_reader(tmp_path):
  _make(tmp_path, *BASE, "tables/a.csv")
  before = _find(tmp_path).hashes()
  (tmp_path / "9000002_20158_2_0.zip").symlink_to(tmp_path / "nowhere")
  assert _find(tmp_path).hashes()["zips"] != before["zips"]
  (tmp_path / "ukb_rel.dat").symlink_to(tmp_path / "nowhere")
  with pytest.raises(errors.InputError, match=r"ukb_rel\.dat can't be read"):
    _find(tmp_path).hashes()


def test_no_message_names_a_zip(tmp_path):
  _make(tmp_path, *BASE)
  with pytest.raises(errors.InputError) as caught:
    _find(tmp_path)
  assert "no tables" in str(caught.value) and "9000001" not in str(caught.value)
