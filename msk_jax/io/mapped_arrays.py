"""Arrays that are written by memory mapping."""

import os
import pathlib

import numpy as np
import numpy.typing as npt


def create(path: pathlib.Path, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> np.memmap:
  """Returns an array of zeros that is mapped to a new NPY file, for which the disk has room.

  A mapped file has no room of its own until it is written to, and the kernel ends a process that writes where there is
  none, without a word.

  Args:
    path: the file.
    dtype: of the values.
    shape: of the array.

  Raises:
    OSError: there is not enough room.
  """
  array = np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape)
  if hasattr(os, "posix_fallocate"):  # not on macOS
    with path.open("r+b") as file:
      os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
  return array
