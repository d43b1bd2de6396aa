"""An array that is written by memory mapping has its room before anything is written."""

import subprocess
import sys

import numpy as np
import pytest

from msk_jax.io import mapped_arrays

_ON_A_SMALL_DISK = """
import ctypes, pathlib, sys
import numpy as np
from msk_jax.io import mapped_arrays
library, name = ctypes.CDLL(None), sys.argv[1].encode()
may = library.unshare(0x20000) == 0 and library.mount(b"none", b"/", None, ctypes.c_ulong(0x44000), None) == 0
if not may or library.mount(b"none", name, b"tmpfs", ctypes.c_ulong(0), b"size=64k") != 0:
  sys.exit("no right to mount")
try:
  mapped_arrays.create(pathlib.Path(sys.argv[1], "maps.npy"), np.float32, (100, 1000))[:] = 1.0
except OSError as error:
  print(error.strerror)
"""


def test_what_is_written_is_read(tmp_path):
  array = mapped_arrays.create(tmp_path / "maps.npy", np.float32, (2, 3))
  array[1] = (1.0, 2.0, 3.0)
  array.flush()
  np.testing.assert_array_equal(np.load(tmp_path / "maps.npy"), [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])


def test_a_full_disk_is_an_error_and_not_the_end_of_the_process(tmp_path):
  """A disk of 64 KB, which nobody but the process sees."""
  done = subprocess.run([sys.executable, "-c", _ON_A_SMALL_DISK, str(tmp_path)], capture_output=True, text=True)
  if "no right to mount" in done.stderr:
    pytest.skip("this user may not mount a disk")
  assert done.returncode == 0 and done.stdout == "No space left on device\n", done
