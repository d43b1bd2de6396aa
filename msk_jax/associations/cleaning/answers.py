"""Cells as sparse answers: who answered what, and as which of several answers."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from msk_jax.cohort import column_names


@dataclasses.dataclass(frozen=True)
class Answers:
  """Answers that are not blank.

  Attributes:
    unit: int64 [m], who answered (see `rows.Scope`).
    place: int64 [m], number of the answer among several.
    code: int64 [m], which of the texts.
    texts: object [u], each text once.
  """

  unit: np.ndarray
  place: np.ndarray
  code: np.ndarray
  texts: np.ndarray

  def __len__(self) -> int:
    return len(self.unit)


EMPTY = Answers(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, object))


def read(cells: pd.Series, unit: np.ndarray, place: int) -> Answers:
  """Returns the answers in a column.

  Args:
    cells: [n] text, missing where blank.
    unit: int [n], whose the cells are; negative: nobody's, such cells are dropped.
    place: the column's number among several answers; `column_names.ALL_ANSWERS` where a cell may hold several.
  """
  encoded = pa.array(cells.array).cast(pa.large_string())
  encoded = (encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded).dictionary_encode()
  code = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
  texts = np.asarray(encoded.dictionary.to_pylist(), object)
  is_kept = (code >= 0) & (unit >= 0)
  unit, code = np.asarray(unit, np.int64)[is_kept], code[is_kept]
  if place != column_names.ALL_ANSWERS:
    return Answers(unit, np.full(len(unit), place, np.int64), code, texts)
  parts = [_unpack(text) for text in texts]
  if all(part == [text] for part, text in zip(parts, texts, strict=True)):
    return Answers(unit, np.zeros(len(unit), np.int64), code, texts)
  return _spread(unit, code, parts)


def join(parts: Sequence[Answers]) -> Answers:
  """Returns the answers of several columns or fields as one; texts are brought together."""
  parts = [part for part in parts if len(part)]
  if not parts:
    return EMPTY
  if len(parts) == 1:
    return parts[0]
  codes, texts = pd.factorize(np.concatenate([part.texts for part in parts]), use_na_sentinel=False)
  starts = np.cumsum([0, *(len(part.texts) for part in parts[:-1])])
  code = np.concatenate([codes[part.code + start] for part, start in zip(parts, starts, strict=True)])
  unit, place = (np.concatenate([getattr(part, name) for part in parts]) for name in ("unit", "place"))
  return Answers(unit, place, code.astype(np.int64), np.asarray(texts, object))


def _unpack(text: str) -> list[str]:
  """Returns the answers in a cell with their places, blank where a place is empty."""
  if "|" in text:
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return [part.strip().strip("\"'") for part in inner.split("|")]
  return list(column_names.unpack(text)) if text.startswith("[") else [text]


def _spread(unit: np.ndarray, code: np.ndarray, parts: Sequence[list[str]]) -> Answers:
  sizes = np.array([len(part) for part in parts], np.int64)
  starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
  flat_codes, texts = pd.factorize(np.array([answer for part in parts for answer in part], object))
  repeats = sizes[code]
  place = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
  flat = flat_codes[np.repeat(starts[code], repeats) + place]
  spread = Answers(np.repeat(unit, repeats), place, flat.astype(np.int64), np.asarray(texts, object))
  is_blank = np.array([text == "" for text in spread.texts], bool)
  is_kept = ~is_blank[spread.code] if len(spread.texts) else np.ones(len(spread), bool)
  return Answers(spread.unit[is_kept], spread.place[is_kept], spread.code[is_kept], spread.texts)
