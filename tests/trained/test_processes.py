"""Several processes as one program: none starts by mistake, none that fails keeps the others waiting."""

import pathlib
import subprocess
import sys

import pytest

from msk_jax.io import errors
from msk_jax.trained import processes

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_FAILS = """
import atexit, time
atexit.register(time.sleep, 300)  # stands for JAX, which waits for the others
from msk_jax.trained import processes
processes.is_alone = lambda: False
with processes.leaving_at_once_on_error():
  raise ValueError("the disk is full")
"""


@pytest.mark.parametrize("variable", ["SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE"])
def test_processes_of_a_launcher_that_nobody_joined_are_refused(monkeypatch, variable):
  monkeypatch.setenv(variable, "2")
  with pytest.raises(errors.InputError, match=r"this is one of 2 .*: give --distributed to train one model with all"):
    processes.join(None)
  processes.join(False)
  monkeypatch.setenv(variable, "1")
  processes.join(None)


def test_a_joined_process_that_fails_says_why_and_ends_at_once():
  command = [sys.executable, "-c", _FAILS]
  done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=120, check=False)
  assert done.returncode == 1 and "ValueError: the disk is full" in done.stderr
