"""Parts: the results of units of ingest work, kept on disk so that finished work is not repeated.

A unit is a group of sources (zips, or pictures of a folder). Its part is `images/.parts/<kind>/unit-00012.json`. It is
written last: a part exists if and only if the unit's shards are whole. Shard numbers are unit numbers. A shard that an
index points to is never written again. It is deleted after the next index is written.
"""

import dataclasses
import json
import pathlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from msk_jax.imaging import quality, store
from msk_jax.io import atomic, json_files

_SCHEMA, _VERSION = "image_part", 2


@dataclasses.dataclass(frozen=True)
class Source:
  """A file to read, and what tells whether it is still the same file.

  Attributes:
    name: identifies the source within the ingest (a zip's name, a table row's key); holds an id, never shown.
    path: where it is now; may change from run to run.
    size: bytes.
    mtime_ns: time of last change, nanoseconds.
  """

  name: str
  path: pathlib.Path = dataclasses.field(compare=False)
  size: int
  mtime_ns: int


def source_of(name: str, path: pathlib.Path) -> Source:
  """Returns a source as it is on the disk. A file without status (`stat` fails) is refused when it is read."""
  try:
    facts = path.stat()
  except OSError:
    return Source(name, path, -1, -1)
  return Source(name, path, facts.st_size, facts.st_mtime_ns)


@dataclasses.dataclass(frozen=True)
class Row:
  """One stored image. Rows of a view are in the order of the shard.

  Attributes:
    source: name of its source.
    eid: whose it is.
    instance: the visit.
    side: `right`, `left` or empty.
    sha256: hash of the stored bytes.
    picture: hash of the picture before a left one was mirrored: the same for one picture under two sides.
  """

  source: str
  eid: str
  instance: int
  side: str
  sha256: str
  picture: str


@dataclasses.dataclass(frozen=True)
class Part:
  """The result of one unit."""

  number: int
  code: str
  sources: tuple[Source, ...]
  rows: Mapping[str, tuple[Row, ...]]
  notes: tuple[quality.Note, ...]


@dataclasses.dataclass(frozen=True)
class Plan:
  """What to do so that the parts cover the wanted sources and no others.

  Attributes:
    kept: parts to leave as they are.
    trimmed: parts of which only some sources are still wanted, with their names.
    new: sources to read.
  """

  kept: tuple[Part, ...]
  trimmed: tuple[tuple[Part, frozenset[str]], ...]
  new: tuple[Source, ...]


def plan(existing: Sequence[Part], wanted: Sequence[Source], code: str) -> Plan:
  """Compares parts with the wanted sources; parts of other code are not used."""
  todo = {source.name: source for source in wanted}
  kept, trimmed = [], []
  # Newest first: after an interruption there may be both an old part and the one that replaces it.
  for part in sorted(existing, key=lambda p: -p.number):
    if part.code != code:
      continue
    valid = frozenset(source.name for source in part.sources if todo.get(source.name) == source)
    for name in valid:
      del todo[name]
    if len(valid) == len(part.sources):
      kept.append(part)
    elif valid:
      trimmed.append((part, valid))
  return Plan(tuple(kept), tuple(trimmed), tuple(todo.values()))


def write_part(images: pathlib.Path, kind: str, part: Part, arrays: Mapping[str, np.ndarray]) -> None:
  """Writes a unit's shards and then its part, as the sign that they are whole.

  Args:
    images: the workdir's `images/`.
    kind: the part folder: `zips` or `folder`.
    part: the rows, in the order of the arrays.
    arrays: view to uint8 [n, rows, columns(, 3)].

  Raises:
    InputError: the disk is full or can't be written.
  """
  for view, array in arrays.items():
    store.write_shard(images / view, part.number, array)
  content = {
    "schema": _SCHEMA,
    "version": _VERSION,
    "number": part.number,
    "code": part.code,
    "sources": [[s.name, s.size, s.mtime_ns] for s in part.sources],
    "rows": {view: [list(dataclasses.astuple(row)) for row in rows] for view, rows in part.rows.items()},
    "notes": [list(dataclasses.astuple(note)) for note in part.notes],
  }
  atomic.write_text(_path(images, kind, part.number), json.dumps(content, separators=(",", ":")))


def read_parts(images: pathlib.Path, kind: str) -> list[Part]:
  """Returns the parts on disk, by number, without damaged or foreign ones, whose units are then done again."""
  parts = (_read_part(path) for path in sorted((images / ".parts" / kind).glob("unit-*.json")))
  return [part for part in parts if part is not None and _has_shards(images, part)]


def _has_shards(images: pathlib.Path, part: Part) -> bool:
  return all(store.is_whole_shard(images / view, part.number, len(rows)) for view, rows in part.rows.items() if rows)


def next_number(images: pathlib.Path, kind: str) -> int:
  """Returns a unit number above all on the disk."""
  names = (path.stem for path in (images / ".parts" / kind).glob("unit-*.json"))
  return max((int(name.removeprefix("unit-")) for name in names), default=-1) + 1


def trim(images: pathlib.Path, kind: str, part: Part, names: Collection[str], number: int) -> Part:
  """Copies the named sources of a part, pixels included, to a new part."""
  rows, arrays = {}, {}
  for view, old in part.rows.items():
    places = [i for i, row in enumerate(old) if row.source in names]
    if places:
      shard = np.load(images / view / store.shard_name(part.number), mmap_mode="r", allow_pickle=False)
      rows[view], arrays[view] = tuple(old[i] for i in places), np.asarray(shard[places])
  sources = tuple(s for s in part.sources if s.name in names)
  trimmed = Part(number, part.code, sources, rows, tuple(n for n in part.notes if n.source in names))
  write_part(images, kind, trimmed, arrays)
  return trimmed


def remove_strays(images: pathlib.Path, kind: str, views: Collection[str], parts: Sequence[Part]) -> None:
  """Deletes parts and shards that belong to none of `parts`."""
  numbers = {part.number for part in parts}
  wanted = {_path(images, kind, number) for number in numbers}
  for view in views:
    wanted |= {images / view / store.shard_name(part.number) for part in parts if part.rows.get(view)}
  candidates = [*_path(images, kind, 0).parent.glob("unit-*.json")]
  for view in views:
    candidates += (images / view).glob("shard-*.npy")
  for path in candidates:
    if path not in wanted:
      path.unlink(missing_ok=True)


def _path(images: pathlib.Path, kind: str, number: int) -> pathlib.Path:
  return images / ".parts" / kind / f"unit-{number:05d}.json"


def _read_part(path: pathlib.Path) -> Part | None:
  try:
    content = json_files.read(path)
    if (content["schema"], content["version"]) != (_SCHEMA, _VERSION):
      return None
    return Part(
      content["number"],
      content["code"],
      tuple(Source(name, pathlib.Path(), size, mtime) for name, size, mtime in content["sources"]),
      {view: tuple(Row(*row) for row in rows) for view, rows in content["rows"].items()},
      tuple(quality.Note(*note) for note in content["notes"]),
    )
  except (OSError, ValueError, KeyError, TypeError, AttributeError):
    return None
