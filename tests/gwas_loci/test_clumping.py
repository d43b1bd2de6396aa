"""Clumps: those of `plink1.9 --clump` on real genotypes, and what holds without genotypes."""

import pathlib
import subprocess

import bed_reader
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from msk_jax.gwas_loci import clumping, linkage
from msk_jax.gwas_loci.spec import ClumpSpec
from tests import programs
from tests.genetics.engines import example
from tests.genome import genotypes

_NUM_CAUSAL = 12
_HIT_P = 1e-4


def _draw(folder: pathlib.Path, missing: float) -> tuple[np.ndarray, pd.DataFrame]:
  """Writes real genotypes of chromosome 20 with missing calls; returns them and p values of a drawn trait."""
  source = example.unpack()
  rng = np.random.default_rng(3)
  with bed_reader.open_bed(source / "EUR_subset.bed") as bed:
    chosen = np.flatnonzero(bed.chromosome == "20")[:4000]
    calls = np.nan_to_num(bed.read(np.s_[:, chosen], dtype="float64"))
    positions = bed.bp_position[chosen]
  calls[rng.random(calls.shape) < missing] = np.nan
  filled = np.where(np.isnan(calls), np.nanmean(calls, 0), calls)
  is_common = np.abs(filled.mean(0) - 1) < 0.6
  causal = rng.choice(np.flatnonzero(is_common), _NUM_CAUSAL, replace=False)
  trait = stats.zscore(filled[:, causal] @ rng.normal(size=_NUM_CAUSAL)) + 0.5 * rng.normal(size=len(calls))
  r = linkage.correlate(trait, filled)
  p = stats.t.sf(np.abs(r) * np.sqrt((len(trait) - 2) / (1 - r**2)), len(trait) - 2) * 2
  names = [f"rs{number}" for number in range(len(chosen))]
  genotypes.write_bed(folder / "a.bed", np.where(np.isnan(calls), 3, calls).astype(np.int8))
  genotypes.write_bim(folder / "a.bim", [("20", *pair) for pair in zip(names, positions.tolist(), strict=True)])
  genotypes.write_fam(folder / "a.fam", [str(9_000_001 + i) for i in range(len(calls))], [1] * len(calls))
  table = pd.DataFrame({"SNP": names, "BP": positions, "P": p}).dropna()
  table.to_csv(folder / "p.txt", sep=" ", index=False, float_format="%.17g")
  return calls[:, table.index], table.reset_index(drop=True)


def _plink(folder: pathlib.Path, *arguments: str) -> None:
  command = ["plink1.9", "--bfile", "a", "--allow-no-sex", "--out", "o", *arguments]
  subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _clump_by_plink(folder: pathlib.Path, spec: ClumpSpec) -> dict[str, set[str]]:
  """Returns lead variant to the members that PLINK lists."""
  limits = ["--clump-p1", str(_HIT_P), "--clump-p2", str(spec.max_p), "--clump-r2", str(spec.r2)]
  _plink(folder, "--clump", "p.txt", *limits, "--clump-kb", str(spec.window_bp // 1000))
  table = pd.read_csv(folder / "o.clumped", sep=r"\s+")
  return {
    row["SNP"]: {name.removesuffix("(1)") for name in row["SP2"].split(",") if name != "NONE"}
    for row in table.to_dict("records")
  }


def _correlate_by_plink(folder: pathlib.Path, names: np.ndarray, *how: str) -> np.ndarray:
  """Returns PLINK's r2 of all pairs of variants."""
  (folder / "names.txt").write_text("\n".join(names))
  _plink(
    folder,
    "--extract",
    "names.txt",
    "--r2",
    *how,
    "--ld-window-r2",
    "0",
    "--ld-window",
    "99999",
    "--ld-window-kb",
    "99999",
  )
  pairs = pd.read_csv(folder / "o.ld", sep=r"\s+")
  one, two = (pd.Index(names).get_indexer(pairs[name]) for name in ("SNP_A", "SNP_B"))
  r2 = np.full((len(names), len(names)), np.nan)
  r2[one, two] = r2[two, one] = pairs["R2"]
  return r2


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_clumps_and_r2_are_those_of_plink(tmp_path, missing):
  """For clumps PLINK takes the r2 of haplotypes (maximum likelihood); `--r2` gives that of genotypes, as here."""
  programs.require("plink1.9")
  calls, table = _draw(tmp_path, missing)
  kept = (table["P"] <= ClumpSpec().max_p).to_numpy()
  rows, calls = table[kept].reset_index(drop=True), calls[:, kept]
  names, p = rows["SNP"].to_numpy(str), rows["P"].to_numpy()
  r2 = np.stack([linkage.correlate(calls[:, i], calls) ** 2 for i in range(len(names))])
  theirs = _correlate_by_plink(tmp_path, names)
  np.testing.assert_allclose(r2[~np.isnan(theirs)], theirs[~np.isnan(theirs)], atol=1e-5)
  of_haplotypes = _correlate_by_plink(tmp_path, names, "dprime")
  variants = clumping.Variants(rows["BP"].to_numpy(), -np.log10(p), p < _HIT_P, np.ones(len(rows), bool))
  for least, window_kb in ((0.5, 250), (0.1, 1000), (0.1, 250), (0.01, 1000)):
    spec = ClumpSpec(least, window_kb * 1000)
    expected = _clump_by_plink(tmp_path, spec)
    clumps = clumping.clump(variants, lambda i, others: of_haplotypes[i, others], spec)
    ours = {names[lead]: set(names[clumps.clump == k]) - {names[lead]} for k, lead in enumerate(clumps.leads)}
    assert len(expected) >= 5 and sum(map(len, expected.values())) >= 10
    assert ours == expected


def _variants(position, neg_log10_p, has_genotypes) -> clumping.Variants:
  p = np.array(neg_log10_p, float)
  return clumping.Variants(np.array(position), p, p > 7.3, np.array(has_genotypes, bool))


def test_without_genotypes_variants_join_by_distance():
  variants = _variants([100, 200, 300, 2_000], [8, 9, 10, 11], [0, 1, 0, 0])
  clumps = clumping.clump(variants, lambda i, others: np.zeros(len(others)), ClumpSpec(window_bp=500))
  assert clumps.leads.tolist() == [2, 3] and clumps.clump.tolist() == [0, 0, 0, 1]
  assert np.isnan(clumps.r2).all()


def test_a_lead_variant_with_genotypes_takes_those_without_by_distance_and_others_by_r2():
  variants = _variants([100, 150, 200, 250], [10, 8, 3, 9], [1, 1, 0, 1])

  def correlate(lead: int, others: np.ndarray) -> np.ndarray:
    assert 2 not in others
    return np.where(others == 3, 0.05, 0.6)

  clumps = clumping.clump(variants, correlate, ClumpSpec(window_bp=500))
  assert clumps.leads.tolist() == [0, 3] and clumps.clump.tolist() == [0, 0, 0, 1]
  np.testing.assert_array_equal(clumps.r2, [1.0, 0.6, np.nan, 1.0])


def test_both_ends_of_the_window_count_and_an_r2_at_the_limit_does_not():
  variants = _variants([100, 600, 601], [10, 8, 8], [1, 1, 1])
  clumps = clumping.clump(variants, lambda i, others: np.ones(len(others)), ClumpSpec(window_bp=500))
  assert clumps.clump.tolist() == [0, 0, 1]
  clumps = clumping.clump(variants, lambda i, others: np.full(len(others), 0.1), ClumpSpec(r2=0.1, window_bp=500))
  assert clumps.clump.tolist() == [0, 1, 2]
