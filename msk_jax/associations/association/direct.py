"""One variable and one outcome by a rank-revealing decomposition: slow, and exact where sums of products are not."""

import dataclasses
import enum

import numpy as np
from scipy import linalg

_RANK_TOLERANCE = 1e-9  # of a covariate's residual, relative to its length
_EXACT = 1e-12  # of a residual, relative to what it is the residual of


class Reason(enum.IntEnum):
  """Why a pair has no result."""

  NONE = 0
  NO_VALUES = 1
  FEW = 2
  CONSTANT = 3
  COLLINEAR = 4
  OUTCOME = 5
  PERFECT = 6
  RARE = 7


TEXTS = {
  Reason.NONE: "",
  Reason.NO_VALUES: "no complete cases",
  Reason.FEW: "too few complete cases for the covariates",
  Reason.CONSTANT: "constant among the complete cases",
  Reason.COLLINEAR: "collinear with the covariates",
  Reason.OUTCOME: "the covariates explain the outcome",
  Reason.PERFECT: "explains the outcome perfectly",
  Reason.RARE: "rare: too few people have its rarer value",
}


@dataclasses.dataclass(frozen=True)
class Pair:
  """One result; see `partial_correlation.Associations`. NaN and a reason where there is none.

  Attributes:
    xx, xy, yy: sums of products of residuals on the covariates.
    rest: sum of squares of the residuals of the whole regression.
    squares: sum over clusters of their squared sums of x_i e_i (NaN without clusters).
    rank: of the covariates with their constant.
    reason: why there is no result.
  """

  xx: float = np.nan
  xy: float = np.nan
  yy: float = np.nan
  rest: float = np.nan
  squares: float = np.nan
  rank: int = 0
  reason: Reason = Reason.NONE


def associate(x: np.ndarray, y: np.ndarray, covariates: np.ndarray, cluster: np.ndarray | None) -> Pair:
  """Returns the sums of a pair.

  Args:
    x: float64 [n], without missing values, like the others.
    y: float64 [n].
    covariates: float64 [n, c], the constant first.
    cluster: int [n].
  """
  if not len(x):
    return Pair(reason=Reason.NO_VALUES)
  basis = _basis(covariates)
  rank = basis.shape[1]
  if np.ptp(x) == 0:
    return Pair(rank=rank, reason=Reason.CONSTANT)
  if len(x) - rank - 1 < 1:
    return Pair(rank=rank, reason=Reason.FEW)
  centred_x, centred_y = x - x.mean(), y - y.mean()
  x_rest, y_rest = _residual(centred_x, basis), _residual(centred_y, basis)
  xx, xy, yy = float(x_rest @ x_rest), float(x_rest @ y_rest), float(y_rest @ y_rest)
  if xx <= _EXACT**2 * len(x) * float(centred_x @ centred_x) or xx == 0:
    return Pair(rank=rank, reason=Reason.COLLINEAR)
  if yy <= _EXACT**2 * len(x) * float(centred_y @ centred_y) or yy == 0:
    return Pair(xx, xy, yy, rank=rank, reason=Reason.OUTCOME)
  error = y_rest - xy / xx * x_rest
  rest = float(error @ error)
  if rest <= _EXACT**2 * len(x) * yy:
    return Pair(xx, xy, yy, rest, rank=rank, reason=Reason.PERFECT)
  squares = np.nan
  if cluster is not None:
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], x_rest * error)
    squares = float(sums @ sums)
  return Pair(xx, xy, yy, rest, squares, rank)


def _basis(covariates: np.ndarray) -> np.ndarray:
  """Returns an orthonormal basis of the covariates' span, [n, rank]."""
  n = len(covariates)
  mean = covariates[:, 1:].mean(axis=0)
  rest = covariates[:, 1:] - mean
  lengths = np.linalg.norm(rest, axis=0)
  varies = lengths > _EXACT * n * np.abs(mean)
  rest = rest[:, varies] / lengths[varies]
  columns = [np.full((n, 1), n**-0.5)]
  if rest.shape[1]:
    q, r, _ = linalg.qr(rest, mode="economic", pivoting=True)
    columns.append(np.asarray(q)[:, np.abs(np.diagonal(np.asarray(r))) > _RANK_TOLERANCE])
  return np.concatenate(columns, axis=1)


def _residual(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
  for _ in range(2):  # twice is enough
    values = values - basis @ (basis.T @ values)
  return values
