"""LD scores from one's own genotypes: the sum of a variant's squared correlations with its neighbours and itself.

Squared correlations are corrected for chance, r2 - (1 - r2) / (n - 2), as in LD-score regression (Bulik-Sullivan et al.
2015, Nat. Genet. 47:291).
"""

import numpy as np

from msk_jax.mixed_models import genotype_blocks
from msk_jax.mixed_models.genotype_blocks import Chromosome

WINDOW_BP = 1_000_000  # on both sides: about 1 cM
_STEP = 256  # variants at a time


def compute(chromosome: Chromosome, positions_bp: np.ndarray, window_bp: int = WINDOW_BP) -> np.ndarray:
  """Returns the LD scores of a chromosome's variants, float64 [m]; NaN for variants that do not vary.

  Memory: people x the variants of a window, float32.

  Args:
    chromosome: its genotypes, of people who are not relatives as far as possible.
    positions_bp: int64 [m], ascending.
    window_bp: neighbours are within so many base pairs.

  Raises:
    ValueError: positions are not ascending, or there are fewer than three people.
  """
  if (np.diff(positions_bp) < 0).any():
    raise ValueError("positions are not ascending")
  m = chromosome.num_variants
  scores = np.zeros(m)
  varies = np.zeros(m, bool)
  for start in range(0, m, _STEP):
    stop = min(start + _STEP, m)
    end = int(np.searchsorted(positions_bp, positions_bp[stop - 1] + window_bp, side="right"))
    x, is_variable = _standardize(chromosome.read(start, end))
    varies[start:stop] = is_variable[: stop - start]
    r2 = _correct((x[:, : stop - start].T @ x / len(x)) ** 2, len(x))
    distance = positions_bp[None, start:end] - positions_bp[start:stop, None]
    ahead = np.arange(start, end)[None, :] > np.arange(start, stop)[:, None]
    r2 *= ahead & (distance <= window_bp) & is_variable[None, :] & is_variable[: stop - start, None]
    scores[start:stop] += r2.sum(1)
    scores[start:end] += r2.sum(0)
  return np.where(varies, scores + 1.0, np.nan)


def _standardize(calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns float32 [n, m] of mean 0 and variance 1, missing calls 0; and whether each variant varies."""
  if len(calls) < 3:
    raise ValueError(f"LD scores need three people or more, got {len(calls)}")
  is_missing = calls == genotype_blocks.MISSING
  count = np.maximum((~is_missing).sum(0), 1)
  x = np.where(is_missing, 0, calls).astype(np.float32)
  x -= x.sum(0) / count
  x[is_missing] = 0.0
  sd = np.sqrt((x * x).sum(0) / len(x))
  return x / np.where(sd > 0, sd, 1.0), sd > 0


def _correct(r2: np.ndarray, n: int) -> np.ndarray:
  return r2 - (1.0 - r2) / (n - 2)
