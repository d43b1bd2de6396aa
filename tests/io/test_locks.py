"""A lock keeps a second process away, and a dead process does not keep it."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading

import pytest

from msk_jax.io import errors, locks, owner

_HERE = owner.Owner.current()
_ELSEWHERE = dataclasses.replace(_HERE, host="node7", boot="0" * 12)

_HOLD = """
import pathlib, sys, time
from msk_jax.io import locks
with locks.alone(pathlib.Path(sys.argv[1]), "busy"):
  print("ready", flush=True)
  time.sleep(600)
"""


@pytest.fixture
def held(tmp_path):
  """The path of a lock and the process that holds it."""
  path = tmp_path / ".lock"
  process = subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE, text=True)
  assert process.stdout.readline() == "ready\n"
  yield path, process
  process.kill()
  process.communicate()


def test_a_second_process_is_refused_until_the_first_is_killed(held):
  path, process = held
  with pytest.raises(errors.InputError, match=rf"busy \(process {process.pid} on "), locks.alone(path, "busy"):
    pass
  process.send_signal(signal.SIGKILL)
  process.wait()
  with locks.alone(path, "busy"):
    assert owner.Owner.from_tag(path.read_text()) == _HERE
  assert not path.exists()


def test_another_hosts_lock_holds_while_it_is_renewed(tmp_path):
  """As on a file system whose hosts do not see each other's locks."""
  path = tmp_path / ".lock"
  path.write_text(_ELSEWHERE.tag)
  with pytest.raises(errors.InputError, match=r"busy \(process \d+ on node7\)"), locks.alone(path, "busy"):
    pass
  old = path.stat().st_mtime - 16 * 60
  os.utime(path, (old, old))
  with locks.alone(path, "busy"):
    pass


def test_another_hosts_lock_of_the_future_is_free(tmp_path):
  """The clock was ahead when its process died, and has been set back: it would be held for as long."""
  path = tmp_path / ".lock"
  path.write_text(_ELSEWHERE.tag)
  ahead = path.stat().st_mtime + 16 * 60
  os.utime(path, (ahead, ahead))
  with locks.alone(path, "busy"):
    assert owner.Owner.from_tag(path.read_text()) == _HERE


def test_a_holder_is_waited_for(held, caplog):
  path, process = held
  caplog.set_level("INFO", logger="absl")
  threading.Timer(0.5, process.kill).start()
  with locks.in_turn(path, "prepares there"):
    assert process.wait() == -signal.SIGKILL
  assert "waiting for another process, which prepares there" in caplog.text


def test_a_lock_that_is_released_while_another_process_opens_it_is_not_shared(tmp_path):
  path, holders, most = tmp_path / ".lock", [], []

  def work():
    for _ in range(3):
      with locks.in_turn(path, "counts"):
        holders.append(1)
        most.append(len(holders))
        holders.pop()

  threads = [threading.Thread(target=work) for _ in range(3)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert len(most) == 9 and max(most) == 1
