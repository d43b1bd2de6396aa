"""What an engine gets: people, traits and covariates, checked and in one order."""

import dataclasses
from collections.abc import Mapping

import numpy as np

FEMALE, MALE = 0, 1


@dataclasses.dataclass(frozen=True)
class People:
  """The people of the genotype files that are analysed, in the order of the .fam file.

  Attributes:
    fid: str [n], family ids as in the .fam file.
    iid: str [n], individual ids as in the .fam file.
    sex: int8 [n], FEMALE or MALE.
    is_imputed: bool [n], whether the sample files of all imputed autosomes have them; all False without such files.
    is_imputed_on_x: bool [n], the same for chromosome X.
  """

  fid: np.ndarray
  iid: np.ndarray
  sex: np.ndarray
  is_imputed: np.ndarray
  is_imputed_on_x: np.ndarray

  def __len__(self) -> int:
    return len(self.iid)


@dataclasses.dataclass(frozen=True)
class Trait:
  """A quantitative trait.

  Attributes:
    name: letters, digits, `_`, `.`; in file names and commands, e.g. `full_body`, `knee.female`.
    values: float64 [n], in the order of `People`; NaN for those who are not analysed. Higher ages faster.
    unit: of values, e.g. `years`, or `SD` after a transformation.
    dimension: the dimension of the paper, or the column of an own table.
    model: the model whose ages they are; empty for an own table.
    stratum: `all`, `female` or `male`.
  """

  name: str
  values: np.ndarray
  unit: str
  dimension: str
  model: str
  stratum: str

  @property
  def num_people(self) -> int:
    """People with a value."""
    return int(np.isfinite(self.values).sum())


@dataclasses.dataclass(frozen=True)
class Covariates:
  """What is held constant; complete: people without one of them are not in `People`.

  Attributes:
    quantitative: name to float64 [n].
    categorical: name to str [n], levels without blanks.
  """

  quantitative: Mapping[str, np.ndarray]
  categorical: Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Analysis:
  """All that is tested.

  Attributes:
    people: who.
    traits: of what.
    covariates: given what.
    excluded_variants: ids in the .bim files of variants that failed quality control, or can't be analysed.
  """

  people: People
  traits: tuple[Trait, ...]
  covariates: Covariates
  excluded_variants: tuple[str, ...] = ()
