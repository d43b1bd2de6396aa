"""The same picture under two keys: copied files, wrong paths, images of the wrong person.

A model that is trained and tested on the same picture looks better than it is. So such people are put in one fold, and
each copy is doubted.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from msk_jax.imaging import ingest_parts, preprocess, quality

_DERIVED = frozenset({preprocess.SKELETON, preprocess.MIXED})  # from others; without bones the same for everybody


@dataclasses.dataclass(frozen=True)
class Group:
  """People with the same picture, and the sources that hold it; both in order."""

  eids: tuple[str, ...]
  sources: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Same:
  """Equal pictures: a doubt on each copy, and the groups of several people."""

  notes: tuple[quality.Note, ...]
  sharing: tuple[Group, ...]


def find(finished: Sequence[ingest_parts.Part]) -> Same:
  """Finds equal pictures among all that are stored, as they were before left ones were mirrored."""
  places: dict[str, list[tuple[str, ingest_parts.Row]]] = defaultdict(list)
  for part in finished:
    for view, rows in part.rows.items():
      if view not in _DERIVED:
        for row in rows:
          places[row.picture].append((view, row))
  notes: list[quality.Note] = []
  groups: set[Group] = set()
  for copies in places.values():
    if len(copies) > 1:
      people = [row.eid for _, row in copies]
      for view, row in copies:
        if people.count(row.eid) < len(people):
          notes.append(quality.Note(row.source, view, "shared_picture", row.side))
        if people.count(row.eid) > 1:
          notes.append(quality.Note(row.source, view, "repeated_picture", row.side))
      if len(set(people)) > 1:
        groups.add(Group(tuple(sorted(set(people))), tuple(sorted({row.source for _, row in copies}))))
  return Same(tuple(sorted(notes, key=dataclasses.astuple)), tuple(sorted(groups, key=dataclasses.astuple)))
