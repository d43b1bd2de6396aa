"""The exact test of Hardy-Weinberg equilibrium.

Source: Wigginton, Cutler and Abecasis, American Journal of Human Genetics 76 (2005), 887. Given the numbers of the two
alleles, the number of heterozygotes has a known distribution; p is the probability of all numbers that are no more
likely than the one seen.
"""

import numpy as np
from scipy import special

_SAME = 1e-7  # logarithms closer than this are equal: of sums near 1e7 they are known to 1e-9
_TERMS = 128  # of a tail, added at once
_SMALL = 1e-12  # share of a sum below which further terms do not count
_ROWS = 8192  # variants at once


def exact_p(het: np.ndarray, hom_1: np.ndarray, hom_2: np.ndarray) -> np.ndarray:
  """Returns p of each variant, float64 [m]; 1 where nobody has a call.

  Args:
    het: int [m], people with two different alleles.
    hom_1: int [m], people with two copies of one allele.
    hom_2: int [m], people with two copies of the other.
  """
  counts = [np.asarray(values, np.int64) for values in (het, hom_1, hom_2)]
  parts = [_exact_p(*(values[i : i + _ROWS] for values in counts)) for i in range(0, len(counts[0]), _ROWS)]
  return np.concatenate(parts) if parts else np.empty(0)


def _exact_p(het: np.ndarray, hom_1: np.ndarray, hom_2: np.ndarray) -> np.ndarray:
  num_people = het + hom_1 + hom_2
  rare = np.minimum(2 * hom_1, 2 * hom_2) + het  # copies of the rarer allele
  log_seen = _log_probability(het, rare, num_people)
  # The likeliest number: that of the rarer allele's parity that is nearest to the expectation, or one beside it.
  middle = rare * (2 * num_people - rare) // np.maximum(2 * num_people, 1)
  middle += (middle - rare) % 2
  middle = _climb(np.minimum(middle, rare), rare, num_people)
  is_below = het <= middle
  other = _first_as_unlikely(log_seen, middle, is_below, rare, num_people)
  p = _tail(het, np.where(is_below, -2, 2), rare, num_people, log_seen)
  has_other = (other >= 0) & (other <= rare) & (other != het)
  safe = np.where(has_other, other, het)
  log_other = _log_probability(safe, rare, num_people)
  p += np.where(has_other, _tail(safe, np.where(is_below, 2, -2), rare, num_people, log_other), 0.0)
  is_likeliest = log_seen >= _log_probability(middle, rare, num_people) - _SAME
  return np.where(is_likeliest, 1.0, np.minimum(p, 1.0))


def _log_probability(het: np.ndarray, rare: np.ndarray, num_people: np.ndarray) -> np.ndarray:
  common = 2 * num_people - rare
  counts = (num_people, rare, common)
  ways = sum(special.gammaln(np.asarray(n, float) + 1) for n in counts) - special.gammaln(2.0 * num_people + 1)
  cells = (het, (rare - het) // 2, (common - het) // 2)
  return ways + het * np.log(2.0) - sum(special.gammaln(np.asarray(n, float) + 1) for n in cells)


def _climb(start: np.ndarray, rare: np.ndarray, num_people: np.ndarray) -> np.ndarray:
  """Returns the likeliest number, from one beside it."""
  best, best_log = start, _log_probability(start, rare, num_people)
  for step in (-2, 2):
    near = np.clip(start + step, rare % 2, rare)
    log = _log_probability(near, rare, num_people)
    best, best_log = np.where(log > best_log, near, best), np.maximum(log, best_log)
  return best


def _first_as_unlikely(
  log_seen: np.ndarray, middle: np.ndarray, is_below: np.ndarray, rare: np.ndarray, num_people: np.ndarray
) -> np.ndarray:
  """Returns the number nearest to the middle, on the other side of it, that is no likelier than the one seen.

  It is beyond 0 or `rare` where there is none.
  """
  # In steps of 2 from the middle: `near` is likelier than the one seen, or the middle; `far` is not, or is beyond.
  near = np.zeros_like(middle)
  far = np.where(is_below, (rare - middle) // 2, (middle - rare % 2) // 2) + 1
  step = np.where(is_below, 2, -2)
  while (far - near > 1).any():
    half = (near + far) // 2
    log = _log_probability(np.clip(middle + step * half, rare % 2, rare), rare, num_people)
    is_unlikely = (log <= log_seen + _SAME) & (far - near > 1)
    is_likely = (log > log_seen + _SAME) & (far - near > 1)
    far, near = np.where(is_unlikely, half, far), np.where(is_likely, half, near)
  return middle + step * far


def _tail(
  start: np.ndarray, step: np.ndarray, rare: np.ndarray, num_people: np.ndarray, log_start: np.ndarray
) -> np.ndarray:
  """Returns the probability of a number and all beyond it in the direction of `step` (-2 or 2)."""
  total = np.ones(len(start))
  last = np.ones(len(start))
  position = start.astype(float)
  active = np.arange(len(start))
  while len(active):
    offsets = np.arange(_TERMS) * step[active, None]
    het = position[active, None] + offsets
    hom_rare, hom_common = (
      (rare[active, None] - het) / 2,
      (2 * num_people[active] - rare[active])[:, None] / 2 - het / 2,
    )
    is_valid = (het >= 0) & (hom_rare >= 0)
    is_up = step[active, None] > 0
    above = np.where(is_up, 4 * hom_rare * hom_common, het * (het - 1))
    below = np.where(is_up, (het + 2) * (het + 1), 4 * (hom_rare + 1) * (hom_common + 1))
    ratios = np.divide(above, below, out=np.zeros_like(above), where=is_valid)
    terms = last[active, None] * np.cumprod(ratios, axis=1)
    total[active] += terms.sum(axis=1)
    last[active] = terms[:, -1]
    position[active] += _TERMS * step[active]
    active = active[last[active] > _SMALL * total[active]]
  return np.exp(log_start) * total
