"""Variants as they may leave: no rare allele, numbers of people and frequencies rounded, places in Mb."""

import numpy as np
import pandas as pd

from msk_jax.disclosure import variants

_RS = r"rs[0-9]+"


def make_shareable(table: pd.DataFrame) -> pd.DataFrame:
  """Returns the variants that may leave, with the columns of the site: `position_mb`, `effect_allele_percent`.

  The frequency of the effect allele is given in whole percent, which is coarser than what a release has.

  Args:
    table: columns chromosome, position_bp, effect_allele_frequency, n; `rsid` becomes missing where it is none.
  """
  table = table.assign(n=variants.round_people(table["n"]), position_mb=table["position_bp"] / 1e6)
  table = table[~variants.is_rare(table)].reset_index(drop=True)
  percent = 100.0 * variants.round_frequencies(table)
  rsid = table["rsid"].astype("string")
  is_rs = rsid.str.fullmatch(_RS).fillna(False).astype(bool)
  return table.assign(effect_allele_percent=np.rint(percent).astype(np.int64), rsid=rsid.where(is_rs))


def choose_hits(hits: pd.DataFrame, most: int, width_bp: int) -> pd.DataFrame:
  """Returns at most `most` hits in their order: of each stretch of the genome the strongest first.

  Args:
    hits: columns chromosome, position_bp, neg_log10_p; of one trait and source.
    most: how many.
    width_bp: of a stretch.
  """
  if len(hits) <= most:
    return hits
  stretch = [hits["chromosome"], hits["position_bp"] // width_bp]
  rank = hits.groupby(stretch, observed=True)["neg_log10_p"].rank(method="first", ascending=False)
  order = np.lexsort([-hits["neg_log10_p"].to_numpy(), rank.to_numpy()])
  return hits.iloc[np.sort(order[:most])]
