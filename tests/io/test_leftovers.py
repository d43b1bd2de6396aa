"""What a killed process leaves unfinished is cleared; what may still be at work is not."""

import dataclasses
import os
import signal
import subprocess
import sys

import pytest

from msk_jax import stage_table
from msk_jax.io import atomic, leftovers, owner

_HERE = owner.Owner.current()
_ELSEWHERE = dataclasses.replace(_HERE, host="node7", boot="0" * 12)
_DAY = 24 * 3600

_WRITE_AND_WAIT = """
import pathlib, sys, time
from msk_jax.io import atomic, privacy
workdir = pathlib.Path(sys.argv[1])
table = workdir / "predictions/sample/knee.parquet"
with atomic.replacing(table) as file, atomic.replacing_folder(workdir / "ages") as folder:
  file.write_text(str(9_000_001))
  (folder / "ages.parquet").write_text(str(9_000_001))
  print("ready", flush=True)
  time.sleep(600)
"""


@pytest.fixture
def at_work(tmp_path):
  """A process that has begun a file and a folder in `tmp_path`."""
  process = subprocess.Popen([sys.executable, "-c", _WRITE_AND_WAIT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
  assert process.stdout.readline() == "ready\n"
  yield process
  process.kill()
  process.communicate()


def _files(folder) -> list[str]:
  return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_a_killed_process_left_is_cleared_and_what_a_living_one_writes_is_not(tmp_path, at_work):
  begun = _files(tmp_path)
  assert len(begun) == 2
  assert leftovers.clear_workdir(tmp_path) == 0 and _files(tmp_path) == begun
  at_work.send_signal(signal.SIGKILL)
  at_work.wait()
  assert leftovers.clear_workdir(tmp_path) == 2 and _files(tmp_path) == []


def test_a_killed_process_that_nobody_has_waited_for_is_dead(tmp_path, at_work):
  at_work.send_signal(signal.SIGKILL)
  os.waitid(os.P_PID, at_work.pid, os.WEXITED | os.WNOWAIT)  # a zombie until somebody waits for it
  assert leftovers.clear_workdir(tmp_path) == 2


@pytest.mark.parametrize("direction", [-1, 1])  # 1: the clock was ahead when it died, and has been set back
def test_another_host_is_cleared_by_a_flag_and_after_a_day(direction, tmp_path, at_work, caplog):
  """Seen from another host the process, alive or dead, can't be told from one that is at work."""
  at_work.kill()
  at_work.wait()
  begun = _files(tmp_path)
  assert leftovers.clear_workdir(tmp_path, here=_ELSEWHERE) == 0
  assert "2 unfinished files of processes on other hosts are left" in caplog.text
  assert leftovers.clear_workdir(tmp_path, others=True, here=_ELSEWHERE) == 0 and _files(tmp_path) == begun
  for path in [p for p in tmp_path.rglob("*") if atomic.is_partial(p.name)]:
    old = path.stat().st_mtime + direction * (_DAY + 60)
    os.utime(path, (old, old))
  assert leftovers.clear_workdir(tmp_path, here=_ELSEWHERE) == 0
  assert leftovers.clear_workdir(tmp_path, others=True, here=_ELSEWHERE) == 2 and _files(tmp_path) == []


@pytest.mark.parametrize(
  ("changes", "is_dead"),
  [
    ({}, False),
    ({"start": _HERE.start - 1}, True),  # the number was given to another process
    ({"pid": 4_194_305}, True),  # above the kernel's largest number
    ({"boot": "0" * 12}, True),
    ({"space": "12"}, False),  # another container of this machine
    ({"host": "node7"}, False),
    ({"host": "node7", "boot": "0" * 12}, False),
  ],
)
def test_who_is_dead(changes, is_dead):
  assert dataclasses.replace(_HERE, **changes).is_dead(_HERE) is is_dead


def test_tags_come_back():
  assert owner.Owner.from_tag(_HERE.tag) == _HERE
  assert owner.Owner.from_tag("knee") is None and owner.Owner.from_tag("") is None


def test_names_of_earlier_versions_are_cleared_and_other_hidden_files_stay(tmp_path):
  folder = tmp_path / "qc"
  folder.mkdir()
  dead = 4_194_305
  for name in (f".a.parquet.{dead}.partial", f".b.{dead}.old", f".c.{os.getpid()}.partial"):
    (folder / name).write_text("half")
  kept = [f".notes.{dead}", ".x.partial", f"a.{dead}.partial"]
  for name in kept:
    (folder / name).write_text("mine")
  (tmp_path / f".pseudonym_key.{dead}").write_bytes(b"secret")
  assert leftovers.clear_workdir(tmp_path) == 3
  assert _files(tmp_path) == sorted([*kept, f".c.{os.getpid()}.partial"])


def test_a_number_used_again_does_not_keep_an_earlier_versions_file(tmp_path):
  path = tmp_path / f".a.{os.getpid()}.partial"
  path.write_text("half")
  os.utime(path, (1e9, 1e9))  # before this process started
  assert leftovers.clear([], beside=[tmp_path]) == 1 and not path.exists()


def test_beside_an_output_only_its_own_are_cleared(tmp_path):
  dead = dataclasses.replace(_HERE, pid=4_194_305).tag
  for name in ("ages.csv", "thesis.csv"):
    (tmp_path / f".{name}~~{dead}.partial").write_text("half")
  assert leftovers.clear_outputs([tmp_path / "ages.csv"]) == 1
  assert _files(tmp_path) == [f".thesis.csv~~{dead}.partial"]


def test_a_long_name_is_cut(tmp_path):
  path = tmp_path / ("ä" * 120 + ".json")
  atomic.write_text(path, "whole")
  assert path.read_text() == "whole" and atomic.is_partial(atomic.partial_of(path).name)


@pytest.mark.parametrize(
  "stage", [stage for stage in stage_table.STAGES if stage.workdir], ids=lambda stage: stage.name
)
def test_every_folder_that_a_stage_writes_is_cleared(tmp_path, stage):
  dead = subprocess.Popen(["true"])
  dead.wait()
  folders = [name for name in stage.writes if name.endswith("/") and " " not in name and not name.startswith("raw/")]
  for name in folders:
    (tmp_path / name / "below").mkdir(parents=True)
    (tmp_path / name / "below" / f".table.parquet.{dead.pid}.partial").touch()
  assert leftovers.clear_workdir(tmp_path) == len(folders)
