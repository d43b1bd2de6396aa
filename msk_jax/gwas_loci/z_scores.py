"""Whether z scores fit the correlations of their variants.

Without an effect z scores are normal with the variants' correlations R. Where they do not fit, (1 - s) R + s I does
better. The likeliest s is about 0 for z scores of the same people as R (below .005 for effects with z up to 60), also
if all of them are larger by one factor, as those of a mixed model are. Of few variants it is uncertain; so they fit
unless the likeliest s is far likelier than .005.
Source: Zou et al. 2022, PLoS Genetics 18 (7). s equals that of susieR's `estimate_s_rss`; the test is our own: it
is below 4 for all loci of a phantom study by a mixed model, and above 100 for correlations of 300 other people.
"""

import dataclasses

import numpy as np
from scipy import optimize

from msk_jax.gwas_loci import susie

_WELL = 0.005  # s of z scores that fit
_MOST_MISFIT = 10.83  # chi-square of p = .001, one degree of freedom
_SMALLEST_EIGENVALUE = 1e-8


@dataclasses.dataclass(frozen=True)
class Check:
  """How z scores fit.

  Attributes:
    s: 0 (well) to 1.
    misfit: twice the log likelihood ratio of s against .005; 0 for a smaller s.
  """

  s: float
  misfit: float

  @property
  def fits(self) -> bool:
    """Whether the z scores can be of the people of the correlations."""
    return self.misfit <= _MOST_MISFIT


def check(z: np.ndarray, correlation: np.ndarray, n: float) -> Check:
  """Compares z scores with correlations.

  Args:
    z: float64 [p].
    correlation: float64 [p, p].
    n: people.
  """
  values, vectors = np.linalg.eigh(correlation)
  values = np.where(values < _SMALLEST_EIGENVALUE, 0.0, values)
  squares = (vectors.T @ susie.shrink(z, n)) ** 2

  def cost(s: float) -> float:
    mixed = (1 - s) * values + s
    return 0.5 * float(np.log(mixed).sum() + (squares / mixed).sum())

  best = optimize.minimize_scalar(cost, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-8})
  s = float(best.x)
  return Check(s, max(0.0, 2 * (cost(_WELL) - float(best.fun))) if s > _WELL else 0.0)
