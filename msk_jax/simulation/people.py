"""The phantom's people: demographics, families, visits and latent accelerations.

People come in blocks of ten consecutive eids. Relatives are of one block, so that a participant depends on the seed
and the eid alone.
"""

import dataclasses
import datetime

import numpy as np

from msk_jax.simulation import latent, randomness
from msk_jax.simulation import spec as spec_lib

BLOCK_SIZE = 10
DAYS_PER_YEAR = 365.25

_FEMALE_SHARE = 0.52
# Shares of field 21000's codes, about those of UK Biobank; -5 stands for an empty cell.
_ETHNICITIES = {
  1001: 0.880,
  1002: 0.026,
  1003: 0.032,
  1: 0.001,
  2001: 0.0012,
  2002: 0.0008,
  2003: 0.0016,
  2004: 0.002,
  3001: 0.011,
  3002: 0.0035,
  3003: 0.0005,
  3004: 0.0035,
  4001: 0.0086,
  4002: 0.0064,
  4003: 0.0002,
  5: 0.003,
  6: 0.0087,
  -1: 0.0005,
  -3: 0.0035,
  -5: 0.0070,
}
_ASSESSMENT_CENTRES = (11010, 11009, 11011, 11012, 11016, 11020, 11021)  # field 54: baseline and first repeat
_IMAGING_CENTRES = (11025, 11026, 11027)  # Cheadle, Reading, Newcastle
# Age at the first imaging visit: 45 + 36 * Beta(2.5, 2.4) years, mean 63.4, SD 7.5.
_YOUNGEST, _AGE_RANGE, _AGE_BETA = 45.0, 36.0, (2.5, 2.4)
_OLDEST = 82.0  # years, at any imaging visit
_ONLY_INSTANCE_3 = 0.03  # share of the imaged with images at instance 3 alone
_REPEAT_ASSESSMENT = 0.04  # share with a visit at instance 1
_FAMILY_KINDS = (("siblings", 2, 0.25), ("siblings", 3, 0.25), ("cousins", 2, 0.0625), ("avuncular", 2, 0.125))
_FAMILY_SHARES = (0.18, 0.04, 0.05, 0.05)  # chance that a block holds such a family


@dataclasses.dataclass(frozen=True)
class Visit:
  """A participant's visit: instance 0-3, its date, its centre (field 54) and whether images were taken."""

  instance: int
  date: datetime.date
  centre: int
  is_imaged: bool


@dataclasses.dataclass(frozen=True)
class Person:
  """A participant of the phantom.

  Attributes:
    eid: participant id, digits.
    sex: 0 female, 1 male.
    ethnicity: code of field 21000, -5 missing.
    birth_date: the true one; tables show year and month.
    height_cm: standing height at 60 years.
    weight_kg: body weight.
    family: the family's name, empty without relatives.
    kinship: kinship coefficient to the other members, 0 without.
    genetic_years: genetic part of the latent accelerations, in the order of `latent.DIMENSIONS`.
    environmental_years: environmental part.
    visits: by instance.
  """

  eid: str
  sex: int
  ethnicity: int
  birth_date: datetime.date
  height_cm: float
  weight_kg: float
  family: str
  kinship: float
  genetic_years: tuple[float, ...]
  environmental_years: tuple[float, ...]
  visits: tuple[Visit, ...]

  def age_years(self, visit: Visit) -> float:
    """Returns the true age at a visit, days / 365.25."""
    return (visit.date - self.birth_date).days / DAYS_PER_YEAR

  def acceleration_years(self, dimension: str) -> float:
    """Returns the latent acceleration of a dimension, years; positive ages faster."""
    index = latent.DIMENSIONS.index(dimension)
    return self.genetic_years[index] + self.environmental_years[index]


