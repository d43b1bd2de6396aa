"""Blocks of people as arrays: what liabilities depend on."""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence

import numpy as np

from msk_jax.cohort import ethnicity
from msk_jax.simulation import latent, people, randomness
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.exposures import items as items_lib

NUM_INSTANCES = 4
BLOCK = 4_000  # people whose random numbers come from one stream for each variable; whole families
_PARENTS = {1: "White", 2: "Mixed", 3: "Asian", 4: "Black", 5: "Chinese", 6: "Other"}


@dataclasses.dataclass(frozen=True)
class Block:
  """Consecutive people.

  Attributes:
    number: of the block.
    eids: [n].
    sex: int64 [n].
    group: int64 [n], places in `items.ETHNIC_GROUPS`.
    sds: float64 [n, 5], latent accelerations in units of their SDs.
    shared: float64 [n], share of a person's lasting rest that the family has.
    anchor: int64 [n], row of the family's first member, or the own one.
    birth: datetime64[D] [n].
    age_years: float64 [n, 4], NaN for a visit that was not made.
  """

  number: int
  eids: tuple[str, ...]
  sex: np.ndarray
  group: np.ndarray
  sds: np.ndarray
  shared: np.ndarray
  anchor: np.ndarray
  birth: np.ndarray
  age_years: np.ndarray

  def __len__(self) -> int:
    return len(self.eids)

  @property
  def was_there(self) -> np.ndarray:
    """Whether a visit was made, bool [n, 4]."""
    return ~np.isnan(self.age_years)

  def fixed_part(self, item: items_lib.Item) -> np.ndarray:
    """Returns a liability's effects of age, sex and ethnicity, float64 [n, 4]; at a visit not made those of sex."""
    decades = np.nan_to_num((self.age_years - items_lib.REFERENCE_AGE_YEARS) / 10)
    return item.age_per_decade * decades + (item.male * (self.sex - 0.5) + item.ethnic[self.group])[:, None]

  def draw(self, seed: int, item: items_lib.Item) -> tuple[np.ndarray, np.ndarray]:
    """Draws a liability.

    Returns:
      Its residual on age, sex and ethnicity, float64 [n, 4], of variance 1.
      Uniform numbers for what else happens to an answer, float64 [n, 4, 2].
    """
    rng = randomness.generator(seed, "exposure of people", item.name, self.number)
    normal = rng.standard_normal((BLOCK, 2 + NUM_INSTANCES))[: len(self)]
    uniform = rng.random((BLOCK, NUM_INSTANCES, 2))[: len(self)]
    own, of_family, of_visits = normal[:, 0], normal[self.anchor, 1], normal[:, 2:]
    lasting = np.sqrt(self.shared) * of_family + np.sqrt(1 - self.shared) * own
    rest = np.sqrt(item.lasting) * lasting[:, None] + np.sqrt(1 - item.lasting) * of_visits
    return (self.sds @ item.loadings)[:, None] + np.sqrt(1 - item.planted_variance) * rest, uniform


def blocks(cohort: Sequence[people.Person]) -> Iterator[Block]:
  """Yields the cohort's people in blocks, in their order: that of eids, without gaps."""
  for start in range(0, len(cohort), BLOCK):
    yield _make(start // BLOCK, cohort[start : start + BLOCK])


def _make(number: int, group: Sequence[people.Person]) -> Block:
  first: dict[str, int] = {}
  for row, person in enumerate(group):
    if person.family:
      first.setdefault(person.family, row)
  age = np.full((len(group), NUM_INSTANCES), np.nan)
  for row, person in enumerate(group):
    assert int(person.eid) == spec_lib.FIRST_EID + number * BLOCK + row
    for visit in person.visits:
      age[row, visit.instance] = person.age_years(visit)
  years = np.array([np.add(person.genetic_years, person.environmental_years) for person in group])
  return Block(
    number=number,
    eids=tuple(person.eid for person in group),
    sex=np.array([person.sex for person in group]),
    group=np.array([_group_of(person.ethnicity) for person in group]),
    sds=years / latent.SD_YEARS,
    shared=np.array([2 * person.kinship * items_lib.HERITABILITY for person in group]),
    anchor=np.array([first.get(person.family, row) for row, person in enumerate(group)]),
    birth=np.array([_day(person.birth_date) for person in group]),
    age_years=age,
  )


def _group_of(code: int) -> int:
  parent = code // 1000 if code >= 1000 else code
  return items_lib.ETHNIC_GROUPS.index(_PARENTS.get(parent, "unknown") if code != ethnicity.MISSING else "unknown")


def _day(date: datetime.date) -> np.datetime64:
  return np.datetime64(date, "D")
