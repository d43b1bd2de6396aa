"""Ancestry: continuous axes along which allele frequencies change.

Each variant has a loading on each axis. It shifts the variant's threshold in the normal distribution. People of the
same family have the same place on the axes.
"""

import dataclasses

import numpy as np

from msk_jax.simulation import people, randomness

# Axes: Africa, East Asia, South Asia, and two within Europe. The first three are 0 for Europe and 1 for that region.
NUM_AXES = 5
_WITHIN = slice(3, 5)
# SD of the loadings, in SDs of the latent normal variable. Between continents they give FST of about .1, within Britain
# of about .001.
LOADING_SD = np.array([0.60, 0.55, 0.40, 0.03, 0.03])
_CONTINENT_SD = 0.03  # of people of one group along the first three axes
_MIXED_SD = 0.12  # the same, for groups of several origins
_CENTRE_SHIFT = 0.5  # spread of the centres along the last axis

# Means of field 21000's groups on the axes; all that are not here are like the British.
_GROUP_MEANS = {
  1002: (0.0, 0.0, 0.0, 1.5, -1.0),
  1003: (0.0, 0.0, 0.05, -2.0, 1.5),
  2001: (0.45, 0.0, 0.0, 0.0, 0.0),
  2002: (0.5, 0.0, 0.0, 0.0, 0.0),
  2003: (0.0, 0.1, 0.45, 0.0, 0.0),
  2004: (0.2, 0.15, 0.2, 0.0, 0.0),
  3001: (0.0, 0.05, 1.0, 0.0, 0.0),
  3002: (0.0, 0.05, 0.9, 0.0, 0.0),
  3003: (0.0, 0.15, 0.95, 0.0, 0.0),
  3004: (0.0, 0.2, 0.8, 0.0, 0.0),
  4001: (0.85, 0.0, 0.0, 0.0, 0.0),
  4002: (1.0, 0.0, 0.0, 0.0, 0.0),
  4003: (0.95, 0.0, 0.0, 0.0, 0.0),
  5: (0.0, 1.0, 0.0, 0.0, 0.0),
  6: (0.15, 0.35, 0.25, 0.0, 0.0),
}
_MIXED = (2001, 2002, 2003, 2004, 3004, 4001, 6)
BRITISH = 1001

# Principal components (field 22009) as read-outs of the axes, about on UK Biobank's scale; the others are noise.
NUM_PCS = 20
_PC_OFFSETS = np.array([-12.0, 3.8, -1.5, 0.0, 0.0])
_PC_SCALES = np.array([400.0, -260.0, 110.0, 4.0, 6.0])
_PC_NOISE_SD = np.array([1.5, 1.5, 1.5, 1.5, 2.5])
_NOISE_PC_SD = 2.5


@dataclasses.dataclass(frozen=True)
class Origin:
  """Where a person's, or a family's, ancestors are from: code of field 21000, and float32 [NUM_AXES]."""

  ethnicity: int
  axes: np.ndarray


def draw(seed: int, key: str, ethnicity: int, centre: int) -> Origin:
  """Draws a place on the axes.

  Args:
    seed: the cohort's.
    key: eid or family.
    ethnicity: code of field 21000.
    centre: code of field 54 at the first visit.
  """
  rng = randomness.generator(seed, "ancestry", key)
  axes = np.array(_GROUP_MEANS.get(ethnicity, (0.0,) * NUM_AXES))
  sd = np.ones(NUM_AXES)
  sd[: _WITHIN.start] = _MIXED_SD if ethnicity in _MIXED else _CONTINENT_SD
  axes = axes + sd * rng.standard_normal(NUM_AXES)
  axes[-1] += _CENTRE_SHIFT * randomness.generator(seed, "ancestry of a centre", centre).standard_normal()
  return Origin(ethnicity, axes.astype(np.float32))


def draw_of_family(seed: int, family: str) -> Origin:
  """Draws what a family shares; alike in distribution to those of people without relatives."""
  rng = randomness.generator(seed, "origin of a family", family)
  return draw(seed, family, people.draw_ethnicity(rng), people.draw_centre(rng))


def draw_of_reference(seed: int, key: str) -> Origin:
  """Draws the place of a reference person, who is British."""
  rng = randomness.generator(seed, "origin of a reference person", key)
  return draw(seed, key, BRITISH, people.draw_centre(rng))


def principal_components(seed: int, eid: str, axes: np.ndarray) -> np.ndarray:
  """Returns a person's principal components, float64 [NUM_PCS]."""
  noise = randomness.generator(seed, "principal components", eid).standard_normal(NUM_PCS)
  pcs = _NOISE_PC_SD * noise
  pcs[:NUM_AXES] = _PC_OFFSETS + _PC_SCALES * axes + _PC_NOISE_SD * noise[:NUM_AXES]
  return pcs
