"""What exists under its final name is whole, whatever happens while it is written."""

import errno
import os
import pathlib
import stat
import subprocess
import sys

import pytest

from msk_jax.io import atomic, errors


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
  path = tmp_path / "table.txt"
  path.write_text("old")
  with pytest.raises(RuntimeError), atomic.replacing(path) as temporary:
    temporary.write_text("half")
    raise RuntimeError
  assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["table.txt"]


def test_a_full_disk_is_an_input_error_that_says_what_to_do(tmp_path):
  message = r"could not write table.txt: No space left.*--workdir"
  with pytest.raises(errors.InputError, match=message), atomic.replacing(tmp_path / "table.txt") as temporary:
    temporary.write_text("half")
    raise OSError(errno.ENOSPC, "No space left on device")
  assert list(tmp_path.iterdir()) == []


def test_a_write_beyond_the_file_size_limit_leaves_nothing(tmp_path):
  """A real failing write: the process may write no more than 1000 bytes to a file."""
  code = (
    "import resource, signal, sys, pathlib; from msk_jax.io import atomic, errors\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    "try: atomic.write_text(pathlib.Path(sys.argv[1]) / 'big.txt', 'x' * 5000)\n"
    "except errors.InputError: print('refused')\n"
  )
  run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
  assert run.stdout == "refused\n" and list(tmp_path.iterdir()) == []


def test_the_mode_is_that_of_the_umask_whoever_writes(tmp_path):
  before = os.umask(0o027)
  try:
    with atomic.replacing(tmp_path / "weights") as temporary:
      temporary.unlink()  # as a library does that renames a private file of its own
      os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))
  finally:
    os.umask(before)
  assert stat.S_IMODE((tmp_path / "weights").stat().st_mode) == 0o640


def test_a_folder_is_replaced_whole(tmp_path):
  folder = tmp_path / "out"
  for content in ("first", "second"):
    with atomic.replacing_folder(folder) as temporary:
      (temporary / "file").write_text(content)
  assert (folder / "file").read_text() == "second" and [p.name for p in tmp_path.iterdir()] == ["out"]
  with pytest.raises(KeyboardInterrupt), atomic.replacing_folder(folder) as temporary:
    (temporary / "file").write_text("third")
    raise KeyboardInterrupt
  assert (folder / "file").read_text() == "second" and [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_can_not_be_put_in_place_leaves_the_old_one(tmp_path, monkeypatch):
  """As where the disk fails, or is taken away, between the two renames."""
  folder = tmp_path / "out"
  with atomic.replacing_folder(folder) as temporary:
    (temporary / "file").write_text("first")

  def rename(path, target, real=pathlib.Path.rename):
    if target == folder and path.name.startswith(".out~~"):
      raise OSError(errno.EIO, "Input/output error")
    return real(path, target)

  with monkeypatch.context() as patch:
    patch.setattr(pathlib.Path, "rename", rename)
    with pytest.raises(errors.InputError, match="could not write out/"), atomic.replacing_folder(folder) as temporary:
      (temporary / "file").write_text("second")
  assert (folder / "file").read_text() == "first" and [p.name for p in tmp_path.iterdir()] == ["out"]


def test_of_two_processes_that_replace_a_folder_at_once_the_later_one_counts(tmp_path, monkeypatch):
  """The other one puts its folder in place between this one's two renames."""
  folder = tmp_path / "out"
  with atomic.replacing_folder(folder) as temporary:
    (temporary / "file").write_text("first")
  others = iter(["other"])

  def rename(path, target, real=pathlib.Path.rename):
    renamed = real(path, target)
    for text in others if path == folder else ():
      folder.mkdir()
      (folder / "file").write_text(text)
      break
    return renamed

  with monkeypatch.context() as patch:
    patch.setattr(pathlib.Path, "rename", rename)
    with atomic.replacing_folder(folder) as temporary:
      (temporary / "file").write_text("second")
  assert next(others, None) is None
  assert (folder / "file").read_text() == "second" and [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_another_process_moves_away_first_is_replaced(tmp_path, monkeypatch):
  folder = tmp_path / "out"
  with atomic.replacing_folder(folder) as temporary:
    (temporary / "file").write_text("first")

  def exists(path, real=pathlib.Path.exists):
    found = real(path)
    if found and path == folder:
      folder.rename(tmp_path / "moved")
    return found

  with monkeypatch.context() as patch:
    patch.setattr(pathlib.Path, "exists", exists)
    with atomic.replacing_folder(folder) as temporary:
      (temporary / "file").write_text("second")
  assert (folder / "file").read_text() == "second"
  assert sorted(path.name for path in tmp_path.iterdir()) == ["moved", "out"]


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
  (tmp_path / "gwas").touch()
  with pytest.raises(errors.InputError, match="could not write"), atomic.replacing(tmp_path / "gwas" / "table"):
    raise AssertionError("there is nothing to write to")
  with pytest.raises(errors.InputError, match="could not write"), atomic.replacing_folder(tmp_path / "gwas" / "work"):
    raise AssertionError("there is nothing to write to")
