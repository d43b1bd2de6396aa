"""The record beside every output: what made it, from what.

A record answers two questions. For a person: which config, versions, code and devices made this? For a rerun: are the
settings and inputs the same, so that there is nothing to do?
"""

import datetime
import hashlib
import importlib.metadata
import json
import pathlib
import platform
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from absl import logging

import msk_jax
from msk_jax.io import atomic, errors, json_files, plain_files

if TYPE_CHECKING:
  import numpy as np

FILE_NAME = "run.json"
_VERSION = 1
_SHOWN = 8  # differences named in a message
_PACKAGES = (
  "jax",
  "jaxlib",
  "flax",
  "optax",
  "orbax-checkpoint",
  "grain",
  "numpy",
  "pandas",
  "pydicom",
  "opencv-python-headless",
  "scikit-learn",
  "lightgbm",
  "optuna",
  "safetensors",
)


def fingerprint(value: Any) -> str:
  """Returns the SHA-256 (hex) of a JSON-like value; tuples count as lists, keys in any order."""
  return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def hash_file(path: pathlib.Path | str) -> str:
  """Returns the SHA-256 (hex) of a file's content."""
  with plain_files.open_binary(path) as file:
    return hashlib.file_digest(file, "sha256").hexdigest()


def hash_array(values: "np.ndarray") -> str:
  """Returns the SHA-256 (hex) of an array's kind of values, shape and every value; texts may be of any width."""
  texts = values.dtype.kind in "OSU"
  content = json.dumps(values.astype(str).tolist()).encode() if texts else values.tobytes()
  kind = "text" if texts else values.dtype.str
  return hashlib.sha256(f"{kind} {values.shape} ".encode() + content).hexdigest()


def write(
  folder: pathlib.Path | str,
  stage: str,
  settings: Mapping[str, Any],
  inputs: Mapping[str, str],
  devices: Sequence[str] = (),
  results: Mapping[str, Any] | None = None,
) -> None:
  """Writes `<folder>/run.json`.

  Args:
    folder: where the stage's outputs are.
    stage: the binary's name.
    settings: the config values that determine the outputs (JSON values).
    inputs: name to hash of everything read.
    devices: the accelerators used, as text.
    results: a few facts to keep with the record (counts, never ids).
  """
  record = {
    "schema": "run_record",
    "version": _VERSION,
    "stage": stage,
    "settings": dict(settings),
    "inputs": dict(inputs),
    "results": dict(results or {}),
    "devices": list(devices),
    "msk_jax": msk_jax.__version__,
    "git_revision": _git_revision(),
    "python": platform.python_version(),
    "packages": {name: package_version(name) for name in _PACKAGES},
    "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
  }
  atomic.write_json(pathlib.Path(folder) / FILE_NAME, record)


def remove(folder: pathlib.Path | str) -> None:
  """Removes the record of `folder`, if there is one: what is there counts as unfinished from now on."""
  (pathlib.Path(folder) / FILE_NAME).unlink(missing_ok=True)


def add_results(folder: pathlib.Path | str, results: Mapping[str, Any]) -> None:
  """Adds facts to the results of the record in `folder`, which is there; facts of the same name are replaced.

  Raises:
    InputError: it is damaged.
  """
  path = pathlib.Path(folder) / FILE_NAME
  record = _read(path)
  atomic.write_json(path, {**record, "results": {**record["results"], **results}})


def read(folder: pathlib.Path | str) -> dict[str, Any] | None:
  """Returns the record of `folder`, or None where there is none or it is of another version.

  Raises:
    InputError: it is damaged.
  """
  path = pathlib.Path(folder) / FILE_NAME
  if not path.exists():
    return None
  record = _read(path)
  return record if record.get("version") == _VERSION else None


def _read(path: pathlib.Path) -> dict[str, Any]:
  try:
    record = json_files.read(path)
    _check_form(record)
  except (OSError, ValueError) as error:
    raise errors.InputError(
      f"{path} can't be read ({type(error).__name__}): it is damaged. Delete it and run the stage that wrote it again."
    ) from None
  return record


def _check_form(record: Mapping[str, Any]) -> None:
  """Raises ValueError where a record of this version has not the form that `write` gives it."""
  if record.get("version") != _VERSION:
    return
  parts = [record.get(name) for name in ("settings", "inputs", "results")]
  listed = parts[-1].get("files", {}) if isinstance(parts[-1], Mapping) else {}
  described = listed.values() if isinstance(listed, Mapping) else ()  # an earlier version's record lists names alone
  has_sizes = all(isinstance(each, Mapping) and isinstance(each.get("bytes"), int) for each in described)
  has_names = isinstance(record.get("stage"), str) and isinstance(listed, Mapping | list)
  if not (all(isinstance(part, Mapping) for part in parts) and has_sizes and has_names):
    raise ValueError("not the form of a run record")


