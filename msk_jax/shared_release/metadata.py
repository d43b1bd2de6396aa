"""The metadata file beside each file of summary statistics, as GWAS-SSF v1.1.0 has it (YAML)."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import yaml

from msk_jax.disclosure import variants
from msk_jax.genetics import spec as gwas_spec
from msk_jax.genetics import summary_statistics
from msk_jax.shared_release import associations
from msk_jax.shared_release.spec import ReleaseSpec

_SEXES = {"all": "combined", "female": "F", "male": "M"}
_ENGINES = {"bolt": "BOLT-LMM", "regenie": "REGENIE", "embedded": "msk_jax, embedded linear mixed model"}
_WITHOUT_POLYGENIC_PART = "msk_jax, embedded linear regression (no mixed model)"
_MIXTURE = "P_BOLT_LMM"


@dataclasses.dataclass(frozen=True)
class File:
  """A file of summary statistics that is written.

  Attributes:
    name: of the file.
    md5: of its bytes, hex.
    about: what the table is of.
    trait: its row of schema gwas_traits.
    tally: what it holds.
    date: of its making.
  """

  name: str
  md5: str
  about: summary_statistics.About
  trait: Mapping[Any, Any]
  tally: associations.Tally
  date: datetime.date


def make(file: File, settings: gwas_spec.GwasSpec, spec: ReleaseSpec, *, is_drawn: bool) -> str:
  """Returns the metadata of a file as YAML, keys in the standard's order.

  Args:
    file: the file.
    settings: of the stage `gwas`.
    spec: what is said beside the results.
    is_drawn: whether the people are a phantom's.
  """
  fields: dict[str, Any] = {
    "author_notes": " ".join(_notes(file, settings, is_drawn=is_drawn)),
    "date_metadata_last_modified": file.date,
    "trait_description": [describe_trait(file.trait)],
    "genome_assembly": file.about.build,
    "coordinate_system": "1-based",
    "genotyping_technology": [spec.genotyping_technology],
  }
  if file.about.source == summary_statistics.IMPUTED:
    fields |= {"imputation_panel": spec.imputation_panel, "imputation_software": spec.imputation_software}
  fields |= {
    "samples": [_describe_people(file, settings, spec)],
    "sex": _SEXES[file.trait["stratum"]],
    "data_file_name": file.name,
    "file_type": associations.STANDARD,
    "data_file_md5sum": file.md5,
    "analysis_software": describe_engine(file.about, settings),
    "adjusted_covariates": list_covariates(settings.covariates, file.trait["stratum"]),
    "is_harmonised": False,
    "is_sorted": file.tally.is_sorted,
  }
  kept = {name: value for name, value in fields.items() if value not in ("", [])}
  return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)


def describe_engine(about: summary_statistics.About, settings: gwas_spec.GwasSpec) -> str:
  """Returns the program, its version, and which p value it is that the file holds.

  Args:
    about: what the table is of.
    settings: of the stage `gwas`.
  """
  name = _ENGINES.get(about.engine, about.engine)
  if about.engine == "embedded" and not settings.embedded.has_polygenic_part:
    name = _WITHOUT_POLYGENIC_PART
  return f"{name} {about.engine_version} (p value: {about.p_value})"


def describe_trait(trait: Mapping[Any, Any]) -> str:
  """Returns a trait in words: for the dimensions of ageing what it is, for others its name."""
  if not trait["model"]:
    return str(trait["trait"])
  part = "musculoskeletal" if trait["dimension"] == "general" else str(trait["dimension"]).replace("_", " ")
  part = "musculoskeletal (body measurements)" if part == "scalars" else part
  return f"accelerated {part} ageing: predicted less chronological age, corrected for its dependence on age"


def list_covariates(settings: gwas_spec.CovariateSpec, stratum: str) -> list[str]:
  """Returns the covariates of a GWAS in words.

  Args:
    settings: the section `covariates` of the stage `gwas`.
    stratum: of the trait; sex is constant in all but `all`.
  """
  words = {
    "ethnicity": "ethnicity (UK Biobank field 21000)",
    "centre": "assessment centre",
    "array": "genotyping array",
    "batch": "genotyping batch",
    "age_squared": "age squared",
    "age_by_sex": "age by sex",
  }
  listed = ["age"] + (["sex"] if stratum == "all" else [])
  listed += [text for name, text in words.items() if getattr(settings, name)]
  if settings.num_pcs:
    listed.append(f"{settings.num_pcs} genetic principal components")
  return listed


def _describe_people(file: File, settings: gwas_spec.GwasSpec, spec: ReleaseSpec) -> dict[str, Any]:
  only_white = bool(settings.ethnicities) and set(settings.ethnicities) <= set(gwas_spec.WHITE)
  category = list(spec.ancestry) or (["European"] if only_white else ["NR"])
  described: dict[str, Any] = {"sample_ancestry_category": category, "sample_size": file.tally.most_people}
  if only_white and not spec.ancestry:
    described["ancestry_method"] = ["self-reported"]
  return {**described, "case_control_study": False}


def _notes(file: File, settings: gwas_spec.GwasSpec, *, is_drawn: bool) -> list[str]:
  """Returns what the standard has no field for, a sentence each."""
  unit = file.trait["unit"] or "the trait's unit"
  notes = [
    f"Positive beta: each copy of effect_allele goes with faster ageing, in {unit}."
    if file.trait["model"]
    else f"beta is per copy of effect_allele, in {unit}.",
    "On chromosome X (23) a man's single copy counts as two.",
    f"Variants: {file.about.source}.",
    f"neg_log_10_p_value is the program's {file.about.p_value}.",
    "Which allele is the reference is not known: variant_id has other_allele before effect_allele.",
    f"Left out: variants with fewer than {variants.FEWEST_MINOR_ALLELES} copies of the rarer allele, and those whose "
    "alleles are not sequences.",
    "n and sample_size are rounded down to a multiple of five, effect_allele_frequency to a multiple of 5 / n.",
  ]
  if settings.transformation == "rank_normal":
    notes.append("The trait's residuals on the covariates were transformed to normal quantiles before the analysis.")
  if file.about.p_value == _MIXTURE:
    notes.append("beta and standard_error are of the infinitesimal model, the p value of the Gaussian mixture.")
  if file.about.source == summary_statistics.IMPUTED:
    notes.append("info beyond 1 or 0 is given as 1 or 0.")
  return (["These people are drawn by a program, not real."] if is_drawn else []) + notes
