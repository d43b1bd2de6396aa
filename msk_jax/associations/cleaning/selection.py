"""Which entries are wanted: the catalogue's, those of a table of further fields, and the other fields of the tables."""

import pathlib
from collections.abc import Collection

from msk_jax.associations.catalogue import entries, other_fields
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.io import errors


def select(more_fields: pathlib.Path | None, in_tables: Collection[int], spec: ExposureSpec) -> list[Entry]:
  """Returns the entries, those of one category one after the other.

  Args:
    more_fields: CSV of further fields, with any of the catalogue's columns; a field's row stands for the catalogue's.
    in_tables: fields that the tables have.
    spec: categories, and whether fields that the catalogue lacks are made.

  Raises:
    InputError: a category is unknown, or a row can't be understood.
  """
  more = _read_more(more_fields)
  replaced = {entry.field for entry in more}
  wanted = [entry for entry in entries.read() if entry.field not in replaced] + more
  if spec.other_fields:
    taken = {field for entry in wanted for field in (*entry.fields, *entry.helpers)}
    wanted += other_fields.make(in_tables, taken)
  order = {category: place for place, category in enumerate(dict.fromkeys(entry.category for entry in wanted))}
  if unknown := [category for category in spec.categories if category not in order]:
    raise errors.InputError(f"unknown categories {', '.join(unknown)}; known are {', '.join(order)}.")
  kept = [entry for entry in wanted if not spec.categories or entry.category in spec.categories]
  return sorted(kept, key=lambda entry: order[entry.category])


def _read_more(path: pathlib.Path | None) -> list[Entry]:
  if path is None:
    return []
  rows = entries.read_own_rows(path)
  more = [other_fields.complete(row, path.name) for row in rows]
  names = [entry.variable for entry in more]
  if twice := sorted({name for name in names if names.count(name) > 1}):
    raise errors.InputError(f"{path.name} has {twice[0]} twice: remove one of the rows, or name it in `variable`.")
  return more
