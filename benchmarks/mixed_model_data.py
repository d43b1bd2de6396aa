"""Genotypes, traits and summary statistics with a known truth, for the benchmark and for tests."""

import numpy as np

from msk_jax.mixed_models import genotype_blocks


def draw_genotypes(
  seed: int, n: int, m: int, num_siblings: int = 1, missing: float = 0.0, share_of_relatives: float = 1.0
) -> np.ndarray:
  """Returns calls int8 [n, m] of independent variants, of unrelated people or of groups of siblings.

  Args:
    seed: of the draw.
    n: people.
    m: variants.
    num_siblings: in a group; 1 for unrelated people.
    missing: share of missing calls.
    share_of_relatives: share of people who are in groups; the others are unrelated.
  """
  rng = np.random.default_rng(seed)
  frequency = rng.uniform(0.05, 0.5, m)
  if num_siblings == 1:
    calls = rng.binomial(2, frequency, (n, m)).astype(np.int8)
  else:
    families = round(n * share_of_relatives) // num_siblings
    parents = rng.random((families, 4, m), dtype=np.float32) < frequency
    pick = rng.integers(0, 2, (families, num_siblings, 2, m), dtype=np.int8).astype(bool)
    first = np.where(pick[:, :, 0], parents[:, None, 0], parents[:, None, 1])
    second = np.where(pick[:, :, 1], parents[:, None, 2], parents[:, None, 3])
    calls = (first.astype(np.int8) + second.astype(np.int8)).reshape(families * num_siblings, m)
    if share_of_relatives < 1.0:
      others = rng.binomial(2, frequency, (n - len(calls), m)).astype(np.int8)
      calls = np.concatenate([calls, others])
  if missing:
    calls[rng.random(calls.shape) < missing] = genotype_blocks.MISSING
  return calls


def standardize(calls: np.ndarray) -> np.ndarray:
  """Returns float64 [n, m] of mean 0 and variance 1; missing calls are 0."""
  values = np.where(calls == genotype_blocks.MISSING, np.nan, calls.astype(np.float64))
  values = values - np.nanmean(values, 0)
  return np.nan_to_num(values / np.nanstd(values, 0))


def draw_traits(
  seed: int | list[int], calls: np.ndarray, h2: tuple[float, ...], rg: float = 0.6, re: float = 0.2
) -> np.ndarray:
  """Returns traits float64 [n, t] of variance about 1: normal effects of all variants, and noise."""
  rng = np.random.default_rng([*np.atleast_1d(seed), 1])
  t, m = len(h2), calls.shape[1]
  genetic = (np.full((t, t), rg) + (1 - rg) * np.eye(t)) * np.sqrt(np.outer(h2, h2))
  rest = 1 - np.asarray(h2)
  other = (np.full((t, t), re) + (1 - re) * np.eye(t)) * np.sqrt(np.outer(rest, rest))
  effects = rng.multivariate_normal(np.zeros(t), genetic, m) / np.sqrt(m)
  return standardize(calls) @ effects + rng.multivariate_normal(np.zeros(t), other, len(calls))


def draw_basis(seed: int, n: int, q: int = 6) -> np.ndarray:
  """Returns an orthonormal basis [n, q] of an intercept and random covariates."""
  rng = np.random.default_rng([seed, 2])
  return np.linalg.qr(np.concatenate([np.ones((n, 1)), rng.standard_normal((n, q - 1))], 1))[0]


def split_chromosomes(calls: np.ndarray, count: int) -> list[genotype_blocks.Chromosome]:
  """Returns the variants as chromosomes of equal size, named `1`, `2`, ..."""
  parts = np.array_split(calls, count, axis=1)
  return [genotype_blocks.from_array(str(number), part) for number, part in enumerate(parts, start=1)]


def draw_statistics(
  seed: int | list[int],
  n: int,
  h2: tuple[float, float],
  rg: float,
  *,
  re: float = 0.2,
  num_blocks: int = 1500,
  shared: float = 1.0,
  inflation: float = 1.0,
) -> tuple[np.ndarray, np.ndarray, int, float]:
  """Draws z statistics of two traits under linkage disequilibrium whose extent differs between blocks.

  Args:
    seed: of the draw.
    n: people of each study.
    h2: of both traits.
    rg: genetic correlation.
    re: correlation of the environment.
    num_blocks: of linkage disequilibrium, 5 to 59 variants each.
    shared: share of people in both studies.
    inflation: variance of z without any effect.

  Returns:
    z float64 [m, 2], LD scores float64 [m], m, and the expected intercept of products.
  """
  rng = np.random.default_rng(seed)
  sizes = rng.integers(5, 60, num_blocks)
  m = int(sizes.sum())
  genetic = rg * np.sqrt(h2[0] * h2[1])
  covariance = np.array([[h2[0], genetic], [genetic, h2[1]]]) / m
  both = shared * (genetic + re * np.sqrt((1 - h2[0]) * (1 - h2[1])))
  noise = np.array([[inflation, both], [both, inflation]])
  z, scores = [], []
  for size in sizes:
    correlation = rng.uniform(0.3, 0.97) ** np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    effects = rng.multivariate_normal(np.zeros(2), covariance, size)
    errors = np.linalg.cholesky(correlation) @ rng.multivariate_normal(np.zeros(2), noise, size)
    z.append(np.sqrt(n) * correlation @ effects + errors)
    scores.append((correlation**2).sum(0))
  return np.concatenate(z), np.concatenate(scores), m, both
