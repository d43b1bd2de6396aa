"""Takes people's pictures out of the image stores: pixels, index rows, and what is kept of their files."""

import itertools
import pathlib
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from msk_jax.imaging import contact_sheet, dxa_zips, ingest_parts, ingest_units, store
from msk_jax.io import ids

_KINDS = ("zips", "folder")


def drop_people(workdir: pathlib.Path, people: Collection[str]) -> int:
  """Drops people from all stores; returns how many pictures were dropped. Killed in between, it is called again.

  Shards are never changed: those that hold their pictures are copied without them, and deleted after the indexes point
  to the copies. Contact sheets are drawn again. Stores whose parts nobody knows, as after they came back from a durable
  folder, lose their pictures too. One of them whose shards are damaged, or that would be empty, stays as it is.

  Args:
    workdir: holds `images/` and `qc/`.
    people: their ids.

  Raises:
    InputError: the disk is full, or `prepare` is at work in the same workdir.
  """
  images = workdir / "images"
  if not images.is_dir():
    return 0
  kinds = [kind for kind in _KINDS if (images / ".parts" / kind).is_dir()]
  plain = frozenset(map(ids.plain, people))
  with ingest_units.only_one(images):
    if kinds:
      return sum(_drop(workdir, kind, plain) for kind in kinds)
    return sum(_drop_from_store(workdir, view, plain) for view in _views(images))


def _views(images: pathlib.Path) -> list[str]:
  return sorted(path.parent.relative_to(images).as_posix() for path in images.rglob(store.INDEX_NAME))


def _drop_from_store(workdir: pathlib.Path, view: str, people: frozenset[str]) -> int:
  """Drops people from a store by its index alone; returns how many pictures were dropped."""
  folder = workdir / "images" / view
  before = store.ImageStore.open(folder)
  is_theirs = before.index["eid"].map(ids.plain).isin(people).to_numpy()
  touched = sorted(set(before.index["shard"][is_theirs]))
  if is_theirs.all() or set(touched) & set(before.damaged_shards()):
    return 0
  kept = before.index[~is_theirs].reset_index(drop=True)
  number = max((int(path.stem.rpartition("-")[2]) for path in folder.glob("shard-*.npy")), default=-1) + 1
  shards, rows_of = (kept[column].to_numpy(np.int64, copy=True) for column in ("shard", "row"))
  for shard in touched:
    rows = np.flatnonzero(shards == shard)
    if len(rows):
      pictures = np.load(folder / store.shard_name(shard), mmap_mode="r", allow_pickle=False)
      store.write_shard(folder, number, pictures[rows_of[rows]])
      shards[rows], rows_of[rows] = number, np.arange(len(rows))
      number += 1
  dropped = _write_index(workdir, view, kept.assign(shard=shards, row=rows_of))
  wanted = set(map(store.shard_name, shards.tolist()))
  for path in folder.glob("shard-*.npy"):
    if path.name not in wanted:
      path.unlink()
  return dropped


def _drop(workdir: pathlib.Path, kind: str, people: frozenset[str]) -> int:
  images = workdir / "images"
  parts = ingest_parts.read_parts(images, kind)
  stay = {source.name: source for part in parts for source in part.sources if source.name not in _of(part, people)}
  number = ingest_parts.next_number(images, kind)
  for part, names in itertools.chain.from_iterable(plan.trimmed for plan in _plans(parts, stay.values())):
    ingest_parts.trim(images, kind, part, names, number)
    number += 1
  kept = itertools.chain.from_iterable(
    plan.kept for plan in _plans(ingest_parts.read_parts(images, kind), stay.values())
  )
  finished = sorted(kept, key=lambda part: part.number)
  views = _views(images)
  dropped = sum(_write_index(workdir, view, ingest_units.index_of(view, finished)) for view in views)
  (images / ".parts" / kind / ingest_units.ASSEMBLED).unlink(missing_ok=True)  # `prepare` looks at all parts again
  ingest_parts.remove_strays(images, kind, views, finished)
  return dropped


def _plans(parts: Sequence[ingest_parts.Part], wanted: Iterable[ingest_parts.Source]) -> list[ingest_parts.Plan]:
  """Returns for the parts of each code how they hold the wanted sources and no others."""
  sources = list(wanted)
  return [ingest_parts.plan(parts, sources, code) for code in sorted({part.code for part in parts})]


def _write_index(workdir: pathlib.Path, view: str, index: pd.DataFrame) -> int:
  """Writes a view's index and contact sheet; returns how many pictures it lost."""
  folder = workdir / "images" / view
  before = store.ImageStore.open(folder)
  store.write_index(folder, index, before.shape)
  after = store.ImageStore.open(folder)
  contact_sheet.write(after, view, workdir / "qc")  # also where the index is the same: a kill may have been in between
  return len(before) - len(after)


def _of(part: ingest_parts.Part, people: frozenset[str]) -> frozenset[str]:
  """Returns the names of a part's sources that are of these people: by their pictures, or by their own names."""
  pictured = {row.source for rows in part.rows.values() for row in rows if ids.plain(row.eid) in people}
  return frozenset({source.name for source in part.sources if _owner(source.name) in people} | pictured)


def _owner(name: str) -> str:
  """Returns whose a source is: an archive's name says it, and the name of a row of an own table begins with it."""
  parsed = dxa_zips.parse_name(name)
  return parsed.eid if parsed is not None else ids.plain(name.partition("|")[0])
