"""Traits of the analysed people: by stratum, transformed, and which of them can't be analysed."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from msk_jax.genetics import design, rank_normal
from msk_jax.genetics.analysis import FEMALE, MALE, Covariates, Trait
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genetics.trait_columns import TraitColumn
from msk_jax.io import errors

_SEXES = {"all": (FEMALE, MALE), "female": (FEMALE,), "male": (MALE,)}
_FEWEST = 50  # people
_PEOPLE_PER_COVARIATE = 2
_LEFT = 1e-8  # least share of a trait's variance that covariates must leave

# Reason -> what it means.
REASONS = {
  "too_few_people": "Fewer than 50 people have a value, or than two for each column of covariates.",
  "constant": "All analysed people have one value.",
  "same_as_another": "Its values are those of another trait, which is analysed.",
  "follows_from_covariates": "The covariates explain the trait: nothing is left of it.",
}


@dataclasses.dataclass(frozen=True)
class RefusedTrait:
  """A trait that is not analysed.

  Attributes:
    trait: the trait.
    reason: one of REASONS.
    detail: in words.
  """

  trait: Trait
  reason: str
  detail: str


def make(
  columns: Sequence[TraitColumn], sex: np.ndarray, covariates: Covariates, spec: GwasSpec
) -> tuple[tuple[Trait, ...], tuple[RefusedTrait, ...]]:
  """Returns the traits of each stratum, and those that can't be analysed.

  Args:
    columns: the traits of the analysed people, in their order.
    sex: int [n], FEMALE or MALE.
    covariates: of the same people.
    spec: strata and transformation.

  Raises:
    InputError: two traits have one name.
  """
  matrix = design.make(covariates, len(sex))
  traits, refused = [], []
  sources: dict[str, np.ndarray] = {}  # values before the transformation
  for stratum in spec.strata:
    is_in = np.isin(sex, _SEXES[stratum])
    for column in columns:
      name = column.name if stratum == "all" else f"{column.name}.{stratum}"
      values = np.where(is_in, column.values, np.nan)
      trait = Trait(name, values, column.unit, column.dimension, column.model, stratum)
      left, problem = _problem(trait, matrix)
      twins = [other.name for other in traits if other.stratum == stratum and _is_same(sources[other.name], values)]
      problem = problem or ("same_as_another" if twins else "")
      if problem:
        refused.append(RefusedTrait(trait, problem, " ".join([REASONS[problem], *twins])))
        continue
      sources[name] = values
      if spec.transformation == "rank_normal":
        traits.append(dataclasses.replace(trait, values=rank_normal.transform(left), unit="SD"))
      else:
        traits.append(trait)
  names = [trait.name for trait in (*traits, *(each.trait for each in refused))]
  if repeated := sorted({name for name in names if names.count(name) > 1}):
    raise errors.InputError(
      f"several traits have the name {', '.join(repeated)}: rename columns that end in a stratum."
    )
  return tuple(traits), tuple(refused)


def _is_same(first: np.ndarray, second: np.ndarray) -> bool:
  return np.array_equal(first, second, equal_nan=True)


def _problem(trait: Trait, matrix: design.Design) -> tuple[np.ndarray, str]:
  """Returns the trait's residuals on the covariates, and the reason why it can't be analysed, empty if it can."""
  known = trait.values[np.isfinite(trait.values)]
  if len(known) < max(_FEWEST, _PEOPLE_PER_COVARIATE * len(matrix.columns)):
    return trait.values, "too_few_people"
  if known.std() <= 1e-12 * np.abs(known).max():
    return trait.values, "constant"
  left = design.residuals(matrix, trait.values)
  if np.nanvar(left) <= _LEFT * known.var():
    return left, "follows_from_covariates"
  return left, ""
