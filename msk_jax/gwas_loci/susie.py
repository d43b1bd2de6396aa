"""SuSiE: the sum of single effects, fitted to z scores and correlations of variants.

A trait is the sum of L effects, each of one variant that is not known. The fit gives, for each effect, the probability
of each variant. Variances of effects are estimated (empirical Bayes), the residual variance is that of the trait.
Source: Wang et al. 2020, J. R. Stat. Soc. B 82:1273 (the model and its fit); Zou et al. 2022, PLoS Genetics 18 (7)
(from summary statistics). Numbers equal those of the R package susieR's `susie_rss` with its default settings.
"""

import dataclasses

import numpy as np
from scipy import optimize, special

_TOLERANCE = 1e-3  # of the evidence's lower bound, at which the fit ends
_START_VARIANCE = 0.2  # of an effect, in units of the trait's variance
_LOG_VARIANCES = (-30.0, 15.0)  # range searched
_NO_EFFECT = 1e-9  # an effect with a smaller variance is none


@dataclasses.dataclass(frozen=True)
class Fit:
  """A fitted model of L effects and p variants.

  Attributes:
    alpha_lp: float64 [L, p], probability of each variant that it is the effect's.
    mean_lp: float64 [L, p], posterior mean of the effect if it is the variant's, standardised.
    variance_l: float64 [L], estimated prior variance; 0 for no effect.
    log_bayes_factor_l: float64 [L], natural, of the effect against none.
    iterations: passes over all effects.
    has_converged: whether the fit ended before the most iterations.
  """

  alpha_lp: np.ndarray
  mean_lp: np.ndarray
  variance_l: np.ndarray
  log_bayes_factor_l: np.ndarray
  iterations: int
  has_converged: bool

  @property
  def has_effect(self) -> np.ndarray:
    """Whether an effect has a variance, bool [L]."""
    return self.variance_l > _NO_EFFECT

  @property
  def inclusion(self) -> np.ndarray:
    """Posterior probability of each variant that any effect is its own, float64 [p]."""
    return 1.0 - np.prod(1.0 - self.alpha_lp[self.has_effect], axis=0)


def shrink(z: np.ndarray, n: float) -> np.ndarray:
  """Returns z scores scaled by the trait's variance that each variant leaves, float64 [p].

  So sqrt(n - 1) times them are the products of standardised genotypes with the standardised trait.
  """
  return z * np.sqrt((n - 1) / (z**2 + n - 2))


def fit(z: np.ndarray, correlation: np.ndarray, n: float, num_effects: int = 10, max_iterations: int = 100) -> Fit:
  """Fits the model.

  Args:
    z: float64 [p], of each variant alone.
    correlation: float64 [p, p], of the variants' genotypes, in the people of the z scores.
    n: people.
    num_effects: L, the most effects; never more than variants.
    max_iterations: passes over all effects.

  Raises:
    ValueError: an input is not finite, or the shapes differ.
  """
  p = len(z)
  if correlation.shape != (p, p) or not p or not np.isfinite(z).all() or not np.isfinite(correlation).all():
    raise ValueError(f"{p} z scores and correlations {correlation.shape} must be finite and of the same variants.")
  data = _Data(correlation * (n - 1), np.sqrt(n - 1) * shrink(np.asarray(z, float), n), n)
  state = _State.start(min(num_effects, p), p)
  bound, iterations, has_converged = -np.inf, 0, False
  while iterations < max_iterations and not has_converged:
    iterations += 1
    for effect in range(len(state.variance)):
      _update(data, state, effect)
    last, bound = bound, _lower_bound(data, state)
    has_converged = bound - last < _TOLERANCE
  return Fit(state.alpha, state.mean, state.variance, state.log_bayes_factor, iterations, has_converged)


