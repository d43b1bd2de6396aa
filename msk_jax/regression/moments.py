"""Counts, means and sums of products of groups of rows: all that linear regression needs of the data.

Every row is read once. The moments of any set of groups follow from those of the groups (Chan, Golub and LeVeque,
*Updating formulae and a pairwise algorithm for computing sample variances*, 1979). Products are centred on each group's
own mean. This is stable, and a set is independent of groups outside it, not even by rounding.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

_BLOCK_ROWS = 8_192  # 3 MB at 45 features


@dataclasses.dataclass(frozen=True)
class Moments:
  """Moments of the p features and, last, the target; with any leading axes.

  Attributes:
    count: float64 [...], rows.
    mean: float64 [..., p + 1]; 0 where there are no rows.
    products: float64 [..., p + 1, p + 1], sums over rows of products of deviations from `mean`.
  """

  count: np.ndarray
  mean: np.ndarray
  products: np.ndarray

  def __getitem__(self, index) -> "Moments":
    """Indexes the leading axes."""
    return Moments(self.count[index], self.mean[index], self.products[index])

  def total(self, groups: Iterable[int]) -> "Moments":
    """Returns the moments of the union of some groups.

    Args:
      groups: indices on the leading axis, of which there is one.
    """
    chosen = self[np.asarray(list(groups), np.int64)]
    count = chosen.count.sum()
    mean = chosen.count @ chosen.mean / max(count, 1.0)
    off = chosen.mean - mean
    return Moments(count, mean, chosen.products.sum(0) + (chosen.count[:, None] * off).T @ off)

  def transform(self, weights: np.ndarray, intercepts: np.ndarray) -> "Moments":
    """Returns the moments of linear functions of the features, and of the target.

    Args:
      weights: [..., q, p].
      intercepts: [..., q].
    """
    *lead, q, p = weights.shape
    both = np.zeros((*lead, q + 1, p + 1))
    both[..., :q, :p], both[..., q, p] = weights, 1.0
    mean = (both @ self.mean[..., None])[..., 0]
    mean[..., :q] += intercepts
    return Moments(self.count, mean, both @ self.products @ np.swapaxes(both, -1, -2))


def stack(parts: Sequence[Moments]) -> Moments:
  """Returns moments stacked along a new first axis."""
  return Moments(*(np.stack([getattr(part, name) for part in parts]) for name in ("count", "mean", "products")))


def concatenate(parts: Sequence[Moments]) -> Moments:
  """Returns moments joined along their first axis."""
  return Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("count", "mean", "products")))


def group_moments(
  features_np: np.ndarray,
  target_n: np.ndarray,
  group_n: np.ndarray,
  num_groups: int,
  block_rows: int = _BLOCK_ROWS,
) -> Moments:
  """Returns the moments of each group of rows.

  It needs memory for one block of rows and for row numbers.

  Args:
    features_np: [n, p] finite numbers.
    target_n: [n].
    group_n: int [n], the row's group; rows of groups outside 0 to num_groups - 1 are skipped.
    num_groups: g.
    block_rows: rows of features copied at a time.

  Returns:
    Moments [g].
  """
  group_n = np.asarray(group_n)
  return stack([_moments(features_np, target_n, np.flatnonzero(group_n == g), block_rows) for g in range(num_groups)])


def _moments(features_np: np.ndarray, target_n: np.ndarray, rows: np.ndarray, block_rows: int) -> Moments:
  """Returns the moments of some rows, block by block."""
  width = features_np.shape[1] + 1
  parts = [Moments(np.zeros(()), np.zeros(width), np.zeros((width, width)))]
  for start in range(0, len(rows), block_rows):
    at = rows[start : start + block_rows]
    block = np.empty((len(at), width))
    block[:, :-1], block[:, -1] = features_np[at], target_n[at]
    mean = block.mean(0)
    block -= mean
    parts.append(Moments(np.asarray(float(len(at))), mean, block.T @ block))
  return stack(parts).total(range(len(parts)))
