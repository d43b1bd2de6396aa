"""Tests of variants against residuals: linear regression on the people with a call, scaled for the mixed model.

For a variant x, the people with a call, and an orthonormal basis Q of the covariates, this is the regression of the
residual r on x and Q among just these people, as plink2's `--glm` does it. Missing calls are few, so that sums over all
people are corrected by sums over the missing. The squared t statistic is then multiplied by

  kappa = (r' r / (n - q)) / d,

with d the variance of the score (`score_variance`), and the effect divided by gamma (see `leave_one_out`). Without a
polygenic part kappa and gamma are 1.

A variant that a whole level of a covariate lacks, e.g. all people of one genotyping array, takes that level's column
out of the regression among the people with a call.
"""

import dataclasses

import numpy as np

from msk_jax.scores import tails

_BATCH_NUMBERS = 4_000_000  # in memory at a time for variants with missing calls: 32 MB
_LEAST_LEFT = 1e-9  # share of a combination of covariates that people with a call must have for it to count
_SAFE_LEVERAGE = 0.5  # sum over the people without a call below which no combination of covariates can be lost
_LEAST_VARIATION = 1e-8  # share of a variant's variation that covariates leave, below which it can't be told from them


@dataclasses.dataclass(frozen=True)
class Tests:
  """Tests of m variants and t traits.

  Attributes:
    n: int64 [m], people with a call.
    effect_allele_frequency: float64 [m]; NaN without any call.
    beta: float64 [m, t], per copy of the effect allele, in the trait's unit; NaN where the variant does not vary, or
      follows from the covariates.
    se: float64 [m, t].
    neg_log10_p: float64 [m, t].
  """

  n: np.ndarray
  effect_allele_frequency: np.ndarray
  beta: np.ndarray
  se: np.ndarray
  neg_log10_p: np.ndarray


@dataclasses.dataclass(frozen=True)
class Response:
  """What variants are tested against, prepared once for many blocks.

  Attributes:
    basis: float64 [n, q], orthonormal.
    residuals: float64 [n, t], without covariates.
    gamma: float64 [t].
    score_variance: float64 [t], d.
    trait_sd: float64 [t].
  """

  basis: np.ndarray
  residuals: np.ndarray
  gamma: np.ndarray
  score_variance: np.ndarray
  trait_sd: np.ndarray


def prepare(
  basis: np.ndarray, residuals: np.ndarray, gamma: np.ndarray, score_variance: np.ndarray, trait_sd: np.ndarray
) -> Response:
  """Returns a response; takes what rounding left of the covariates out of the residuals."""
  return Response(basis, residuals - basis @ (basis.T @ residuals), gamma, score_variance, trait_sd)


def test_variants(dosages: np.ndarray, response: Response) -> Tests:
  """Tests variants.

  Args:
    dosages: float64 [n, m], copies of the effect allele, NaN where there is no call.
    response: what they are tested against.
  """
  is_missing = np.isnan(dosages)
  x = np.where(is_missing, 0.0, dosages)
  n, q = response.basis.shape
  count = n - is_missing.sum(0)
  with np.errstate(invalid="ignore", divide="ignore"):
    frequency = x.sum(0) / count / 2
  x = np.where(is_missing, 0.0, x - 2 * np.nan_to_num(frequency))
  sums = _Sums(
    xx=(x**2).sum(0),
    xr=x.T @ response.residuals,
    rr=np.broadcast_to((response.residuals**2).sum(0), (x.shape[1], response.residuals.shape[1])).copy(),
  )
  total = sums.xx.copy()
  qx = response.basis.T @ x  # [q, m]
  has_missing = np.asarray(is_missing.any(0))
  _project_whole(sums, qx, np.logical_not(has_missing))
  rank = np.full(x.shape[1], q)
  has_missing &= count > 0
  if has_missing.any():
    rank[has_missing] = _project_without(sums, qx, is_missing, has_missing, response)
  varies = sums.xx > _LEAST_VARIATION * np.maximum(total, 1e-12)
  free = (count - rank - 1).astype(np.float64)
  usable = varies & (free > 0)
  return _scale(sums, usable, free, count, frequency, response)


@dataclasses.dataclass
class _Sums:
  """Sums over the people with a call: xx [m], xr [m, t], rr [m, t]; with covariates taken out step by step."""

  xx: np.ndarray
  xr: np.ndarray
  rr: np.ndarray


