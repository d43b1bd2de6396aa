"""Credible sets: the fewest variants that hold an effect's variant with a given probability.

Source: Wang et al. 2020, J. R. Stat. Soc. B 82:1273. A set whose members are hardly correlated says nothing of where
its effect is; its purity, the least absolute correlation of two members, tells.
"""

import dataclasses

import numpy as np

from msk_jax.gwas_loci.susie import Fit


@dataclasses.dataclass(frozen=True)
class CredibleSet:
  """A set of variants, one of which has an effect.

  Attributes:
    effect: its number in the fit.
    members: int [k], numbers of variants, the likeliest first.
    coverage: summed probability of the members.
    purity: least absolute correlation of two members; 1 for a single one.
  """

  effect: int
  members: np.ndarray
  coverage: float
  purity: float


def find(fit: Fit, correlation: np.ndarray, coverage: float = 0.95, min_purity: float = 0.5) -> list[CredibleSet]:
  """Returns the credible sets of a fit, the purest first; none twice.

  Args:
    fit: of the model.
    correlation: float [p, p], of the variants.
    coverage: least summed probability.
    min_purity: sets below it are left out.
  """
  by_members: dict[frozenset[int], CredibleSet] = {}
  for effect in range(len(fit.alpha_lp)):
    candidate = _of_effect(effect, fit.alpha_lp[effect], correlation, coverage)
    key = frozenset(candidate.members.tolist())
    if key not in by_members:  # of equal sets the first counts, also if it is of no effect
      by_members[key] = candidate
  sets = [each for each in by_members.values() if fit.has_effect[each.effect] and each.purity >= min_purity]
  return sorted(sets, key=lambda each: -each.purity)


def _of_effect(effect: int, alpha: np.ndarray, correlation: np.ndarray, coverage: float) -> CredibleSet:
  order = np.argsort(-alpha, kind="stable")
  cumulated = np.cumsum(alpha[order])
  size = min(int((cumulated < coverage).sum()) + 1, len(alpha))
  members = order[:size]
  purity = float(np.abs(correlation[np.ix_(members, members)]).min()) if size > 1 else 1.0
  return CredibleSet(effect, members, float(alpha[members].sum()), purity)
