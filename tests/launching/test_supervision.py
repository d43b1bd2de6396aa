"""Processes of one training: all end when one does, all are stopped together, none is left behind."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from msk_jax.io import console, errors
from msk_jax.launching import members, supervision
from msk_jax.planning import accelerators

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SECONDS = 30
_LONG = "sleep 300 & wait"  # a shell that waits so is ended by signals at once
_SAVES = "trap 'exit 75' TERM; touch {began}; while :; do sleep 0.05; done"
_NOTES = "trap 'echo saved > {began}; exit 75' TERM; touch {began}; while :; do sleep 0.05; done"
_DEAF = "trap '' TERM; touch {began}; while :; do sleep 0.05; done"


@pytest.fixture(autouse=True)
def _no_gpus(monkeypatch):
  monkeypatch.setenv(accelerators.VARIABLE, "")


@pytest.fixture(autouse=True)
def _alarm():
  """What waits for ever fails."""

  def fail(number: int, frame: object) -> None:
    raise AssertionError("waited in vain")

  before = signal.signal(signal.SIGALRM, fail)
  signal.alarm(2 * _SECONDS)
  yield
  signal.alarm(0)
  signal.signal(signal.SIGALRM, before)


def _members(folder: pathlib.Path, *scripts: str) -> list[members.Member]:
  """Returns processes that run shell scripts, in which `{began}` is a file of the process."""
  leash = (sys.executable, "-m", "msk_jax.launching.leash", "sh", "-c")
  return [
    members.Member(
      f"process {i}", (*leash, script.format(began=folder / f"began{i}")), {}, folder / f"{i}.log" if i else None
    )
    for i, script in enumerate(scripts)
  ]


def _wait_for(condition) -> None:
  end = time.monotonic() + _SECONDS
  while not condition():
    assert time.monotonic() < end
    time.sleep(0.05)


def _signals_when_begun(folder: pathlib.Path, num_processes: int, num_signals: int) -> None:
  def send() -> None:
    _wait_for(lambda: all((folder / f"began{i}").exists() for i in range(num_processes)))
    for _ in range(num_signals):
      os.kill(os.getpid(), signal.SIGTERM)
      time.sleep(1)

  threading.Thread(target=send, daemon=True).start()


@pytest.mark.parametrize(("scripts", "status"), [(("exit 0", "exit 0"), 0), (("exit 75", "exit 75"), 75)])
def test_the_status_is_that_of_the_training(tmp_path, scripts, status):
  assert supervision.run(_members(tmp_path, *scripts)) == status


def test_one_that_is_killed_ends_the_others(tmp_path, capfd, monkeypatch):
  monkeypatch.setattr(supervision, "_GRACE_SECONDS", 0.1)
  began = time.monotonic()
  assert supervision.run(_members(tmp_path, _DEAF, "echo the last word; kill -9 $$", _DEAF)) == 137
  assert time.monotonic() - began < _SECONDS
  said = capfd.readouterr().err
  assert "process 1 FAILED: killed by SIGKILL. The other processes were ended." in said
  assert "  | the last word" in said and str(tmp_path / "1.log") in said and "process 0" not in said


def test_a_failure_shows_the_last_lines_without_ids(tmp_path, capfd, monkeypatch):
  monkeypatch.setattr(supervision, "_GRACE_SECONDS", 0.1)
  script = "for i in $(seq 30); do echo line $i; done; echo error: 9000001 has no image; exit 3"
  assert supervision.run(_members(tmp_path, _LONG, script)) == 3
  said = capfd.readouterr().err
  assert "process 1 FAILED: exit status 3" in said and "has no image" in said and "9000001" not in said
  assert "| line 30" in said and "| line 10\n" not in said


def test_a_signal_lets_all_write_their_checkpoint(tmp_path):
  _signals_when_begun(tmp_path, 3, 1)
  assert supervision.run(_members(tmp_path, _SAVES, _SAVES, _SAVES)) == console.UNFINISHED


def test_a_signal_before_the_training_heeds_it_is_no_failure(tmp_path, capfd):
  _signals_when_begun(tmp_path, 1, 1)
  assert supervision.run(_members(tmp_path, f"touch {{began}}; {_LONG}", _LONG)) == console.UNFINISHED
  assert "FAILED" not in capfd.readouterr().err


def test_a_second_signal_kills(tmp_path, monkeypatch):
  _signals_when_begun(tmp_path, 2, 2)
  assert supervision.run(_members(tmp_path, _DEAF, _DEAF)) == 137


def test_none_outlives_a_starter_that_is_killed(tmp_path):
  code = (
    "import sys, pathlib; from tests.launching import test_supervision as t; from msk_jax.launching import supervision;"
    f"supervision.run(t._members(pathlib.Path({str(tmp_path)!r}), *[t._NOTES] * 2))"
  )
  with subprocess.Popen([sys.executable, "-c", code], cwd=_ROOT) as starter:
    _wait_for(lambda: all((tmp_path / f"began{i}").exists() for i in (0, 1)))
    starter.kill()
  _wait_for(lambda: all((tmp_path / f"began{i}").read_text() == "saved\n" for i in (0, 1)))


def test_a_host_gets_the_folder_the_variables_and_the_arguments_as_they_are(tmp_path, monkeypatch, capfd):
  """`sh -c` stands for ssh: it takes a command line in one argument as well."""
  monkeypatch.setenv("MSK_DATA", "/data/our files")
  monkeypatch.setenv("SECRET", "no")
  monkeypatch.chdir(_ROOT)
  program = ("-c", "import json, os, sys; print(json.dumps([os.getcwd(), os.environ['MSK_DATA'], *sys.argv[1:]]))")
  argument = "--config=configs/knee.py:a='x y'"
  pod = members.remote(["me@a", "b"], [argument], tmp_path, "sh -c", 9, program)
  assert [each.name for each in pod] == ["process 0 on me@a", "process 1 on b"]
  assert "SECRET" not in pod[0].command[-1]
  assert supervision.run(pod) == 0
  printed = capfd.readouterr().out, (tmp_path / "process_1.log").read_text()
  for i, text in enumerate(printed):
    joins = ["--coordinator=a:9", "--num_processes=2", f"--process_id={i}"]
    assert json.loads(text) == [str(_ROOT), "/data/our files", argument, *joins]


def test_hosts_of_a_tpu_pod_find_each_other(tmp_path):
  start = "gcloud compute tpus tpu-vm ssh pod --worker={index} --command"
  pod = members.remote(["0", "1"], ["--distributed"], tmp_path, start)
  assert pod[1].command[:-1] == tuple(start.format(index=1).split()) and "--coordinator" not in pod[1].command[-1]
  with pytest.raises(errors.InputError, match=r"--start=ssh \{name\}: what it may hold"):
    members.remote(["0", "1"], [], tmp_path, "ssh {name}")


def test_processes_of_a_machine_share_its_gpus(tmp_path, monkeypatch):
  monkeypatch.setenv(accelerators.VARIABLE, "0,1,4,7")
  pair = members.local(2, [], tmp_path)
  assert [dict(each.environment) for each in pair] == [{accelerators.VARIABLE: "0,1"}, {accelerators.VARIABLE: "4,7"}]
  with pytest.raises(errors.InputError, match="4 GPUs can't be shared out evenly to 3 processes"):
    members.local(3, [], tmp_path)
  monkeypatch.setenv(accelerators.VARIABLE, "")
  assert members.local(3, [], tmp_path)[0].environment == {}
