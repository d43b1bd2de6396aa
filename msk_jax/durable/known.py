"""What this workdir knows of its durable folder: in its hidden folder `.durable/`, so that all its calls know it."""

import dataclasses
import json
import pathlib
import secrets
from typing import Any

from msk_jax.durable import store
from msk_jax.io import atomic, errors, json_files, plain_files

FOLDER = ".durable"
_IDENTITY = "identity.json"


@dataclasses.dataclass(frozen=True)
class Known:
  """What was last copied of a part, one way or the other.

  Attributes:
    version: of the part.
    left: its files that were not copied back, as the call did not need them.
    is_whole: False while it is copied back: what is in the workdir is then no work of a stage.
  """

  version: store.Version = dataclasses.field(default_factory=store.Version)
  left: frozenset[str] = frozenset()
  is_whole: bool = True


def read(workdir: pathlib.Path, part: str) -> Known:
  """Returns what is known of a part; of one that is not known, that it was never written."""
  try:
    values = json_files.read(_path(workdir, part))
    version = store.Version(values["number"], values["writer"], store.from_json(values["files"]))
    return Known(version, frozenset(values["left"]), values["is_whole"])
  except (FileNotFoundError, plain_files.NotAFileError, AttributeError, KeyError, TypeError, ValueError):
    return Known()


def write(workdir: pathlib.Path, part: str, known: Known) -> None:
  """Notes what is known of a part."""
  atomic.write_json(
    _path(workdir, part), {**dataclasses.asdict(known.version), "left": sorted(known.left), "is_whole": known.is_whole}
  )


def list_parts(workdir: pathlib.Path) -> list[str]:
  """Returns the parts of which something is known."""
  paths = [path for path in (workdir / FOLDER).glob("*.json") if path.name != _IDENTITY]
  return sorted(store.part_of_name(path.name.removesuffix(".json")) for path in paths)


def lock_of(workdir: pathlib.Path, part: str) -> pathlib.Path:
  """Returns the path of the lock that a call of this workdir holds while it copies a part."""
  return workdir / FOLDER / f".{store.name_of(part)}.lock"


def settle_identity(workdir: pathlib.Path, folder: pathlib.Path, *, is_used: bool) -> None:
  """Makes sure that the durable folder is this workdir's, or that one of the two is new.

  Args:
    workdir: the workdir.
    folder: the durable folder, which exists.
    is_used: whether the workdir has outputs.

  Raises:
    InputError: it is another workdir's, or holds something else; or its name can't be read.
    OSError: it can't be read or written.
  """
  others = [path.name for path in folder.iterdir() if path.name != _IDENTITY]  # listed before a call beside us names it
  ours, theirs = _read_identity(workdir / FOLDER / _IDENTITY), _read_identity(folder / _IDENTITY)
  if not theirs and others:
    raise errors.InputError(
      f"--durable_dir={folder} holds files, but no readable {_IDENTITY} as the first call leaves it: give an empty "
      "folder, or that of an earlier call."
    )
  if not theirs:
    for part in list_parts(workdir):  # of a durable folder that somebody has emptied
      _path(workdir, part).unlink()
    identity = ours or secrets.token_hex(16)
    atomic.write_json(workdir / FOLDER / _IDENTITY, {"identity": identity})
    theirs = _name_folder(folder, identity)
    if theirs == identity:
      return
  if (ours and ours != theirs) or (not ours and is_used):
    raise errors.InputError(
      f"--durable_dir={folder} is not that of the workdir {workdir}, which holds other outputs: give the workdir's own "
      "durable folder, or a new --workdir."
    )
  if not ours:
    atomic.write_json(workdir / FOLDER / _IDENTITY, {"identity": theirs})


def _name_folder(folder: pathlib.Path, identity: str) -> str:
  """Names a new durable folder; returns its name, which is another one if another call is just a moment earlier."""
  path, text = folder / _IDENTITY, json.dumps({"identity": identity})
  try:
    with path.open("x", encoding="utf-8") as file:
      file.write(text)
  except FileExistsError:
    if earlier := _read_identity(path):
      return earlier
    path.write_text(text, encoding="utf-8")  # half of one, whose call was killed
  return identity


def is_there(workdir: pathlib.Path) -> bool:
  """Returns whether the workdir still knows its durable folder: not if somebody has just removed the workdir."""
  return (workdir / FOLDER / _IDENTITY).exists()


def _read_identity(path: pathlib.Path) -> str:
  try:
    values: dict[str, Any] = json_files.read(path)
    return str(values["identity"])
  except (FileNotFoundError, plain_files.NotAFileError, KeyError, ValueError):
    return ""


def _path(workdir: pathlib.Path, part: str) -> pathlib.Path:
  return workdir / FOLDER / f"{store.name_of(part)}.json"
