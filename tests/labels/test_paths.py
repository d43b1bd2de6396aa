"""Where a table's paths lead: inside the folder, and to a file that can be read."""

import pathlib

import pytest

from msk_jax.labels import paths


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
  (tmp_path / "root" / "sub").mkdir(parents=True)
  (tmp_path / "root" / "sub" / "a.png").write_bytes(b"x")
  (tmp_path / "beside.png").write_bytes(b"x")
  (tmp_path / "link").symlink_to(tmp_path / "root")
  return tmp_path / "root"


def test_paths_inside_are_relative_however_they_are_spelled(root) -> None:
  for spelled in ("sub/a.png", "sub\\a.png", f"{root}/sub/a.png", f"{root.parent}/link/sub/a.png"):
    assert paths.locate(root, spelled) == ("sub/a.png", "")
  assert paths.locate(root.parent / "link", f"{root}/sub/a.png") == ("sub/a.png", "")


@pytest.mark.parametrize(
  ("spelled", "reason"),
  [
    ("../beside.png", "outside_root"),
    ("/etc/passwd", "outside_root"),
    ("C:\\x.png", "outside_root"),
    ("sub/../../beside.png", "outside_root"),
    ("", "missing_file"),
    ("sub", "missing_file"),
    ("none.png", "missing_file"),
    ("x" * 300, "missing_file"),
    ("y/" * 3000, "missing_file"),
    ("a\0b", "missing_file"),
    ("/" + "x" * 300, "outside_root"),
    ("/a\0b", "outside_root"),
  ],
)
def test_what_is_not_there_has_a_reason(root, spelled, reason) -> None:
  assert paths.locate(root, spelled)[1] == reason
  absolute = f"{root}/{spelled}"
  assert paths.locate(root, absolute)[1] in ("outside_root", "missing_file")


def test_a_forbidden_folder_and_a_forbidden_file(root, monkeypatch) -> None:
  stat = pathlib.Path.stat

  def forbidding(self, **settings):
    if self.name == "secret.png":
      raise PermissionError(13, "Permission denied")
    return stat(self, **settings)

  monkeypatch.setattr(pathlib.Path, "stat", forbidding)
  assert paths.locate(root, "sub/secret.png") == ("sub/secret.png", "unreadable_file")
  monkeypatch.setattr(paths.os, "access", lambda path, mode: False)
  assert paths.locate(root, "sub/a.png") == ("sub/a.png", "unreadable_file")
