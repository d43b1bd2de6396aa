"""Running programs: small shell scripts that fail in every way."""

import dataclasses
import os
import pathlib
import signal
import stat
import subprocess
import sys
import textwrap
import time

import pytest

from msk_jax.genetics import processes, programs
from msk_jax.genetics.engines import bolt
from msk_jax.genetics.tasks import Kind, Places, Task
from msk_jax.io import atomic, errors, leftovers

_TABLE = "SNP CHR\\nrs1 1\\n"
_LAST = "Total elapsed time for analysis = 1 sec"
_HEAD = 'printf "Total post-QC SNPs: M = 1\\n --phenoCol=knee\\n"; cd "$1"'
_WHOLE = f'{_HEAD}; printf "{_TABLE}" | gzip > array.stats.gz; echo "{_LAST}"'
_PROGRAM = bolt.Bolt().program("2.4")


@pytest.fixture
def places(tmp_path) -> Places:
  for name in ("genotypes", "inputs"):
    (tmp_path / name).mkdir()
  (tmp_path / "inputs" / "phenotypes.tab").write_text("FID IID knee\n9000001 9000001 1.5\n")
  return Places(tmp_path / "genotypes", tmp_path / "inputs", tmp_path / "results")


def _make(places: Places, script: str, name: str = "association.knee", timeout_s: float = 60.0) -> Task:
  path = places.genotypes / f"{name}.sh"
  path.write_text(f"#!/bin/sh\n{script}\n")
  path.chmod(path.stat().st_mode | stat.S_IXUSR)
  command = (str(path), "$TASK", "--phenoFile=$INPUTS/phenotypes.tab")
  return Task(name, Kind.ASSOCIATION, ("knee",), command, ("array.stats.gz",), timeout_s)


def test_a_good_program_leaves_its_outputs(places):
  outcome = programs.run(_make(places, _WHOLE), places, _PROGRAM)
  assert outcome.reason is None and outcome.folder == places.results / "association.knee"
  assert sorted(path.name for path in outcome.folder.iterdir()) == [
    "array.stats.gz",
    "stderr.txt",
    "stdout.txt",
    "task.json",
  ]


@pytest.mark.parametrize(
  ("script", "code"),
  [
    (f"{_HEAD}; printf '{_TABLE}' | gzip > array.stats.gz", "incomplete_output"),  # no last line
    (f"{_HEAD}; printf '{_TABLE}' | gzip | head -c 20 > array.stats.gz; echo {_LAST}", "incomplete_output"),  # half
    (f"{_HEAD}; : > array.stats.gz; echo {_LAST}", "incomplete_output"),
    (f"{_HEAD}; echo {_LAST}", "incomplete_output"),
    (f"{_HEAD}; printf 'SNP CHR\\n' | gzip > array.stats.gz; echo {_LAST}", "incomplete_output"),  # no rows
    (f"{_HEAD}; printf '{_TABLE}rs2' | gzip > array.stats.gz; echo {_LAST}", "incomplete_output"),  # half a row
    (_WHOLE.replace("knee", "hip"), "incomplete_output"),  # of another trait
    (f"{_WHOLE}; exit 1", "failed"),
    ("echo 'write: No space left on device' >&2; exit 1", "disk_full"),
    ("echo 'ERROR: File write failed' >&2; exit 1", "disk_full"),
    ("kill -9 $$", "killed"),
    ("kill -11 $$", "crashed"),
    ("exit 137", "killed"),
    ("exit 139", "crashed"),
    ("echo \"terminate called after throwing an instance of 'std::bad_alloc'\" >&2; kill -6 $$", "out_of_memory"),
  ],
)
def test_bad_endings_have_reasons_and_leave_no_output(places, script, code):
  outcome = programs.run(_make(places, script), places, _PROGRAM)
  assert outcome.reason.code == code
  assert not (places.results / "association.knee").exists()
  assert not (outcome.folder / "array.stats.gz").exists() and (outcome.folder / "stderr.txt").exists()


def test_one_failure_costs_one_task(places):
  tasks = [_make(places, "exit 3", "a"), _make(places, _WHOLE, "b"), _make(places, _WHOLE, "c")]
  tasks[2] = dataclasses.replace(tasks[2], needs=("a",))
  outcomes = programs.run_all(tasks, places, _PROGRAM)
  assert [each.reason and each.reason.code for each in outcomes] == ["failed", None, "needs_failed"]


def test_a_failed_task_is_run_again_and_a_finished_one_is_not(places):
  failing, good = _make(places, "exit 3", "a"), _make(places, f"echo >> {places.inputs}/count; {_WHOLE}", "b")
  programs.run_all([failing, good], places, _PROGRAM)
  outcomes = programs.run_all([_make(places, _WHOLE, "a"), good], places, _PROGRAM)
  assert [(each.reason, each.is_resumed) for each in outcomes] == [(None, False), (None, True)]
  assert (places.inputs / "count").read_text() == "\n"
  assert not (places.results / "a~failed").exists()


