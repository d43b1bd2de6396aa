"""The harness notices what it is there for: half-written files, other contents, what is left behind."""

import contextlib
import json
import pathlib
import shutil
import threading
from multiprocessing import shared_memory

import pandas as pd
import pytest

from msk_jax.io import atomic
from tests.torture import comparison, draws, log, places

_STEPS = ["prepare", "train", "ages"]


@pytest.fixture
def workdir(tmp_path):
  (tmp_path / "ages").mkdir()
  pd.DataFrame({"age_years": [40.0, 50.0]}).to_parquet(tmp_path / "ages/ages.parquet")
  (tmp_path / "ages/run.json").write_text(json.dumps({"seed": 1, "written": "today"}))
  return tmp_path


def test_a_half_written_file_is_found_under_its_final_name_alone(workdir):
  known = comparison.describe(workdir).values()
  data = (workdir / "ages/ages.parquet").read_bytes()[:-4]
  (workdir / "ages/bias.parquet").write_bytes(data)
  atomic.partial_of(workdir / "ages/summary.parquet").write_bytes(data)
  found = comparison.find_half_written(workdir, comparison.describe(workdir), known)
  assert len(found) == 1 and found[0].startswith("ages/bias.parquet: ")


def test_dates_may_differ_and_nothing_else(workdir):
  expected = comparison.describe(workdir)
  (workdir / "ages/run.json").write_text(json.dumps({"seed": 1, "written": "tomorrow"}))
  assert comparison.find_differences(comparison.describe(workdir), expected) == []
  (workdir / "ages/run.json").write_text(json.dumps({"seed": 2, "written": "today"}))
  (workdir / "ages/.prepare_lock").touch()
  (workdir / "qc").mkdir()
  found = comparison.find_differences(comparison.describe(workdir), expected)
  assert found == ["ages/run.json differs", "has qc/ as well", "left behind: ages/.prepare_lock"]


def test_a_damaged_record_is_a_fault_and_no_end_of_the_trials(workdir, tmp_path_factory):
  expected = tmp_path_factory.mktemp("expected")
  shutil.copytree(workdir / "ages", expected / "ages")
  (workdir / "ages/run.json").write_text('{"seed": ')
  assert comparison.explain("ages/run.json differs", workdir, expected).startswith("ages/run.json differs (Expecting")


@pytest.mark.skipif(not pathlib.Path("/dev/shm").is_dir(), reason="this system has no /dev/shm")
def test_shared_memory_counts_when_nobody_uses_it():
  before = places.shared_memory()
  ours = shared_memory.SharedMemory(create=True, size=10)
  try:
    assert ours.name in places.shared_memory() - before
    assert ours.name not in places.left_in_shared_memory(before, seconds=0.0)
    ours.close()
    assert ours.name in places.left_in_shared_memory(before, seconds=0.0)
    removal = threading.Timer(0.3, ours.unlink)
    removal.start()
    assert ours.name not in places.left_in_shared_memory(before, seconds=60.0)
    removal.join()
  finally:
    with contextlib.suppress(FileNotFoundError):
      ours.unlink()


def test_another_program_makes_the_study_again(tmp_path):
  program, folder = tmp_path / "program", tmp_path / "folder"
  state = folder / "states/ages"
  for path in (program, folder):
    path.mkdir()
  (program / "a.py").write_text("1")
  places.forget_other_program(folder, [program])
  state.mkdir(parents=True)
  places.forget_other_program(folder, [program])
  assert state.exists()
  (program / "a.py").write_text("2")
  places.forget_other_program(folder, [program])
  assert not state.exists()


def test_trials_are_drawn_from_seed_and_number_and_come_to_every_command():
  plans = [draws.draw(3, number, _STEPS) for number in range(300)]
  assert plans == [draws.draw(3, number, _STEPS) for number in range(300)]
  assert all({plan.step for plan in plans[i : i + 3]} == set(_STEPS) for i in range(0, 300, 3))
  assert {plan.kind for plan in plans} == set(draws.KINDS)
  assert plans != [draws.draw(4, number, _STEPS) for number in range(300)]


def test_the_log_is_continued_after_half_a_line(tmp_path, capsys):
  path = tmp_path / "log.jsonl"
  trial = {"trial": 0, "seed": 0, "step": "ages", "kind": draws.KILL_TWICE, "ended": [-9, -9, 0], "faults": []}
  log.append(path, trial)
  with path.open("a") as file:
    file.write('{"trial": 1, "se')
  log.append(path, {**trial, "trial": 2, "faults": ["left behind: x"]})
  assert [each["trial"] for each in log.read(path)] == [0, 2]
  assert "line 2 is damaged" in capsys.readouterr().err
  table = log.summarize(log.read(path)).splitlines()
  assert table[2] == "| `ages` | 2 (1 wrong) | 4 | 1 |" and table[3] == "| all, 2 trials | 2 (1 wrong) | 4 | 1 |"
