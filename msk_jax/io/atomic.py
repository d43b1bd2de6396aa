"""Files that exist under their final name only when they are whole."""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from msk_jax.io import errors

_MARK = ".partial"


@contextlib.contextmanager
def replacing(path: pathlib.Path | str) -> Iterator[pathlib.Path]:
  """Yields a temporary path beside `path`; renames it to `path` on success, deletes it on failure.

  Raises:
    InputError: the disk is full or the folder can't be written; the old file, if any, is untouched.
  """
  path = pathlib.Path(path)
  temporary = path.with_name(f".{path.name}.{os.getpid()}{_MARK}")
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    yield temporary
    _sync(temporary)
    temporary.replace(path)
  except OSError as error:
    _remove(temporary)
    raise errors.InputError(
      f"could not write {path.name}: {error.strerror or error}. Free some space or give another --workdir, "
      "then run the same command again: it goes on where it stopped."
    ) from error
  except BaseException:
    _remove(temporary)
    raise


@contextlib.contextmanager
def replacing_folder(path: pathlib.Path | str) -> Iterator[pathlib.Path]:
  """Yields an empty temporary folder beside `path`; puts it in `path`'s place on success.

  Raises:
    InputError: the disk is full or the folder can't be written; the old folder, if any, is untouched.
  """
  path = pathlib.Path(path)
  temporary = path.with_name(f".{path.name}.{os.getpid()}{_MARK}")
  try:
    _remove(temporary)
    temporary.mkdir(parents=True)
    yield temporary
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    if path.exists():
      path.rename(old)
    temporary.rename(path)
    _remove(old)
  except OSError as error:
    _remove(temporary)
    raise errors.InputError(
      f"could not write {path.name}/: {error.strerror or error}. Free some space or give another --workdir, "
      "then run the same command again."
    ) from error
  except BaseException:
    _remove(temporary)
    raise


def write_text(path: pathlib.Path | str, text: str) -> None:
  """Writes a text file whole or not at all."""
  with replacing(path) as temporary:
    temporary.write_text(text, encoding="utf-8")


def write_json(path: pathlib.Path | str, value: Any) -> None:
  """Writes a JSON file, indented and with sorted keys, whole or not at all."""
  write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n")


def _sync(path: pathlib.Path) -> None:
  with path.open("rb") as file:
    os.fsync(file.fileno())


def _remove(path: pathlib.Path) -> None:
  if path.is_dir():
    shutil.rmtree(path, ignore_errors=True)
  else:
    path.unlink(missing_ok=True)
