"""Files that exist under their final name only when they are whole.

An unfinished file or folder is hidden, beside its final place, with its owner in its name. A process that is killed
leaves it there, and `leftovers` clears it.
"""

import contextlib
import errno
import json
import os
import pathlib
import re
import shutil
import stat
from collections.abc import Iterator
from typing import Any

from msk_jax.io import errors, owner

_MARK = ".partial"
_LONGEST_NAME = 255  # bytes, on nearly all file systems
_PARTIAL = re.compile(r"\.(?P<name>.+?)~~(?P<tag>.+)\.partial")
_EARLIER = re.compile(r"\.(.+\.(?P<pid>\d+)\.(partial|old)|pseudonym_key\.(?P<key_pid>\d+))")  # earlier versions' names


@contextlib.contextmanager
def replacing(path: pathlib.Path | str) -> Iterator[pathlib.Path]:
  """Yields a temporary path beside `path`; renames it to `path` on success, deletes it on failure.

  Raises:
    InputError: the disk is full or the folder can't be written; the old file, if any, is untouched.
  """
  path = pathlib.Path(path)
  temporary = partial_of(path)
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.touch()
    mode = temporary.stat().st_mode  # what the umask gives; a library may write a file of its own for the owner alone
    yield temporary
    temporary.chmod(stat.S_IMODE(mode))
    _sync(temporary)
    temporary.replace(path)
  except OSError as error:
    remove(temporary)
    raise cannot_write(path.name, error) from error
  except BaseException:
    remove(temporary)
    raise


@contextlib.contextmanager
def replacing_folder(path: pathlib.Path | str) -> Iterator[pathlib.Path]:
  """Yields an empty temporary folder beside `path`; puts it in `path`'s place on success.

  Raises:
    InputError: the disk is full or the folder can't be written; the old folder, if any, is untouched.
  """
  path = pathlib.Path(path)
  temporary = partial_of(path)
  old = partial_of(path.with_name(f"{path.name}.old"))
  try:
    remove(temporary)
    temporary.mkdir(parents=True)
    yield temporary
    while not _put_in_place(temporary, path, old):
      remove(old)
    remove(old)
  except OSError as error:
    remove(temporary)
    raise cannot_write(f"{path.name}/", error) from error
  except BaseException:
    remove(temporary)
    raise


def _put_in_place(temporary: pathlib.Path, path: pathlib.Path, old: pathlib.Path) -> bool:
  """Moves a folder to its place, and what is there to `old`; False where another process has just put one there."""
  if path.exists():
    with contextlib.suppress(FileNotFoundError):  # another process has just moved it away
      path.rename(old)
  try:
    temporary.rename(path)
  except BaseException as error:
    if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
      return False
    if old.exists() and not path.exists():
      old.rename(path)
    raise
  return True


def write_text(path: pathlib.Path | str, text: str) -> None:
  """Writes a text file whole or not at all."""
  with replacing(path) as temporary:
    temporary.write_text(text, encoding="utf-8")


def write_json(path: pathlib.Path | str, value: Any) -> None:
  """Writes a JSON file, indented and with sorted keys, whole or not at all."""
  write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n")


def write_secret_once(path: pathlib.Path, data: bytes) -> None:
  """Writes a file that its owner alone may read, unless it is there: of several processes the first one's counts.

  Raises:
    InputError: the disk is full or the folder can't be written.
  """
  temporary = partial_of(path)
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
      file.write(data)
      file.flush()
      os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
      os.link(temporary, path)
  except OSError as error:
    raise cannot_write(path.name, error) from error
  finally:
    remove(temporary)


def partial_of(path: pathlib.Path) -> pathlib.Path:
  """Returns where this process writes before the file or folder `path` is whole; names that get too long are cut."""
  ending = f"~~{owner.Owner.current().tag}{_MARK}"
  name = path.name.encode()[: _LONGEST_NAME - len(ending) - 1].decode(errors="ignore")
  return path.with_name(f".{name}{ending}")


def is_partial(name: str) -> bool:
  """Returns whether a file's or folder's name is one that `partial_of`, or an earlier version of it, gave."""
  return bool(_PARTIAL.fullmatch(name) or _EARLIER.fullmatch(name))


def owner_of(path: pathlib.Path) -> owner.Owner | None:
  """Returns whose an unfinished file is; None where its name does not tell the host, as in earlier versions."""
  match = _PARTIAL.fullmatch(path.name)
  return None if match is None else owner.Owner.from_tag(match["tag"])


def is_deserted(path: pathlib.Path, here: owner.Owner) -> bool:
  """Returns whether the process that began an unfinished file or folder is known to be dead, as seen by `here`."""
  process = owner_of(path)
  if process is not None:
    return process.is_dead(here)
  earlier = _EARLIER.fullmatch(path.name)
  if earlier is None:
    return False
  return owner.is_dead_pid(int(earlier["pid"] or earlier["key_pid"]), path.lstat().st_mtime)


def remove(path: pathlib.Path) -> None:
  """Removes a file or a folder, if it is there."""
  if path.is_dir() and not path.is_symlink():
    shutil.rmtree(path, ignore_errors=True)
  else:
    with contextlib.suppress(NotADirectoryError):  # what should be its folder is a file
      path.unlink(missing_ok=True)


def cannot_write(name: str, error: OSError) -> errors.InputError:
  """Returns the error that says that a file or folder could not be written, and what to do."""
  return errors.InputError(
    f"could not write {name}: {error.strerror or error}. Free some space or give another --workdir, then run the same "
    "command again: it resumes where it stopped."
  )


def _sync(path: pathlib.Path) -> None:
  with path.open("rb") as file:
    os.fsync(file.fileno())
