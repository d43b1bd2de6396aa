"""Pairwise-complete correlations of many columns with bootstrap SDs, as matrix products.

Pearson's r of a pair needs six sums over the rows that have both columns. Rows with the same pattern of missing values
share most of them: a complete block needs the columns' sums, squares and products once, not once per pair. So rows are
sorted by pattern, and only those of rare patterns need all six sums. A bootstrap replicate is a vector of counts of how
often each row is drawn; a block of replicates is a matrix. Rows are read in chunks, so that memory is bounded.

Source: the authors' class ResidualsCorrelations: pairwise-complete Pearson, SD over 1,000 bootstraps. A replicate draws
from all rows at once. So a pair's number of rows varies a little between replicates; its SD is the same to first order.
"""

import dataclasses

import numpy as np

from msk_jax.scores import bootstrap

_CHUNK_ROWS = 1024
_MIXED_CHUNK_ROWS = 128
_FEWEST_ROWS = 64  # of a pattern that gets a block of its own
_NO_SPREAD = 1e-6  # variance, relative to the column's, that float32 rounding explains


@dataclasses.dataclass(frozen=True)
class Correlations:
  """Correlations of m columns.

  Attributes:
    r: float64 [m, m], NaN where there is none.
    sd: float64 [m, m], over bootstraps; NaN on the diagonal.
    n: int64 [m, m], rows that have both columns.
  """

  r: np.ndarray
  sd: np.ndarray
  n: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Block:
  """Rows with one pattern of missing values: `columns` are those that they have; None if their patterns differ."""

  rows: np.ndarray
  columns: np.ndarray | None


def correlate(values: np.ndarray, num_replicates: int, seed: int, cluster: np.ndarray | None = None) -> Correlations:
  """Returns pairwise-complete Pearson correlations and their SDs.

  Args:
    values: float64 [n, m], NaN where missing.
    num_replicates: bootstraps for the SDs.
    seed: of the draws.
    cluster: int [n], 0 to c - 1. Clusters (participants) are drawn with all their rows; rows if None.
  """
  values = np.asarray(values, np.float64)
  mask = np.isfinite(values)
  counts_by_pair = mask.astype(np.float64).T @ mask.astype(np.float64)
  has_pair = mask.sum(axis=1) > 1
  values, mask = values[has_pair], mask[has_pair]
  unit = np.arange(len(values)) if cluster is None else np.unique(cluster[has_pair], return_inverse=True)[1].reshape(-1)
  num_units = int(unit.max(initial=-1)) + 1
  z = _standardised(values, mask)
  blocks = _blocks(mask)
  num_pairs = values.shape[1] * (values.shape[1] - 1) // 2
  ones = np.ones((1, num_units), np.uint8)
  point = _r(_pair_sums(z, mask, blocks, unit, ones, np.float64))[0]
  drawn = np.empty((num_replicates, num_pairs))
  if num_units:
    for replicates, counts in bootstrap.draw_counts(num_units, num_replicates, seed, np.uint8):
      drawn[replicates] = _r(_pair_sums(z, mask, blocks, unit, counts, np.float32))
  sds = bootstrap.sd(drawn) if num_units else np.full(num_pairs, np.nan)
  diagonal = np.where(counts_by_pair.diagonal() > 1, 1.0, np.nan)
  return Correlations(
    _square(point, diagonal),
    _square(np.where(np.isfinite(point), sds, np.nan), np.nan),
    counts_by_pair.astype(np.int64),
  )


