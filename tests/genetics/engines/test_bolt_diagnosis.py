"""What BOLT-LMM 2.4.0 prints when it stops, and the reason that we give."""

import pytest

from msk_jax.genetics import reasons
from msk_jax.genetics.engines import bolt

# Stderr as measured.
_CASES = [
  (1, "ERROR: Heritability estimate is close to 0; LMM may not correct confounding", "h2_near_zero"),
  (134, "WARNING: Heritability estimate is close to 0; LMM may not correct confounding\nAborted", "h2_near_zero"),
  (-6, "WARNING: Heritability estimate is close to 0; LMM may not correct confounding", "h2_near_zero"),
  (1, "ERROR: Heritability estimate is close to 1; LMM may not correct confounding", "h2_near_one"),
  (-6, "WARNING: Heritability estimate is close to 1; LMM may not correct confounding", "h2_near_one"),
  (1, "ERROR: File write failed", "disk_full"),
  (1, "ERROR: Could not parse DataMatrix field", "input_refused"),
  (1, "ERROR: Wrong number of entries in data row:", "input_refused"),
  (1, "ERROR: Number of covariates cannot exceed number of individuals", "input_refused"),
  (1, "ERROR: Phenotype/covariate file must start with header: FID IID", "input_refused"),
  (1, "ERROR: Unable to find field named knee", "input_refused"),
  (1, "ERROR: Unable to find covariate PC3", "input_refused"),
  (1, "ERROR: No post-QC SNPs left in component", "input_refused"),
  (1, "ERROR: Unknown chromosome code in bim file: all.bim", "input_refused"),
  (1, "Unable to input 6 values (4 string, 1 int, 1 double)", "input_refused"),
  (1, "ERROR: Incorrectly formatted fam file: all.fam", "input_refused"),
  (1, "ERROR: Wrong file size or reading error for bed file: all.bed", "input_refused"),
  (1, "ERROR: Duplicate individual in fam file at line 3", "input_refused"),
  (1, "ERROR: Unable to find column LDSCORE", "input_refused"),
  (1, "ERROR: Found LD Scores for only 0/5475 SNPs", "input_refused"),
  (1, "ERROR: B = 16 (not 8)", "input_refused"),
  (134, "bolt: Assertion `CompressedSNPBlocks==1' failed.", "input_refused"),
  (1, "ERROR: minimum ploidy = 1 (not 2)", "input_refused"),
  (1, "see bolt.in_plink_but_not_imputed.FID_IID.12.txt", "input_refused"),
  (139, "", "crashed"),
  (-11, "", "crashed"),
  (-9, "", "killed"),
  (137, "", "killed"),
  (-15, "", "killed"),
  (134, "terminate called after throwing an instance of 'std::bad_alloc'", "out_of_memory"),
  (1, "ERROR: something new", "failed"),
]


@pytest.mark.parametrize(("status", "stderr", "code"), _CASES)
def test_each_ending_has_its_reason(status, stderr, code):
  """The options that BOLT repeats on stdout hold words of messages."""
  stdout = "--covarMaxLevels=30 --maxModelSnps=10 --phenoCol=knee LOCO"
  ids = "WARNING: Ignoring indiv not in genotype data: FID=9000001, IID=9000001\n"
  reason = bolt.Bolt().diagnose(reasons.Failure(status, stdout=stdout, stderr=ids + stderr + "\n"))
  assert reason.code == code
  assert "900000" not in reason.text and reason.text.endswith((".", "something new"))
  assert reason.is_final == (code in ("h2_near_zero", "h2_near_one"))


def test_an_unknown_message_is_quoted():
  reason = bolt.Bolt().diagnose(reasons.Failure(1, stderr="a\nERROR: of 9000001\n b \n\nc in --fam=/home/me/x.fam\n"))
  assert reason.text == "BOLT-LMM ended with exit status 1. Its last words: ERROR: of <id> | b | c in --fam=x.fam"


def test_time_and_status():
  diagnose = bolt.Bolt().diagnose
  assert diagnose(reasons.Failure(-9, timed_out=True)).code == "timeout"
  assert diagnose(reasons.Failure(None)).code == "not_finished"
  warned = reasons.Failure(0, stderr="WARNING: Unable to find SNP, Duplicate individual", broken_output="x is empty")
  assert diagnose(warned).code == "incomplete_output"
