"""Bootstraps of rows or of participants, all replicates as matrix products.

A replicate draws as many units with replacement as there are: exactly the multinomial bootstrap, as counts of how
often each unit was drawn. Its sums are counts times the rows' terms. Scores that are no functions of sums (the C-index)
have no bootstrap here: at a thousand replicates they would cost a hundred times all others.
"""

from collections.abc import Iterator

import numpy as np

from msk_jax.scores import score_sums

_BLOCK_BYTES = 32 * 2**20  # of counts at a time


def draw_counts(
  num_units: int, num_replicates: int, seed: int, dtype: type = np.float64
) -> Iterator[tuple[slice, np.ndarray]]:
  """Yields (replicates, counts [b, num_units]) until all replicates are drawn, in blocks of bounded memory.

  Args:
    num_units: units to draw from, and how many each replicate draws.
    num_replicates: how many replicates.
    seed: equal seeds draw equal counts for equal numbers of units; a larger number of replicates only adds some.
    dtype: of the counts; uint8 holds them as well (more than 255 draws of one unit do not happen).
  """
  rng = np.random.default_rng([seed, num_units])
  block = max(1, _BLOCK_BYTES // (np.dtype(dtype).itemsize * max(num_units, 1)))
  for begin in range(0, num_replicates, block):
    counts = np.empty((min(block, num_replicates - begin), num_units), dtype)
    for row in counts:
      row[:] = np.bincount(rng.integers(0, num_units, num_units), minlength=num_units)
    yield slice(begin, begin + len(counts)), counts


def replicate_sums(terms: np.ndarray, num_replicates: int, seed: int, cluster: np.ndarray | None = None) -> np.ndarray:
  """Returns the sums of each replicate, float64 [num_replicates, k].

  Args:
    terms: float64 [n, k], see `score_sums.row_terms`.
    num_replicates: how many.
    seed: of the draws.
    cluster: int [n], 0 to c - 1: whole clusters (participants with all their visits) are drawn, c of c; rows if None.
  """
  if cluster is not None:
    terms = score_sums.group_sums(terms, cluster, int(cluster.max(initial=-1)) + 1)
  sums = np.empty((num_replicates, terms.shape[1]))
  for replicates, counts in draw_counts(len(terms), num_replicates, seed):
    sums[replicates] = counts @ terms
  return sums


def score_sds(
  terms: np.ndarray, num_replicates: int, seed: int, cluster: np.ndarray | None = None
) -> dict[str, np.ndarray]:
  """Returns the standard deviation (ddof 1) over replicates of each of `score_sums.SCORES`, [m] each.

  Replicates without a score (all their ages equal) are left out. Arguments as for `replicate_sums`.
  """
  found = score_sums.scores(replicate_sums(terms, num_replicates, seed, cluster))
  return {name: sd(values) for name, values in found.items()}


def sd(values: np.ndarray) -> np.ndarray:
  """Returns the SD (ddof 1) along the first axis over finite values; NaN where there are fewer than two."""
  is_finite = np.isfinite(values)
  n = is_finite.sum(axis=0)
  with np.errstate(divide="ignore", invalid="ignore"):
    mean = np.where(is_finite, values, 0.0).sum(axis=0) / n
    squares = np.where(is_finite, np.square(values - mean), 0.0).sum(axis=0)
    return np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)
