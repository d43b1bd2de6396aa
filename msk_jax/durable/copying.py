"""Copies one part of a workdir to the durable folder, or back."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

from absl import logging

from msk_jax.durable import known, parts, store
from msk_jax.io import atomic, errors, run_record

_MOST_TRIES = 3


@dataclasses.dataclass(frozen=True)
class Place:
  """One part: where it is, and where its copy is.

  Attributes:
    workdir: the workdir.
    folder: the durable folder.
    name: the part.
  """

  workdir: pathlib.Path
  folder: pathlib.Path
  name: str

  @property
  def stored(self) -> store.Part:
    """The copy."""
    return store.Part(self.folder, self.name)

  def read_known(self) -> known.Known:
    """Returns what the workdir knows of the copy."""
    return known.read(self.workdir, self.name)

  def note(self, what: known.Known) -> None:
    """Notes what the workdir knows of the copy."""
    known.write(self.workdir, self.name, what)


def copy_in(place: Place, *, may_remove: bool = True, may_empty: bool = False) -> bool:
  """Brings the copy of a part up to date, if it has changed.

  The copy is of one moment: if a file changes meanwhile, all are looked at again.

  Args:
    place: the part.
    may_remove: whether files that are not in the workdir any more leave the copy.
    may_empty: whether that holds too where nothing of the part is left in the workdir, which may be its loss.

  Returns:
    Whether a new version was written.

  Raises:
    InputError: another workdir has written other files to the part since this one last looked.
    ChangedError: files, or what other calls write to the part, change faster than they can be copied.
    OSError: the durable folder can't be read or written.
  """
  for _ in range(_MOST_TRIES):
    try:
      return _try_to_copy_in(place, may_remove, may_empty)
    except (FileNotFoundError, store.ChangedError):
      continue
  raise store.ChangedError


def _try_to_copy_in(place: Place, may_remove: bool, may_empty: bool) -> bool:
  before, looks = place.read_known(), _look(place)
  if not looks and not (may_empty and may_remove):
    return False
  files = {path: _describe(place, path, look, before) for path, look in looks.items()}
  absent = before.left if may_remove else before.version.files.keys()
  files |= {path: before.version.files[path] for path in absent if path not in files}
  if files == before.version.files:
    return False
  names = place.stored.names()  # before the newest: what comes in between is another call's
  newest = place.stored.newest()
  is_same = store.Version(files=files).content() == newest.content()
  if not is_same and not newest.is_same(before.version) and newest.content() != before.version.content():
    raise _taken_over(place)
  files = _copy_missing(place, files, newest)
  if _look(place) != looks or not known.is_there(place.workdir):
    raise store.ChangedError
  version = dataclasses.replace(newest, files=files) if is_same else place.stored.write(newest.number + 1, files, names)
  place.note(known.Known(version, before.left - looks.keys()))
  return not is_same


def _copy_missing(place: Place, files: Mapping[str, store.File], newest: store.Version) -> dict[str, store.File]:
  """Copies what the durable folder lacks of these files; returns those that it has now."""
  had, kept = set(newest.content().values()), {}
  for path, file in files.items():
    if not (file.sha256 in had and place.stored.has(file)):
      if not (place.workdir / path).exists():
        logging.warning("%s is lost: it was in the durable folder alone, and is damaged there", path)
        continue
      place.stored.copy_in(place.workdir / path, file.sha256)
      had.add(file.sha256)
    kept[path] = file
  return kept


def copy_out(place: Place, scope: parts.Scope) -> tuple[int, Sequence[str]]:
  """Brings a part of the workdir up to what the durable folder has.

  A part that has changed here since it was last copied stays as it is.

  Args:
    place: the part.
    scope: says which files are needed.

  Returns:
    How many files were copied, and the paths of those that were damaged in the durable folder.

  Raises:
    InputError: the workdir and the durable folder have different work in this part.
    OSError: a file can't be read or written.
  """
  newest, before = place.stored.newest(), place.read_known()
  if not newest.number:
    return 0, ()
  if not before.is_whole:
    _remove_half(place, before)
    before = known.Known()
  looks = _look(place)
  if looks and newest.is_same(before.version):
    wanted = {path for path in before.left if scope.needs(path)} - looks.keys()
    return _fetch(place, before.version, wanted, before.left - looks.keys()) if wanted else (0, ())
  if looks:
    ours = store.Version(files={path: _describe(place, path, look, before) for path, look in looks.items()})
    if ours.content() == newest.content():
      place.note(known.Known(dataclasses.replace(newest, files=ours.files)))
      return 0, ()
    base = {path: file.sha256 for path, file in before.version.files.items() if path not in before.left}
    if ours.content() != base:
      raise _taken_over(place)
  kept = {path for path in looks if before.version.files[path] == newest.files.get(path)}
  absent = frozenset(newest.files.keys() - kept)
  place.note(known.Known(newest, absent, is_whole=False))
  for path in looks.keys() - newest.files.keys():
    (place.workdir / path).unlink()
  return _fetch(place, newest, {path for path in absent if scope.needs(path)}, absent)


def _remove_half(place: Place, before: known.Known) -> None:
  """Removes what a call had copied back when it was killed.

  Raises:
    InputError: a stage has written files since, in a call without --durable_dir.
  """
  half = {path: _describe(place, path, look, before).sha256 for path, look in _look(place).items()}
  if not half.items() <= before.version.content().items():
    raise _taken_over(place)
  for path in half:
    (place.workdir / path).unlink()


def _fetch(place: Place, version: store.Version, wanted: set[str], absent: frozenset[str]) -> tuple[int, Sequence[str]]:
  """Copies files of a version to the workdir, of those that are not there yet; see `copy_out`."""
  damaged = [path for path in sorted(wanted) if not _fetch_file(place, path, version.files[path])]
  files = {path: file for path, file in version.files.items() if path not in damaged}
  place.note(known.Known(dataclasses.replace(version, files=files), absent - wanted))
  return len(wanted) - len(damaged), damaged


def _fetch_file(place: Place, path: str, file: store.File) -> bool:
  """Copies a file to the workdir; returns whether it was whole."""
  target = place.workdir / path
  target.parent.mkdir(parents=True, exist_ok=True)
  temporary = atomic.partial_of(target)
  try:
    is_whole = place.stored.copy_out(file, temporary)
    if is_whole:
      temporary.chmod(file.mode)
      os.utime(temporary, ns=(file.mtime_ns, file.mtime_ns))
      temporary.replace(target)
    return is_whole
  finally:
    atomic.remove(temporary)


_Look = tuple[int, int, int]


def _look(place: Place) -> dict[str, _Look]:
  """Returns size, time of change and inode of the part's files."""
  looks = {}
  for path in parts.list_part(place.workdir, place.name):
    status = (place.workdir / path).stat()
    looks[path] = (status.st_size, status.st_mtime_ns, status.st_ino)
  return looks


def _describe(place: Place, path: str, look: _Look, before: known.Known) -> store.File:
  """Returns a file as it is now; its hash is known if size and time of change are."""
  last = before.version.files.get(path)
  if last is not None and (last.bytes, last.mtime_ns) == look[:2] and path not in before.left:
    return last
  full = place.workdir / path
  return store.File(look[0], run_record.hash_file(full), look[1], full.stat().st_mode & 0o777)


def _taken_over(place: Place) -> errors.InputError:
  return errors.InputError(
    f"another workdir has written other files of {place.name} to --durable_dir={place.folder}, or this one has changed "
    "while it was not tied to it: both stay as they are. Two calls may share a durable folder if each writes models of "
    "its own. To continue that work, give a new --workdir; to keep this workdir's, give another --durable_dir."
  )
