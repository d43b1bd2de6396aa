"""People, visits and families."""

import dataclasses

import numpy as np
import pytest

from msk_jax.simulation import people, spec

_SPEC = spec.PhantomSpec(num_participants=500, seed=1)


@pytest.fixture(scope="module")
def cohort() -> list[people.Person]:
  return people.make_people(_SPEC)


def test_people_do_not_depend_on_the_size_of_the_cohort(cohort):
  smaller = people.make_people(dataclasses.replace(_SPEC, num_participants=37))
  assert smaller == cohort[:37]


def test_another_seed_gives_other_people(cohort):
  other = people.make_people(dataclasses.replace(_SPEC, seed=2, num_participants=20))
  assert all(a != b for a, b in zip(other, cohort, strict=False))


def test_eids_are_unique_and_above_those_of_uk_biobank(cohort):
  eids = [person.eid for person in cohort]
  assert len(set(eids)) == len(eids)
  assert all(len(eid) == 7 and int(eid) > 9_000_000 for eid in eids)


def test_ages_and_visits_are_those_of_the_study(cohort):
  imaging = [p.age_years(v) for p in cohort for v in p.visits if v.is_imaged]
  assert min(imaging) > 44.9 and max(imaging) < 82.1
  assert 61 < np.mean(imaging) < 66 and 6.5 < np.std(imaging) < 8.5
  for person in cohort:
    instances = [visit.instance for visit in person.visits]
    assert instances[0] == 0 and instances == sorted(set(instances))
    dates = [visit.date for visit in person.visits]
    assert dates == sorted(dates)
    assert 2006 <= dates[0].year <= 2010 and person.age_years(person.visits[0]) > 37
    assert not any(visit.is_imaged for visit in person.visits if visit.instance < 2)
  imaged = [{v.instance for v in p.visits if v.is_imaged} for p in cohort]
  assert 0.9 < np.mean([bool(visits_imaged) for visits_imaged in imaged]) < 0.99
  assert 0.05 < np.mean([{2, 3} <= visits_imaged for visits_imaged in imaged]) < 0.16


def test_sexes_and_ethnicities_have_realistic_shares(cohort):
  assert 0.4 < np.mean([person.sex for person in cohort]) < 0.56
  british = np.mean([person.ethnicity == 1001 for person in cohort])
  assert 0.82 < british < 0.93
  assert len({person.ethnicity for person in cohort}) > 6


def test_relatives_are_pairs_of_one_family(cohort):
  by_eid = {person.eid: person for person in cohort}
  pairs = people.kinship_pairs(cohort)
  assert 3 < len(pairs) < 100
  for first, second, kinship in pairs:
    assert first != second
    assert by_eid[first].family == by_eid[second].family != ""
    assert kinship in (0.25, 0.125, 0.0625)
  alone = [person for person in cohort if not person.family]
  assert all(person.kinship == 0 for person in alone)


@pytest.mark.parametrize(
  "wrong",
  [{"num_participants": 0}, {"seed": -1}, {"imaged_fraction": 1.5}, {"nuisance": -0.1}, {"noise": 9.0}],
)
def test_impossible_specs_are_refused(wrong):
  with pytest.raises(ValueError, match=next(iter(wrong))):
    spec.PhantomSpec(**wrong)


def test_negative_flaw_counts_are_refused():
  with pytest.raises(ValueError, match=r"flaws\.withdrawn"):
    spec.FlawCounts(withdrawn=-1)
