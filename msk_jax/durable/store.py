"""A part's files in the durable folder: objects under the hash of their content, and manifests that list them.

A manifest holds its own hash, and is written after the objects that it lists: half of one is never taken for a whole.
The one before it stays, with its objects, until the next is written or the call ends: at most one older version takes
up space.

Two calls may write a version of one number. A call looks again after it has written, settles its version if it is
alone, and takes it back if it is not. So at most one of them is settled, and whoever is killed in between leaves
nothing that counts.
"""

import dataclasses
import errno
import hashlib
import json
import os
import pathlib
import re
import secrets
import urllib.parse
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msk_jax.io import errors, json_files, plain_files, run_record

_VERSION = 1
_OBJECTS = "objects"
_MANIFEST = re.compile(r"manifest-(?P<number>\d{8})-(?P<writer>[0-9a-f]{16})\.json")
_SETTLED = "settled-"  # and a manifest's name: its writer has seen that no other call wrote that number
_KEPT = 2
_BLOCK_BYTES = 1 << 22
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


class ChangedError(Exception):
  """A file changed while it was copied, or the part in the durable folder did."""


@dataclasses.dataclass(frozen=True)
class File:
  """A file as it is mirrored.

  Attributes:
    bytes: its size.
    sha256: hash of its content.
    mtime_ns: its time of change.
    mode: its permissions.
  """

  bytes: int
  sha256: str
  mtime_ns: int
  mode: int


@dataclasses.dataclass(frozen=True)
class Version:
  """What a part holds at one time.

  Attributes:
    number: counts the versions of a part, from 1; 0 for a part that was never written.
    writer: a random name, so that two versions of one number can be told apart.
    files: path in the workdir to file.
  """

  number: int = 0
  writer: str = ""
  files: Mapping[str, File] = dataclasses.field(default_factory=dict)

  def is_same(self, other: "Version") -> bool:
    """Returns whether two versions are one."""
    return (self.number, self.writer) == (other.number, other.writer)

  def content(self) -> dict[str, str]:
    """Returns path to hash."""
    return {path: file.sha256 for path, file in self.files.items()}


def name_of(part: str) -> str:
  """Returns a part's name as that of a file."""
  return urllib.parse.quote(part, safe="") if part != "." else "top"


def part_of_name(name: str) -> str:
  """Returns of which part a name is that `name_of` gave."""
  return "." if name == "top" else urllib.parse.unquote(name)


def list_parts(folder: pathlib.Path) -> list[str]:
  """Returns the parts that a durable folder has."""
  return sorted(part_of_name(path.name) for path in folder.iterdir() if path.is_dir())


def check_writable(folder: pathlib.Path) -> None:
  """Writes a file and removes it: a folder that can only be read would be noticed when the work is done.

  Raises:
    OSError: the folder can't be written.
  """
  path = folder / f".{secrets.token_hex(8)}"
  try:
    with path.open("x", encoding="utf-8") as file:
      file.write("written")
      _sync(file.fileno())
  finally:
    path.unlink(missing_ok=True)


def list_files(folder: pathlib.Path, within: str) -> list[str]:
  """Returns the paths of the files that a durable folder has of a folder of the workdir."""
  parts = [part for part in list_parts(folder) if f"{part}/".startswith(f"{within}/")]
  return [path for part in parts for path in Part(folder, part).newest().files]


