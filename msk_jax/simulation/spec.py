"""What a phantom cohort is made of: its size, its seed, its flaws and its image settings."""

import dataclasses
from typing import Any

FIRST_EID = 9_000_001  # above UK Biobank's eids, so that nobody takes a phantom for a real participant
MAX_PARTICIPANTS = 999_998  # eids keep seven digits

# Raised whenever the same spec gives other bytes. A phantom of an older version is drawn again.
GENERATOR_VERSION = 3


@dataclasses.dataclass(frozen=True)
class FlawCounts:
  """How many of each flaw of the real data are planted. Small cohorts get fewer.

  Attributes:
    corrupt_zip: zips cut off in the middle.
    missing_view: zips without one of the eight images.
    single_total_body: zips with one of the two Total Body images.
    transposed: zips with one image whose rows and columns are swapped.
    white_margin: zips with one image with saturated saw-tooth margins.
    implausible_age: people whose year of birth in the table is absurd.
    duplicate_visit: visits with a second zip (array 1).
    withdrawn: people on the list of withdrawals who are still in every table.
    truncated_dicom: zips with one DICOM that ends in the middle.
    pixel_length: zips with one DICOM whose pixel data are shorter or longer than the header says.
    html_page: zips with an HTML page under a DICOM's name.
    unknown_protocol: zips with one image of an unknown ProtocolName.
    implausible_scalar: people with an impossible scalar value at baseline.
    infinite_scalar: people with an infinite scalar value.
    text_scalar: people with text in place of a scalar value.
  """

  corrupt_zip: int = 2
  missing_view: int = 2
  single_total_body: int = 2
  transposed: int = 2
  white_margin: int = 2
  implausible_age: int = 2
  duplicate_visit: int = 2
  withdrawn: int = 3
  truncated_dicom: int = 2
  pixel_length: int = 2
  html_page: int = 2
  unknown_protocol: int = 2
  implausible_scalar: int = 2
  infinite_scalar: int = 2
  text_scalar: int = 2

  def __post_init__(self):
    for name, count in dataclasses.asdict(self).items():
      if count < 0:
        raise ValueError(f"flaws.{name} is a count, got {count}.")

  @classmethod
  def none(cls) -> "FlawCounts":
    """Returns counts of zero: a cohort without flaws."""
    return cls(**{field.name: 0 for field in dataclasses.fields(cls)})


# The same for genotypes: a phantom without them stays as it is.
GENOTYPES_VERSION = 1
MAX_GENOTYPED = 100_000  # people; all genotypes of a chromosome are in memory at once
_MAX_LOCUS_H2 = 0.025  # with .028, loci that two dimensions share would leave no room for the published correlations


