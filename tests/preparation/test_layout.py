"""Finding files under a data root."""

import pathlib

import pytest

from msk_jax.io import errors
from msk_jax.preparation import layout
from msk_jax.preparation.spec import DataSpec


def _make(root: pathlib.Path, *names: str) -> None:
  for name in names:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("eid\n")


def _find(root, **changes):
  return layout.find(DataSpec(kind="ukb", root=str(root), **changes), root, root / "workspace")


def _names(root, paths):
  return [path.relative_to(root).as_posix() for path in paths]


BASE = ("w1_2024.csv", "Bulk/90/9000001_20158_2_0.zip")


@pytest.mark.parametrize(
  ("path", "pattern", "expected"),
  [
    ("a.zip", "**/a.zip", True),
    ("x/y/a.zip", "**/a.zip", True),
    ("xa.zip", "**/a.zip", False),
    ("tables/a.csv", "tables/*", True),
    ("tables/x/a.csv", "tables/*", False),
    ("a+b.csv", "a+b.csv", True),
    ("aab.csv", "a+b.csv", False),
    ("a1.csv", "a?.csv", True),
    ("x/y/z", "x/**", True),
    ("9000001_20158_2_0.zip", "**/*_20158_*_*.zip", True),
    ("9000001_20158_2.zip", "**/*_20158_*_*.zip", False),
  ],
)
def test_globs(path, pattern, expected):
  assert layout.matches(path, pattern) is expected


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


def test_no_message_names_a_zip(tmp_path):
  _make(tmp_path, *BASE)
  with pytest.raises(errors.InputError) as caught:
    _find(tmp_path)
  assert "no tables" in str(caught.value) and "9000001" not in str(caught.value)
