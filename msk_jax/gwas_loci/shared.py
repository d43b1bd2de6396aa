"""Which lead variants of several traits and sources are one locus."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.genome import chromosomes
from msk_jax.gwas_loci import linkage
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.gwas_loci.tested import Neighbourhoods

_NONE = -1

# Pairs of places in a table of lead variants that may be one locus, in both orders, to how close they are.
_Links = Mapping[int, Mapping[int, float]]


def number(leads: pd.DataFrame, near: Neighbourhoods, spec: LociSpec) -> pd.DataFrame:
  """Returns lead variants with `shared_locus`, from 1 along the genome, and `also_in`, the others in words.

  The strongest lead variant takes, of each other trait and source, the one lead variant that is closest to it; then
  the strongest of those that are left, and so on. So a shared locus has at most one lead variant of a trait and source,
  and all of them are linked to its strongest. Two are linked if their r2 among all analysed people is high enough, and
  they are within the clumps' window; where one of them has no genotypes, if the bounds of their clumps overlap.

  Args:
    leads: columns of schema loci: trait, source, variant, chromosome, position_bp, alleles, bounds, neg_log10_p.
    near: the genotypes.
    spec: the least r2, and the window.
  """
  table = leads.reset_index(drop=True)
  links: dict[int, dict[int, float]] = {}
  for _, group in table.groupby("chromosome", sort=False):
    for i, j, closeness in _list_links(group, near, spec):
      links.setdefault(i, {})[j] = closeness
      links.setdefault(j, {})[i] = closeness
  table["label"] = _join(table, links)
  table["number"] = [chromosomes.number(name) for name in table["chromosome"]]
  order = table.sort_values(["number", "position_bp"], kind="stable")["label"].drop_duplicates()
  numbers = dict(zip(order, range(1, len(order) + 1), strict=True))
  table["shared_locus"] = table["label"].map(numbers).astype(np.int64)
  return table.drop(columns=["label", "number"]).assign(also_in=list_others(table))


def list_others(leads: pd.DataFrame) -> list[str]:
  """Returns, for each lead variant, the traits and sources of the others of its locus, in words.

  Args:
    leads: columns of schema loci: trait, source, shared_locus.
  """
  names = [f"{trait} ({source})" for trait, source in zip(leads["trait"], leads["source"], strict=True)]
  shared = leads["shared_locus"].tolist()
  members: dict[int, list[str]] = {}
  for name, locus in zip(names, shared, strict=True):
    members.setdefault(locus, []).append(name)
  return [
    ", ".join(other for other in members[locus] if other != name) for name, locus in zip(names, shared, strict=True)
  ]


def _join(table: pd.DataFrame, links: _Links) -> np.ndarray:
  """Returns a label per lead variant, int [n]; equal ones are one locus."""
  label = np.full(len(table), _NONE)
  keys = list(zip(table["trait"], table["source"], strict=True))
  order = np.argsort(-table["neg_log10_p"].to_numpy(np.float64), kind="stable").tolist()
  rank = {row: place for place, row in enumerate(order)}
  for lead in order:
    if label[lead] != _NONE:
      continue
    label[lead] = lead
    taken = set()
    closest_first = sorted(links.get(lead, {}).items(), key=lambda item: (-item[1], rank[item[0]]))
    for other, _ in closest_first:
      if label[other] == _NONE and keys[other] not in taken:
        label[other] = lead
        taken.add(keys[other])
  return label


def _list_links(group: pd.DataFrame, near: Neighbourhoods, spec: LociSpec) -> list[tuple[int, int, float]]:
  """Returns pairs of rows of one chromosome that may be one locus, with their r2; 0 where it is not known."""
  position = group["position_bp"].to_numpy(np.int64)
  known: dict[tuple[str, str], np.ndarray | None] = {}
  for row in group.to_dict("records"):
    key = (row["source"], row["variant"])
    if key not in known:
      known[key] = near.read_variant(row["source"], pd.Series(row))[0]
  keys = list(zip(group["source"], group["variant"], strict=True))
  of = list(zip(group["trait"], group["source"], strict=True))
  starts, ends = group["start_bp"].to_numpy(), group["end_bp"].to_numpy()
  links = []
  for i in range(len(group)):
    for j in range(i):
      if of[i] == of[j]:
        continue
      first, second = known[keys[i]], known[keys[j]]
      if first is None or second is None:
        closeness = 0.0
        is_linked = starts[i] <= ends[j] and starts[j] <= ends[i]
      elif abs(position[i] - position[j]) > spec.clump.window_bp:
        continue
      else:
        closeness = 1.0 if keys[i] == keys[j] else float(linkage.correlate(first, second[:, None])[0] ** 2)
        is_linked = closeness >= spec.shared_r2
      if is_linked:
        links.append((int(group.index[i]), int(group.index[j]), closeness))
  return links
