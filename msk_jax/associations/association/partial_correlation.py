"""Partial correlations of many variables with a few outcomes over complete cases, with clustered standard errors.

Every pair is as in an own linear regression of the outcome on the variable and the covariates, over the rows that have
all of them. Almost all pairs are from sums of products (`moments`, `elimination`); those in which sums lose digits
(few rows, near collinearity, near perfect fits) are computed one by one (`direct`).
"""

import dataclasses

import numpy as np

from msk_jax.associations.association import clustered, design, direct, elimination, loading, moments
from msk_jax.scores import tails

_BLOCK = 256  # variables
_MOST_VALUES = 64_000_000  # of a block, so that it takes some six hundred megabytes
# Relative to what is left of a sum: below, digits may have been lost. By the number of bytes of the products' type.
_PIVOTS = {8: (1e-12, 1e-8), 4: (1e-7, 1e-3)}
_LOST = {8: 1e-6, 4: 1e-2}


@dataclasses.dataclass(frozen=True)
class Associations:
  """Results of v variables and d outcomes, [v, d]; float64 ones are NaN where `reason` says why.

  Attributes:
    r: partial correlation.
    beta: effect of one unit of the variable, in units of the outcome.
    sd: of the variable among the complete cases (ddof 1); beta * sd is the effect of one SD.
    se: classical standard error of beta.
    df: classical degrees of freedom, int64.
    neg_log10_p: classical, two-sided.
    clustered_se: of beta, by clusters; NaN without clusters or with only one.
    clustered_neg_log10_p: two-sided, by t with one degree of freedom less than clusters.
    num_samples: int64, complete cases.
    num_people: int64, people in these.
    num_clusters: int64, clusters in these; 0 without clusters.
    num_rarer: int64, people with the rarer value of a variable of two values, or with another value than the commonest
      where more than half of the rows have that; -1 for others.
    reason: int8, `direct.Reason`.
  """

  r: np.ndarray
  beta: np.ndarray
  sd: np.ndarray
  se: np.ndarray
  df: np.ndarray
  neg_log10_p: np.ndarray
  clustered_se: np.ndarray
  clustered_neg_log10_p: np.ndarray
  num_samples: np.ndarray
  num_people: np.ndarray
  num_clusters: np.ndarray
  num_rarer: np.ndarray
  reason: np.ndarray

  @property
  def t(self) -> np.ndarray:
    """Classical t, [v, d]."""
    return self.beta / self.se

  @property
  def clustered_t(self) -> np.ndarray:
    """Clustered t, [v, d]."""
    return self.beta / self.clustered_se


def associate(
  x: np.ndarray,
  y: np.ndarray,
  covariates: np.ndarray,
  cluster: np.ndarray | None = None,
  *,
  person: np.ndarray | None = None,
  dtype: type = np.float64,
) -> Associations:
  """Associates variables with outcomes.

  Args:
    x: float [n, v], NaN where missing.
    y: float [n, d], NaN where missing.
    covariates: float [n, c] without a constant; rows with a missing one are left out.
    cluster: int [n]; None for classical errors alone.
    person: int [n]; by default each row is a person.
    dtype: of products, np.float64 or np.float32; sums are float64.

  Raises:
    ValueError: the arrays don't fit, or hold infinite values.
  """
  return associate_block(x, design.make(y, covariates, cluster, person), dtype)


