"""Settings of the stage `gwas`. Light: configs import it."""

import dataclasses
from typing import Literal

from msk_jax.genome import chromosomes, genotype_files

Engine = Literal["auto", "bolt", "embedded", "regenie", "plan"]
STRATA = ("all", "female", "male")
WHITE = (1, 1001, 1002, 1003)  # codes of field 21000: White, British, Irish, any other white background


@dataclasses.dataclass(frozen=True)
class CovariateSpec:
  """What is held constant. Sex is left out where it is constant.

  Attributes:
    num_pcs: genetic principal components (field 22009), 0-40; the paper takes 20.
    ethnicity: field 21000 as categories.
    centre: field 54 at the first visit as categories.
    array: the genotyping array (from the sign of field 22000) as categories.
    batch: the genotyping batch (field 22000) as categories; over 100 levels.
    age_squared: the square of age, centred.
    age_by_sex: age, centred, for men alone.
  """

  num_pcs: int = 20
  ethnicity: bool = True
  centre: bool = True
  array: bool = False
  batch: bool = False
  age_squared: bool = False
  age_by_sex: bool = False

  def __post_init__(self):
    if not 0 <= self.num_pcs <= 40:
      raise ValueError(f"num_pcs must be in 0..40, got {self.num_pcs}.")
    if self.array and self.batch:
      raise ValueError("array follows from batch: take one of the two.")


@dataclasses.dataclass(frozen=True)
class QualitySpec:
  """Who and what is left out.

  Attributes:
    max_missing_per_person: share of missing calls.
    max_missing_per_variant: share of missing calls of an array variant.
    min_allele_frequency: of the rarer allele of an array variant among those analysed; 0 for no limit.
    min_hardy_weinberg_p: of array variants (exact test, autosomes; women alone on X); 0 for no limit.
    min_imputed_allele_frequency: of the rarer allele of an imputed variant.
    min_info: of an imputed variant.
    drop_sex_mismatches: people whose reported sex (31) is not their genetic one (22001), or whose sex is not that of
      the .fam file or of their genotypes on X.
    drop_outliers: people with outlying heterozygosity or missing calls (22027).
    drop_aneuploidy: people with an unusual number of sex chromosomes (22019).
  """

  max_missing_per_person: float = 0.1
  max_missing_per_variant: float = 0.1
  min_allele_frequency: float = 0.0
  min_hardy_weinberg_p: float = 0.0
  min_imputed_allele_frequency: float = 1e-3
  min_info: float = 0.3
  drop_sex_mismatches: bool = True
  drop_outliers: bool = True
  drop_aneuploidy: bool = True

  def __post_init__(self):
    for field in dataclasses.fields(self):
      if not field.name.startswith("drop_") and not 0.0 <= getattr(self, field.name) <= 1.0:
        raise ValueError(f"{field.name} is a share in [0, 1], got {getattr(self, field.name)}.")


@dataclasses.dataclass(frozen=True)
class BoltSpec:
  """Settings of BOLT-LMM.

  Attributes:
    program: the binary, a name on the PATH or a path.
    ld_scores: table of LD scores, `LDSCORE.1000G_EUR.tab.gz`; empty: LD scores from the genotypes themselves.
    genetic_map: `genetic_map_hg19_withX.txt.gz`; empty: positions alone.
    refines_reml: whether variance components get their last, costly refinement.
    infinitesimal_only: whether the mixture model is left out.
    allows_no_heritability: BOLT's hidden option `--allowh2g01`: it warns, instead of stopping, when heritability is
      close to 0 or 1.
    seed: of its random vectors.
  """

  program: str = "bolt"
  ld_scores: str = ""
  genetic_map: str = ""
  refines_reml: bool = True
  infinitesimal_only: bool = False
  allows_no_heritability: bool = False
  seed: int = 0


@dataclasses.dataclass(frozen=True)
class EmbeddedSpec:
  """Settings of the engine that needs no other program.

  Attributes:
    has_polygenic_part: whether variants are tested in a mixed model. Without, it is linear regression, which is wrong
      among relatives.
    has_x_in_relationship: whether variants on X count in the genomic relationship.
    num_probes: random vectors for the traces of variance components.
    seed: of random vectors and of the variants that calibrate the tests.
  """

  has_polygenic_part: bool = True
  has_x_in_relationship: bool = True
  num_probes: int = 100
  seed: int = 0

  def __post_init__(self):
    if self.num_probes < 10:
      raise ValueError(f"num_probes must be 10 or more, got {self.num_probes}.")


