"""An engine does not outlive the process that started it."""

import os
import signal
import subprocess
import sys
import time

_STARTER = """
import pathlib, subprocess, sys
from msk_jax.planning import engine
with subprocess.Popen(["sh", "-c", sys.argv[1]], start_new_session=True) as process:
  with engine._ending_with_us(process.pid):
    pathlib.Path(sys.argv[2]).touch()
    process.wait()
"""


def _wait_for(path) -> None:
  end = time.monotonic() + 20
  while not path.exists():
    assert time.monotonic() < end, path
    time.sleep(0.05)


def test_an_engine_is_interrupted_when_its_starter_is_killed(tmp_path):
  script = f"trap 'touch {tmp_path}/interrupted; exit' INT; touch {tmp_path}/began; while :; do sleep 0.05; done"
  starter = subprocess.Popen([sys.executable, "-c", _STARTER, script, tmp_path / "watched"])
  _wait_for(tmp_path / "began")
  _wait_for(tmp_path / "watched")
  os.kill(starter.pid, signal.SIGKILL)
  starter.wait()
  _wait_for(tmp_path / "interrupted")


def test_an_engine_that_has_ended_leaves_nobody_behind(tmp_path):
  done = subprocess.run([sys.executable, "-c", _STARTER, "true", tmp_path / "watched"], check=False, timeout=60)
  assert done.returncode == 0
