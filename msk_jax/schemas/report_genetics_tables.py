"""Tables of the site's pages on genetics: they leave, through `disclosure.door`. All effects: positive ages faster.

Numbers of people are rounded down to a multiple of five; variants with fewer than ten of the rarer allele are left out
(`disclosure.variants`).
"""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

_MILLIONS = Column("float64", Kind.LOCUS, "Mb")
_RSID = Column("string", Kind.LOCUS)
_NEG_LOG10 = columns.estimate("-log10 p")
_WHERE = {"trait": columns.LABEL, "source": columns.LABEL}
_VARIANTS = columns.count("int64", "variants")

# A row per trait and source (`array` or `imputed`). number: of its pictures, `gwas_picture_<number>` and so on.
# num_hits: p < 5e-8; num_rare of these are left out as rare; num_listed are in `gwas_hits`. reach: effects beyond it
# are drawn at the edge of the volcano plot, num_beyond of them.
RESULTS = Schema(
  "report_gwas_results",
  1,
  {
    **_WHERE,
    "dimension": columns.LABEL,
    "stratum": columns.LABEL,
    "unit": columns.LABEL,
    "build": columns.LABEL,
    "engine": columns.LABEL,
    "number": columns.count("int64", "number"),
    "n": columns.ROUNDED_PEOPLE,
    "num_variants": _VARIANTS,
    "num_hits": columns.count("Int64", "variants"),
    "num_rare": columns.count("Int64", "variants"),
    "num_listed": columns.count("Int64", "variants"),
    "num_loci": columns.count("Int64", "loci"),
    "lambda_gc": columns.estimate(),
    "mean_chi2": columns.estimate(),
    "ldsc_intercept": columns.estimate(),
    "ldsc_intercept_se": columns.estimate(),
    "reach": columns.estimate("trait's unit"),
    "num_beyond": _VARIANTS,
  },
  is_shared=True,
  people="genetics",
)

# A picture of all variants below 5e-8, a row per band of -log10 p, from 0 up. low: the band's lower edge. cells: a
# letter per cell from left to right, `.` for none, `a` for 1 variant, `b` for 2 or 3, `c` for 4 to 7, and so on. plane:
# `manhattan` (along the genome) or `volcano` (by effect, from -reach to reach).
PICTURE = Schema(
  "report_gwas_picture",
  1,
  {"plane": columns.LABEL, "low": _NEG_LOG10, "cells": columns.LABEL},
  is_shared=True,
)

# Points of a Q-Q plot; what covers itself is thinned. part: `variants`, or `band` for the bounds of 95% of independent
# values of a rank.
QUANTILES = Schema(
  "report_gwas_quantiles",
  1,
  {"part": columns.LABEL, "expected": _NEG_LOG10, "observed": _NEG_LOG10, "low": _NEG_LOG10, "high": _NEG_LOG10},
  is_shared=True,
)

_TESTED = {
  "rsid": _RSID,
  "chromosome": columns.LABEL,
  "position_mb": _MILLIONS,
  "effect_allele": columns.LABEL,
  "other_allele": columns.LABEL,
  "effect_allele_percent": columns.count("int64", "percent"),
  "beta": columns.estimate("trait's unit"),
  "se": columns.estimate("trait's unit"),
  "neg_log10_p": _NEG_LOG10,
  "n": columns.ROUNDED_PEOPLE,
}
_GENES = {"genes": columns.LABEL, "relation": columns.LABEL}

# Variants with p < 5e-8, at most 2,000 of a trait and source: the strongest of each stretch of the genome come first.
HITS = Schema(
  "report_gwas_hits",
  1,
  {
    **_WHERE,
    "locus": columns.count("int64", "number"),
    "is_lead": columns.LABEL,
    **_TESTED,
    "r2_with_lead": columns.estimate(),
    **_GENES,
  },
  is_shared=True,
  people="genetics",
)

