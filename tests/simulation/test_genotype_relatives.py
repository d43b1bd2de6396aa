"""Relatives inherit from common ancestors; people do not depend on who else is there."""

import dataclasses
import itertools

import numpy as np
import pytest

from msk_jax.genome import chromosomes
from msk_jax.simulation import people
from msk_jax.simulation.files import biobank_tables
from msk_jax.simulation.genotypes import ancestry, haplotypes, pedigree, variants
from msk_jax.simulation.spec import GenotypesSpec, PhantomSpec

_SPEC = PhantomSpec(9_000, seed=8, has_images=False, has_genotypes=True, genotypes=GenotypesSpec.small())
_WHITE = (1, 1001, 1002, 1003, -1, -3, -5)


@dataclasses.dataclass(frozen=True)
class _Families:
  """White families: their members, in order, and standardised genotypes by variant, autosomes [m, n] and X."""

  members: dict[str, int]  # eid to column
  standardised: np.ndarray
  on_x: np.ndarray


@pytest.fixture(scope="module")
def drawn_variants() -> list[variants.Variants]:
  return variants.draw(_SPEC.seed, _SPEC.genotypes)


@pytest.fixture(scope="module")
def cohort() -> list[people.Person]:
  return people.make_people(_SPEC)


@pytest.fixture(scope="module")
def families(cohort, drawn_variants) -> _Families:
  units = pedigree.units_of(_SPEC.seed, [person for person in cohort if person.family])
  units = [unit for unit in units if unit.origin.ethnicity in _WHITE]
  members = [member for unit in units for member in unit.members]
  autosomes = []
  for each in drawn_variants[:-1]:
    is_used = each.gene == ""  # those around genes would count many times
    autosomes.append(haplotypes.draw(_SPEC.seed, each, units)[is_used])
  genotypes = np.concatenate(autosomes).astype(np.float32)
  frequency = genotypes.mean(axis=1, keepdims=True) / 2
  standardised = (genotypes - 2 * frequency) / np.sqrt(2 * frequency * (1 - frequency))
  on_x = haplotypes.draw(_SPEC.seed, drawn_variants[-1], units)
  return _Families({member.eid: i for i, member in enumerate(members)}, standardised, on_x)


def _file_kinships(cohort) -> dict[tuple[str, str], float]:
  lines = biobank_tables._kinship_text(_SPEC, cohort).splitlines()[1:]
  return {(line.split()[0], line.split()[1]): float(line.split()[-1]) for line in lines}


@pytest.mark.parametrize("kinship", [0.25, 0.125, 0.0625])
def test_genomic_relationship_is_twice_the_kinship_of_the_relatedness_file(families, cohort, kinship):
  """Within .02 by degree; the standard error of the mean is well below that."""
  in_file = _file_kinships(cohort)
  pairs = [
    (first, second)
    for first, second, expected in people.kinship_pairs(cohort)
    if expected == kinship and first in families.members
  ]
  values = families.standardised
  relationship = np.array([np.mean(values[:, families.members[a]] * values[:, families.members[b]]) for a, b in pairs])
  standard_error = relationship.std() / np.sqrt(len(pairs))
  assert len(pairs) > 30 and standard_error < 0.009
  assert abs(relationship.mean() - 2 * np.mean([in_file[pair] for pair in pairs])) < 0.02


def test_people_of_different_families_are_unrelated(families):
  values = families.standardised[:, ::9]
  relationship = values.T @ values / len(values)
  others = relationship[~np.eye(len(relationship), dtype=bool)]
  assert abs(others.mean()) < 0.005
  assert np.diag(relationship).mean() == pytest.approx(1.0, abs=0.02)


def test_siblings_share_long_stretches(cohort, drawn_variants):
  """The spread of what siblings share of chromosome 1 is that of crossovers at 1 cM per Mb."""
  siblings = [person for person in cohort if person.family.startswith("siblings")]
  units = pedigree.units_of(_SPEC.seed, siblings)
  units = [unit for unit in units if unit.origin.ethnicity in _WHITE and len(unit.members) == 2]
  each = drawn_variants[0]
  genotypes = haplotypes.draw(_SPEC.seed, each, units).astype(float)
  genotypes = genotypes[each.gene == ""]
  frequency = genotypes.mean(axis=1, keepdims=True) / 2
  values = (genotypes - 2 * frequency) / np.sqrt(2 * frequency * (1 - frequency))
  shared = np.mean(values[:, ::2] * values[:, 1::2], axis=0)
  unrelated = np.mean(values[:, :-2:2] * values[:, 2::2], axis=0)
  # Haldane: two gametes of a parent agree with autocovariance exp(-4d) / 4 at a distance of d Morgans.
  morgans = chromosomes.LENGTHS_BP["GRCh37"]["1"] / 1e8
  variance = (morgans / 4 - (1 - np.exp(-4 * morgans)) / 16) / (2 * morgans**2) / 2
  assert len(units) > 80
  assert np.sqrt(shared.var() - unrelated.var()) == pytest.approx(np.sqrt(variance), rel=0.3)


