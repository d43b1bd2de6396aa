"""Array variants: which are left out and why, against plink1.9."""

import dataclasses
import subprocess

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import array_variants, genotype_counts, variant_quality
from msk_jax.genetics.spec import QualitySpec
from msk_jax.io import errors
from msk_jax.schemas import genetics_tables
from tests import programs
from tests.genetics.inputs import study as studies


def _with_quality(**limits):
  return dataclasses.replace(studies.SPEC, quality=QualitySpec(**limits))


def _reasons(inputs) -> dict[str, int]:
  return inputs.quality.groupby("reason")["n"].sum().to_dict()


def test_a_clean_study_leaves_nothing_out(study):
  inputs = study.gather()
  assert inputs.analysis.excluded_variants == () and inputs.quality.empty
  assert set(inputs.quality) == set(genetics_tables.VARIANT_QUALITY.columns)


@pytest.mark.parametrize(
  ("code", "reason"),
  [
    ("0", "chromosome_0"),
    ("25", "pseudo_autosomal"),
    ("XY", "pseudo_autosomal"),
    ("24", "chromosome_y"),
    ("26", "mitochondrial"),
    ("MT", "mitochondrial"),
    ("30", "unknown_chromosome"),
    ("GL000207.1", "unknown_chromosome"),
  ],
)
def test_chromosomes_that_engines_die_of_are_left_out_by_name(study, code, reason):
  variants = studies.list_variants()
  variants[3] = (code, "rs777", 500)
  study.write_genotypes(studies.draw_genotypes(), variants)
  inputs = study.gather()
  assert inputs.analysis.excluded_variants == ("rs777",)
  assert _reasons(inputs) == {reason: 1} and reason in variant_quality.REASONS


@pytest.mark.parametrize("code", ["chr1", "01", "1"])
def test_other_spellings_of_a_chromosome_are_analysed(study, code):
  variants = [(code if c == "1" else c, *rest) for c, *rest in studies.list_variants()]
  study.write_genotypes(studies.draw_genotypes(), variants)
  assert study.gather().analysis.excluded_variants == ()


def test_variants_without_an_id_of_their_own(study):
  variants = studies.list_variants()
  variants[3] = ("1", ".", 500)
  variants[4] = ("1", ".", 510)
  variants[10] = ("1", "rs1000", 600)
  variants[11] = ("2", "rs1000", 600)
  variants[20] = ("1", "rs2000", 700)
  variants[21] = ("1", "rs2001", 700)  # the same place and alleles: the first stays
  variants[22] = ("1", "rs2002", 0)
  study.write_genotypes(studies.draw_genotypes(), variants)
  inputs = study.gather()
  assert inputs.analysis.excluded_variants == (".", "rs1000", "rs2001", "rs2002")
  assert _reasons(inputs) == {"no_id": 2, "same_id": 2, "same_place": 1, "no_position": 1}


def test_variants_without_any_id_end_the_run_with_the_way_to_give_them(study):
  study.write_genotypes(studies.draw_genotypes(), [(code, ".", place) for code, _, place in studies.list_variants()])
  with pytest.raises(errors.InputError, match=r"no array variant is left of 400.*no_id.*--set-all-var-ids"):
    study.gather()


def test_limits_of_quality_are_among_the_analysed(study):
  copies, kept = studies.draw_genotypes(), [studies.EIDS.index(eid) for eid in study.gather().analysis.people.iid]
  others = np.setdiff1d(np.arange(studies.NUM), kept)
  copies[others, 0] = 3  # missing in all others: of no account
  copies[kept[:100], 1] = 3
  copies[kept, 2] = 0
  copies[others, 2] = 1
  copies[kept, 3] = 0
  copies[kept[0], 3] = 1
  copies[kept, 4] = np.arange(len(kept)) % 2 * 2  # nobody has two different alleles
  copies[kept, 5] = 2
  copies[kept[0], 5] = 1  # the other allele is the rare one
  study.write_genotypes(copies, studies.list_variants())
  inputs = study.gather(_with_quality(min_allele_frequency=0.01, min_hardy_weinberg_p=1e-6))
  assert inputs.analysis.excluded_variants == ("rs101", "rs102", "rs103", "rs104", "rs105")
  assert _reasons(inputs) == {"missing_calls": 1, "monomorphic": 1, "rare": 2, "hardy_weinberg": 1}


