"""The first step of a group of traits: heritability, and residuals that leave one chromosome out. Kept in a file."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import logging

from msk_jax.genetics.embedded import kept_arrays
from msk_jax.genetics.embedded.groups import Group
from msk_jax.genetics.spec import EmbeddedSpec
from msk_jax.io import errors
from msk_jax.mixed_models import leave_one_out, variance_components
from msk_jax.mixed_models.failures import NotEstimableError
from msk_jax.mixed_models.genotype_blocks import Chromosome
from msk_jax.mixed_models.relationship import Relationship


@dataclasses.dataclass(frozen=True)
class Polygenic:
  """What is known of a group's traits before variants are tested.

  Attributes:
    components: variance components; None without a polygenic part.
    residuals: what variants are tested against.
  """

  components: variance_components.Components | None
  residuals: leave_one_out.Residuals


def fit(
  group: Group, chromosomes: Sequence[Chromosome], settings: EmbeddedSpec, path: pathlib.Path, fingerprint: str
) -> Polygenic:
  """Fits a group's polygenic parts, or reads what an earlier call kept.

  Args:
    group: the traits.
    chromosomes: array genotypes of the group's people that make the relationship.
    settings: the engine's.
    path: where the result is kept.
    fingerprint: of all that it depends on.

  Raises:
    InputError: the data do not determine the polygenic parts.
  """
  if kept := _read(path, fingerprint):
    return kept
  fitted = _fit_model(group, chromosomes, settings) if settings.has_polygenic_part else Polygenic(None, _plain(group))
  _write(path, fingerprint, fitted)
  return fitted


def _fit_model(group: Group, chromosomes: Sequence[Chromosome], settings: EmbeddedSpec) -> Polygenic:
  names = ", ".join(group.traits)
  try:
    relationship = Relationship(chromosomes, group.basis)
    components = variance_components.estimate(
      relationship, group.values, seed=settings.seed, num_probes=settings.num_probes
    )
    residuals = leave_one_out.make_residuals(relationship, chromosomes, group.values, components.h2, seed=settings.seed)
  except NotEstimableError as error:
    raise errors.InputError(
      f"no mixed model of {names} among {len(group.rows):,} people: {error}. Leave these traits out "
      "(config.gwas.dimensions or config.gwas.traits), or test them by linear regression, which is wrong among "
      "relatives (config.gwas.embedded.has_polygenic_part=False)."
    ) from error
  _warn(group, components, residuals, relationship)
  return Polygenic(components, residuals)


def _warn(
  group: Group,
  components: variance_components.Components,
  residuals: leave_one_out.Residuals,
  relationship: Relationship,
) -> None:
  """Logs what the tests of a group rest on, and what is unusual."""
  logging.info("%s: %d steps of conjugate gradients", ", ".join(group.traits), residuals.num_iterations)
  for name, estimated, used in zip(group.traits, components.h2, residuals.h2, strict=True):
    if used != estimated and not -leave_one_out.MAX_HERITABILITY < estimated <= 0:
      logging.warning("HERITABILITY of %s is estimated as %.3f: its tests use %.2f", name, estimated, used)
  for number, name in enumerate(relationship.names):
    if relationship.is_empty_without(number):
      logging.warning(
        "CHROMOSOME %s ALONE makes the relationship: its own variants are tested by linear regression, which is wrong "
        "among relatives",
        name,
      )


def _plain(group: Group) -> leave_one_out.Residuals:
  """Returns the residuals of linear regression."""
  residual = group.values - group.values.mean(0)
  residual = residual - group.basis @ (group.basis.T @ residual)
  n, q = group.basis.shape
  sd = np.sqrt((residual**2).sum(0) / (n - q))
  count = len(group.traits)
  return leave_one_out.Residuals(
    (),
    (residual / sd)[None],
    gamma=np.ones((1, count)),
    gamma_se=np.zeros(count),
    score_variance=np.ones((1, count)),
    h2=np.zeros(count),
    trait_sd=sd,
    num_iterations=0,
  )


def _write(path: pathlib.Path, fingerprint: str, fitted: Polygenic) -> None:
  arrays = {f"residuals.{name}": np.asarray(value) for name, value in dataclasses.asdict(fitted.residuals).items()}
  if fitted.components is not None:
    arrays |= {f"components.{name}": value for name, value in dataclasses.asdict(fitted.components).items()}
  kept_arrays.write(path, fingerprint, arrays)


def _read(path: pathlib.Path, fingerprint: str) -> Polygenic | None:
  """Returns what `_write` wrote for this fingerprint; None if there is nothing, or it is damaged."""
  arrays = kept_arrays.read(path, fingerprint)
  if arrays is None:
    return None
  values: dict[str, Any] = {
    field.name: arrays[f"residuals.{field.name}"] for field in dataclasses.fields(leave_one_out.Residuals)
  }
  values["names"] = tuple(map(str, values["names"]))
  values["num_iterations"] = int(values["num_iterations"])
  components = None
  if "components.h2" in arrays:
    names = [field.name for field in dataclasses.fields(variance_components.Components)]
    components = variance_components.Components(**{name: arrays[f"components.{name}"] for name in names})
  return Polygenic(components, leave_one_out.Residuals(**values))
