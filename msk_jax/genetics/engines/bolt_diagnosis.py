"""What BOLT-LMM says when it stops, and what that means (measured with 2.4.0)."""

from msk_jax.genetics import reasons
from msk_jax.genetics.reasons import Failure, Pattern, Reason

_INPUT = "input_refused"


def _refused(regex: str, text: str) -> Pattern:
  return Pattern(regex, Reason(_INPUT, text))


_NEAR_ZERO = Reason(
  "h2_near_zero",
  "BOLT-LMM found a heritability close to 0, where its model does not hold: too few people, or a trait without genetic "
  "effects or one that the covariates explain. --config.gwas.bolt.allows_no_heritability with infinitesimal_only "
  "runs it all the same.",
  is_final=True,
)

_NEAR_ONE = Reason(
  "h2_near_one",
  "BOLT-LMM found a heritability close to 1: a trait that is constant, not finite, or known from the genotypes, or too "
  "few people. Look at the trait's values.",
  is_final=True,
)

_ABORTS = (-6, 134)

PATTERNS = (
  Pattern(r"ERROR: Heritability estimate is close to 1", _NEAR_ONE),
  Pattern(r"ERROR: Heritability estimate is close to 0", _NEAR_ZERO),
  Pattern(
    r"LOCO|leave-one-chromosome-out|numLeaveOutChunks[^\n]*(?:chrom|>= ?2)",
    Reason(
      "too_few_chromosomes",
      "BOLT-LMM needs array variants on two chromosomes at least, to leave one out. Give more chromosomes.",
      is_final=True,
    ),
  ),
  _refused(
    r"Found LD Scores for only",
    "hardly any array variant is in the table of LD scores: its rs ids are others. Give the table that fits the "
    "genotypes, or none.",
  ),
  _refused(r"Unable to find column", "the table of LD scores lacks a column. Give the one of BOLT-LMM's release."),
  _refused(
    r"B = \d+ \(not 8\)",
    "the BGEN files hold more than 8 bits per probability. Convert them: plink2 --export bgen-1.2 bits=8.",
  ),
  _refused(
    r"CompressedSNPBlocks ?== ?1",
    "the BGEN files are compressed by zstd, which BOLT-LMM can't read. Convert them: plink2 --export bgen-1.2 bits=8.",
  ),
  _refused(
    r"minimum ploidy = 1",
    "men are haploid in the BGEN file of chromosome X; BOLT-LMM takes them as diploid alone. Export it with all people "
    "as women.",
  ),
  _refused(
    r"in_plink_but_not_imputed|FID IIDs? (?:were )?not found in (?:the )?(?:bgen|sample)|not found in sample file",
    "people of the array files are not in a sample file. Give the sample files of the same application.",
  ),
  _refused(r"ID_1 ID_2", "a sample file does not begin with `ID_1 ID_2 missing`. Give the application's own."),
  _refused(
    r"Unknown chromosome code", "a .bim file holds a chromosome that BOLT-LMM does not know. Run the stage again."
  ),
  _refused(r"Incorrectly formatted fam|Unable to input 6 values", "the .fam file has other columns than PLINK's six."),
  _refused(
    r"Wrong file size[^\n]*bed file|reading error for bed",
    "a .bed file does not have as many people and variants as its .fam and .bim files. Copy it again, whole.",
  ),
  _refused(r"Duplicate individual", "the .fam file holds a person twice. Give the application's own."),
  _refused(
    r"No post-QC SNPs left", "no array variants, or no people, are left after BOLT-LMM's limits of missing calls."
  ),
  _refused(
    r"Number of covariates cannot exceed number of individuals",
    "fewer people than covariates have a value of the trait and genotypes.",
  ),
  _refused(r"maxModelSnps", "there are more array variants than BOLT-LMM's model takes: prune them."),
  _refused(
    r"Could not parse DataMatrix|Wrong number of entries in data row|must start with header",
    "BOLT-LMM can't read the table of phenotypes or covariates: its file was changed. Run the stage again.",
  ),
  _refused(
    r"Unable to find (?:field|covariate)",
    "a trait or covariate is not in its file, which was changed. Run the stage again.",
  ),
  _refused(r"covarMaxLevels", "a categorical covariate has more levels than BOLT-LMM was told."),
  _refused(
    r"(?:Unable to open|Unable to read|[Cc]ould not open|File (?:does not exist|open failed)|[Cc]annot open)",
    "a file that BOLT-LMM reads is missing, or it may not write where it should.",
  ),
  _refused(
    r"[Uu]nrecogni[sz]ed option|unknown option|unrecognised",
    "this version of BOLT-LMM does not know an option. Install 2.3.2 or later.",
  ),
  Pattern(
    r"std::bad_alloc|Cannot allocate memory|[Oo]ut of memory",
    Reason("out_of_memory", "the machine has too little memory for these genotypes. Take a larger one."),
  ),
)


def diagnose(failure: Failure) -> Reason:
  """Returns why a task has no results.

  Under `--allowh2g01` a heritability close to 0 or 1 is a warning, after which BOLT-LMM may abort.
  """
  if failure.status in _ABORTS:
    for bound, reason in ((0, _NEAR_ZERO), (1, _NEAR_ONE)):
      if f"WARNING: Heritability estimate is close to {bound}" in failure.stderr:
        return reason
  return reasons.diagnose(failure, PATTERNS, "BOLT-LMM")
