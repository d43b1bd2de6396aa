"""Who was genotyped, when and how: batches, people who are in some files alone, and the files' order."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from msk_jax.simulation import people, randomness
from msk_jax.simulation import spec as spec_lib

# Codes of field 22000: batches of the UK BiLEVE array are negative, those of the Axiom array positive.
_NUM_BILEVE, _NUM_AXIOM = 11, 95
_BILEVE_SHARE = 0.1
_NOT_GENOTYPED = 0.03  # share of the people of the main table
_STRANGERS = 0.01  # people who are in the genotype files alone, as a share of those of the main table
_FIRST_STRANGER = 9_980_001  # their eids
# Shares of the genotyped who are not imputed: in UK Biobank about .2%, and some hundred people more on X.
_NOT_IMPUTED, _NOT_IMPUTED_ON_X = 0.004, 0.010


@dataclasses.dataclass(frozen=True)
class Sample:
  """A person of the genotype files.

  Attributes:
    eid: the person.
    sex: genetic sex, 0 female, 1 male.
    batch: code of field 22000.
    is_genotyped: whether the array's files have the person; the imputed ones have none of the others.
    is_imputed: whether the imputed autosomes have the person.
    is_imputed_on_x: whether the imputed chromosome X has the person.
    array_place: the array's files are in order of this number.
    imputed_place: the imputed files are in order of this number.
  """

  eid: str
  sex: int
  batch: int
  is_genotyped: bool
  is_imputed: bool
  is_imputed_on_x: bool
  array_place: float
  imputed_place: float

  @property
  def batch_name(self) -> str:
    """The batch as column 6 of UK Biobank's .fam files has it."""
    return f"UKBiLEVEAX_b{-self.batch}" if self.batch < 0 else f"Batch_b{self.batch:03d}"


def strangers(spec: spec_lib.PhantomSpec) -> list[people.Person]:
  """Returns people who are genotyped but not in the main table."""
  number = max(1, round(_STRANGERS * spec.num_participants))
  return [people.make_stranger(spec, str(_FIRST_STRANGER + i)) for i in range(number)]


def samples_of(seed: int, cohort: Sequence[people.Person], others: Sequence[people.Person]) -> list[Sample]:
  """Returns how the people of the main table, and others who are not in it, were genotyped, in their order."""
  return [_sample(seed, person, True) for person in cohort] + [_sample(seed, person, False) for person in others]


def _sample(seed: int, person: people.Person, is_in_table: bool) -> Sample:
  rng = randomness.generator(seed, "genotyping", person.eid)
  array, batch, is_absent, imputation, array_place, imputed_place = rng.random(6)
  if array < _BILEVE_SHARE:
    code = -1 - int(batch * _NUM_BILEVE)
  else:
    code = 1 + int(batch * _NUM_AXIOM)
  is_genotyped = bool(is_absent >= _NOT_GENOTYPED) or not is_in_table
  return Sample(
    eid=person.eid,
    sex=person.sex,
    batch=code,
    is_genotyped=is_genotyped,
    is_imputed=is_genotyped and bool(imputation >= _NOT_IMPUTED),
    is_imputed_on_x=is_genotyped and bool(imputation >= _NOT_IMPUTED_ON_X),
    array_place=float(array_place),
    imputed_place=float(imputed_place),
  )


def array_order(samples: Sequence[Sample]) -> np.ndarray:
  """Returns the places in `samples` of those in the array's files, in their order, int64."""
  chosen = [i for i, sample in enumerate(samples) if sample.is_genotyped]
  return np.array(sorted(chosen, key=lambda i: samples[i].array_place), np.int64)


def imputed_order(samples: Sequence[Sample], is_x: bool) -> np.ndarray:
  """Returns the places in `samples` of those in the imputed files of X or of the autosomes, in their order, int64."""
  chosen = [i for i, sample in enumerate(samples) if (sample.is_imputed_on_x if is_x else sample.is_imputed)]
  return np.array(sorted(chosen, key=lambda i: samples[i].imputed_place), np.int64)
