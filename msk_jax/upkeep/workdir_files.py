"""The files of a workdir, each looked up once."""

import functools
import os
import pathlib

from msk_jax.io import atomic, errors, leftovers, run_record, tables

_UNSEEN = ("raw", "study/.snakemake")  # raw data, which `prepare` checks; files of the study's engine


class WorkdirFiles:
  """The files of a workdir, but for its raw data. Links to folders on other disks are followed where stages write.

  Attributes:
    root: the workdir.
    names: paths in it of all files, sorted.
    unfinished: paths of files and folders that were begun and not finished.
  """

  def __init__(self, root: pathlib.Path):
    """Lists the files.

    Raises:
      InputError: there is no such folder, or one in it can't be listed.
    """
    if not root.is_dir():
      raise errors.InputError(f"--workdir={root} is not a folder: name the one that holds cohort/.")
    self.root = root
    names, unfinished, seen = [], [], set()
    _is_new(root, seen)
    for folder, below, files in os.walk(root, onerror=_refuse_unseen, followlinks=True):
      here = pathlib.Path(folder).relative_to(root)
      unfinished += [(here / name).as_posix() for name in (*below, *files) if atomic.is_partial(name)]
      below[:] = [name for name in below if not atomic.is_partial(name) and (here / name).as_posix() not in _UNSEEN]
      below[:] = [name for name in below if not (root / here / name).is_symlink() or _follows(root, here / name)]
      below[:] = [name for name in below if _is_new(root / here / name, seen)]
      names += [(here / name).as_posix() for name in files if not atomic.is_partial(name)]
    self.names: list[str] = sorted(names)
    self.unfinished: list[str] = sorted(unfinished)
    self._is_there = frozenset(names)

  def has(self, name: str) -> bool:
    """Returns whether a file of that path is there."""
    return name in self._is_there

  def under(self, folder: str) -> list[str]:
    """Returns the paths of all files in a folder, at any depth."""
    return [name for name in self.names if name.startswith(f"{folder}/")]

  @functools.cached_property
  def headers(self) -> dict[str, tables.Header | None]:
    """The header of each Parquet file; None for one that can't be read."""
    return {name: self._header(name) for name in self.names if name.endswith(".parquet")}

  @functools.cached_property
  def records(self) -> dict[str, dict | None]:
    """The run record of each folder that has one; None for one that is damaged or of another version."""
    folders = [name.rpartition("/")[0] for name in self.names if name.rpartition("/")[2] == run_record.FILE_NAME]
    return {folder: self._record(folder) for folder in folders}

  def of_schema(self, *schemas: str) -> list[str]:
    """Returns the paths of the tables of these schemas."""
    return [name for name, header in self.headers.items() if header is not None and header.schema in schemas]

  def _header(self, name: str) -> tables.Header | None:
    try:
      return tables.read_header(self.root / name)
    except errors.InputError:
      return None

  def _record(self, folder: str) -> dict | None:
    try:
      record = run_record.read(self.root / folder)
    except errors.InputError:
      return None
    is_whole = record is not None and all(isinstance(record.get(key), dict) for key in ("inputs", "results"))
    return record if is_whole else None


def _refuse_unseen(error: OSError) -> None:
  if not isinstance(error, FileNotFoundError):  # a process has removed it meanwhile
    raise errors.InputError(
      f"{error.filename} can't be listed, so that nobody knows what is in it: {error.strerror or error}. Make it "
      "readable and run the same command again."
    ) from error


def _follows(root: pathlib.Path, link: pathlib.Path) -> bool:
  """Returns whether a link's folder is looked at: of stages, and not in the workdir under another name."""
  return link.parts[0] in leftovers.FOLDERS and not (root / link).resolve().is_relative_to(root.resolve())


def _is_new(folder: pathlib.Path, seen: set[tuple[int, int]]) -> bool:
  """Returns whether a folder has not been looked at by another path; notes that it is now."""
  try:
    status = folder.stat()
  except OSError:  # a process has removed it meanwhile
    return False
  place = (status.st_dev, status.st_ino)
  is_new = place not in seen
  seen.add(place)
  return is_new
