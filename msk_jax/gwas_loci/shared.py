"""Which lead variants of several traits and sources are one locus."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from msk_jax.genome import chromosomes
from msk_jax.gwas_loci import linkage
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.gwas_loci.tested import Neighbourhoods


def number(leads: pd.DataFrame, near: Neighbourhoods, spec: LociSpec) -> pd.DataFrame:
  """Returns lead variants with `shared_locus`, from 1 along the genome, and `also_in`, the others in words.

  Two lead variants are one locus if their r2 among all analysed people is high enough, and they are within the clumps'
  window; where one of them has no genotypes, if the bounds of their clumps overlap. What is one locus with a third is
  one locus.

  Args:
    leads: columns of schema loci: trait, source, variant, chromosome, position_bp, alleles, bounds.
    near: the genotypes.
    spec: the least r2, and the window.
  """
  table = leads.reset_index(drop=True)
  first, second = [], []
  for _, group in table.groupby("chromosome", sort=False):
    for i, j in _pairs(group, near, spec):
      first.append(i)
      second.append(j)
  count = len(table)
  links = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(count, count))
  _, label = csgraph.connected_components(links, directed=False)
  table = table.assign(label=label, number=[chromosomes.number(name) for name in table["chromosome"]])
  order = table.sort_values(["number", "position_bp"], kind="stable")["label"].drop_duplicates()
  numbers = dict(zip(order, range(1, len(order) + 1), strict=True))
  table["shared_locus"] = table["label"].map(numbers).astype(np.int64)
  table["also_in"] = [_list_others(table, row) for row in range(count)]
  return table.drop(columns=["label", "number"])


def _pairs(group: pd.DataFrame, near: Neighbourhoods, spec: LociSpec) -> list[tuple[int, int]]:
  """Returns pairs of rows of one chromosome that are one locus."""
  position = group["position_bp"].to_numpy(np.int64)
  known: dict[tuple[str, str], np.ndarray | None] = {}
  for row in group.to_dict("records"):
    key = (row["source"], row["variant"])
    if key not in known:
      known[key] = near.read_variant(row["source"], pd.Series(row))[0]
  keys = list(zip(group["source"], group["variant"], strict=True))
  starts, ends = group["start_bp"].to_numpy(), group["end_bp"].to_numpy()
  pairs = []
  for i in range(len(group)):
    for j in range(i):
      one, two = known[keys[i]], known[keys[j]]
      if one is None or two is None:
        is_one_locus = starts[i] <= ends[j] and starts[j] <= ends[i]
      elif abs(position[i] - position[j]) > spec.clump.window_bp:
        is_one_locus = False
      else:
        r2 = linkage.correlate(one, two[:, None])[0] ** 2
        is_one_locus = keys[i] == keys[j] or r2 >= spec.shared_r2
      if is_one_locus:
        pairs.append((int(group.index[i]), int(group.index[j])))
  return pairs


def _list_others(table: pd.DataFrame, row: int) -> str:
  own = table.iloc[row]
  others = table[table["shared_locus"] == own["shared_locus"]]
  names = [
    f"{trait} ({source})"
    for trait, source in zip(others["trait"], others["source"], strict=True)
    if (trait, source) != (own["trait"], own["source"])
  ]
  return ", ".join(dict.fromkeys(names))
