"""Names the genes at places on the genome.

"Nearest" is a label, not a claim: the gene that a variant acts on is often another one.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.genome import genes as genes_lib
from msk_jax.io import errors

OVERLAPPING, NEAREST, NONE = "overlapping", "nearest", "none"
SEPARATOR = ", "


def annotate(
  chromosomes: Sequence[str] | np.ndarray,
  positions_bp: np.ndarray,
  build: str,
  genes: genes_lib.Genes,
  *,
  coding_first: bool = True,
) -> pd.DataFrame:
  """Returns the overlapping genes of places, or else the nearest.

  Protein-coding genes come first by default. Most of the others are pseudogenes and short RNAs, which are dense and
  would be the nearest of most places. So the result is, in this order: overlapping protein-coding genes, other
  overlapping genes, the nearest protein-coding gene, the nearest other gene. Several genes that overlap, or are
  equally near, are joined in the table's order.

  Args:
    chromosomes: str [n], names as in `chromosomes.NAMES`.
    positions_bp: int [n].
    build: of the positions.
    genes: of the same build.
    coding_first: False treats all types alike. For some types alone give `genes.of_types(...)`.

  Returns:
    Table [n] with columns `genes`, `relation` (`overlapping`, `nearest`, or `none` where the chromosome has no genes)
    and `distance_bp` (0 within a gene, -1 for `none`).

  Raises:
    InputError: the builds differ.
  """
  if build != genes.build:
    raise errors.InputError(
      f"positions are of {build}, genes ({genes.source}) of {genes.build}: give genes of {build}."
    )
  names, places = np.asarray(chromosomes, dtype=str), np.asarray(positions_bp, dtype=np.int64)
  if names.shape != places.shape or names.ndim != 1:
    raise ValueError(f"chromosomes {names.shape} and positions {places.shape} must be of one length.")
  result = _Result.empty(len(names))
  of_chromosome = dict(list(genes.table.groupby("chromosome", sort=False)))
  for name in np.unique(names):
    if name in of_chromosome:
      _annotate_chromosome(np.flatnonzero(names == name), places, of_chromosome[name], coding_first, result)
  return pd.DataFrame({"genes": result.genes, "relation": result.relation, "distance_bp": result.distance_bp})


@dataclasses.dataclass(frozen=True)
class _Result:
  """Columns of the result, filled in place."""

  genes: np.ndarray
  relation: np.ndarray
  distance_bp: np.ndarray

  @classmethod
  def empty(cls, size: int) -> "_Result":
    return cls(np.full(size, "", object), np.full(size, NONE, object), np.full(size, -1, np.int64))

  def fill(self, rows: np.ndarray, labels: np.ndarray, relation: str, distances: np.ndarray | int) -> None:
    self.genes[rows], self.relation[rows], self.distance_bp[rows] = labels, relation, distances


def _annotate_chromosome(
  rows: np.ndarray, positions: np.ndarray, table: pd.DataFrame, coding_first: bool, result: _Result
) -> None:
  """Fills the rows of one chromosome, whose genes `table` holds."""
  is_coding = (table["type"] == genes_lib.PROTEIN_CODING).to_numpy()
  preferred = _Intervals.of(table[is_coding] if coding_first else table)
  everything = _Intervals.of(table)
  for intervals in (preferred, everything):
    labels = intervals.overlapping(positions[rows])
    has_gene = labels != ""
    result.fill(rows[has_gene], labels[has_gene], OVERLAPPING, 0)
    rows = rows[~has_gene]
  labels, distances = (preferred if len(preferred.starts) else everything).nearest(positions[rows])
  result.fill(rows, labels, NEAREST, distances)


@dataclasses.dataclass(frozen=True)
class _Intervals:
  """Genes of one chromosome in order of their starts: str [g], int64 [g], int64 [g]."""

  names: np.ndarray
  starts: np.ndarray
  ends: np.ndarray

  @classmethod
  def of(cls, table: pd.DataFrame) -> "_Intervals":
    starts, ends = (table[name].to_numpy(np.int64) for name in ("start_bp", "end_bp"))
    return cls(table["name"].to_numpy(object), starts, ends)

  def overlapping(self, positions: np.ndarray) -> np.ndarray:
    """Returns the joined names of the genes over each position, object [n]; empty where there is none.

    Starts and ends divide the chromosome into stretches over each of which the genes are the same.
    """
    borders = np.unique(np.concatenate([self.starts, self.ends + 1]))
    first, last = np.searchsorted(borders, self.starts), np.searchsorted(borders, self.ends + 1)
    counts = last - first  # stretches of each gene
    gene = np.repeat(np.arange(len(self.names)), counts)
    stretch = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    hit = np.searchsorted(borders, positions, side="right") - 1  # -1 before the first gene
    is_hit = np.zeros(len(borders) + 1, bool)
    is_hit[hit] = True
    gene, stretch = gene[is_hit[stretch]], stretch[is_hit[stretch]]
    labels = np.full(len(borders) + 1, "", object)
    numbers, joined = _joined_by(stretch, self.names[gene])
    labels[numbers] = joined
    return labels[hit]

  def nearest(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns joined names and distances in bp for positions that no gene overlaps: object [n], int64 [n]."""
    far = np.iinfo(np.int64).max // 2
    after = np.searchsorted(self.starts, positions, side="right")
    end_before = np.concatenate([[-far], np.maximum.accumulate(self.ends)])[after]
    start_after = np.concatenate([self.starts, [far]])[after]
    to_left, to_right = positions - end_before, start_after - positions
    labels = np.where(to_left < to_right, _look_up(self.ends, self.names, end_before), "")
    is_right = to_left >= to_right
    labels[is_right] = _look_up(self.starts, self.names, start_after[is_right])
    for row in np.flatnonzero(to_left == to_right):
      is_near = (self.ends == end_before[row]) | (self.starts == start_after[row])
      labels[row] = _join(self.names[is_near])
    return labels, np.minimum(to_left, to_right)


def _joined_by(keys: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns the distinct keys, sorted, and the joined names of each, object."""
  order = np.argsort(keys, kind="stable")
  values, begins, counts = np.unique(keys[order], return_index=True, return_counts=True)
  labels = names[order][begins]
  for place in np.flatnonzero(counts > 1):
    labels[place] = _join(names[order[begins[place] : begins[place] + counts[place]]])
  return values, labels


def _look_up(keys: np.ndarray, names: np.ndarray, wanted: np.ndarray) -> np.ndarray:
  """Returns the joined names of each wanted key, object; of any other key where it is not there."""
  values, labels = _joined_by(keys, names)
  return labels[np.minimum(np.searchsorted(values, wanted), len(values) - 1)]


def _join(names: np.ndarray) -> str:
  return SEPARATOR.join(dict.fromkeys(names))