def _standardised(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """Returns columns of mean 0 and SD 1 over their own rows, 0 where missing, so that differences of sums are exact."""
  n = np.maximum(mask.sum(axis=0), 1)
  filled = np.where(mask, values, 0.0)
  filled -= np.where(mask, filled.sum(axis=0) / n, 0.0)
  scale = np.sqrt(np.square(filled).sum(axis=0) / n)
  return filled / np.where(scale > 0, scale, 1.0)


def _blocks(mask: np.ndarray) -> list[_Block]:
  """Returns the rows by pattern of missing values; those of rare patterns are one block."""
  if len(mask) == 0:
    return []
  packed = np.ascontiguousarray(np.packbits(mask, axis=1))
  keys = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
  _, pattern, sizes = np.unique(keys, return_inverse=True, return_counts=True)
  order = np.argsort(pattern, kind="stable")
  blocks, rare = [], []
  for rows in np.split(order, np.cumsum(sizes)[:-1]):
    if len(rows) >= _FEWEST_ROWS:
      blocks.append(_Block(rows, np.flatnonzero(mask[rows[0]])))
    else:
      rare.append(rows)
  return blocks + ([_Block(np.concatenate(rare), None)] if rare else [])


def _pair_sums(
  z: np.ndarray, mask: np.ndarray, blocks: list[_Block], unit: np.ndarray, counts: np.ndarray, dtype: type
) -> np.ndarray:
  """Returns n, sum x, sum y, sum x^2, sum y^2, sum xy of each pair: float64 [6, b, pairs].

  Args:
    z: float64 [n, m], 0 where missing.
    mask: bool [n, m].
    blocks: of all rows.
    unit: int [n], the unit that a row is drawn with.
    counts: [b, units], how often each unit is drawn.
    dtype: of the products. Sums over chunks are float64.
  """
  m = z.shape[1]
  sums = np.zeros((6, len(counts), m * (m - 1) // 2))
  for block in blocks:
    size = _CHUNK_ROWS if block.columns is not None else _MIXED_CHUNK_ROWS
    total = np.zeros(1)
    for begin in range(0, len(block.rows), size):
      rows = block.rows[begin : begin + size]
      terms = _terms(z[rows], mask[rows], block.columns, dtype)
      total = total + (counts[:, unit[rows]].astype(dtype) @ terms).astype(np.float64)
    _add(sums, total, block.columns, m)
  return sums


def _terms(z: np.ndarray, mask: np.ndarray, columns: np.ndarray | None, dtype: type) -> np.ndarray:
  """Returns each row's terms: for complete rows 1, x, x^2 by column and products by pair, else all six by pair."""
  first, second = np.triu_indices(z.shape[1] if columns is None else len(columns), 1)
  if columns is not None:
    x = z[:, columns].astype(dtype)
    return np.concatenate([np.ones((len(x), 1), dtype), x, np.square(x), x[:, first] * x[:, second]], axis=1)
  x, has = z.astype(dtype), mask.astype(dtype)
  x1, x2, has1, has2 = x[:, first], x[:, second], has[:, first], has[:, second]
  return np.concatenate([has1 * has2, x1 * has2, x2 * has1, x1**2 * has2, x2**2 * has1, x1 * x2], axis=1)


def _add(sums: np.ndarray, total: np.ndarray, columns: np.ndarray | None, m: int) -> None:
  """Adds a block's sums [b, k] to those of the pairs, [6, b, pairs]."""
  if columns is None:
    sums += total.reshape(len(total), 6, -1).transpose(1, 0, 2)
    return
  first, second = np.triu_indices(len(columns), 1)
  place = np.full((m, m), -1)
  place[np.triu_indices(m, 1)] = np.arange(m * (m - 1) // 2)
  pairs = place[columns[first], columns[second]]
  x, x2 = total[:, 1 : 1 + len(columns)], total[:, 1 + len(columns) : 1 + 2 * len(columns)]
  parts = (total[:, :1], x[:, first], x[:, second], x2[:, first], x2[:, second], total[:, 1 + 2 * len(columns) :])
  for s, part in enumerate(parts):
    sums[s][:, pairs] += part


def _r(sums: np.ndarray) -> np.ndarray:
  """Returns r, float64 [b, pairs]; NaN for fewer than two rows or a column without spread."""
  n, x, y, xx, yy, xy = sums
  with np.errstate(divide="ignore", invalid="ignore"):
    spread_x, spread_y = xx - x * x / n, yy - y * y / n
    has_spread = (n > 1) & (spread_x > _NO_SPREAD * n) & (spread_y > _NO_SPREAD * n)
    r = (xy - x * y / n) / np.sqrt(spread_x * spread_y)
  return np.where(has_spread, r.clip(-1, 1), np.nan)


def _square(upper: np.ndarray, diagonal: np.ndarray | float) -> np.ndarray:
  """Returns the symmetric matrix [m, m] with this upper triangle, given by rows."""
  m = round((1 + np.sqrt(1 + 8 * len(upper))) / 2)
  matrix = np.full((m, m), np.nan)
  rows, columns = np.triu_indices(m, 1)
  matrix[rows, columns] = matrix[columns, rows] = upper
  matrix[np.arange(m), np.arange(m)] = diagonal
  return matrix