def is_current(folder: pathlib.Path | str, settings: Mapping[str, Any], inputs: Mapping[str, str]) -> bool:
  """Returns whether `folder` was made from just these settings and inputs: then a rerun does nothing."""
  record = read(folder)
  if record is None:
    return False
  return fingerprint([record["settings"], record["inputs"]]) == fingerprint([dict(settings), dict(inputs)])


def list_files(folder: pathlib.Path | str) -> list[str]:
  """Returns the paths in `folder` of all files in it, sorted."""
  folder = pathlib.Path(folder)
  return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def describe_files(folder: pathlib.Path | str, names: Sequence[str], *, hashed: bool = True) -> dict[str, Any]:
  """Returns size and hash of files, by path in `folder`: what a stage keeps as result `files` (see `damaged_files`)."""
  described: dict[str, Any] = {}
  for name in names:
    path = pathlib.Path(folder) / name
    described[name] = {"bytes": path.stat().st_size, **({"sha256": hash_file(path)} if hashed else {})}
  return described


def damaged_files(
  folder: pathlib.Path | str, base: pathlib.Path | str | None = None, *, check_hashes: bool = False
) -> list[str]:
  """Returns which of the files that the record of `folder` lists as its result `files` are missing or damaged.

  Args:
    folder: holds the record.
    base: the folder that the listed paths are in, if not `folder`.
    check_hashes: whether contents are looked at too, not sizes alone.
  """
  record = read(folder)
  listed = record["results"].get("files", {}) if record else {}
  if not isinstance(listed, Mapping):  # an earlier version's record lists names alone
    return list(listed)
  base = pathlib.Path(folder if base is None else base)
  return [name for name, wanted in listed.items() if not _is_as_described(base / name, wanted, check_hashes)]


def remove_damaged(folders: Sequence[pathlib.Path]) -> None:
  """Removes files whose hash is not that of the records in `folders`, at any depth: their stages make them again."""
  for record in sorted(path for folder in folders for path in folder.rglob(FILE_NAME)):
    for name in damaged_files(record.parent, check_hashes=True):
      logging.warning("%s is damaged and removed", record.parent / name)
      (record.parent / name).unlink(missing_ok=True)


def _is_as_described(path: pathlib.Path, wanted: Mapping[str, Any], check_hashes: bool) -> bool:
  if not path.is_file() or path.stat().st_size != wanted["bytes"]:
    return False
  return not check_hashes or "sha256" not in wanted or hash_file(path) == wanted["sha256"]


def is_whole(folder: pathlib.Path | str) -> bool:
  """Returns whether the record of `folder` lists files, and all are there with the sizes they were written with."""
  record = read(folder)
  return record is not None and "files" in record["results"] and not damaged_files(folder)


def differences(folder: pathlib.Path | str, settings: Mapping[str, Any], inputs: Mapping[str, str]) -> list[str]:
  """Returns lines `name: old -> new` for what differs from the record of `folder`."""
  record = read(folder) or {"settings": {}, "inputs": {}}
  return changes(record["settings"], settings) + changes(record["inputs"], inputs)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
  """Returns lines `name: old -> new` for what differs between two mappings; names of inner ones are joined by dots.

  Args:
    old: as read from a file.
    new: JSON-like values; tuples count as lists.
  """
  before = flatten(old)
  after = flatten(json.loads(json.dumps(dict(new), default=str)))
  return [
    f"{name}: {_short(before.get(name))} -> {_short(after.get(name))}"
    for name in sorted(before.keys() | after.keys())
    if before.get(name) != after.get(name)
  ]


def listed(lines: Sequence[str]) -> str:
  """Returns the first of the lines of `changes` or `differences`, as many as fit a message."""
  return "; ".join(lines[:_SHOWN])


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
  """Returns the leaves of nested mappings by dotted name: {"train": {"seed": 0}} is {"train.seed": 0}."""
  if not isinstance(value, Mapping):
    return {prefix.rstrip("."): value}
  flat: dict[str, Any] = {}
  for key, item in value.items():
    flat.update(flatten(item, f"{prefix}{key}."))
  return flat


def _short(value: Any) -> str:
  text = str(value)
  return text if len(text) <= 40 else f"{text[:12]}..."


def package_version(package: str) -> str:
  """Returns a package's version, `not installed` where it is not."""
  try:
    return importlib.metadata.version(package)
  except importlib.metadata.PackageNotFoundError:
    return "not installed"


def _git_revision() -> str:
  try:
    folder = pathlib.Path(__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()
  except (OSError, subprocess.SubprocessError):
    return "unknown"
