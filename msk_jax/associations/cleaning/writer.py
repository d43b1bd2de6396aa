"""Writes variables column by column: files of at most so many columns, each with a row per sample, and their index."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from msk_jax.associations import longitudinal, variables
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.associations.cleaning.drafts import Draft
from msk_jax.associations.cleaning.rows import Rows
from msk_jax.io import atomic, errors
from msk_jax.schemas import exposure_tables

_COLUMNS = 32  # of a file, and in memory at a time

Impute = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class _Waiting:
  entry: Entry
  draft: Draft
  cleaning: str


class Writer:
  """Takes drafts, fills missing values if asked to, and writes what can be used.

  Attributes:
    index: rows of schema xwas_variables.
  """

  def __init__(self, folder: pathlib.Path, rows: Rows, layout: longitudinal.Layout | None):
    """Starts an empty folder.

    Args:
      folder: where files go.
      rows: of the drafts' values; the samples' among them are written.
      layout: of the rows, where missing values are filled; None: observed values alone.
    """
    self.index: list[dict[str, object]] = []
    self._folder, self._rows, self._layout = folder, rows, layout
    self._waiting: list[_Waiting] = []
    self._parts: dict[str, int] = {}
    self._names: set[str] = set()

  def add(self, entry: Entry, draft: Draft, notes: Sequence[str] = ()) -> None:
    """Takes a variable; entries of one category come one after the other.

    Raises:
      InputError: another variable has its name.
    """
    if draft.name in self._names:
      raise errors.InputError(f"two variables are called {draft.name}: rename a column, or leave one of them out.")
    self._names.add(draft.name)
    if self._waiting and (self._waiting[0].entry.category != entry.category or len(self._waiting) == _COLUMNS):
      self.flush()
    cleaning = "; ".join(text for text in (entry.cleaning, *sorted(notes), draft.note) if text)
    if draft.values is None:
      self.index.append(self._row(entry, draft, cleaning, reason=draft.reason))
    else:
      self._waiting.append(_Waiting(entry, draft, cleaning))

  def flush(self) -> None:
    """Writes the variables that wait."""
    waiting, self._waiting = self._waiting, []
    if not waiting:
      return
    values = np.stack([each.draft.values for each in waiting if each.draft.values is not None], axis=1)
    is_binary = np.array([each.draft.kind == "binary" for each in waiting])
    is_imputed = np.zeros((len(self._rows.sample), len(waiting)), bool)
    if self._layout is not None:
      values, marks = longitudinal.impute(values, is_binary, self._layout)
      is_imputed = marks[self._rows.sample]
    values = values[self._rows.sample]
    reasons = [_reason(values[:, place]) for place in range(len(waiting))]
    kept = [place for place, reason in enumerate(reasons) if not reason]
    file = self._write(waiting, values, is_imputed, kept) if kept else ""
    for place, each in enumerate(waiting):
      self.index.append(
        {
          **self._row(each.entry, each.draft, each.cleaning, reason=reasons[place]),
          **self._counts(values[:, place], is_imputed[:, place], is_binary=bool(is_binary[place])),
          "file": "" if reasons[place] else file,
        }
      )

  def table(self) -> pd.DataFrame:
    """Returns the index, schema xwas_variables."""
    return pd.DataFrame(self.index, columns=list(exposure_tables.VARIABLES.columns)).astype(
      exposure_tables.VARIABLES.dtypes
    )

  def _write(self, waiting: list[_Waiting], values: np.ndarray, marks: np.ndarray, kept: list[int]) -> str:
    category = waiting[0].entry.category
    self._parts[category] = self._parts.get(category, -1) + 1
    name = f"{category}.{self._parts[category]:03d}.parquet"
    columns = [waiting[place].draft.name for place in kept]
    _write_columns(self._folder / name, columns, [values[:, place] for place in kept])
    if self._layout is not None:
      _write_columns(self._folder / variables.IMPUTED / name, columns, [marks[:, place] for place in kept])
    return name

  def _row(self, entry: Entry, draft: Draft, cleaning: str, *, reason: str) -> dict[str, object]:
    return {
      "variable": draft.name,
      "main_category": entry.main_category,
      "category": entry.category,
      "field": str(entry.field or ""),
      "feature": entry.feature,
      "label": draft.label,
      "kind": draft.kind,
      "num_samples": len(self._rows.sample),
      "num_observed": 0,
      "num_imputed": 0,
      "num_people": 0,
      "num_positive_people": -1,
      "file": "",
      "source": entry.source,
      "cleaning": cleaning,
      "reason": reason,
    }

  def _counts(self, values: np.ndarray, is_imputed: np.ndarray, *, is_binary: bool) -> dict[str, int]:
    is_observed = ~np.isnan(values) & ~is_imputed
    is_positive = is_observed & (values == 1.0)
    return {
      "num_observed": int(is_observed.sum()),
      "num_imputed": int(is_imputed.sum()),
      "num_people": self._num_people(is_observed),
      "num_positive_people": self._num_people(is_positive) if is_binary else -1,
    }

  def _num_people(self, of_samples: np.ndarray) -> int:
    person = self._rows.person[self._rows.sample[of_samples]]
    return int(np.count_nonzero(np.bincount(person, minlength=1)))


def _reason(values: np.ndarray) -> str:
  """Returns why a column can't be used; empty where it can."""
  known = values[~np.isnan(values)]
  if not len(known):
    return "no values"
  return "constant" if (known == known[0]).all() else ""


def _write_columns(path: pathlib.Path, names: Sequence[str], columns: Sequence[np.ndarray]) -> None:
  table = pa.table({name: pa.array(column) for name, column in zip(names, columns, strict=True)})
  with atomic.replacing(path) as temporary:
    pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
