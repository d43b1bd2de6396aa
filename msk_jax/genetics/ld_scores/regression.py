"""LD-score regression: heritability, intercept and genetic correlation from summary statistics.

Variants in much linkage disequilibrium (LD) tag more causal variants. So, with l_j the LD score of variant j, M the
number of variants that the heritability is spread over, and N people (Bulik-Sullivan et al. 2015, Nat. Genet. 47:291
and 47:1236):

  E[chi2_j] = N h2 l_j / M + a,        E[z1_j z2_j] = sqrt(N1 N2) g l_j / M + c.

The intercept a is 1 without confounding; c is that of people in both studies. rg = g / sqrt(h2_1 h2_2). Weights are
those of the papers: 1 / l_j for variants counted several times, and the inverse of the variance of the product given
the current estimates, renewed twice. With `two_step` the intercept is fitted without variants of very large chi2, and
then held. The papers leave out chi2 above 30. Here the limit is 30 times what a first estimate expects of the variant,
which is about 1 in their data: where polygenic effects alone give chi2 above 30, leaving these out would bias the slope
down. A genetic correlation is of fits in one step, as the covariance is. Standard errors: jackknife over blocks of
neighbouring variants, with all steps repeated in each.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

NUM_BLOCKS = 200
TWO_STEP_RATIO = 30.0  # chi2 over its expectation above which a variant takes no part in the first step
LEAST_Z_FOR_RG = 4.0  # standard errors of both heritabilities below which no rg is given
_REWEIGHTINGS = 2
_LEAST_SCORE = 1.0
_LEAST_SPREAD = 1e-6  # of LD scores, relative to their mean


@dataclasses.dataclass(frozen=True)
class Heritability:
  """What the regression of chi2 on LD scores says.

  Attributes:
    h2: heritability on the scale of the trait.
    h2_se: its standard error.
    intercept: 1 without confounding.
    intercept_se: its standard error; 0 for one that was given.
    ratio: share of the mean chi2's excess over 1 that is confounding; NaN if there is no excess.
    ratio_se: its standard error.
    mean_chi2: of the variants.
    num_variants: used.
  """

  h2: float
  h2_se: float
  intercept: float
  intercept_se: float
  ratio: float
  ratio_se: float
  mean_chi2: float
  num_variants: int


@dataclasses.dataclass(frozen=True)
class GeneticCorrelation:
  """What the regression of products of z on LD scores says of two traits.

  Attributes:
    rg: genetic correlation; NaN unless both heritabilities exceed `LEAST_Z_FOR_RG` standard errors.
    rg_se: its standard error.
    covariance: genetic covariance of traits of variance 1.
    covariance_se: its standard error.
    intercept: of the products.
    intercept_se: its standard error.
    first: the first trait's heritability, on the same variants.
    second: the second trait's.
    num_variants: used.
  """

  rg: float
  rg_se: float
  covariance: float
  covariance_se: float
  intercept: float
  intercept_se: float
  first: Heritability
  second: Heritability
  num_variants: int


@dataclasses.dataclass(frozen=True)
class _Fit:
  """Slope per unit of the regressor, and intercept: of all variants, and without each block, [blocks, 2]."""

  estimate: np.ndarray
  without_block: np.ndarray


def estimate_heritability(
  chi2: np.ndarray,
  ld_scores: np.ndarray,
  num_people: np.ndarray | float,
  num_reference: float,
  *,
  intercept: float | None = None,
  num_blocks: int = NUM_BLOCKS,
  two_step: bool = True,
) -> Heritability:
  """Estimates a heritability.

  Args:
    chi2: float64 [m], in the order of the genome.
    ld_scores: float64 [m].
    num_people: N, a number or float64 [m].
    num_reference: M, variants of the reference that the LD scores count.
    intercept: held at this value; fitted by default.
    num_blocks: of the jackknife.
    two_step: whether the intercept is fitted without variants of very large chi2.

  Raises:
    ValueError: fewer variants than two for each block, arrays that are not finite, or LD scores that do not vary or of
      a mean that is not positive.
  """
  chi2, scores, people = _check(chi2, ld_scores, num_people, num_blocks)
  fit = _fit_heritability(chi2, scores, people, num_reference, intercept, num_blocks, two_step=two_step)
  return _describe(fit, chi2, fixed=intercept is not None)


def estimate_genetic_correlation(
  z: tuple[np.ndarray, np.ndarray],
  ld_scores: np.ndarray,
  num_people: tuple[np.ndarray | float, np.ndarray | float],
  num_reference: float,
  *,
  num_blocks: int = NUM_BLOCKS,
) -> GeneticCorrelation:
  """Estimates a genetic correlation.

  Args:
    z: two float64 [m], z statistics for the same effect alleles, in the order of the genome.
    ld_scores: float64 [m].
    num_people: N of both, numbers or float64 [m].
    num_reference: see `estimate_heritability`.
    num_blocks: of the jackknife.

  Raises:
    ValueError: see `estimate_heritability`.
  """
  first, scores, n_first = _check(z[0], ld_scores, num_people[0], num_blocks)
  second, _, n_second = _check(z[1], ld_scores, num_people[1], num_blocks)
  fits = [
    _fit_heritability(values**2, scores, people, num_reference, None, num_blocks, two_step=False)
    for values, people in ((first, n_first), (second, n_second))
  ]
  root = np.sqrt(n_first * n_second)
  x = root * scores / num_reference
  parts = [
    fit.estimate[0] * people * scores / num_reference + fit.estimate[1]
    for fit, people in zip(fits, (n_first, n_second), strict=True)
  ]

  def weigh(estimate: np.ndarray) -> np.ndarray:
    variance = np.maximum(parts[0] * parts[1], 1e-6) + (estimate[0] * x + estimate[1]) ** 2
    return 1.0 / (np.maximum(scores, _LEAST_SCORE) * variance)

  fit = _regress(first * second, x, weigh, num_blocks, np.zeros(2))
  h2 = [_describe(each, values**2, fixed=False) for each, values in zip(fits, (first, second), strict=True)]
  covariance_se, intercept_se = _standard_errors(fit.estimate, fit.without_block)
  rg, rg_se = np.nan, np.nan
  if all(each.h2 > LEAST_Z_FOR_RG * each.h2_se for each in h2):
    rg = float(fit.estimate[0] / np.sqrt(fits[0].estimate[0] * fits[1].estimate[0]))
    product = fits[0].without_block[:, 0] * fits[1].without_block[:, 0]
    with np.errstate(invalid="ignore"):
      without = fit.without_block[:, 0] / np.sqrt(product)
    rg_se = float(_standard_errors(np.array([rg]), without[:, None])[0])
  return GeneticCorrelation(
    rg, rg_se, float(fit.estimate[0]), covariance_se, float(fit.estimate[1]), intercept_se, h2[0], h2[1], len(scores)
  )


def _check(values: np.ndarray, scores: np.ndarray, people: np.ndarray | float, num_blocks: int):
  """Returns the three as float64 [m].

  Raises:
    ValueError: see `estimate_heritability`.
  """
  values, scores = np.asarray(values, np.float64), np.asarray(scores, np.float64)
  people = np.broadcast_to(np.asarray(people, np.float64), values.shape)
  if values.shape != scores.shape:
    raise ValueError(f"{len(values)} statistics and {len(scores)} LD scores: each variant needs both")
  if len(values) < 2 * num_blocks:
    raise ValueError(f"{len(values)} variants are too few for {num_blocks} blocks: it takes two for each")
  if not (np.isfinite(values).all() and np.isfinite(scores).all() and (people > 0).all()):
    raise ValueError("a statistic, an LD score or a number of people is missing or not finite")
  if not (scores.mean() > 0 and np.ptp(scores) > _LEAST_SPREAD * scores.mean()):
    raise ValueError("LD scores do not vary, or their mean is not positive: nothing can be regressed on them")
  return values, scores, people


def _fit_heritability(
  chi2: np.ndarray,
  scores: np.ndarray,
  people: np.ndarray,
  num_reference: float,
  intercept: float | None,
  num_blocks: int,
  *,
  two_step: bool,
) -> _Fit:
  x = people * scores / num_reference
  start = max((chi2.mean() - 1.0) / x.mean(), 0.0)

  def weigh(estimate: np.ndarray) -> np.ndarray:
    h2 = np.clip(estimate[0], 0.0, 1.0)
    return 1.0 / (np.maximum(scores, _LEAST_SCORE) * 2.0 * (h2 * x + max(estimate[1], 0.1)) ** 2)

  guess = np.array([start, 1.0 if intercept is None else intercept])
  if intercept is not None:
    return _regress(chi2, x, weigh, num_blocks, guess, np.full(num_blocks + 1, intercept))
  if not two_step:
    return _regress(chi2, x, weigh, num_blocks, guess)
  is_small = chi2 < TWO_STEP_RATIO * np.maximum(start * x + 1.0, 1.0)
  first = _regress(chi2, x, weigh, num_blocks, guess, chosen=is_small)
  held = np.append(first.without_block[:, 1], first.estimate[1])
  return _regress(chi2, x, weigh, num_blocks, first.estimate, held)


def _regress(
  y: np.ndarray,
  x: np.ndarray,
  weigh,
  num_blocks: int,
  guess: np.ndarray,
  held: np.ndarray | None = None,
  chosen: np.ndarray | None = None,
) -> _Fit:
  """Weighted least squares of y on x and an intercept, weights renewed; and the same without each block.

  Args:
    y: float64 [m].
    x: float64 [m].
    weigh: from an estimate (slope, intercept) to weights [m].
    num_blocks: of the jackknife.
    guess: the first estimate.
    held: intercepts that are given, without each block and, last, of all; fitted by default.
    chosen: bool [m], variants that count; all by default.
  """
  ends = np.linspace(0, len(y), num_blocks + 1).astype(np.int64)[:-1]
  mask = np.ones(len(y)) if chosen is None else chosen.astype(np.float64)
  estimates = guess[None]  # without each block; last: of all
  for _ in range(_REWEIGHTINGS + 1):
    weights = weigh(estimates[-1]) * mask
    terms = np.stack([weights * x * x, weights * x, weights, weights * x * y, weights * y])
    blocks = np.add.reduceat(terms, ends, axis=1)  # [5, blocks]
    total = blocks.sum(1)
    sums = np.concatenate([total[:, None] - blocks, total[:, None]], 1)
    estimates = _solve(sums, held)
  return _Fit(estimates[-1], estimates[:-1])


def _solve(sums: np.ndarray, held: np.ndarray | None) -> np.ndarray:
  """Returns slope and intercept [k, 2] from sums of w x x, w x, w, w x y, w y [5, k]."""
  xx, x, one, xy, y = sums
  if held is not None:
    return np.stack([(xy - held * x) / xx, held], 1)
  determinant = xx * one - x * x
  return np.stack([(one * xy - x * y) / determinant, (xx * y - x * xy) / determinant], 1)


def _describe(fit: _Fit, chi2: np.ndarray, *, fixed: bool) -> Heritability:
  h2_se, intercept_se = _standard_errors(fit.estimate, fit.without_block)
  excess = float(chi2.mean() - 1.0)
  ratio, ratio_se = (np.nan, np.nan)
  if excess > 0 and not fixed:
    ratio, ratio_se = float((fit.estimate[1] - 1.0) / excess), intercept_se / excess
  return Heritability(
    h2=float(fit.estimate[0]),
    h2_se=h2_se,
    intercept=float(fit.estimate[1]),
    intercept_se=0.0 if fixed else intercept_se,
    ratio=ratio,
    ratio_se=ratio_se,
    mean_chi2=float(chi2.mean()),
    num_variants=len(chi2),
  )


def _standard_errors(estimate: np.ndarray, without_block: np.ndarray) -> Sequence[float]:
  """Returns jackknife standard errors, one for each estimate."""
  count = len(without_block)
  pseudo = count * estimate - (count - 1) * without_block
  return [float(value) for value in pseudo.std(0, ddof=1) / np.sqrt(count)]