def associate_block(
  x: np.ndarray, prepared: design.Design, dtype: type = np.float64, fewest_rarer: int = 0
) -> Associations:
  """Associates variables with the outcomes of a design; memory beyond `x` does not depend on their number.

  Args:
    x: float [n, v], NaN where missing.
    prepared: outcomes and covariates.
    dtype: see `associate`.
    fewest_rarer: a variable whose rarer value fewer people have gets no result; see `Associations.num_rarer`.
  """
  if x.ndim != 2 or len(x) != len(prepared.y):
    raise ValueError(f"x has the shape {x.shape}; the outcomes have {len(prepared.y)} rows")
  most = max(1, min(_BLOCK, _MOST_VALUES // max(len(x), 1)))
  step = -(-x.shape[1] // max(1, -(-x.shape[1] // most))) or 1  # blocks of one width
  parts = [
    _associate(x[:, first : first + step], prepared, np.dtype(dtype), fewest_rarer)
    for first in range(0, max(x.shape[1], 1), step)
  ]
  return concatenate(parts)


def concatenate(parts: list[Associations]) -> Associations:
  """Returns the results of several blocks of variables as one."""
  names = [field.name for field in dataclasses.fields(Associations)]
  return Associations(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclasses.dataclass
class _Sums:
  """Sums over complete cases, float64 [d, b].

  Attributes:
    xx, xy, yy: products of residuals on the covariates.
    rest: squares of the residuals of the whole regression.
    squares: over clusters, squares of their sums of x_i e_i; NaN without clusters.
    rank: int64, of the covariates with their constant.
  """

  xx: np.ndarray
  xy: np.ndarray
  yy: np.ndarray
  rest: np.ndarray
  squares: np.ndarray
  rank: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Counts:
  """Counts of complete cases, int64 [d, b]; see `Associations`."""

  samples: np.ndarray
  people: np.ndarray
  clusters: np.ndarray
  rarer: np.ndarray


def _associate(x: np.ndarray, prepared: design.Design, dtype: np.dtype, fewest_rarer: int) -> Associations:
  block = moments.Block(*loading.standardize(x, np.asarray(prepared.has_y.any(axis=1, keepdims=True)), dtype))
  products = moments.sum_products(block, prepared)
  n, x_total, xx_total, yy_total = (products[:, i, j].copy() for i, j in ((0, 0), (-2, 0), (-2, -2), (-1, -1)))
  sums, is_doubtful, num_clusters = _sum_residuals(block, prepared, products)
  lost = _LOST[dtype.itemsize]
  is_doubtful |= n < 3 * prepared.covariates.shape[1] + 10
  is_doubtful |= ~(sums.xx > lost * xx_total) | ~(sums.yy > lost * yy_total) | ~(sums.rest > lost * sums.yy)
  reason = _recompute(x, block, prepared, is_doubtful, sums)
  shares_people = prepared.people is prepared.clusters
  people = num_clusters if shares_people else clustered.count_groups(block.has_x, prepared.has_y, prepared.people)
  counts = _Counts(np.rint(n).astype(np.int64), people, num_clusters, _count_rarer(x, block, prepared))
  is_rare = (reason == direct.Reason.NONE) & (counts.rarer >= 0) & (counts.rarer < fewest_rarer)
  reason = np.where(is_rare, np.int8(direct.Reason.RARE), reason)
  variance = np.maximum(xx_total - x_total**2 / np.maximum(n, 1), 0) / np.maximum(n - 1, 1)
  return _finish(sums, counts, reason, np.sqrt(variance), (block.scale, prepared.y_scale))


def _sum_residuals(
  block: moments.Block, prepared: design.Design, products: np.ndarray
) -> tuple[_Sums, np.ndarray, np.ndarray]:
  """Returns the sums, which pairs have doubtful pivots, bool [d, b], and the numbers of clusters, int64 [d, b]."""
  left = [elimination.eliminate(own, _PIVOTS[block.x.dtype.itemsize]) for own in products]
  xx, xy, yy, rank, is_doubtful = (
    np.stack([getattr(own, name) for own in left]) for name in ("xx", "xy", "yy", "rank", "is_doubtful")
  )
  slope = np.divide(xy, xx, out=np.zeros_like(xx), where=xx > 0)
  squares, num_clusters = np.full(xx.shape, np.nan), np.zeros(xx.shape, np.int64)
  if prepared.clusters is not None:
    of_x, of_y = (np.stack([getattr(own, name) for own in left]) for name in ("of_x", "of_y"))
    squares, num_clusters = clustered.sum_squares(block, prepared, of_x, of_y, slope)
  return _Sums(xx, xy, yy, yy - slope * xy, squares, rank), is_doubtful, num_clusters


def _recompute(
  x: np.ndarray, block: moments.Block, prepared: design.Design, is_doubtful: np.ndarray, sums: _Sums
) -> np.ndarray:
  """Computes doubtful pairs one by one, in place; returns the reasons, int8 [d, b]."""
  reason = np.zeros(is_doubtful.shape, np.int8)
  for d, v in np.argwhere(is_doubtful):
    rows = np.flatnonzero(block.has_x[:, v] & prepared.has_y[:, d])
    values = np.asarray(x[rows, v], np.float64)
    values = (values - values[:1].sum()) / block.scale[v]
    cluster = None if prepared.cluster is None else prepared.cluster[rows]
    pair = direct.associate(values, prepared.y[rows, d], prepared.covariates[rows], cluster)
    for field in dataclasses.fields(sums):
      getattr(sums, field.name)[d, v] = getattr(pair, field.name)
    reason[d, v] = pair.reason
  return reason


def _count_rarer(x: np.ndarray, block: moments.Block, prepared: design.Design) -> np.ndarray:
  """Returns `Associations.num_rarer` as int64 [d, b]."""
  rarer = np.full((prepared.num_outcomes, x.shape[1]), -1, np.int64)
  columns, low = loading.find_two_valued(x, block.has_x)
  concentrated = np.setdiff1d(loading.find_concentrated(block.x, block.has_x), columns)
  for some, is_common in ((columns, x[:, columns] == low), (concentrated, block.x[:, concentrated] == 0)):
    if some.size:
      own = block.has_x[:, some]
      sides = (is_common, ~is_common)
      counts = [clustered.count_groups(own & of, prepared.has_y, prepared.people) for of in sides]
      rarer[:, some] = np.minimum(*counts)
  return rarer


def _finish(sums: _Sums, counts: _Counts, reason: np.ndarray, sd: np.ndarray, scales) -> Associations:
  """Returns the results in the units of variables and outcomes.

  Args:
    sums: of the standardised values.
    counts: of complete cases.
    reason: int8 [d, b].
    sd: float64 [d, b], of the standardised variables.
    scales: what variables, float64 [b], and outcomes, float64 [d], were divided by.
  """
  x_scale, unit = scales[0], scales[1][:, None] / scales[0]
  df = np.maximum(counts.samples - sums.rank - 1, 0)
  has = (reason == direct.Reason.NONE) & (df > 0)
  with np.errstate(invalid="ignore", divide="ignore"):
    xx = np.where(has, sums.xx, np.nan)
    slope, r = sums.xy / xx, sums.xy / np.sqrt(xx * sums.yy)
    se = np.sqrt(sums.rest / df / xx)
    g = np.where(counts.clusters > 1, counts.clusters, np.nan)
    correction = g / (g - 1) * (counts.samples - 1) / df
    clustered_se = np.sqrt(sums.squares * correction) / xx
    p, clustered_p = tails.neg_log10_p(slope / se, df), tails.neg_log10_p(slope / clustered_se, g - 1)
  sd = np.where(counts.samples > 1, sd * x_scale, np.nan)
  effects = (r, slope * unit, sd, se * unit, df, p, clustered_se * unit, clustered_p)
  numbers = (counts.samples, counts.people, counts.clusters, counts.rarer, reason)
  return Associations(*(np.ascontiguousarray(values.T) for values in (*effects, *numbers)))