def test_on_x_men_have_one_haplotype_and_siblings_share_by_sex(families, cohort):
  by_eid = {person.eid: person for person in cohort}
  sex = np.array([by_eid[eid].sex for eid in families.members])
  assert not (families.on_x[:, sex == 1] == 1).any() and (families.on_x[:, sex == 0] == 1).any()
  frequency = families.on_x.mean(axis=1) / 2
  scale = np.where(sex == 1, 2.0, np.sqrt(2.0)) * np.sqrt(frequency * (1 - frequency))[:, None]
  values = (families.on_x - 2 * frequency[:, None]) / scale
  shared: dict[int, list[float]] = {0: [], 1: [], 2: []}  # by number of brothers in the pair
  for first, second, kinship in people.kinship_pairs(cohort):
    if kinship == 0.25 and first in families.members:
      product = values[:, families.members[first]] * values[:, families.members[second]]
      shared[by_eid[first].sex + by_eid[second].sex].append(float(product.mean()))
  # Sisters have their father's X in common and half of their mother's; the others half of their mother's alone.
  for brothers, expected in ((0, 0.75), (1, 0.25 * np.sqrt(2)), (2, 0.5)):
    standard_error = np.std(shared[brothers]) / np.sqrt(len(shared[brothers]))
    assert np.mean(shared[brothers]) == pytest.approx(expected, abs=4 * standard_error), brothers


def test_relatives_have_the_same_frequencies_as_others(families, cohort, drawn_variants):
  alone = [person for person in cohort if not person.family and person.ethnicity in _WHITE]
  units = pedigree.units_of(_SPEC.seed, alone[: len(families.members)])
  for number in (0, 1):
    each = drawn_variants[number]
    kin = pedigree.units_of(_SPEC.seed, [person for person in cohort if person.eid in families.members])
    one, other = (haplotypes.draw(_SPEC.seed, each, group).astype(float) for group in (units, kin))
    noise = np.sqrt(one.var(axis=1) / one.shape[1] + other.var(axis=1) / (other.shape[1] / 1.5))  # relatives share
    z = (one.mean(axis=1) - other.mean(axis=1)) / noise
    assert abs(z.mean()) < 0.35 and z.std() < 1.4
    np.testing.assert_allclose(other.var(axis=1).mean(), one.var(axis=1).mean(), rtol=0.02)


def test_a_person_does_not_depend_on_the_cohort(cohort, drawn_variants):
  for each in (drawn_variants[20], drawn_variants[-1]):
    many, few = (pedigree.units_of(_SPEC.seed, cohort[:n]) for n in (1_203, 37))
    expected = haplotypes.draw(_SPEC.seed, each, many)
    columns = {member.eid: i for i, member in enumerate(m for unit in many for m in unit.members)}
    result = haplotypes.draw(_SPEC.seed, each, few)
    eids = [member.eid for unit in few for member in unit.members]
    assert sorted(eids) == sorted(person.eid for person in cohort[:37])
    np.testing.assert_array_equal(result, expected[:, [columns[eid] for eid in eids]])
    assert not np.array_equal(result, haplotypes.draw(_SPEC.seed + 1, each, few))


def test_a_family_that_is_cut_keeps_its_members_roles(cohort):
  """An uncle is not taken for his nephew where the other is not in the cohort."""
  family = next(person.family for person in cohort if person.family.startswith("avuncular"))
  pair = [person for person in cohort if person.family == family]
  (whole,) = pedigree.units_of(_SPEC.seed, pair)
  assert {(member.father, member.mother) for member in whole.members} == {(0, 1), (2, 3)}
  for person, member in zip(pair, whole.members, strict=True):
    (cut,) = pedigree.units_of(_SPEC.seed, [person])
    assert cut.members == (member,) and cut.hidden == whole.hidden


def test_linkage_falls_with_distance_and_reaches_95_percent_around_genes(drawn_variants):
  units = pedigree.reference_units(_SPEC.seed, 1_500)
  near, elsewhere, across = [], [], []
  for each in (drawn_variants[0], drawn_variants[5], drawn_variants[11]):
    r = np.corrcoef(haplotypes.draw(_SPEC.seed, each, units)) ** 2
    is_dense = each.gene != ""
    for i, j in itertools.pairwise(range(len(each))):
      if each.correlation[j] and is_dense[i] == is_dense[j]:
        (near if is_dense[j] else elsewhere).append(r[i, j])
    across += [r[i, i + 1] for i in range(len(each) - 1) if each.correlation[i + 1] == 0]
  assert 0.88 < max(near) < 0.97 and np.median(near) > 0.4
  assert 0.2 < np.median(elsewhere) < 0.4
  assert np.mean(across) < 2 / 1_500


def test_structure_is_strong_between_continents_and_mild_within_europe(drawn_variants):
  each = drawn_variants[1]
  axes = {
    name: np.stack([ancestry.draw(1, f"{name} {i}", code, 11010).axes for i in range(300)])
    for name, code in (("british", 1001), ("other white", 1003), ("african", 4002), ("chinese", 5))
  }
  frequency = {}
  for name, places in axes.items():
    units = [
      pedigree.Unit(f"{name} {i}", ancestry.Origin(0, place), (False,), (), (pedigree.Member(f"{name} {i}", False),))
      for i, place in enumerate(places)
    ]
    frequency[name] = haplotypes.draw(1, each, units).mean(axis=1) / 2

  def fst(one: str, other: str) -> float:
    p, q = frequency[one], frequency[other]
    noise = (p * (1 - p) + q * (1 - q)) / (2 * 300)
    return float(np.sum((p - q) ** 2 - noise) / np.sum(p * (1 - q) + q * (1 - p)))

  assert 0.05 < fst("british", "african") < 0.25 and 0.05 < fst("british", "chinese") < 0.25
  assert 0.0005 < fst("british", "other white") < 0.01
  assert each.chromosome in chromosomes.AUTOSOMES
