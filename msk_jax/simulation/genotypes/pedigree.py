"""Who is whose child: families by kind, and a person alone as the smallest of them.

Founders bring haplotypes from outside; the others inherit. A family of two siblings has two founders, their parents.
"""

import dataclasses
from collections.abc import Sequence

from msk_jax.simulation import people, randomness
from msk_jax.simulation.genotypes import ancestry


@dataclasses.dataclass(frozen=True)
class Child:
  """Numbers of the father and the mother among founders and the children before; whether the child is male."""

  father: int
  mother: int
  is_male: bool


@dataclasses.dataclass(frozen=True)
class Member:
  """A person of the cohort: eid, sex, and numbers of the parents; a person alone, who is the founder, has none."""

  eid: str
  is_male: bool
  father: int = -1
  mother: int = -1


@dataclasses.dataclass(frozen=True)
class Unit:
  """A family, or a person alone.

  Attributes:
    key: the family's name or the person's eid, on which random numbers depend.
    origin: where the ancestors are from.
    is_founder_male: of each founder.
    hidden: children who are not in the cohort, in order of birth; their numbers follow the founders'.
    members: people of the cohort.
  """

  key: str
  origin: ancestry.Origin
  is_founder_male: tuple[bool, ...]
  hidden: tuple[Child, ...]
  members: tuple[Member, ...]


@dataclasses.dataclass(frozen=True)
class _Kind:
  """Founders and hidden children of a kind of family, and (father, mother) of its members by role."""

  is_founder_male: tuple[bool, ...]
  hidden: tuple[Child, ...]
  parents: tuple[tuple[int, int], ...]


_SIBLINGS = _Kind((True, False), (), ((0, 1),) * 3)
# Grandparents 0 and 1; founder 2 is the husband of their daughter 3. An uncle or aunt, and her child.
_AVUNCULAR = _Kind((True, False, True), (Child(0, 1, False),), ((0, 1), (2, 3)))
# Grandparents 0 and 1; founders 2 and 3 marry their daughter 4 and their son 5. A child of each.
_COUSINS = _Kind((True, False, True, False), (Child(0, 1, False), Child(0, 1, True)), ((2, 4), (5, 3)))
_KINDS = {"siblings": _SIBLINGS, "avuncular": _AVUNCULAR, "cousins": _COUSINS}


def units_of(seed: int, cohort: Sequence[people.Person]) -> list[Unit]:
  """Returns the cohort as families and people alone, by their first member."""
  families: dict[str, list[people.Person]] = {}
  for person in cohort:
    families.setdefault(person.family or person.eid, []).append(person)
  return [_family(seed, members) if members[0].family else _alone(seed, members[0]) for members in families.values()]


def reference_units(seed: int, number: int) -> list[Unit]:
  """Returns imagined British people without relatives."""
  units = []
  for i in range(number):
    key = f"reference person {i}"
    is_male = bool(people.draw_sex(randomness.generator(seed, "sex of a reference person", key)))
    units.append(Unit(key, ancestry.draw_of_reference(seed, key), (is_male,), (), (Member(key, is_male),)))
  return units


def _alone(seed: int, person: people.Person) -> Unit:
  origin = ancestry.draw(seed, person.eid, person.ethnicity, person.visits[0].centre)
  is_male = bool(person.sex)
  return Unit(person.eid, origin, (is_male,), (), (Member(person.eid, is_male),))


def _family(seed: int, members: Sequence[people.Person]) -> Unit:
  family = members[0].family
  kind = _KINDS[family.split()[0]]
  origin = ancestry.draw_of_family(seed, family)
  present = (
    Member(person.eid, bool(person.sex), *kind.parents[people.role_in_family(seed, person.eid)]) for person in members
  )
  return Unit(family, origin, kind.is_founder_male, kind.hidden, tuple(present))
