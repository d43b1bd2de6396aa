"""Imputed genotypes: what is believed of a true genotype that is seen through noise.

With noise n of variance s2 = 2p(1 - p) (1 - INFO) / INFO, g + n tells about as much of the genotype g as imputation
does. The probabilities are those of g given g + n and the allele frequency p. So the dosage has the true genotype's
mean, and INFO (the variance of the dosage over 2p(1 - p)) is about its squared correlation with the true genotype, and
at least the INFO that is aimed at.
"""

import numpy as np


def posterior(
  genotypes: np.ndarray, noise: np.ndarray, frequency: float, info: float, is_haploid: np.ndarray
) -> np.ndarray:
  """Returns the probabilities of 2, 1 and 0 counted alleles, float64 [n, 3].

  Args:
    genotypes: uint8 [n], the true ones.
    noise: float32 [n], standard normal.
    frequency: of the counted allele.
    info: that is aimed at, in (0, 1).
    is_haploid: bool [n], whose genotypes are 0 or 2: men, on chromosome X.
  """
  p, q = frequency, 1 - frequency
  prior = np.where(is_haploid[:, None], [p, 0.0, q], [p * p, 2 * p * q, q * q])
  variance = 2 * p * q * (1 + is_haploid) * (1 - info) / info
  seen = genotypes + np.sqrt(variance) * noise
  exponent = -((seen[:, None] - np.array([2.0, 1.0, 0.0])) ** 2) / (2 * variance[:, None])
  weights = prior * np.exp(exponent - exponent.max(axis=1, keepdims=True))
  return weights / weights.sum(axis=1, keepdims=True)
