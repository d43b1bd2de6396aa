"""Latent accelerations: how many years each dimension of a person is ahead of the calendar.

A person's acceleration of a dimension is the sum of a genetic and an environmental part, in years. It is the same at
all visits. The dimensions have the published heritabilities and phenotypic and genetic correlations (`published`).
Relatives share genetic parts in proportion to their kinship.

What is drawn from the same latent model: images and scalars use their dimensions. In a phantom with genotypes,
polygenic scores with the same covariance take the place of the normal draw of the genetic parts (`genotypes/`). X
variables are correlated with the accelerations as a whole (`exposures/`).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from msk_jax.published import reader
from msk_jax.simulation import randomness

DIMENSIONS = reader.DIMENSIONS

# Years. Together with the people's own shapes (anatomy.py) they put the best possible R2 of each dimension a little
# above the published ensembles': full body .857, spine .746, hip .690, knee .690, scalars .259.
SD_YEARS = np.array([2.0, 2.6, 2.9, 2.9, 4.0])

# In the order of DIMENSIONS.
HERITABILITY = np.array([reader.table_1()[name].h2 for name in DIMENSIONS])


def phenotypic_correlation() -> np.ndarray:
  """Returns the accelerations' correlation, float64 [5, 5], in the order of DIMENSIONS."""
  return _matrix(reader.phenotypic_correlations(), [f"{name}/ensemble" for name in DIMENSIONS])


def genetic_correlation() -> np.ndarray:
  """Returns the genetic parts' correlation, float64 [5, 5], in the order of DIMENSIONS."""
  return _matrix(reader.genetic_correlations(), DIMENSIONS)


def environmental_covariance() -> np.ndarray:
  """Returns the standardised environmental parts' covariance [5, 5]: phenotypic minus genetic."""
  root = np.sqrt(HERITABILITY)
  return phenotypic_correlation() - genetic_correlation() * np.outer(root, root)


def draw_family_values(seed: int, family: str) -> np.ndarray:
  """Returns what a family's members share: float64 [5], standardised genetic values of one imagined ancestor."""
  return _GENETIC_ROOT @ randomness.generator(seed, "family genetics", family).standard_normal(len(DIMENSIONS))


def draw_accelerations(
  seed: int, eid: str, family_values: np.ndarray | None = None, kinship: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
  """Draws a person's latent accelerations.

  Args:
    seed: the cohort's seed.
    eid: the participant.
    family_values: float64 [5] from `draw_family_values`, or None for a person without relatives.
    kinship: kinship coefficient within the family (.25 for siblings): relatives' genetic values correlate by twice
      that.

  Returns:
    genetic: float64 [5], years, in the order of DIMENSIONS.
    environmental: float64 [5], years; the acceleration is the sum of the two.
  """
  own = _GENETIC_ROOT @ randomness.generator(seed, "genetics", eid).standard_normal(len(DIMENSIONS))
  if family_values is not None:
    own = np.sqrt(2 * kinship) * family_values + np.sqrt(1 - 2 * kinship) * own
  rest = _ENVIRONMENTAL_ROOT @ randomness.generator(seed, "environment", eid).standard_normal(len(DIMENSIONS))
  return SD_YEARS * np.sqrt(HERITABILITY) * own, SD_YEARS * rest


def _matrix(correlations: Mapping[frozenset[str], reader.Correlation], names: Sequence[str]) -> np.ndarray:
  """Returns the correlations of all pairs of names, float64 [5, 5]."""
  return np.array([[1.0 if a == b else correlations[frozenset((a, b))].r for b in names] for a in names])


_GENETIC_ROOT = np.linalg.cholesky(genetic_correlation())
_ENVIRONMENTAL_ROOT = np.linalg.cholesky(environmental_covariance())
