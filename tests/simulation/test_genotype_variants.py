"""The phantom's variants: where they are, their alleles, frequencies and files."""

import dataclasses

import numpy as np
import pytest

from msk_jax.genome import annotation, chromosomes, genes
from msk_jax.simulation import latent
from msk_jax.simulation.genotypes import loci, variants
from msk_jax.simulation.spec import GenotypesSpec, PhantomSpec

_SPEC = GenotypesSpec()


@pytest.fixture(scope="module")
def drawn() -> list[variants.Variants]:
  return variants.draw(3, _SPEC)


def _all(drawn, name: str) -> np.ndarray:
  return np.concatenate([getattr(each, name) for each in drawn])


def test_the_array_has_as_many_variants_as_the_settings_say(drawn):
  assert [each.chromosome for each in drawn] == list(chromosomes.NAMES)
  numbers = np.array([each.is_on_array.sum() for each in drawn])
  assert numbers.sum() == 21_000 and numbers[-1] == 1_000
  lengths = np.array([chromosomes.LENGTHS_BP["GRCh37"][name] for name in chromosomes.AUTOSOMES])
  np.testing.assert_allclose(numbers[:-1] / 20_000, lengths / lengths.sum(), atol=0.006)


def test_places_are_on_the_chromosomes_and_in_order(drawn):
  for each in drawn:
    assert (np.diff(each.position_bp) > 0).all()
    assert each.position_bp[0] > 0 and each.position_bp[-1] < chromosomes.LENGTHS_BP["GRCh37"][each.chromosome]
  x = drawn[-1].position_bp  # without the pseudo-autosomal parts
  assert x.min() > 2_699_520 and x.max() < 154_931_044


def test_names_and_alleles_are_those_of_variants(drawn):
  names = _all(drawn, "rsid")
  assert len(set(names)) == len(names) and names[0] == "rs900000001"
  assert {len(name) for name in names} == {len("rs") + 9}  # participant ids have seven digits
  counted, other = _all(drawn, "counted"), _all(drawn, "other")
  assert set(counted) == set(other) == set("ACGT") and (counted != other).all()
  is_ambiguous = np.char.add(counted, other)[:, None] == np.array(["AT", "TA", "CG", "GC"])
  assert 0.25 < is_ambiguous.any(axis=1).mean() < 0.42
  assert 0.1 < _all(drawn, "is_counted_reference").mean() < 0.2
  frequency = _all(drawn, "frequency")
  assert frequency.min() >= 0.02 and frequency.max() <= 0.5


def test_variants_are_dense_around_the_genes_that_the_paper_names(drawn):
  by_chromosome = {each.chromosome: each for each in drawn}
  table = loci.read()
  assert {locus.gene for locus in table} == {*loci.LEADS, *loci.OTHERS}
  assert {dimension for locus in table for dimension in locus.dimensions} == set(latent.DIMENSIONS)
  for locus in table:
    on_chromosome = by_chromosome[locus.chromosome]
    is_near = (on_chromosome.position_bp >= locus.start_bp - 500_000) & (
      on_chromosome.position_bp <= locus.end_bp + 500_000
    )
    assert is_near.sum() >= 200, locus
    assert on_chromosome.is_imputed[is_near].all(), locus
    assert 15 < on_chromosome.is_on_array[is_near].sum() < 60, locus


def test_lead_variants_are_in_their_genes_and_half_of_them_on_the_array(drawn):
  leads = [each.take(each.is_lead) for each in drawn]
  names = np.concatenate([[each.chromosome] * len(each) for each in leads])
  positions, own = _all(leads, "position_bp"), _all(leads, "gene")
  assert sorted(own) == sorted(loci.LEADS) and names[-1] == chromosomes.X
  result = annotation.annotate(names, positions, "GRCh37", genes.read_embedded())
  assert set(result["relation"]) == {annotation.OVERLAPPING}
  assert all(gene in text.split(", ") for gene, text in zip(own, result["genes"], strict=True))
  assert _all(leads, "is_on_array").sum() == len(own) // 2 and _all(leads, "is_on_array")[-1]
  assert _all(leads, "is_imputed").all()


def test_every_chromosome_has_imputed_variants_of_good_and_of_poor_quality(drawn):
  for each in drawn:
    assert each.is_imputed.sum() >= 10
    assert (each.is_on_array | each.is_imputed).all()
  info = _all(drawn, "info")[_all(drawn, "is_imputed") & ~_all(drawn, "is_on_array")]
  assert 0.3 < info.min() < 0.4 and 0.95 < info.max() < 1.0


def test_variants_depend_on_seed_and_settings_alone(drawn):
  for one, other in zip(drawn, variants.draw(3, GenotypesSpec()), strict=True):
    assert all(np.array_equal(value, vars(other)[name]) for name, value in vars(one).items())
  assert not np.array_equal(variants.draw(4, _SPEC)[0].position_bp, drawn[0].position_bp)


@pytest.mark.parametrize(
  "wrong",
  [
    {"num_array_variants": 1_000, "num_causal_variants": 200, "num_array_variants_on_x": 200},
    {"num_array_variants_on_x": 20_000},
    {"num_variants_per_gene": 3},
    {"missing_call_fraction": 0.5},
    {"locus_h2": 0.1},
    {"num_causal_variants": 20_000},
    {"structure": -1.0},
    {"num_reference_people": 10},
    {"num_sex_mismatches": -1},
  ],
)
def test_impossible_genotypes_are_refused(wrong):
  with pytest.raises(ValueError, match=next(iter(wrong))):
    dataclasses.replace(_SPEC, **wrong)


def test_too_many_people_for_genotypes_are_refused():
  assert not PhantomSpec(200_000).has_genotypes
  with pytest.raises(ValueError, match="num_participants with genotypes"):
    PhantomSpec(200_000, has_genotypes=True)