@dataclasses.dataclass(frozen=True)
class LdScoreSpec:
  """LD-score regression on the array variants' summary statistics.

  Attributes:
    is_run: whether it is run.
    file: LD scores (columns SNP or rsid, CHR, BP, and LDSCORE or L2); empty: from the analysed genotypes themselves.
    num_reference: variants that these LD scores count (M); 0: the rows of the file.
    window_bp: neighbours of a variant, for LD scores from the genotypes.
    max_people: whose genotypes give LD scores.
    external_build: of the positions of other studies' statistics (`--study`); empty: they are matched by rs id.
    external_n: their sample size, where a table does not say; 0 for none.
  """

  is_run: bool = True
  file: str = ""
  num_reference: float = 0.0
  window_bp: int = 1_000_000
  max_people: int = 2000
  external_build: str = ""
  external_n: float = 0.0

  def __post_init__(self):
    if self.external_build and self.external_build not in chromosomes.BUILDS:
      raise ValueError(f"external_build must be one of {', '.join(chromosomes.BUILDS)}, got {self.external_build!r}.")
    if self.window_bp < 1 or self.max_people < 100:
      raise ValueError(
        f"window_bp must be positive and max_people 100 or more, got {self.window_bp}, {self.max_people}."
      )


@dataclasses.dataclass(frozen=True)
class GwasSpec:
  """What is analysed, and how.

  Attributes:
    engine: `bolt` and `regenie` run a program, `embedded` needs none; `plan` writes inputs and commands for another
      machine; `auto` takes BOLT-LMM if it and its tables are there, else `embedded`.
    plan_engine: the program that `plan` plans for.
    dimensions: those whose best models are analysed; empty: all, and `general`.
    traits: columns of an own table of phenotypes (`--phenotypes`); empty: all.
    strata: each trait among all, women or men.
    transformation: `none` (the paper: years), or `rank_normal` (residuals on the covariates to normal quantiles; the
      covariates are used again).
    build: of all genotype files, GRCh37 or GRCh38.
    files: names of genotype files.
    ethnicities: codes of field 21000 that are analysed; empty: everybody.
    covariates: what is held constant.
    quality: who and what is left out.
    heritability: whether h2 is estimated.
    genetic_correlations: whether rg is estimated, for all pairs of traits of one stratum.
    min_people_per_pair: pairs with fewer people in common have no rg; summaries in the paper ask for 15,000.
    num_threads: of a program.
    timeout_hours: of one run of a program.
    bolt: settings of BOLT-LMM.
    embedded: settings of the engine that needs no other program.
    ld_score: LD-score regression.
  """

  engine: Engine = "auto"
  plan_engine: Literal["bolt", "regenie"] = "bolt"
  dimensions: tuple[str, ...] = ()
  traits: tuple[str, ...] = ()
  strata: tuple[str, ...] = ("all",)
  transformation: Literal["none", "rank_normal"] = "none"
  build: str = "GRCh37"
  files: genotype_files.FilePatterns = dataclasses.field(default_factory=genotype_files.FilePatterns)
  ethnicities: tuple[int, ...] = WHITE
  covariates: CovariateSpec = CovariateSpec()
  quality: QualitySpec = QualitySpec()
  heritability: bool = True
  genetic_correlations: bool = True
  min_people_per_pair: int = 0
  num_threads: int = 1
  timeout_hours: float = 72.0
  bolt: BoltSpec = BoltSpec()
  embedded: EmbeddedSpec = EmbeddedSpec()
  ld_score: LdScoreSpec = LdScoreSpec()

  def __post_init__(self):
    if self.build not in chromosomes.BUILDS:
      raise ValueError(f"build must be one of {', '.join(chromosomes.BUILDS)}, got {self.build!r}.")
    if not self.strata or set(self.strata) - set(STRATA) or len(set(self.strata)) < len(self.strata):
      raise ValueError(f"strata must be some of {', '.join(STRATA)}, each once, got {self.strata}.")
    if self.num_threads < 1:
      raise ValueError(f"num_threads must be 1 or more, got {self.num_threads}.")
    if not self.timeout_hours > 0:
      raise ValueError(f"timeout_hours must be positive, got {self.timeout_hours}.")
