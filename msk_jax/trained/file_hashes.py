"""A list of the hashes of a folder's files, which shows later whether they are as they were written."""

import pathlib

from msk_jax.io import atomic, json_files, run_record

_FILE_NAME = "file_hashes.json"


def write(folder: pathlib.Path) -> None:
  """Writes the hashes of all files in `folder` into it."""
  names = [name for name in run_record.list_files(folder) if not atomic.is_partial(pathlib.Path(name).name)]
  atomic.write_json(folder / _FILE_NAME, {name: run_record.hash_file(folder / name) for name in names})


def check(folder: pathlib.Path) -> bool | None:
  """Returns whether all files are as they were when the list was written; None if there is no list."""
  try:
    hashes = json_files.read(folder / _FILE_NAME)
    return all(run_record.hash_file(folder / name) == value for name, value in hashes.items())
  except FileNotFoundError as error:
    return None if pathlib.Path(error.filename).name == _FILE_NAME else False
  except (OSError, ValueError, AttributeError):
    return False
