"""Correlations of genotypes: missing ones, constants, blocks, and both kinds of genotype files."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from msk_jax.genome.genotype_files import ArrayFile, GenotypeFiles, ImputedFile
from msk_jax.gwas_loci import genotypes, linkage
from msk_jax.mixed_models import genotype_blocks
from tests.genetics.embedded import cohort as cohort_lib
from tests.genetics.inputs import study as study_lib


@dataclasses.dataclass(frozen=True)
class _Drawn:
  """Genotypes in memory."""

  dosages: np.ndarray

  def table(self, chromosome: str) -> pd.DataFrame:
    raise NotImplementedError

  def read(self, chromosome: str, numbers: np.ndarray) -> np.ndarray:
    assert chromosome == "1"
    return self.dosages[:, numbers]


def _draw(missing: float = 0.1) -> np.ndarray:
  rng = np.random.default_rng(1)
  dosages = rng.binomial(2, 0.3, (400, 6)).astype(np.float32)
  dosages[:, 1] = np.where(rng.random(400) < 0.8, dosages[:, 0], dosages[:, 1])
  dosages[rng.random(dosages.shape) < missing] = np.nan
  return dosages


def test_a_correlation_is_over_the_people_who_have_both():
  dosages = _draw()
  r = linkage.correlate(dosages[:, 0], dosages)
  expected = pd.DataFrame(dosages.astype(float)).corr()[0]
  np.testing.assert_allclose(r, expected, atol=1e-12)


def test_a_variant_that_does_not_vary_has_no_correlation():
  dosages = _draw()
  dosages[:, 2], dosages[:, 3], dosages[:398, 4] = 2, np.nan, np.nan
  r = linkage.correlate(dosages[:, 0], dosages)
  assert np.isnan(r[2:5]).all() and np.isfinite(r[[0, 1, 5]]).all()
  assert np.isnan(linkage.correlate(dosages[:, 2], dosages)).all()


@pytest.mark.parametrize("numbers_in_memory", [2**27, 600])
def test_all_correlations_take_the_mean_for_missing_genotypes(monkeypatch, numbers_in_memory):
  monkeypatch.setattr(linkage, "_NUMBERS", numbers_in_memory)
  monkeypatch.setattr(linkage, "_PRODUCT_ROWS", 70)
  dosages = _draw()
  dosages[:, 4] = 1
  rows = np.arange(20, 400)
  panel = linkage.Panel(_Drawn(dosages), "1", rows)
  is_flipped = np.array([False, True, False, False, False, False])
  found = linkage.correlate_all(panel, np.arange(6), is_flipped)
  filled = np.where(np.isnan(dosages), np.nanmean(dosages[rows], axis=0), dosages)[rows].astype(float)
  filled[:, 1] = 2 - filled[:, 1]
  kept = [0, 1, 2, 3, 5]
  np.testing.assert_allclose(found[np.ix_(kept, kept)], np.corrcoef(filled[:, kept].T), atol=1e-6)
  assert np.isnan(found[4]).all() and np.isnan(found[:, 4]).all() and found[0, 1] < -0.5
  with_lead = linkage.correlate_with(panel, 2 - dosages[rows, 1], np.arange(6), is_flipped)
  np.testing.assert_allclose(with_lead[0], pd.Series(dosages[rows, 0]).corr(pd.Series(2 - dosages[rows, 1])), atol=1e-6)


def test_array_genotypes_are_read_by_region_with_men_twice_on_x(tmp_path):
  cohort = cohort_lib.make(tmp_path, 3, 40, missing=0.1)
  iid = cohort.iid[::-3]
  opened = genotypes.open_array(cohort.files(), iid, {"2": [(0, 10)], "X": [(0, 10)]})
  assert opened.table("1").empty and len(opened.table("X")) == cohort_lib.PER_CHROMOSOME
  numbers = np.array([5, 3, 200])
  for place, name in ((1, "2"), (3, "X")):
    expected = cohort.calls[::-3][:, place * cohort_lib.PER_CHROMOSOME + numbers].astype(np.float32)
    expected[expected == genotype_blocks.MISSING] = np.nan
    np.testing.assert_array_equal(opened.read(name, numbers), expected)
  of_men = opened.read("X", np.arange(50))[cohort.sex[::-3] == 1]
  assert set(np.unique(of_men[np.isfinite(of_men)])) == {0.0, 2.0}


def test_imputed_genotypes_are_read_by_region_and_people_who_are_not_imputed_have_none(tmp_path):
  study = study_lib.make(tmp_path / "study")
  imputed = study_lib.EIDS[:500]
  study_lib.add_imputed(study, imputed, study_lib.FAM_SEX[:500])
  files = GenotypeFiles((), (ImputedFile("1", study.path("c1.bgen"), study.path("c1.sample")),), "GRCh37")
  iid = np.array([study_lib.EIDS[550], study_lib.EIDS[7], study_lib.EIDS[3]])
  opened = genotypes.open_imputed(files, iid, {"1": [(1_001, 1_001), (1_003, 1_010)]})
  table = opened.table("1")
  assert list(table["rsid"]) == ["rs901", "rs903"] and list(table["num_alleles"]) == [2, 2]
  dosages = opened.read("1", np.array([1, 0]))
  assert np.isnan(dosages[0]).all() and np.isfinite(dosages[1:]).all()
  probabilities = [np.random.default_rng(5)]
  drawn = [probabilities[0].dirichlet(np.ones(3), 500) for _ in range(4)]
  expected = [[2 * drawn[k][person, 0] + drawn[k][person, 1] for k in (3, 1)] for person in (7, 3)]
  np.testing.assert_allclose(dosages[1:], expected, atol=0.01)
  assert genotypes.open_imputed(files, iid, {"2": [(0, 10)]}).table("1").empty


def test_array_files_of_other_chromosomes_are_not_opened(tmp_path):
  absent = ArrayFile("7", tmp_path / "no.bed", tmp_path / "no.bim", tmp_path / "no.fam")
  assert genotypes.open_array(GenotypeFiles((absent,), (), "GRCh37"), np.array(["9000001"]), {"8": []}).table("7").empty
