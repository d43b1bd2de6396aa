"""The planted scores are the genetic parts of the accelerations, with the published structure."""

import dataclasses

import numpy as np
import pytest

from msk_jax.simulation import latent, people
from msk_jax.simulation.genotypes import effects, haplotypes, loci, pedigree, study, variants
from msk_jax.simulation.spec import GenotypesSpec, PhantomSpec

_GENOTYPES = dataclasses.replace(GenotypesSpec.small(), num_reference_people=1_000, num_variants_per_gene=40)
_SPEC = PhantomSpec(1_500, seed=2, has_images=False, has_genotypes=True, genotypes=_GENOTYPES)


@pytest.fixture(scope="module")
def cohort() -> study.Study:
  return study.make(_SPEC, people.make_people(_SPEC), None)


def _genetic_years(persons) -> np.ndarray:
  return np.array([person.genetic_years for person in persons])


def test_reference_scores_have_exactly_the_published_covariance(cohort):
  units = pedigree.reference_units(_SPEC.seed, _GENOTYPES.num_reference_people)
  scores = np.zeros((len(units), 5))
  for number, each in enumerate(cohort.variants):
    genotypes = haplotypes.draw(_SPEC.seed, each, units)
    scores += cohort.effects.scores(number, genotypes)
    for place in np.flatnonzero(each.is_lead):
      share = cohort.effects.years[number][place] ** 2 * genotypes[place].var() / latent.SD_YEARS**2
      expected = [0.02 * (name in loci.LEADS[each.gene[place]]) for name in latent.DIMENSIONS]
      np.testing.assert_allclose(share, expected, atol=1e-6)
  np.testing.assert_allclose(scores.mean(axis=0), cohort.effects.offset_years, atol=1e-6)
  np.testing.assert_allclose(np.cov(scores.T, bias=True), effects.genetic_covariance(), atol=1e-5)


def test_unrelated_white_people_have_the_published_heritabilities_and_correlations(cohort):
  """Up to sampling: of this cohort, and of the reference people who set the scale."""
  white = [p for p in cohort.cohort if p.ethnicity in (1, 1001, 1002, 1003) and not p.family]
  genetic = _genetic_years(white)
  british = _genetic_years([person for person in white if person.ethnicity == 1001])
  assert (np.abs(british.mean(axis=0) / genetic.std(axis=0)) < 4 * np.sqrt(1 / len(british) + 1 / 1_000)).all()
  sampling = np.sqrt(1 / len(white) + 1 / _GENOTYPES.num_reference_people)
  h2 = genetic.var(axis=0) / latent.SD_YEARS**2
  np.testing.assert_allclose(h2 / latent.HERITABILITY, 1.0, atol=4 * np.sqrt(2) * sampling)
  np.testing.assert_allclose(np.corrcoef(genetic.T), latent.genetic_correlation(), atol=4 * sampling)
  total = genetic + np.array([person.environmental_years for person in white])
  np.testing.assert_allclose(total.std(axis=0) / latent.SD_YEARS, 1.0, atol=4 * sampling)
  np.testing.assert_allclose(np.corrcoef(total.T), latent.phenotypic_correlation(), atol=4 * sampling)


def test_scores_and_truth_do_not_depend_on_the_cohort(cohort):
  smaller = dataclasses.replace(_SPEC, num_participants=63)
  other = study.make(smaller, people.make_people(smaller), None)
  assert other.cohort == cohort.cohort[:63]
  np.testing.assert_array_equal(other.axes, cohort.axes[:63])
  np.testing.assert_array_equal(other.missingness, cohort.missingness[:63])
  assert other.samples == cohort.samples[:63]


def test_only_ethnicity_of_families_and_genetic_parts_are_new(cohort):
  for old, new in zip(people.make_people(_SPEC), cohort.cohort, strict=True):
    kept = dataclasses.replace(new, genetic_years=old.genetic_years, ethnicity=old.ethnicity)
    assert kept == old and new.genetic_years != old.genetic_years
    assert old.family or new.ethnicity == old.ethnicity
  by_family: dict[str, set[int]] = {}
  for person in cohort.cohort:
    if person.family:
      by_family.setdefault(person.family, set()).add(person.ethnicity)
  assert len(by_family) > 20 and all(len(codes) == 1 for codes in by_family.values())


def test_small_effects_are_on_the_array_and_away_from_the_genes(cohort):
  for each, years in zip(cohort.variants, cohort.effects.years, strict=True):
    has_small = years.any(axis=1) & ~each.is_lead
    assert each.is_on_array[has_small].all() and (each.gene[has_small] == "").all()
  assert sum(int(years.any(axis=1).sum()) for years in cohort.effects.years) == 600 + len(loci.LEADS)


@pytest.mark.parametrize("locus_h2", [0.0, 0.025])
def test_every_share_of_the_loci_that_is_allowed_leaves_room_for_small_effects(locus_h2):
  spec = dataclasses.replace(_GENOTYPES, locus_h2=locus_h2, num_reference_people=500)
  drawn = effects.draw(5, spec, variants.draw(5, spec))
  assert all(np.isfinite(years).all() for years in drawn.years)