def make_people(spec: spec_lib.PhantomSpec) -> list[Person]:
  """Returns the cohort's participants, by eid."""
  people = []
  for block in range(-(-spec.num_participants // BLOCK_SIZE)):
    families = _families_of_block(spec.seed, block)
    values = {name: latent.draw_family_values(spec.seed, name) for name, _ in families.values()}
    first = block * BLOCK_SIZE
    for index in range(first, min(first + BLOCK_SIZE, spec.num_participants)):
      family, kinship = families.get(index - first, ("", 0.0))
      people.append(_make_person(spec, str(spec_lib.FIRST_EID + index), family, kinship, values.get(family)))
  return people


def kinship_pairs(people: list[Person]) -> list[tuple[str, str, float]]:
  """Returns (eid, eid, kinship coefficient) for every pair of relatives."""
  members: dict[str, list[Person]] = {}
  for person in people:
    if person.family:
      members.setdefault(person.family, []).append(person)
  return [
    (first.eid, second.eid, first.kinship)
    for family in members.values()
    for i, first in enumerate(family)
    for second in family[i + 1 :]
  ]


def draw_sex(rng: np.random.Generator) -> int:
  """Draws 0, female, or 1, male."""
  return int(rng.random() >= _FEMALE_SHARE)


def draw_ethnicity(rng: np.random.Generator) -> int:
  """Draws a code of field 21000, -5 for an empty cell."""
  shares = np.array(list(_ETHNICITIES.values()))
  return int(rng.choice(list(_ETHNICITIES), p=shares / shares.sum()))


def draw_centre(rng: np.random.Generator) -> int:
  """Draws the centre of a first visit, a code of field 54."""
  return int(rng.choice(_ASSESSMENT_CENTRES))


def make_stranger(spec: spec_lib.PhantomSpec, eid: str) -> Person:
  """Returns somebody without relatives who is not in the cohort."""
  return _make_person(spec, eid, "", 0.0, None)


def role_in_family(seed: int, eid: str) -> int:
  """Returns which member of the family a person is, from 0, whoever else of it is in the cohort."""
  index = int(eid) - spec_lib.FIRST_EID
  families = _families_of_block(seed, index // BLOCK_SIZE)
  family, _ = families[index % BLOCK_SIZE]
  return sorted(place for place, (name, _) in families.items() if name == family).index(index % BLOCK_SIZE)


def _families_of_block(seed: int, block: int) -> dict[int, tuple[str, float]]:
  """Returns (family's name, kinship) by place within the block, of people with relatives."""
  rng = randomness.generator(seed, "families", block)
  places = list(rng.permutation(BLOCK_SIZE))
  families: dict[int, tuple[str, float]] = {}
  for (kind, size, kinship), share in zip(_FAMILY_KINDS, _FAMILY_SHARES, strict=True):
    if rng.random() < share and len(places) >= size:
      name = f"{kind} {size} of block {block}"
      for _ in range(size):
        families[int(places.pop())] = (name, kinship)
  return families


def _make_person(
  spec: spec_lib.PhantomSpec, eid: str, family: str, kinship: float, family_values: np.ndarray | None
) -> Person:
  rng = randomness.generator(spec.seed, "person", eid)
  sex = draw_sex(rng)
  ethnicity = draw_ethnicity(rng)
  height = (176.0 if sex else 163.0) + 6.5 * rng.standard_normal()
  body_mass_index = 26.7 * np.exp(0.15 * rng.standard_normal())
  birth_date, visits = _make_visits(spec, eid)
  genetic, environmental = latent.draw_accelerations(spec.seed, eid, family_values, kinship)
  return Person(
    eid=eid,
    sex=sex,
    ethnicity=ethnicity,
    birth_date=birth_date,
    height_cm=round(float(height), 1),
    weight_kg=round(float(body_mass_index * (height / 100) ** 2), 1),
    family=family,
    kinship=kinship,
    genetic_years=tuple(map(float, genetic)),
    environmental_years=tuple(map(float, environmental)),
    visits=visits,
  )


def _make_visits(spec: spec_lib.PhantomSpec, eid: str) -> tuple[datetime.date, tuple[Visit, ...]]:
  """Returns date of birth and visits: baseline 2006-2010 (instance 0), imaging 2014-2020 (2), repeats (1 and 3)."""
  rng = randomness.generator(spec.seed, "visits", eid)
  age = _YOUNGEST + _AGE_RANGE * rng.beta(*_AGE_BETA)
  # Nobody was under 37 at baseline, which ended in 2010. So the youngest were imaged early.
  imaging = rng.uniform(2014.4, min(2020.1, 2010.7 + age - 38.0))
  gap = rng.uniform(imaging - 2010.75, min(imaging - 2006.2, age - 37.5))
  repeat = imaging + rng.uniform(2.0, 3.5)
  assessment_centre, imaging_centre = draw_centre(rng), int(rng.choice(_IMAGING_CENTRES))
  is_imaged, is_repeated, only_second = rng.random(3) < (
    spec.imaged_fraction,
    spec.repeat_imaging_fraction,
    _ONLY_INSTANCE_3,
  )
  has_assessment = rng.random() < _REPEAT_ASSESSMENT
  second_possible = age + repeat - imaging <= _OLDEST
  visits = [Visit(0, _date(imaging - gap), assessment_centre, False)]
  if has_assessment:
    visits.append(Visit(1, _date(imaging - gap / 2), assessment_centre, False))
  if is_imaged:
    has_second = second_possible and (is_repeated or only_second)
    is_first_imaged = not (only_second and not is_repeated and has_second)
    visits.append(Visit(2, _date(imaging), imaging_centre, spec.has_images and is_first_imaged))
    if has_second:
      visits.append(Visit(3, _date(repeat), imaging_centre, spec.has_images))
  return _date(imaging - age), tuple(visits)


def _date(year: float) -> datetime.date:
  whole = int(year)
  return datetime.date(whole, 1, 1) + datetime.timedelta(days=int((year - whole) * 365))