def test_another_input_is_another_task(places):
  task = _make(places, _WHOLE)
  programs.run(task, places, _PROGRAM)
  assert programs.run(dataclasses.replace(task, timeout_s=1.0), places, _PROGRAM).is_resumed
  (places.inputs / "phenotypes.tab").write_text("FID IID knee\n9000001 9000001 2.5\n")
  assert not programs.run(task, places, _PROGRAM).is_resumed
  assert not programs.run(task, places, dataclasses.replace(_PROGRAM, version="2.5")).is_resumed


def _is_alive(pid: int) -> bool:
  try:
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
  except OSError:
    return False


def _wait_for(condition, seconds: float = 20.0):
  deadline = time.monotonic() + seconds
  while not (value := condition()) and time.monotonic() < deadline:
    time.sleep(0.02)
  assert value
  return value


def test_a_program_that_takes_too_long_is_stopped_with_its_children(places):
  script = f"(trap '' TERM; while :; do sleep 0.1; done) & echo $! > {places.inputs}/child; wait"
  began = time.monotonic()
  outcome = programs.run(_make(places, script, timeout_s=0.5), places, _PROGRAM)
  assert outcome.reason.code == "timeout" and time.monotonic() - began < 10
  child = int((places.inputs / "child").read_text())
  _wait_for(lambda: not _is_alive(child))


def test_a_program_that_ignores_sigterm_is_killed(tmp_path):
  (tmp_path / "stubborn").write_text("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n")
  (tmp_path / "stubborn").chmod(0o700)
  ending = processes.run([str(tmp_path / "stubborn")], tmp_path, timeout_s=0.5, environment={}, grace_s=0.5)
  assert ending.timed_out and ending.status == -signal.SIGKILL and ending.seconds < 5


def test_a_missing_program_is_named(places):
  task = dataclasses.replace(_make(places, ""), command=("no_such_program",))
  with pytest.raises(errors.InputError, match="no_such_program"):
    programs.run(task, places, _PROGRAM)
  assert list(places.results.iterdir()) == []


def test_threads_reach_the_environment(tmp_path):
  environment = {"OMP_NUM_THREADS": "3"}
  processes.run(["sh", "-c", "echo $OMP_NUM_THREADS"], tmp_path, timeout_s=9, environment=environment)
  assert (tmp_path / "stdout.txt").read_text() == "3\n"


def test_memory_is_the_programs_own(tmp_path):
  code = "import time; x = bytearray(80_000_000); time.sleep(1)"
  ending = processes.run([sys.executable, "-c", code], tmp_path, timeout_s=60, environment={})
  assert 80 < ending.peak_memory_mb < 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_program_ends_with_us_and_the_task_can_be_resumed(places, number):
  """SIGTERM and SIGINT clear the temporary folder; after SIGKILL the next start does."""
  task = _make(places, f"echo $$ > {places.inputs}/pid; sleep 99")
  code = f"""
    import pathlib, sys
    from msk_jax.genetics import programs
    from msk_jax.genetics.engines import bolt
    from msk_jax.genetics.tasks import Places, Task
    task = Task.from_json({task.to_json()!r})
    places = Places(*map(pathlib.Path, {[str(places.genotypes), str(places.inputs), str(places.results)]!r}))
    programs.run(task, places, bolt.Bolt().program("2.4"))
  """
  path = places.inputs / "pid"
  with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.DEVNULL) as process:
    pid = int(_wait_for(lambda: path.exists() and path.read_text().strip()))
    process.send_signal(number)
    process.wait(30)
  _wait_for(lambda: not _is_alive(pid))
  left = list(places.results.iterdir())
  if number == signal.SIGKILL:
    assert len(left) == 1 and atomic.is_partial(left[0].name)
    assert leftovers.clear([places.results]) == 1
  else:
    assert left == []
  assert programs.run(_make(places, _WHOLE), places, _PROGRAM).reason is None


def test_no_id_is_logged(places, caplog):
  line = "ERROR: bad row 9000001 9000002 in /home/someone/study/phenotypes.tab"
  (outcome,) = programs.run_all([_make(places, f"echo '{line}' >&2; exit 1")], places, _PROGRAM)
  assert "<id>" in outcome.reason.text and "900000" not in outcome.reason.text
  assert "bad row <id> <id> in phenotypes.tab" in caplog.text and "900000" not in caplog.text
  assert "someone" not in caplog.text


def test_the_exit_status_is_the_programs_own_and_not_a_shells(tmp_path):
  ending = processes.run(["sh", "-c", "kill -9 $$"], tmp_path, timeout_s=9, environment=dict(os.environ))
  assert ending.status == -9