# A row per lead variant. num_variants: of its locus with p < 5e-8. num_sets, num_candidates: credible sets of 95%, and
# variants in them; doubt: why fine-mapping has no result, or may be wrong. Effects within each sex: of women less that
# of men.
LOCI = Schema(
  "report_gwas_loci",
  1,
  {
    **_WHERE,
    "dimension": columns.LABEL,
    "stratum": columns.LABEL,
    "unit": columns.LABEL,
    "build": columns.LABEL,
    "locus": columns.count("int64", "number"),
    **_TESTED,
    **_GENES,
    "start_mb": _MILLIONS,
    "end_mb": _MILLIONS,
    "num_variants": _VARIANTS,
    "direction": columns.LABEL,
    "also_in": columns.LABEL,
    "num_sets": columns.count("Int64", "credible sets"),
    "num_candidates": columns.count("Int64", "variants"),
    "doubt": columns.LABEL,
    "beta_female": columns.estimate("trait's unit"),
    "se_female": columns.estimate("trait's unit"),
    "beta_male": columns.estimate("trait's unit"),
    "se_male": columns.estimate("trait's unit"),
    "difference": columns.estimate("trait's unit"),
    "difference_se": columns.estimate("trait's unit"),
    "difference_neg_log10_p": _NEG_LOG10,
    "sex_method": columns.LABEL,
    "number": columns.count("Int64", "number"),
  },
  is_shared=True,
  people="genetics",
)

# Variants around a lead variant; what covers itself is thinned. r2: with the lead variant, NaN where it is not known.
# credible_set: 0 for none.
REGION = Schema(
  "report_gwas_region",
  1,
  {
    "locus": columns.count("int64", "number"),
    "rsid": _RSID,
    "position_mb": _MILLIONS,
    "neg_log10_p": _NEG_LOG10,
    "r2": columns.estimate(),
    "credible_set": columns.count("int64", "number"),
    "pip": columns.estimate(),
  },
  is_shared=True,
  keys=("locus", "position_mb", "rsid"),
)

# Genes near lead variants.
REGION_GENES = Schema(
  "report_gwas_region_genes",
  1,
  {"chromosome": columns.LABEL, "gene": columns.LABEL, "start_mb": _MILLIONS, "end_mb": _MILLIONS},
  is_shared=True,
)

# Genes of the loci. num_loci: lead variants in or nearest to the gene, over traits and sources.
GENES = Schema(
  "report_gwas_genes",
  1,
  {
    "gene": columns.LABEL,
    "traits": columns.LABEL,
    "num_loci": columns.count("int64", "loci"),
    "best_trait": columns.LABEL,
    "rsid": _RSID,
    "neg_log10_p": _NEG_LOG10,
    "beta": columns.estimate("trait's unit"),
  },
  is_shared=True,
  keys=("gene",),
)

# engine: by which h2 is; the other one is of LD-score regression.
HERITABILITY = Schema(
  "report_heritability",
  1,
  {
    "trait": columns.LABEL,
    "dimension": columns.LABEL,
    "stratum": columns.LABEL,
    "n": columns.ROUNDED_PEOPLE,
    "h2": columns.estimate(),
    "h2_se": columns.estimate(),
    "published_h2": columns.published(),
    "published_h2_se": columns.published(),
    "ldsc_h2": columns.estimate(),
    "ldsc_h2_se": columns.estimate(),
    "engine": columns.LABEL,
    "reason": columns.LABEL,
  },
  is_shared=True,
  people="genetics",
)

GENETIC_CORRELATIONS = Schema(
  "report_genetic_correlations",
  1,
  {
    "trait_1": columns.LABEL,
    "trait_2": columns.LABEL,
    "n": Column("Int64", Kind.PEOPLE, "people", step=5),
    "rg": columns.estimate(),
    "rg_se": columns.estimate(),
    "residual_correlation": columns.estimate(),
    "residual_correlation_se": columns.estimate(),
    "published_rg": columns.published(),
    "published_rg_se": columns.published(),
    "ldsc_rg": columns.estimate(),
    "ldsc_rg_se": columns.estimate(),
    "reason": columns.LABEL,
  },
  is_shared=True,
  people="genetics",
)
