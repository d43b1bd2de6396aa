"""What stands in a file's place and is none: a folder, a dangling link, a loop of links, a pipe, a device."""

import os
import pathlib
from collections.abc import Callable, Mapping


def a_folder(path: pathlib.Path) -> None:
  """A folder of the file's name."""
  path.mkdir()


def a_dangling_link(path: pathlib.Path) -> None:
  """A link to nothing."""
  path.symlink_to("gone")


def a_loop(path: pathlib.Path) -> None:
  """A link to itself."""
  path.symlink_to(path.name)


def a_pipe(path: pathlib.Path) -> None:
  """A named pipe that nobody writes to: opening it waits for ever."""
  os.mkfifo(path)


def a_link_to_a_pipe(path: pathlib.Path) -> None:
  """A link to such a pipe."""
  os.mkfifo(path.with_name(".pipe"))
  path.symlink_to(".pipe")


def a_device(path: pathlib.Path) -> None:
  """A link to a device that never ends."""
  path.symlink_to("/dev/zero")


def nothing(path: pathlib.Path) -> None:
  """No file at all."""
  del path


ALL: Mapping[str, Callable[[pathlib.Path], None]] = {
  each.__name__: each for each in (a_folder, a_dangling_link, a_loop, a_pipe, a_link_to_a_pipe, a_device, nothing)
}
