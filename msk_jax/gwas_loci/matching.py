"""Which variant of the genotypes a row of summary statistics is about."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

# Reason -> why a variant has no genotypes. Reasons are part of the tables' format: add, do not rename.
REASONS: Mapping[str, str] = {
  "no_genotypes": "No genotypes were read (config.loci.uses_genotypes).",
  "not_in_genotypes": "The genotypes hold no variant at this place.",
  "multi_allelic": "The genotypes hold a variant of several alleles at this place, as one row.",
  "other_alleles": "The genotypes hold a variant of other alleles at this place.",
  "ambiguous": "The genotypes hold several variants of this place and these alleles, and ids do not tell which it is.",
}
_KEYS = ["position_bp", "first", "second"]


def match(rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
  """Returns where rows of summary statistics are in the genotypes of their chromosome.

  Place and alleles must be the same, the alleles in any order. Of several such variants the one of the same id counts.

  Args:
    rows: of one chromosome: position_bp, effect_allele, other_allele, rsid.
    table: see `genotypes.Genotypes.table`; by position.

  Returns:
    A row per row: `number` in the table (-1 for none), `is_flipped` (whether the genotypes count the other allele),
    `reason` (one of REASONS, empty where there is a number).
  """
  left = _with_keys(rows).assign(row=np.arange(len(rows)))
  ends = [rows["position_bp"].min(), rows["position_bp"].max() + 1] if len(rows) else [0, 0]
  first, stop = np.searchsorted(table["position_bp"].to_numpy(np.int64), ends)
  right = _with_keys(table.iloc[first:stop]).assign(number=np.arange(first, stop))
  is_pair = right["num_alleles"].to_numpy(np.int64) == 2
  pairs = left.merge(right[is_pair], on=_KEYS, suffixes=("", "_there"))
  is_same = (pairs["rsid"] == pairs["rsid_there"]).to_numpy(bool)
  several = pairs["row"].duplicated(keep=False).to_numpy(bool)
  pairs = pairs[~several | is_same]
  is_clear = ~pairs["row"].duplicated(keep=False).to_numpy(bool)
  clear = pairs[is_clear]
  number = np.full(len(rows), -1)
  number[clear["row"]] = clear["number"]
  is_flipped = np.zeros(len(rows), bool)
  is_flipped[clear["row"]] = (clear["effect_allele"] != clear["effect_allele_there"]).to_numpy(bool)
  position = left["position_bp"]
  reason = np.full(len(rows), "not_in_genotypes", object)
  reason[position.isin(right["position_bp"][is_pair])] = "other_alleles"
  reason[position.isin(right["position_bp"][~is_pair])] = "multi_allelic"
  reason[left.merge(right[is_pair][_KEYS].drop_duplicates(), on=_KEYS)["row"]] = "ambiguous"
  reason[number >= 0] = ""
  return pd.DataFrame({"number": number, "is_flipped": is_flipped, "reason": reason})


def match_nothing(rows: pd.DataFrame) -> pd.DataFrame:
  """Returns what `match` does where no genotypes are read."""
  return pd.DataFrame({"number": -1, "is_flipped": False, "reason": "no_genotypes"}, index=np.arange(len(rows)))


def _with_keys(table: pd.DataFrame) -> pd.DataFrame:
  effect, other = (table[name].to_numpy(object).astype(str) for name in ("effect_allele", "other_allele"))
  swaps = effect > other
  return pd.DataFrame(
    {
      "position_bp": table["position_bp"].to_numpy(np.int64),
      "first": np.where(swaps, other, effect),
      "second": np.where(swaps, effect, other),
      "rsid": table["rsid"].to_numpy(object).astype(str),
      "effect_allele": effect,
      "num_alleles": table["num_alleles"].to_numpy(np.int64) if "num_alleles" in table else 2,
    }
  )
