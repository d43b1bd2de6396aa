"""Bootstraps of rows or of participants; all replicates as matrix products.

A replicate draws n of n units with replacement (the multinomial bootstrap), as counts of how often each unit is drawn.
Its sums are counts times the rows' terms. Scores that are not functions of sums (the C-index) have no bootstrap here: a
thousand replicates would cost a hundred times as much as those of all other scores.
"""

from collections.abc import Iterator

import numpy as np

from msk_jax.scores import score_sums

_BLOCK_BYTES = 32 * 2**20


def draw_counts(
  num_units: int, num_replicates: int, seed: int, dtype: type = np.float64, block_bytes: int = _BLOCK_BYTES
) -> Iterator[tuple[slice, np.ndarray]]:
  """Yields (replicates, counts [b, num_units]) until all replicates are drawn, in blocks of bounded memory.

  Args:
    num_units: number of units to draw from, and of draws in each replicate.
    num_replicates: number of replicates.
    seed: equal seeds and numbers of units give equal counts. More replicates begin with those of fewer.
    dtype: of the counts. uint8 is enough: no unit is drawn more than 255 times.
    block_bytes: of counts at a time.
  """
  rng = np.random.default_rng([seed, num_units])
  block = max(1, block_bytes // (np.dtype(dtype).itemsize * max(num_units, 1)))
  for begin in range(0, num_replicates, block):
    counts = np.empty((min(block, num_replicates - begin), num_units), dtype)
    for row in counts:
      row[:] = np.bincount(rng.integers(0, num_units, num_units), minlength=num_units)
    yield slice(begin, begin + len(counts)), counts


def replicate_sums(
  terms: np.ndarray,
  num_replicates: int,
  seed: int,
  cluster: np.ndarray | None = None,
  block_bytes: int = _BLOCK_BYTES,
) -> np.ndarray:
  """Returns the sums of each replicate, float64 [num_replicates, k].

  Args:
    terms: float64 [n, k], see `score_sums.row_terms`.
    num_replicates: number of replicates.
    seed: of the draws.
    cluster: int [n], 0 to c - 1. Whole clusters (participants with all their visits) are drawn, c of c; rows if None.
    block_bytes: of counts at a time.
  """
  if cluster is not None:
    terms = score_sums.group_sums(terms, cluster, int(cluster.max(initial=-1)) + 1)
  sums = np.empty((num_replicates, terms.shape[1]))
  for replicates, counts in draw_counts(len(terms), num_replicates, seed, block_bytes=block_bytes):
    sums[replicates] = counts @ terms
  return sums


def score_sds(
  terms: np.ndarray, num_replicates: int, seed: int, cluster: np.ndarray | None = None
) -> dict[str, np.ndarray]:
  """Returns the standard deviation (ddof 1) over replicates of each of `score_sums.SCORES`, [m] each.

  Replicates without a score (all their ages are equal) are dropped. Arguments as for `replicate_sums`.
  """
  replicates = score_sums.scores(replicate_sums(terms, num_replicates, seed, cluster))
  return {name: sd(values) for name, values in replicates.items()}


def sd(values: np.ndarray) -> np.ndarray:
  """Returns the SD (ddof 1) along the first axis over finite values; NaN where there are fewer than two."""
  is_finite = np.isfinite(values)
  n = is_finite.sum(axis=0)
  with np.errstate(divide="ignore", invalid="ignore"):
    mean = np.where(is_finite, values, 0.0).sum(axis=0) / n
    squares = np.where(is_finite, np.square(values - mean), 0.0).sum(axis=0)
    return np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)