@dataclasses.dataclass(frozen=True)
class GenotypesSpec:
  """Genotypes of a phantom.

  Attributes:
    num_array_variants: variants on the genotyping array, chromosome X included.
    num_array_variants_on_x: those on chromosome X.
    num_variants_per_gene: variants, most of them imputed alone, within 500 kb of each gene that the paper names.
    missing_call_fraction: share of missing calls on the array.
    locus_h2: share of a dimension's variance that each of its lead loci has.
    num_causal_variants: array variants with small effects on all dimensions.
    structure: how much allele frequencies differ between ancestries, relative to the usual.
    num_reference_people: imagined people whose scores set the scale of effects.
    num_sex_mismatches: people whose reported sex is not their genetic one.
  """

  num_array_variants: int = 21_000
  num_array_variants_on_x: int = 1_000
  num_variants_per_gene: int = 200
  missing_call_fraction: float = 0.005
  locus_h2: float = 0.02
  num_causal_variants: int = 2_000
  structure: float = 1.0
  num_reference_people: int = 2_000
  num_sex_mismatches: int = 3

  def __post_init__(self):
    if not 20 <= self.num_variants_per_gene <= 2_000:
      raise ValueError(f"num_variants_per_gene must be in 20..2_000, got {self.num_variants_per_gene}.")
    if not 100 <= self.num_array_variants_on_x <= self.num_array_variants / 4:
      raise ValueError(
        f"num_array_variants_on_x must be in 100..{self.num_array_variants // 4} (a quarter of all), got "
        f"{self.num_array_variants_on_x}."
      )
    if not 2_000 <= self.num_array_variants <= 1_000_000:
      raise ValueError(f"num_array_variants must be in 2_000..1_000_000, got {self.num_array_variants}.")
    if not 100 <= self.num_causal_variants <= self.num_array_variants / 4:
      raise ValueError(
        f"num_causal_variants must be in 100..{self.num_array_variants // 4} (a quarter of the array's), got "
        f"{self.num_causal_variants}."
      )
    if not 0.0 <= self.missing_call_fraction <= 0.2:
      raise ValueError(f"missing_call_fraction is a share in [0, 0.2], got {self.missing_call_fraction}.")
    if not 0.0 <= self.locus_h2 <= _MAX_LOCUS_H2:
      raise ValueError(f"locus_h2 is a share in [0, {_MAX_LOCUS_H2}], got {self.locus_h2}.")
    if not 0.0 <= self.structure <= 3.0:
      raise ValueError(f"structure must be in [0, 3], got {self.structure}.")
    if not 500 <= self.num_reference_people <= MAX_GENOTYPED:
      raise ValueError(f"num_reference_people must be in 500..{MAX_GENOTYPED}, got {self.num_reference_people}.")
    if self.num_sex_mismatches < 0:
      raise ValueError(f"num_sex_mismatches is a count, got {self.num_sex_mismatches}.")

  @classmethod
  def small(cls) -> "GenotypesSpec":
    """Returns genotypes for quick tests: 4,000 variants on the array."""
    return cls(num_array_variants=4_000, num_array_variants_on_x=300, num_causal_variants=600)


# The same for X variables.
EXPOSURES_VERSION = 1


@dataclasses.dataclass(frozen=True)
class ExposuresSpec:
  """X variables of a phantom.

  Attributes:
    num_variables: about how many. Questions and biomarkers end at some 860; diagnoses are the rest.
    share_planted: share of liabilities that have something in common with an acceleration; the others are null.
    smallest_correlation: least planted partial correlation of a liability with a latent acceleration, in size.
    largest_correlation: greatest one.
    missingness: how much is missing, relative to the usual.
    num_unknown_codes: cells with a code that the field does not have.
    num_text_cells: cells with text in place of a number.
    num_single_value_variables: fields to which everybody gives the same answer, at most 2.
    num_repeated_columns: columns that are in two tables.
  """

  num_variables: int = 600
  share_planted: float = 0.3
  smallest_correlation: float = 0.02
  largest_correlation: float = 0.15
  missingness: float = 1.0
  num_unknown_codes: int = 2
  num_text_cells: int = 2
  num_single_value_variables: int = 2
  num_repeated_columns: int = 1

  def __post_init__(self):
    if not 60 <= self.num_variables <= 2_200:
      raise ValueError(f"num_variables must be in 60..2_200, got {self.num_variables}.")
    if not 0.0 <= self.share_planted <= 1.0:
      raise ValueError(f"share_planted is a share in [0, 1], got {self.share_planted}.")
    if not 0.0 < self.smallest_correlation <= self.largest_correlation <= 0.2:
      raise ValueError(
        "0 < smallest_correlation <= largest_correlation <= 0.2 must hold, got "
        f"{self.smallest_correlation} and {self.largest_correlation}."
      )
    if not 0.0 <= self.missingness <= 3.0:
      raise ValueError(f"missingness must be in [0, 3], got {self.missingness}.")
    limits = {"num_unknown_codes": 100, "num_text_cells": 100, "num_single_value_variables": 2}
    for name, most in {**limits, "num_repeated_columns": 10}.items():
      if not 0 <= getattr(self, name) <= most:
        raise ValueError(f"exposures.{name} is a count from 0 to {most}, got {getattr(self, name)}.")

  @classmethod
  def small(cls) -> "ExposuresSpec":
    """Returns X variables for quick tests: some 120."""
    return cls(num_variables=120)

  def without_flaws(self) -> "ExposuresSpec":
    """Returns the same X variables without a single flaw."""
    counts = {field.name: 0 for field in dataclasses.fields(self) if field.name in _EXPOSURE_FLAWS}
    return dataclasses.replace(self, **counts)


