"""Input files opened for reading, once it is sure that they are files.

Opening a named pipe waits until somebody writes to it, and a device may never end. A reader that opens its files here
refuses both as it refuses a file that is not there: with an OSError.
"""

import errno
import io
import os
import pathlib
import stat


class NotAFileError(OSError):
  """A path leads to a pipe, a socket or a device."""


def check(path: pathlib.Path | str) -> None:
  """Makes sure that a path leads to a file.

  Raises:
    OSError: there is nothing, or a folder (`IsADirectoryError`), a pipe, a socket or a device (`NotAFileError`).
  """
  mode = pathlib.Path(path).stat().st_mode
  if stat.S_ISDIR(mode):
    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
  if not stat.S_ISREG(mode):
    raise NotAFileError(errno.EINVAL, "a pipe or a device, not a file", str(path))


def open_binary(path: pathlib.Path | str) -> io.BufferedReader:
  """Opens a file for reading bytes.

  Raises:
    OSError: see `check`; or it can't be opened.
  """
  check(path)
  return pathlib.Path(path).open("rb")


def read_bytes(path: pathlib.Path | str) -> bytes:
  """Returns a file's content.

  Raises:
    OSError: see `open_binary`.
  """
  with open_binary(path) as file:
    return file.read()


def read_at_most(path: pathlib.Path | str, most_bytes: int) -> bytes:
  """Returns a file's content, or its first `most_bytes` + 1 bytes if it is longer, in one read of that size.

  Raises:
    OSError: see `open_binary`.
  """
  with open_binary(path) as file:
    size = os.fstat(file.fileno()).st_size
    return file.read(min(most_bytes, size) + 1)  # as many bytes are set aside as are asked for


def read_text(path: pathlib.Path | str) -> str:
  """Returns the text of a file in UTF-8.

  Raises:
    OSError: see `open_binary`.
    UnicodeError: it is not UTF-8.
  """
  return read_bytes(path).decode("utf-8")
