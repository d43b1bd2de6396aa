"""Summaries by dimension and category, and the strongest associations of each, beside the published ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.associations.summaries import levels
from msk_jax.associations.summaries.levels import Group
from msk_jax.published import reader
from msk_jax.schemas import association_tables

DIRECTIONS = ("accelerating", "decelerating")
NUM_LEADING = 3


def summarize(associations: pd.DataFrame, dimensions: Sequence[str], level: float) -> pd.DataFrame:
  """Returns the shares significant (schema xwas_summaries).

  Args:
    associations: schema xwas_associations.
    dimensions: in the order shown.
    level: of significance before Bonferroni's correction.
  """
  rows = [_summary(group, dimension, level) for dimension in dimensions for group in _groups(associations, dimension)]
  return pd.DataFrame(rows, columns=list(association_tables.SUMMARIES.columns))


def _groups(associations: pd.DataFrame, dimension: str):
  return levels.split(associations[associations["dimension"] == dimension])


def _summary(group: Group, dimension: str, level: float) -> dict[str, object]:
  rows = group.rows
  counted, is_significant = rows["is_counted"].to_numpy(bool), levels.is_significant(rows, level)
  is_faster = rows["r"].to_numpy() > 0
  num = int(counted.sum())
  numbers = {
    "significant": int(is_significant.sum()),
    "accelerating": int((is_significant & is_faster).sum()),
    "decelerating": int((is_significant & ~is_faster).sum()),
  }
  by_key = reader.xwas_shares()
  return {
    "dimension": dimension,
    **group.names,
    "num_variables": len(rows),
    "num_tested": num,
    "num_circular": int((rows["circular"].to_numpy() != "").sum()),
    **{f"num_{name}": value for name, value in numbers.items()},
    "num_significant_fdr": int((counted & (rows["neg_log10_q"].to_numpy() > -np.log10(level))).sum()),
    **{f"share_{name}": value / num if num else np.nan for name, value in numbers.items()},
    **{
      f"published_share_{direction}": by_key.get((dimension, group.main_category, group.category, direction), np.nan)
      for direction in DIRECTIONS
    },
  }


def lead(associations: pd.DataFrame, dimensions: Sequence[str], level: float) -> pd.DataFrame:
  """Returns the strongest significant variables of each group, each way (schema xwas_leading); see `summarize`."""
  rows = []
  for dimension in dimensions:
    for group in _groups(associations, dimension):
      significant = group.rows[levels.is_significant(group.rows, level)]
      for direction in DIRECTIONS:
        rows += _leading(group, dimension, direction, significant)
  return pd.DataFrame(rows, columns=list(association_tables.LEADING.columns))


def _leading(group: Group, dimension: str, direction: str, significant: pd.DataFrame) -> list[dict[str, object]]:
  sign = 1 if direction == "accelerating" else -1
  r = sign * significant["r"].to_numpy(np.float64)
  order = np.argsort(-r, kind="stable")[: int((r > 0).sum())][:NUM_LEADING]
  own = significant.iloc[order].to_dict("records")
  published = reader.xwas_leading()
  rows = []
  for rank in range(1, NUM_LEADING + 1):
    key = (dimension, group.main_category, group.category, direction, rank)
    papers_label, papers_r = published.get(key, ("", np.nan))
    ours = own[rank - 1] if rank <= len(own) else None
    if ours is None and not papers_label:
      continue
    rows.append(
      {
        "dimension": dimension,
        **group.names,
        "direction": direction,
        "rank": rank,
        **{name: "" if ours is None else ours[name] for name in ("variable", "label")},
        **{name: np.nan if ours is None else ours[name] for name in ("r", "effect_per_sd_years", "neg_log10_p")},
        "papers_label": papers_label,
        "published_r": papers_r,
      }
    )
  return rows