def test_equilibrium_on_x_is_that_of_women(study):
  """Men have no mixed calls, so that all together are far from equilibrium."""
  inputs = study.gather(_with_quality(min_hardy_weinberg_p=1e-6))
  assert inputs.analysis.excluded_variants == ()
  copies = studies.draw_genotypes()
  column = studies.NUM_AUTOSOMAL + 5
  copies[~studies.IS_MALE, column] = np.arange((~studies.IS_MALE).sum()) % 2 * 2
  study.write_genotypes(copies, studies.list_variants())
  assert study.gather(_with_quality(min_hardy_weinberg_p=1e-6)).analysis.excluded_variants == (f"rs{100 + column}",)


def test_counts_are_those_of_plink_among_the_analysed(study):
  programs.require("plink1.9")
  copies = studies.draw_genotypes()
  men = np.flatnonzero(studies.IS_MALE)
  copies[men[:9], studies.NUM_AUTOSOMAL + np.arange(9)] = 1  # mixed calls of men on X, which plink sets to missing
  study.write_genotypes(copies, studies.list_variants())
  inputs = study.gather()
  people = inputs.analysis.people
  study.path("keep.txt").write_text("".join(f"{iid} {iid}\n" for iid in people.iid))
  for name in ("freq", "hardy", "missing"):
    command = ["plink1.9", "--bfile", "a", "--keep", "keep.txt", "--keep-allele-order", f"--{name}", "--out", name]
    subprocess.run(command, cwd=study.folder, check=True, capture_output=True)
  variants = array_variants.read(study.files(), studies.NUM)
  is_in = np.isin(studies.EIDS, people.iid)
  counts, _ = genotype_counts.count(study.files(), variants, is_in, studies.IS_MALE.astype(int), by_person=False)
  frequency = pd.read_csv(study.path("freq.frq"), sep=r"\s+")
  np.testing.assert_allclose(counts.frequency, frequency["MAF"], rtol=1e-3, atol=1e-4)
  missing = pd.read_csv(study.path("missing.lmiss"), sep=r"\s+")
  is_autosomal = ~counts.is_on_x
  np.testing.assert_allclose(counts.missing[is_autosomal], missing["F_MISS"][is_autosomal], atol=2e-5)
  hardy = pd.read_csv(study.path("hardy.hwe"), sep=r"\s+")
  hardy = hardy[hardy["TEST"].isin(["ALL", "ALL(NP)", "ALL(QT)"])].set_index("SNP").reindex(variants["rsid"])
  shown = [f"{row[0]}/{row[2]}/{row[3]}" for row in counts.for_equilibrium]
  assert hardy["GENO"].tolist() == shown
  is_kept = np.isin(men[:9], np.flatnonzero(is_in))
  assert inputs.counts["mixed_calls_of_men_on_x"] == is_kept.sum() > 0


def test_missing_calls_by_person_are_those_of_plink(study):
  programs.require("plink1.9")
  command = ["plink1.9", "--bfile", "a", "--missing", "--autosome", "--out", "o"]
  subprocess.run(command, cwd=study.folder, check=True, capture_output=True)
  variants = array_variants.read(study.files(), studies.NUM)
  everybody = np.ones(studies.NUM, bool)
  sex = studies.IS_MALE.astype(int)
  _, by_person = genotype_counts.count(study.files(), variants, everybody, sex, by_person=True)
  expected = pd.read_csv(study.path("o.imiss"), sep=r"\s+")
  np.testing.assert_allclose(by_person.missing, expected["N_MISS"] / studies.NUM_AUTOSOMAL, atol=1e-12)


def test_a_file_of_another_chromosome_than_its_name_is_refused(study, monkeypatch):
  files = study.files()
  renamed = dataclasses.replace(files, array=(dataclasses.replace(files.array[0], chromosome="1"),))
  monkeypatch.setattr(studies.Study, "files", lambda self, *, imputed: renamed)
  with pytest.raises(errors.InputError, match="named as that of chromosome 1, and holds variants of chromosome 2, X"):
    study.gather()


def test_a_bed_of_other_people_is_refused(study):
  study.path("a.bed").write_bytes(study.path("a.bed").read_bytes()[:-7])
  with pytest.raises(errors.InputError, match=r"a\.bed has 59,996 bytes; 600 people and 400 variants take 60,003"):
    study.gather()