class Part:
  """A part in the durable folder. All methods raise OSError where the folder can't be read or written."""

  def __init__(self, folder: pathlib.Path, part: str):
    self._folder, self._part = folder / name_of(part), part

  def newest(self) -> Version:
    """Returns the newest version whose manifest is whole; of several of one number, the one that is settled.

    Raises:
      InputError: two calls settled versions of the same number, as their folder showed neither what the other wrote.
    """
    for names in self._manifests():
      whole = self._whole(names)
      if _differ(whole.values()):
        whole = {name: version for name, version in whole.items() if self._settled(name).exists()}
      if _differ(whole.values()):
        raise errors.InputError(
          f"two processes wrote {self._part} to the durable folder at the same time: {self._folder}. Remove the "
          "manifest of the one that is not to count."
        )
      if whole:
        return next(iter(whole.values()))
    return Version()

  def names(self) -> frozenset[str]:
    """Returns the names of all manifests that are there."""
    return frozenset(name for names in self._manifests() for name in names)

  def copy_in(self, source: pathlib.Path, sha256: str) -> None:
    """Copies a file to the object of its hash.

    Raises:
      ChangedError: its content is not of that hash any more.
    """
    path = self._object(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # what is left of a copy that was interrupted
    path.touch(mode=source.stat().st_mode & 0o777 | 0o600)  # the key of pseudonyms is its owner's alone
    size, copied = _copy(source, path)
    if copied != sha256:
      path.unlink(missing_ok=True)
      raise ChangedError
    if path.stat().st_size != size:
      raise OSError(errno.EIO, "a file in the durable folder is shorter than what was written to it", str(path))

  def copy_out(self, file: File, target: pathlib.Path) -> bool:
    """Copies an object to a file; returns whether the object was whole. One that was not is removed."""
    path = self._object(file.sha256)
    if self.has(file) and _copy(path, target)[1] == file.sha256:
      return True
    path.unlink(missing_ok=True)
    return False

  def has(self, file: File) -> bool:
    """Returns whether a file's object has the right size."""
    path = self._object(file.sha256)
    return path.is_file() and path.stat().st_size == file.bytes

  def write(self, number: int, files: Mapping[str, File], before: Collection[str] = ()) -> Version:
    """Writes a version, whose objects are there; removes those before the last.

    Args:
      number: of the version.
      files: what it holds.
      before: names of manifests that were there before the caller looked for the newest version.

    Raises:
      ChangedError: another call has written a version of other files since; this one is taken back.
    """
    version = Version(number, secrets.token_hex(8), dict(files))
    content: dict[str, Any] = {"version": _VERSION, "part": self._part, "files": _to_json(version.files)}
    text = json.dumps({"sha256": run_record.fingerprint(content), "content": content})
    path = self._folder / f"manifest-{number:08d}-{version.writer}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
      out.write(text)
      _sync(out.fileno())
    if self._read(path.name) is None:
      raise OSError(errno.EIO, "a manifest in the durable folder is not as it was written", str(path))
    others = [name for names in self._manifests() for name in names if name not in before and name != path.name]
    rivals = [each for each in self._whole(others).values() if each.number >= number]
    if any(each.content() != version.content() for each in rivals):
      path.unlink()
      raise ChangedError
    self._settled(path.name).write_text("settled", encoding="utf-8")
    self.remove_older(_KEPT)
    return version

  def remove_older(self, most: int = 1, *, is_ours: bool = True) -> None:
    """Removes all but the newest versions.

    Args:
      most: how many stay.
      is_ours: whether this workdir writes the part. If not, another one may just be copying files for its next version:
        objects that no version lists stay.
    """
    kept: set[str] = set()
    listed: set[str] = set()
    num_kept = 0
    for names in self._manifests():
      whole = self._whole(names)
      stay = whole if num_kept < most else {}
      num_kept += bool(stay)
      kept |= {file.sha256 for version in stay.values() for file in version.files.values()}
      listed |= {file.sha256 for version in whole.values() for file in version.files.values()}
      for name in names:
        if name not in stay:
          (self._folder / name).unlink(missing_ok=True)
    for path in list(self._folder.glob(f"{_SETTLED}*")):
      if not (self._folder / path.name.removeprefix(_SETTLED)).exists():
        path.unlink(missing_ok=True)
    for path in list((self._folder / _OBJECTS).glob("*")):
      if path.name not in kept and (is_ours or path.name in listed):
        path.unlink(missing_ok=True)

  def _settled(self, name: str) -> pathlib.Path:
    return self._folder / f"{_SETTLED}{name}"

  def _whole(self, names: Iterable[str]) -> dict[str, Version]:
    """Returns the versions of those manifests that are whole."""
    return {name: version for name in names if (version := self._read(name)) is not None}

  def _manifests(self) -> list[list[str]]:
    """Returns the manifests' names by number, the highest first."""
    by_number: dict[int, list[str]] = {}
    if self._folder.is_dir():
      for path in self._folder.iterdir():
        if match := _MANIFEST.fullmatch(path.name):
          by_number.setdefault(int(match["number"]), []).append(path.name)
    return [sorted(by_number[number]) for number in sorted(by_number, reverse=True)]

  def _read(self, name: str) -> Version | None:
    """Returns the version of a manifest; None if it is not whole."""
    match = _MANIFEST.fullmatch(name)
    try:
      values = json_files.read(self._folder / name)
      content = values["content"]
      if match is None or values["sha256"] != run_record.fingerprint(content) or content["version"] != _VERSION:
        return None
      return Version(int(match["number"]), match["writer"], from_json(content["files"]))
    except (FileNotFoundError, plain_files.NotAFileError, AttributeError, KeyError, TypeError, ValueError):
      return None

  def _object(self, sha256: str) -> pathlib.Path:
    return self._folder / _OBJECTS / sha256


def _differ(versions: Iterable[Version]) -> bool:
  """Returns whether versions hold different files."""
  contents = [version.content() for version in versions]
  return any(content != contents[0] for content in contents)


def _to_json(files: Mapping[str, File]) -> dict[str, Any]:
  return {path: dataclasses.asdict(file) for path, file in files.items()}


def from_json(values: Mapping[str, Any]) -> dict[str, File]:
  """Returns files from what `dataclasses.asdict` makes of them."""
  return {path: File(**each) for path, each in values.items()}


def _copy(source: pathlib.Path, target: pathlib.Path) -> tuple[int, str]:
  """Copies a file from its begin to its end; returns its size and hash."""
  digest, size = hashlib.sha256(), 0
  with source.open("rb") as read, target.open("wb") as out:
    while block := read.read(_BLOCK_BYTES):
      digest.update(block)
      out.write(block)
      size += len(block)
    _sync(out.fileno())
  return size, digest.hexdigest()


def _sync(number: int) -> None:
  try:
    os.fsync(number)
  except OSError as error:
    if error.errno not in _NO_SYNC:
      raise
