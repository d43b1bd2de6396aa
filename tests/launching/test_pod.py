"""The command `pod`: it hands arguments on, and a training that is refused says so once for all processes."""

import pathlib
import subprocess
import sys

_ROOT = pathlib.Path(__file__).resolve().parents[2]


def _call(*arguments: str) -> subprocess.CompletedProcess[str]:
  command = [sys.executable, "-m", "msk_jax.pod", *arguments]
  return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_hosts_or_processes():
  done = _call("--hosts=a,b", "--processes=2")
  assert done.returncode == 1 and "give --hosts=A,B or --processes=N" in done.stderr


def test_a_training_that_is_refused(tmp_path):
  done = _call("--processes=2", f"--logs={tmp_path}", "--", "--config=configs/knee.py", "fold=3")
  assert done.returncode == 1
  assert "error: not understood: fold=3 --coordinator" not in done.stderr  # flags after it are flags
  assert "error: not understood: fold=3. " in done.stderr and "FAILED: exit status 1" in done.stderr
  assert "not understood: fold=3" in (tmp_path / "process_1.log").read_text()
