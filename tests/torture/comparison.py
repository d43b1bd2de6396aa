"""What is wrong in a workdir after trouble: half-written files, other contents, things left behind."""

import gzip
import hashlib
import json
import os
import pathlib
import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from msk_jax.io import atomic, run_record

# What may differ between two runs of one command, by the end of a file's path: keys of JSON at any depth, or ends of
# keys that are paths.
VARYING = {
  "run.json": ("written", "git_revision", "seconds", "run.json"),  # when, how long; hashes of records that say so
  "xwas/prediction/run.json": ("inputs",),  # hashes of records that say when
  "site/run.json": ("pages and assets of the program",),  # by which revision
  "metrics.jsonl": ("images_per_second",),
  "result.json": ("seconds", "images_per_second"),
  # Whether this call drew the folds, or one before it that was killed; the day after which no visit can be.
  "cohort/run.json": ("is_drawn", "kept", "new", "visits_until"),
}
WHOLE = "whole"
_CHECKPOINT = re.compile(r"/fold_\d+/(checkpoints|best)/\d+$")
_HASHES = "file_hashes.json"
_LIBRARIES_OWN = (".orbax-checkpoint-tmp",)  # what Orbax calls a checkpoint that it has not finished


def describe(folder: pathlib.Path) -> dict[str, str]:
  """Returns the hash of each file of a workdir, without what may differ between two runs.

  The value is empty for an empty folder, and WHOLE or what is wrong for a checkpoint: Orbax names and lays out files
  otherwise each time, and `result.json` has the hashes of what is in them. Files of TensorBoard are left out.
  """
  found = {}
  for place, below, names in os.walk(folder):  # links to folders, such as that to raw data, are not followed
    if pathlib.Path(place).name == "tensorboard":
      continue
    for name in [name for name in below if _CHECKPOINT.search(f"{place}/{name}")]:
      below.remove(name)
      found[f"{_within(folder, place, name)}/"] = _describe_checkpoint(pathlib.Path(place, name))
    found |= {f"{_within(folder, place, name)}/": "" for name in below if _is_empty(pathlib.Path(place, name))}
    for name in names:
      found[_within(folder, place, name)] = _hash(pathlib.Path(place, name), _varying(_within(folder, place, name)))
  return found


def _describe_checkpoint(folder: pathlib.Path) -> str:
  """Returns WHOLE, `damaged`, or `unfinished` for one without hashes."""
  hashes = folder / _HASHES
  if not hashes.exists():
    return "unfinished"
  files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file() and path != hashes}
  found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
  return WHOLE if found == json.loads(hashes.read_bytes()) else "damaged"


def _within(folder: pathlib.Path, place: str, name: str) -> str:
  return pathlib.Path(place, name).relative_to(folder).as_posix()


def _is_empty(path: pathlib.Path) -> bool:
  return not path.is_symlink() and not any(path.iterdir())


def _varying(name: str) -> set[str]:
  """Returns the keys of a file that may differ."""
  return {key for end, keys in VARYING.items() if f"/{name}".endswith(f"/{end}") for key in keys}


def _hash(path: pathlib.Path, keys: Collection[str]) -> str:
  data = path.read_bytes()
  if keys:
    try:
      lines = [json.loads(line) for line in (data.splitlines() if path.suffix == ".jsonl" else [data])]
      data = json.dumps([_without(line, keys) for line in lines], sort_keys=True).encode()
    except ValueError:
      pass  # damaged: it is found to differ
  return hashlib.sha256(data).hexdigest()


def _without(value: Any, keys: Collection[str]) -> Any:
  if isinstance(value, Mapping):
    return {key: _without(item, keys) for key, item in value.items() if key.rpartition("/")[2] not in keys}
  return value


def is_unfinished(name: str) -> bool:
  """Returns whether a path says of itself that it is not whole: a partial file or folder, or a lock."""
  parts = pathlib.PurePosixPath(name).parts
  return any(
    atomic.is_partial(part) or part.endswith(_LIBRARIES_OWN) or (part.startswith(".") and part.endswith("lock"))
    for part in parts
  )


def find_half_written(folder: pathlib.Path, found: Mapping[str, str], known: Collection[str]) -> list[str]:
  """Returns files that are not whole, though their names say so.

  Args:
    folder: the workdir, right after a kill.
    found: from `describe`.
    known: hashes of files that are whole: those from before the command, and those of an undisturbed run.
  """
  damaged = [f"{name}: not as its {_HASHES} says" for name, value in found.items() if value == "damaged"]
  suspects = [name for name, value in found.items() if value and value not in known and not is_unfinished(name)]
  return damaged + [f"{name}: {why}" for name in suspects if (why := _why_not_whole(folder / name))]


def _why_not_whole(path: pathlib.Path) -> str:
  """Returns why a file can't be read to its end; empty where it can, or where nothing is known of its format."""
  read = _READERS.get(path.suffix)
  if read is None:
    return ""
  try:
    read(path)
  except Exception as error:  # whatever a library says of damage
    return f"{type(error).__name__}: {error}"
  return ""


def _read_zip(path: pathlib.Path) -> None:
  with zipfile.ZipFile(path) as archive:
    if damaged := archive.testzip():
      raise ValueError(f"{damaged} is damaged")


def _read_image(path: pathlib.Path) -> None:
  with Image.open(path) as image:
    image.load()


def _read_text(path: pathlib.Path) -> None:
  text = path.read_text(encoding="utf-8")
  if not text.endswith("\n"):
    raise ValueError("its last line has no end")


def _read_array(path: pathlib.Path) -> None:
  np.load(path, allow_pickle=False)


_READERS: dict[str, Callable[[pathlib.Path], Any]] = {
  ".parquet": pq.read_table,
  ".json": lambda path: json.loads(path.read_bytes()),
  ".jsonl": lambda path: [json.loads(line) for line in path.read_bytes().splitlines()],
  ".npy": _read_array,
  ".npz": _read_zip,
  ".zip": _read_zip,
  ".gz": lambda path: gzip.decompress(path.read_bytes()),
  ".png": _read_image,
  ".svg": ElementTree.parse,
  ".csv": _read_text,
  ".txt": _read_text,
  ".md": _read_text,
  ".tsv": _read_text,
  ".yaml": _read_text,
}


def find_differences(found: Mapping[str, str], expected: Mapping[str, str]) -> list[str]:
  """Returns what a workdir has that it should not have, lacks, or has otherwise."""
  lines = [f"lacks {name}" for name in expected.keys() - found.keys()]
  lines += [
    f"left behind: {name}" if is_unfinished(name) else f"has {name} as well" for name in found.keys() - expected.keys()
  ]
  lines += [f"{name} differs" for name in found.keys() & expected.keys() if found[name] != expected[name]]
  return sorted(lines)


def explain(line: str, folder: pathlib.Path, expected: pathlib.Path) -> str:
  """Returns a line of `find_differences`, of a JSON file with what is different in it.

  Args:
    line: such as `ages/run.json differs`.
    folder: the workdir.
    expected: as it should be.
  """
  name, _, verb = line.rpartition(" ")
  if verb != "differs" or not name.endswith(".json"):
    return line
  try:
    old, new = (json.loads((place / name).read_bytes()) for place in (expected, folder))
  except ValueError as error:
    return f"{line} ({error})"
  changes = [
    each for each in run_record.changes(old, new) if not each.partition(":")[0].endswith(tuple(_varying(name)))
  ]
  return f"{line} ({run_record.listed(changes)})"
