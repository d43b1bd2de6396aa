"""Headers of columns for people."""

import re

from msk_jax.io import tables

_TITLES = {
  "r2": "R²",
  "rmse": "RMSE",
  "mae": "MAE",
  "pearson_r": "Pearson's r",
  "calibration_slope": "Calibration slope",
  "c_index": "C-index",
  "n": "Samples",
  "num_samples": "Samples",
  "num_people": "People",
  "r": "r",
  "sd": "SD",
  "model_1": "Model 1",
  "model_2": "Model 2",
  "neg_log10_p": "−log₁₀ p",
  "neg_log10_p_bonferroni": "−log₁₀ p, Bonferroni",
  "neg_log10_p_bonferroni_category": "−log₁₀ p, Bonferroni in category",
  "neg_log10_q": "−log₁₀ q (false discovery rate)",
  "effect_per_sd_years": "Effect per SD",
  "effect_per_sd_se_years": "SE of effect per SD",
  "num_people_rarer": "People with the rarer value",
  "circular": "Circular because",
  "reason": "No result because",
  "rsid": "Variant",
  "beta": "Effect",
  "beta_female": "Effect, women",
  "beta_male": "Effect, men",
  "se": "SE",
  "se_female": "SE, women",
  "se_male": "SE, men",
  "difference_neg_log10_p": "Difference, −log₁₀ p",
  "effect_allele_percent": "Effect allele (%)",
  "r2_with_lead": "r² with the leading variant",
  "num_candidates": "Variants in credible sets",
  "num_sets": "Credible sets",
  "is_lead": "Leading",
  "num_loci": "Loci",
  "h2": "Heritability",
  "ldsc_h2": "Heritability by LD scores",
  "rg": "Genetic correlation",
  "ldsc_rg": "Genetic correlation by LD scores",
  "num_snps_array": "Array variants, p < 5e-8",
  "num_snps_imputed": "Imputed variants, p < 5e-8",
  "num_genes_array": "Genes, array variants",
  "num_genes_imputed": "Genes, imputed variants",
  "num_loci_array": "Loci, array variants",
  "num_loci_imputed": "Loci, imputed variants",
  "gain_r2": "R² gained",
  "gain_r2_low": "R² gained, from (95%)",
  "gain_r2_high": "R² gained, to (95%)",
  "covariates_r2": "R² of age, sex, ethnicity",
  "num_variables_most": "Most variables",
  "published_value": "Published",
  "here_se": "Here, SE",
  "difference_in_se": "Difference in SEs",
  "is_related": "One is part of the other",
  "is_circular": "Circular",
  "array_neg_log10_p": "Array, −log₁₀ p",
  "imputed_neg_log10_p": "Imputed, −log₁₀ p",
}
_SILENT_UNITS = ("", "samples", "-log10 p", "SE", "trait's unit")  # the header says them, or another column
_SUFFIXES = (("_sd_folds", ", SD over folds"), ("_sd_bootstrap", ", SD by bootstrap"), ("_sd", ", SD"), ("_se", ", SE"))


def of_schema(schema: tables.Schema) -> dict[str, str]:
  """Returns the header of each column; with the unit, if numbers have one that the header does not say."""
  return {name: _people(name, column) or _title(name) + _unit(column) for name, column in schema.columns.items()}


def _people(name: str, column: tables.Column) -> str:
  """Returns the header of a number `n` of people; empty for other columns."""
  return {"n": "People", "published_n": "Published people"}.get(name, "") if column.unit == "people" else ""


def _title(name: str) -> str:
  if name in _TITLES:
    return _TITLES[name]
  if name.startswith("published_"):
    return f"Published {_inner(_title(name.removeprefix('published_')))}"
  for suffix, words in _SUFFIXES:
    if name.endswith(suffix) and name != suffix[1:]:
      return _title(name.removesuffix(suffix)) + words
  words = re.sub("^num_", "", name).removesuffix("_years").removesuffix("_mb").replace("_", " ")
  return words[:1].upper() + words[1:]


def _inner(title: str) -> str:
  """Returns a title within a sentence: abbreviations stay."""
  return title if title[1:2].isupper() or not title[1:2].isalpha() else title[:1].lower() + title[1:]


def _unit(column: tables.Column) -> str:
  is_number = column.kind in (tables.Kind.ESTIMATE, tables.Kind.PUBLISHED, tables.Kind.LOCUS)
  return f" ({column.unit})" if is_number and column.unit not in _SILENT_UNITS else ""