_EXPOSURE_FLAWS = ("num_unknown_codes", "num_text_cells", "num_single_value_variables", "num_repeated_columns")


@dataclasses.dataclass(frozen=True)
class PhantomSpec:
  """A phantom cohort; two equal specs give the same bytes.

  Attributes:
    num_participants: people in the tables.
    seed: random numbers depend on it, on the eid and on the purpose of the draw, on nothing else.
    imaged_fraction: share of the people with at least one imaging visit.
    repeat_imaging_fraction: share of the imaged with images at instance 2 and at instance 3.
    missing_value_fraction: share of empty cells in the table's optional fields. Scalars are missing in proportion to
      it, each as often as in UK Biobank at the default.
    max_flawed_fraction: largest share of visits and of people with a flaw.
    flaws: how many flaws of which kind.
    nuisance: variation that has nothing to do with age (position, size, exposure), relative to the usual.
    noise: of the images, relative to the usual.
    has_images: whether DXA images are drawn. Without them, many people cost little: there are tables and the truth.
    has_genotypes: whether genotypes are drawn. The genetic parts of the accelerations are then polygenic scores.
    genotypes: what they are like.
    has_exposures: whether X variables are drawn, some of them with planted effects of the accelerations.
    exposures: what they are like.
  """

  num_participants: int = 1000
  seed: int = 0
  imaged_fraction: float = 0.95
  repeat_imaging_fraction: float = 0.1
  missing_value_fraction: float = 0.01
  max_flawed_fraction: float = 0.1
  flaws: FlawCounts = FlawCounts()
  nuisance: float = 1.0
  noise: float = 1.0
  has_images: bool = True
  has_genotypes: bool = False
  genotypes: GenotypesSpec = GenotypesSpec()
  has_exposures: bool = False
  exposures: ExposuresSpec = ExposuresSpec()

  def __post_init__(self):
    if not 1 <= self.num_participants <= MAX_PARTICIPANTS:
      raise ValueError(f"num_participants must be in 1..{MAX_PARTICIPANTS}, got {self.num_participants}.")
    if self.has_genotypes and self.num_participants > MAX_GENOTYPED:
      raise ValueError(f"num_participants with genotypes must be in 1..{MAX_GENOTYPED}, got {self.num_participants}.")
    if self.seed < 0:
      raise ValueError(f"seed must not be negative, got {self.seed}.")
    for name in ("imaged_fraction", "repeat_imaging_fraction", "missing_value_fraction", "max_flawed_fraction"):
      if not 0.0 <= getattr(self, name) <= 1.0:
        raise ValueError(f"{name} is a share in [0, 1], got {getattr(self, name)}.")
    for name in ("nuisance", "noise"):
      if not 0.0 <= getattr(self, name) <= 3.0:
        raise ValueError(f"{name} must be in [0, 3], got {getattr(self, name)}.")


def settings_of(spec: PhantomSpec) -> dict[str, Any]:
  """Returns the settings that determine a phantom, as run records have them.

  Those of genotypes and of X variables are there only if it has them.
  """
  settings: dict[str, Any] = dataclasses.asdict(spec)
  is_drawn, genotypes = settings.pop("has_genotypes"), settings.pop("genotypes")
  if is_drawn:
    settings["genotypes"] = {**genotypes, "version": GENOTYPES_VERSION}
  is_drawn, exposures = settings.pop("has_exposures"), settings.pop("exposures")
  if is_drawn:
    settings["exposures"] = {**exposures, "version": EXPOSURES_VERSION}
  return settings
