"""Traits that the same people have: they share all that is costly."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from msk_jax.genetics.analysis import Analysis, Covariates, Trait

_LEAST_SINGULAR = 1e-7  # relative to the largest: covariates that follow from the others count once


@dataclasses.dataclass(frozen=True)
class Group:
  """Traits of the same people.

  Attributes:
    rows: int64 [n], the people among those of the analysis.
    traits: names.
    values: float64 [n, t].
    basis: float64 [n, q], orthonormal; spans an intercept and the covariates.
  """

  rows: np.ndarray
  traits: tuple[str, ...]
  values: np.ndarray
  basis: np.ndarray


def make_groups(analysis: Analysis) -> list[Group]:
  """Returns the analysis' traits in groups, each in the order of the traits."""
  by_people: dict[bytes, list[Trait]] = {}
  for trait in analysis.traits:
    by_people.setdefault(np.packbits(np.isfinite(trait.values)).tobytes(), []).append(trait)
  return [make_group(traits, analysis.covariates) for traits in by_people.values()]


def make_group(traits: Sequence[Trait], covariates: Covariates) -> Group:
  """Returns the group of the people who have all of these traits."""
  values = np.stack([trait.values for trait in traits], 1)
  rows = np.flatnonzero(np.isfinite(values).all(1))
  return Group(rows, tuple(trait.name for trait in traits), values[rows], make_basis(covariates, rows))


def make_basis(covariates: Covariates, rows: np.ndarray) -> np.ndarray:
  """Returns an orthonormal basis of an intercept and the covariates, float64 [n, q].

  Args:
    covariates: of all people; a level that nobody among `rows` has, and a constant, add nothing.
    rows: int64 [n].
  """
  columns = [np.ones(len(rows))]
  columns += [values[rows] for values in covariates.quantitative.values()]
  for levels in covariates.categorical.values():
    chosen = levels[rows]
    columns += [(chosen == level).astype(np.float64) for level in np.unique(chosen)[1:]]
  design = np.stack(columns, 1)
  design[:, 1:] -= design[:, 1:].mean(0)
  norms = np.sqrt((design**2).sum(0))
  scaled = design[:, norms > 0] / norms[norms > 0]
  left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
  return left[:, singular > _LEAST_SINGULAR * singular[0]]