def _project_whole(sums: _Sums, qx: np.ndarray, chosen: np.ndarray) -> None:
  """Takes the covariates out of variants that everybody has: residuals have none, and the basis is orthonormal."""
  sums.xx[chosen] -= (qx[:, chosen] ** 2).sum(0)


def _project_without(
  sums: _Sums, qx: np.ndarray, is_missing: np.ndarray, chosen: np.ndarray, response: Response
) -> np.ndarray:
  """Takes the covariates out among the people with a call, for variants that some lack; returns the ranks."""
  columns = np.flatnonzero(chosen)
  most = int(is_missing[:, columns].sum(0).max())
  batch = max(1, _BATCH_NUMBERS // (most * (response.basis.shape[1] + response.residuals.shape[1])))
  ranks = [
    _project_batch(sums, qx, is_missing, columns[start : start + batch], response)
    for start in range(0, len(columns), batch)
  ]
  return np.concatenate(ranks)


def _project_batch(
  sums: _Sums, qx: np.ndarray, is_missing: np.ndarray, columns: np.ndarray, response: Response
) -> np.ndarray:
  q = response.basis.shape[1]
  lost = _gather(response, is_missing[:, columns])  # [k, missing, q + t]
  products = lost.transpose(0, 2, 1) @ lost  # sums over the missing, [k, q + t, q + t]
  gram = np.eye(q) - products[:, :q, :q]
  right = np.concatenate([qx[:, columns].T[:, :, None], -products[:, :q, q:]], 2)
  solved, rank = _solve(gram, right)
  x_part, x_solved = right[:, :, 0], solved[:, :, 0]
  sums.rr[columns] -= np.diagonal(products[:, q:, q:], axis1=1, axis2=2)
  sums.rr[columns] -= (right[:, :, 1:] * solved[:, :, 1:]).sum(1)
  sums.xx[columns] -= (x_part * x_solved).sum(1)
  sums.xr[columns] -= np.einsum("kq,kqt->kt", x_solved, right[:, :, 1:])
  return rank


def _solve(gram: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns solutions [k, q, 1 + t] of the normal equations, and their ranks [k].

  Args:
    gram: float64 [k, q, q], products of the basis among the people with a call.
    right: float64 [k, q, 1 + t].
  """
  q = gram.shape[1]
  is_safe = q - np.trace(gram, axis1=1, axis2=2) < _SAFE_LEVERAGE
  solved, rank = np.empty_like(right), np.full(len(gram), q)
  solved[is_safe] = np.linalg.solve(gram[is_safe], right[is_safe])
  values, vectors = np.linalg.eigh(gram[~is_safe])
  is_kept = values > _LEAST_LEFT  # of 1 for a combination that nobody without a call has
  inverse = np.divide(1.0, values, out=np.zeros_like(values), where=is_kept)
  solved[~is_safe] = vectors @ (inverse[:, :, None] * (vectors.transpose(0, 2, 1) @ right[~is_safe]))
  rank[~is_safe] = is_kept.sum(1)
  return solved, rank


def _gather(response: Response, is_missing: np.ndarray) -> np.ndarray:
  """Returns basis and residuals of the people without a call, [k, most missing, q + t]; short rows end in zeros."""
  variant, person = np.nonzero(is_missing.T)
  count = is_missing.sum(0)
  place = np.arange(len(variant)) - np.repeat(np.cumsum(count) - count, count)
  q, t = response.basis.shape[1], response.residuals.shape[1]
  lost = np.zeros((len(count), int(count.max()), q + t))
  lost[variant, place, :q] = response.basis[person]
  lost[variant, place, q:] = response.residuals[person]
  return lost


def _scale(
  sums: _Sums, usable: np.ndarray, free: np.ndarray, count: np.ndarray, frequency: np.ndarray, response: Response
) -> Tests:
  n, q = response.basis.shape
  kappa = (response.residuals**2).sum(0) / (n - q) / response.score_variance
  xx = np.where(usable, sums.xx, np.nan)[:, None]
  beta = sums.xr / xx
  left = np.maximum(sums.rr - sums.xr * beta, 0.0)
  with np.errstate(divide="ignore", invalid="ignore"):
    t2 = kappa * beta**2 * xx * free[:, None] / left
    se = np.abs(beta) / np.sqrt(t2)
  # An effect of just 0 has no ratio: its error comes from the residual's variance.
  se = np.where(t2 > 0, se, np.sqrt(left / free[:, None] / xx / kappa))
  scale = response.trait_sd / response.gamma
  return Tests(count, frequency, beta * scale, se * scale, tails.neg_log10_p(np.sqrt(t2), free[:, None]))
