"""Latent accelerations: how many years each dimension of a person is ahead of the calendar.

A person's acceleration of a dimension is the sum of a genetic and an environmental part, in years, constant over
the visits. Dimensions correlate as the published accelerated ageing does (paper, phenotypic and genetic
correlations; published heritabilities). Relatives share genetic parts in proportion to their kinship.

Hooks for what is drawn later from the same latent model: genotypes replace the genetic parts' normal draw by
polygenic scores with covariance `genetic_correlation()`; X variables take a share of the environmental parts;
scalars use the dimension `scalars` as the images use theirs.
"""

import numpy as np

from msk_jax.simulation import randomness

DIMENSIONS = ("full_body", "spine", "hip", "knee", "scalars")

# Years. Together with the people's own shapes (anatomy.py) they put the best possible R2 of each dimension a little
# above the published ensembles': full body .857, spine .746, hip .690, knee .690, scalars .259.
SD_YEARS = np.array([2.0, 2.6, 2.9, 2.9, 4.0])

# Published correlations of accelerated ageing, upper triangle by rows, in the order of DIMENSIONS.
_PHENOTYPIC = (0.440, 0.409, 0.349, 0.217, 0.327, 0.232, 0.140, 0.351, 0.141, 0.111)
_GENETIC = (0.608, 0.516, 0.456, 0.250, 0.469, 0.401, 0.110, 0.515, 0.163, -0.020)

# Published heritabilities (BOLT-REML), in the order of DIMENSIONS.
HERITABILITY = np.array([0.307, 0.329, 0.277, 0.253, 0.221])


def phenotypic_correlation() -> np.ndarray:
  """Returns the accelerations' correlation, float64 [5, 5], in the order of DIMENSIONS."""
  return _symmetric(_PHENOTYPIC)


def genetic_correlation() -> np.ndarray:
  """Returns the genetic parts' correlation, float64 [5, 5], in the order of DIMENSIONS."""
  return _symmetric(_GENETIC)


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


def _symmetric(upper: tuple[float, ...]) -> np.ndarray:
  matrix = np.eye(len(DIMENSIONS))
  rows, columns = np.triu_indices(len(DIMENSIONS), 1)
  matrix[rows, columns] = matrix[columns, rows] = upper
  return matrix


_GENETIC_ROOT = np.linalg.cholesky(genetic_correlation())
_ENVIRONMENTAL_ROOT = np.linalg.cholesky(environmental_covariance())