@dataclasses.dataclass(frozen=True)
class _Data:
  """Products of standardised genotypes [p, p] and of them with the standardised trait [p]; the trait has variance 1."""

  genotypes: np.ndarray
  trait: np.ndarray
  n: float

  @property
  def squares(self) -> np.ndarray:
    """Sum of squares of each genotype, [p]."""
    return np.diagonal(self.genotypes)


@dataclasses.dataclass
class _State:
  """What the fit changes; see `Fit`. fitted [p]: products of genotypes with what all effects explain."""

  alpha: np.ndarray
  mean: np.ndarray
  second: np.ndarray
  variance: np.ndarray
  log_bayes_factor: np.ndarray
  divergence: np.ndarray
  fitted: np.ndarray

  @classmethod
  def start(cls, num_effects: int, p: int) -> "_State":
    shape = (num_effects, p)
    return cls(
      np.full(shape, 1.0 / p),
      np.zeros(shape),
      np.zeros(shape),
      np.full(num_effects, _START_VARIANCE),
      np.zeros(num_effects),
      np.zeros(num_effects),
      np.zeros(p),
    )


def _update(data: _Data, state: _State, effect: int) -> None:
  """Fits one effect to what the others leave."""
  state.fitted -= data.genotypes @ (state.alpha[effect] * state.mean[effect])
  left, squares = data.trait - state.fitted, data.squares
  estimate, error = left / squares, 1.0 / squares
  variance = _estimate_variance(estimate, error, state.variance[effect])
  log_factors = _log_factors(variance, estimate, error)
  posterior = np.zeros(len(left)) if variance == 0 else 1.0 / (1.0 / variance + squares)
  alpha = special.softmax(log_factors)
  mean = posterior * left
  second = posterior + mean**2
  state.alpha[effect], state.mean[effect], state.second[effect] = alpha, mean, second
  state.variance[effect] = variance
  state.log_bayes_factor[effect] = _log_evidence(log_factors)
  explained = -2 * (alpha * mean) @ left + squares @ (alpha * second)
  state.divergence[effect] = -state.log_bayes_factor[effect] - 0.5 * explained
  state.fitted += data.genotypes @ (alpha * mean)


def _estimate_variance(estimate: np.ndarray, error: np.ndarray, current: float) -> float:
  """Returns the prior variance that makes the data likeliest; 0 if none makes them likelier than no effect."""

  def cost(log_variance: float) -> float:
    return -_log_evidence(_log_factors(np.exp(log_variance), estimate, error))

  best = optimize.minimize_scalar(cost, bounds=_LOG_VARIANCES, method="bounded", options={"xatol": 1e-8})
  before = -_log_evidence(_log_factors(current, estimate, error))
  variance, evidence = (float(np.exp(best.x)), -best.fun) if best.fun <= before else (current, -before)
  return variance if evidence > 0.0 else 0.0  # the evidence of no effect is 0


def _log_factors(variance: float, estimate: np.ndarray, error: np.ndarray) -> np.ndarray:
  """Returns the log Bayes factor of each variant for an effect of this variance against none, [p]."""
  total = variance + error
  return 0.5 * (np.log(error / total) + estimate**2 * (1.0 / error - 1.0 / total))


def _log_evidence(log_factors: np.ndarray) -> float:
  """Returns the log Bayes factor of an effect of any variant, all as likely before."""
  largest = log_factors.max()
  return float(largest + np.log(np.exp(log_factors - largest).mean()))


def _lower_bound(data: _Data, state: _State) -> float:
  """Returns the lower bound of the log evidence, which the fit raises."""
  means = state.alpha * state.mean
  total = means.sum(axis=0)
  of_each = np.einsum("lp,lp->", means @ data.genotypes, means)
  spread = ((state.alpha * state.second) @ data.squares).sum() - of_each
  misfit = (data.n - 1) - 2 * total @ data.trait + total @ data.genotypes @ total + spread
  return float(-0.5 * data.n * np.log(2 * np.pi) - 0.5 * misfit - state.divergence.sum())
