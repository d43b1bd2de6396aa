"""Counts of genotypes: against unpacked arrays, and against plink1.9."""

import subprocess

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msk_jax.genome import bed_counts, hardy_weinberg
from tests import programs
from tests.genome import genotypes

_CODE_OF_COPIES = np.array([bed_counts.HOM_2, bed_counts.HET, bed_counts.HOM_1, bed_counts.MISSING])


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 70), st.integers(1, 600), st.integers(0, 1000))
def test_counts_are_those_of_the_unpacked_array(tmp_path_factory, num_people, num_variants, seed):
  rng = np.random.default_rng(seed)
  copies = rng.integers(0, 4, (num_people, num_variants))
  is_in = rng.random(num_people) < 0.6
  path = tmp_path_factory.mktemp("bed") / "a.bed"
  genotypes.write_bed(path, copies)
  counts, missing = [], bed_counts.PersonCounts(num_people, bed_counts.MISSING)
  for block in bed_counts.read_blocks(path, num_people, num_variants):
    counts.append(bed_counts.count(block, bed_counts.make_mask(is_in)))
    missing.add(block)
  codes = _CODE_OF_COPIES[copies]
  expected = [[np.sum(codes[is_in, variant] == code) for code in range(4)] for variant in range(num_variants)]
  np.testing.assert_array_equal(np.concatenate(counts), expected)
  np.testing.assert_array_equal(missing.totals, (copies == 3).sum(axis=1))


def test_blocks_cover_a_file_that_is_larger_than_one(tmp_path):
  copies = genotypes.draw(4001, 2600, missing=0.1)
  genotypes.write_bed(tmp_path / "a.bed", copies)
  starts, total = [], 0
  for block in bed_counts.read_blocks(tmp_path / "a.bed", *copies.shape):
    starts.append(block.start)
    total += bed_counts.count(block, bed_counts.make_mask(np.ones(4001, bool)))[:, bed_counts.MISSING].sum()
  assert len(starts) > 1 and total == (copies == 3).sum()


def test_counts_by_person_go_beyond_a_byte(tmp_path):
  copies = np.full((5, 700), 3)
  copies[1, :300] = 0
  genotypes.write_bed(tmp_path / "a.bed", copies)
  missing = bed_counts.PersonCounts(5, bed_counts.MISSING)
  for block in bed_counts.read_blocks(tmp_path / "a.bed", 5, 700):
    missing.add(block)
  assert missing.totals.tolist() == [700, 400, 700, 700, 700]
  assert missing.totals.tolist() == [700, 400, 700, 700, 700]  # asking changes nothing


def _plink(folder, *arguments: str, name: str) -> pd.DataFrame:
  command = ["plink1.9", "--bfile", "a", "--out", "o", *arguments]
  subprocess.run(command, cwd=folder, check=True, capture_output=True)
  return pd.read_csv(folder / f"o.{name}", sep=r"\s+")


def test_missing_calls_frequencies_and_hardy_weinberg_are_those_of_plink(tmp_path):
  programs.require("plink1.9")
  rng = np.random.default_rng(3)
  copies = genotypes.draw(801, 300, seed=3, missing=0.03)
  copies[:, ::7] = np.where(rng.random((801, 43)) < 0.2, 2, copies[:, ::7])  # out of equilibrium
  ids = [str(9_000_001 + i) for i in range(801)]
  genotypes.write_bed(tmp_path / "a.bed", copies)
  genotypes.write_fam(tmp_path / "a.fam", ids, [1 + i % 2 for i in range(801)])
  genotypes.write_bim(tmp_path / "a.bim", [("1", f"rs{i}", 100 + i) for i in range(300)])
  blocks = bed_counts.read_blocks(tmp_path / "a.bed", 801, 300)
  everybody = bed_counts.make_mask(np.ones(801, bool))
  counts = np.concatenate([bed_counts.count(block, everybody) for block in blocks])
  hom_1, missing, het, hom_2 = counts.T
  by_variant = _plink(tmp_path, "--missing", name="lmiss")
  assert by_variant["N_MISS"].tolist() == missing.tolist()
  hardy = _plink(tmp_path, "--hardy", "--keep-allele-order", name="hwe").query("TEST == 'ALL(NP)' or TEST == 'ALL'")
  assert hardy["GENO"].tolist() == [f"{a}/{b}/{c}" for a, b, c in zip(hom_1, het, hom_2, strict=True)]
  p = hardy_weinberg.exact_p(het, hom_1, hom_2)
  assert hardy["P"].min() < 1e-8 and hardy["P"].max() == 1
  np.testing.assert_allclose(p, hardy["P"], rtol=2e-3)  # plink prints four digits
  frequency = _plink(tmp_path, "--freq", "--keep-allele-order", name="frq")
  np.testing.assert_allclose((2 * hom_1 + het) / (2 * (801 - missing)), frequency["MAF"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
  ("counts", "p"),
  [
    ((0, 0, 0), 1.0),
    ((0, 5, 0), 1.0),
    ((1, 0, 0), 1.0),
    ((0, 1, 1), 1 / 3),
    ((2, 0, 0), 1.0),
    ((57, 14, 50), 0.842279),
  ],
)
def test_exact_p_of_small_counts(counts, p):
  np.testing.assert_allclose(hardy_weinberg.exact_p(*(np.array([value]) for value in counts)), [p], rtol=1e-5)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 60)] * 3), min_size=1, max_size=20))
def test_exact_p_is_the_sum_over_all_less_likely_numbers(counts):
  het, hom_1, hom_2 = np.array(counts).T
  expected = [_enumerated_p(*row) for row in counts]
  np.testing.assert_allclose(hardy_weinberg.exact_p(het, hom_1, hom_2), expected, rtol=1e-6)
  np.testing.assert_allclose(hardy_weinberg.exact_p(het, hom_2, hom_1), expected, rtol=1e-6)


def _enumerated_p(het: int, hom_1: int, hom_2: int) -> float:
  """Returns p from all possible numbers of heterozygotes, by the ratios of neighbours."""
  alleles = (2 * hom_1 + het, 2 * hom_2 + het)
  numbers = list(range(alleles[0] % 2, min(alleles) + 1, 2))
  weights = [1.0]
  for number in numbers[:-1]:
    weights.append(weights[-1] * (alleles[0] - number) * (alleles[1] - number) / ((number + 2) * (number + 1)))
  seen = weights[numbers.index(het)]
  return sum(weight for weight in weights if weight <= seen * (1 + 1e-7)) / sum(weights)


def test_exact_p_of_half_a_million_people_is_that_of_large_numbers():
  num = 488_000
  p = hardy_weinberg.exact_p(np.array([num // 2]), np.array([num // 4]), np.array([num // 4]))
  assert p[0] == 1.0
  far = hardy_weinberg.exact_p(np.array([num // 2 - 3000]), np.array([num // 4 + 1500]), np.array([num // 4 + 1500]))
  assert 1e-18 < far[0] < 1e-16  # chi-square 73.8
