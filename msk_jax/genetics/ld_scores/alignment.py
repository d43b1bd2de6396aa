"""Two tables of statistics, variant by variant, for the same effect alleles."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.io import errors

_COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}
_MOST_OTHER_ALLELES = 0.2  # share of places whose alleles may differ; more means another build


@dataclasses.dataclass(frozen=True)
class Aligned:
  """Variants that two tables share.

  Attributes:
    rows: int64 [m], of the first table.
    other_rows: int64 [m], of the second.
    sign: float64 [m], -1 where the second table's effect allele is the first's other allele.
    counts: `shared`, `flipped` (effect alleles exchanged), `other_strand`, and those left out: `ambiguous` (A/T or C/G,
      whose strand can't be told), `other_alleles`, `repeated`, `not_found`.
  """

  rows: np.ndarray
  other_rows: np.ndarray
  sign: np.ndarray
  counts: Mapping[str, int]


def align(table: pd.DataFrame, other: pd.DataFrame, *, by_place: bool) -> Aligned:
  """Aligns two tables; columns as in `external.Statistics`.

  Args:
    table: the first.
    other: the second.
    by_place: by chromosome and position, which must be of one build; else by rs id.

  Raises:
    InputError: the alleles at many places differ: the tables are of different builds.
  """
  keys, other_keys = (_make_keys(each, by_place=by_place) for each in (table, other))
  usable, other_usable = (~each.duplicated(keep=False) & (each != "") for each in (keys, other_keys))
  repeated = int((keys.duplicated(keep=False) & (keys != "")).sum())
  index = pd.Series(np.flatnonzero(other_usable), index=other_keys[other_usable].to_numpy())
  place = keys.map(index)
  is_found = (usable & place.notna()).to_numpy(bool)
  rows = np.flatnonzero(is_found)
  other_rows = place[is_found].to_numpy(np.int64)
  first, second = (table.iloc[rows], other.iloc[other_rows])
  effect, rest = (first[name].to_numpy(str) for name in ("effect_allele", "other_allele"))
  pair = [second[name].to_numpy(str) for name in ("effect_allele", "other_allele")]
  turned = [np.array([_COMPLEMENT.get(allele, "") for allele in each], dtype=str) for each in pair]
  same = (effect == pair[0]) & (rest == pair[1])
  flipped = (effect == pair[1]) & (rest == pair[0])
  same_turned = (effect == turned[0]) & (rest == turned[1])
  flipped_turned = (effect == turned[1]) & (rest == turned[0])
  ambiguous = np.array([_COMPLEMENT.get(a, "") == b for a, b in zip(effect, rest, strict=True)], bool)
  fits = (same | flipped | same_turned | flipped_turned) & ~ambiguous
  sign = np.where(flipped | (flipped_turned & ~same), -1.0, 1.0)
  counts = {
    "shared": int(fits.sum()),
    "flipped": int((fits & (sign < 0)).sum()),
    "other_strand": int((fits & ~same & ~flipped).sum()),
    "ambiguous": int(ambiguous.sum()),
    "other_alleles": int((~fits & ~ambiguous).sum()),
    "repeated": repeated,
    "not_found": int((usable & place.isna()).sum()),
  }
  if counts["other_alleles"] > _MOST_OTHER_ALLELES * max(len(rows), 50):
    raise errors.InputError(
      f"{counts['other_alleles']:,} of {len(rows):,} variants that two tables share have other alleles: they are of "
      "different builds, or their ids mean different variants."
    )
  return Aligned(rows[fits], other_rows[fits], sign[fits], counts)


def _make_keys(table: pd.DataFrame, *, by_place: bool) -> pd.Series:
  """Returns a key per row, empty where there is none."""
  if not by_place:
    return table["rsid"].astype(object).where(table["rsid"].astype(str).str.startswith("rs"), "")
  has_place = (table["chromosome"] != "") & (table["position_bp"] > 0)
  keys = table["chromosome"].astype(str) + ":" + table["position_bp"].astype(str)
  return keys.astype(object).where(has_place, "")
