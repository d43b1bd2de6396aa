"""Settings of the stage `loci`. Light: configs import it."""

import dataclasses

_GENOME_WIDE = 5e-8


@dataclasses.dataclass(frozen=True)
class ClumpSpec:
  """How hits become loci: the algorithm of `plink1.9 --clump`.

  Its defaults are r2 .5 and 250 kb, which cut a long block of linked variants into several loci. The ones here are
  those by which FUMA tells lead variants from one another (r2 .1; Watanabe et al. 2017, Nature Communications 8:1826),
  within 1 Mb, which holds the genome's longest common blocks but for that of the MHC.

  Attributes:
    r2: a variant joins the clump of a lead variant above this squared correlation among the analysed people.
    window_bp: and at most this far from it.
    max_p: of members. They set the clump's bounds.
  """

  r2: float = 0.1
  window_bp: int = 1_000_000
  max_p: float = 0.01

  def __post_init__(self):
    if not 0.0 < self.r2 < 1.0:
      raise ValueError(f"r2 must be between 0 and 1, got {self.r2}.")
    if self.window_bp < 1:
      raise ValueError(f"window_bp must be positive, got {self.window_bp}.")
    if not _GENOME_WIDE <= self.max_p <= 1.0:
      raise ValueError(f"max_p must be in [5e-8, 1], got {self.max_p}.")


@dataclasses.dataclass(frozen=True)
class FineMappingSpec:
  """Settings of SuSiE.

  Attributes:
    is_run: whether loci are fine-mapped.
    num_effects: L, the most effects of a locus.
    coverage: of a credible set.
    min_purity: least absolute correlation of two members of a credible set.
    max_iterations: of the fit.
    max_variants: a locus with more is not fine-mapped. Its correlations take 8 bytes a pair, several times.
  """

  is_run: bool = True
  num_effects: int = 10
  coverage: float = 0.95
  min_purity: float = 0.5
  max_iterations: int = 100
  max_variants: int = 10_000

  def __post_init__(self):
    if self.num_effects < 1 or self.max_iterations < 1 or self.max_variants < 2:
      raise ValueError("num_effects and max_iterations must be 1 or more, and max_variants 2 or more.")
    if not 0.0 < self.coverage < 1.0 or not 0.0 <= self.min_purity <= 1.0:
      raise ValueError(f"coverage and min_purity are shares, got {self.coverage}, {self.min_purity}.")


@dataclasses.dataclass(frozen=True)
class LociSpec:
  """What is made of summary statistics.

  Attributes:
    uses_genotypes: whether genotypes are read. Without, clumps are by distance alone, and there is no fine-mapping.
    num_dimensions: hits below 5e-8 over this number are marked: the paper has six (five, and `general`).
    region_bp: on both sides of a lead variant, of plots and fine-mapping.
    shared_r2: lead variants of two traits or sources are one locus at this r2 or above.
    clump: how hits become loci.
    fine_mapping: of SuSiE.
    sex_differences: whether effects are estimated within each sex.
    has_figures: whether figures are drawn.
  """

  uses_genotypes: bool = True
  num_dimensions: int = 6
  region_bp: int = 500_000
  shared_r2: float = 0.1
  clump: ClumpSpec = ClumpSpec()
  fine_mapping: FineMappingSpec = FineMappingSpec()
  sex_differences: bool = True
  has_figures: bool = True

  def __post_init__(self):
    if self.num_dimensions < 1 or self.region_bp < 1:
      raise ValueError("num_dimensions and region_bp must be 1 or more.")
    if not 0.0 < self.shared_r2 <= 1.0:
      raise ValueError(f"shared_r2 must be in (0, 1], got {self.shared_r2}.")
