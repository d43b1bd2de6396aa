"""Traits by person, before they are brought into the order of the genotypes."""

import dataclasses
import pathlib
import re
from collections.abc import Sequence

import numpy as np

from msk_jax.io import errors

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*")


@dataclasses.dataclass(frozen=True)
class TraitColumn:
  """A trait.

  Attributes:
    name: see `analysis.Trait`.
    values: float64 [p], NaN missing.
    unit: see `analysis.Trait`.
    dimension: see `analysis.Trait`.
    model: see `analysis.Trait`.
  """

  name: str
  values: np.ndarray
  unit: str
  dimension: str
  model: str


@dataclasses.dataclass(frozen=True)
class TraitTable:
  """Traits of the same people.

  Attributes:
    source: what they are from, for messages.
    key: str [p], people as the cohort spells them, each once.
    columns: the traits.
    paths: the files read.
    counts: rows left out or merged, by reason.
  """

  source: str
  key: np.ndarray
  columns: tuple[TraitColumn, ...]
  paths: tuple[pathlib.Path, ...]
  counts: dict[str, int]


def check_names(names: Sequence[str], source: str) -> None:
  """Makes sure that names can be in file names and commands.

  Raises:
    InputError: some can't; all are listed.
  """
  if bad := [name for name in names if not _NAME.fullmatch(name)]:
    raise errors.InputError(
      f"{source}: names of traits have letters, digits, `_` and `.` alone, as they go into file names and commands. "
      f"Rename {', '.join(map(repr, bad))}, or leave them out (config.gwas.traits)."
    )
