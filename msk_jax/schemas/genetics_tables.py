"""Tables of the stage `gwas`. All effects: positive ages faster."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

_ALLELE = columns.LABEL
_NEG_LOG10 = columns.estimate("-log10 p")
TEST_COLUMNS = {  # of a variant
  "variant": columns.LABEL,
  "rsid": columns.LABEL,
  "chromosome": columns.LABEL,
  "position_bp": Column("int32", Kind.LOCUS, "bp"),
  "effect_allele": _ALLELE,
  "other_allele": _ALLELE,
  "effect_allele_frequency": columns.estimate(),
  "beta": columns.estimate("trait's unit"),
  "se": columns.estimate("trait's unit"),
  "neg_log10_p": _NEG_LOG10,
}

# Variants, by chromosome and position. The metadata's `extra` holds engine, engine_version, build, source (`array` or
# `imputed`), trait and p_value (the column that `neg_log10_p` repeats): see `genetics.summary_statistics`.
# variant: chromosome:position:other_allele:effect_allele. rsid: as in the genotype file, may be empty.
# neg_log10_p_infinitesimal: of the infinitesimal mixed model (BOLT's P_BOLT_LMM_INF); neg_log10_p_mixture: of the
# Gaussian mixture (BOLT's P_BOLT_LMM); NaN where the engine has none. beta and se are of the infinitesimal model.
# info: NaN for array variants. n: people with a call.
SUMMARY_STATISTICS = Schema(
  "gwas_summary_statistics",
  1,
  {
    **TEST_COLUMNS,
    "neg_log10_p_infinitesimal": _NEG_LOG10,
    "neg_log10_p_mixture": _NEG_LOG10,
    "n": columns.NUM_PEOPLE,
    "info": columns.estimate(),
  },
)

# A row per trait. reason: why it has no results (`h2_near_zero`, `failed`, ...), empty if it has; detail: in words.
TRAITS = Schema(
  "gwas_traits",
  1,
  {
    "trait": columns.LABEL,
    "dimension": columns.LABEL,
    "model": columns.LABEL,
    "stratum": columns.LABEL,
    "unit": columns.LABEL,
    "n": columns.NUM_PEOPLE,
    "num_variants_array": columns.count("int64", "variants"),
    "num_variants_imputed": columns.count("int64", "variants"),
    "num_hits_array": columns.count("int64", "variants"),
    "num_hits_imputed": columns.count("int64", "variants"),
    "lambda_gc": columns.estimate(),
    "reason": columns.LABEL,
    "detail": columns.LABEL,
  },
)

# h2 on the scale of the trait with the covariates held constant.
HERITABILITY = Schema(
  "gwas_heritability",
  1,
  {
    "trait": columns.LABEL,
    "h2": columns.estimate(),
    "h2_se": columns.estimate(),
    "n": columns.NUM_PEOPLE,
    "published_h2": columns.published(),
    "published_h2_se": columns.published(),
    "engine": columns.LABEL,
    "reason": columns.LABEL,
  },
)

GENETIC_CORRELATIONS = Schema(
  "gwas_genetic_correlations",
  1,
  {
    "trait_1": columns.LABEL,
    "trait_2": columns.LABEL,
    "rg": columns.estimate(),
    "rg_se": columns.estimate(),
    "residual_correlation": columns.estimate(),
    "residual_correlation_se": columns.estimate(),
    "n": columns.NUM_PEOPLE,
    "published_rg": columns.published(),
    "published_rg_se": columns.published(),
    "engine": columns.LABEL,
    "reason": columns.LABEL,
  },
)

# How the people of the analysis are left over from those of each input, step by step.
OVERLAP = Schema(
  "gwas_overlap",
  1,
  {"step": columns.LABEL, "n_before": columns.NUM_PEOPLE, "n_dropped": columns.NUM_PEOPLE, "n": columns.NUM_PEOPLE},
)

# Array variants left out, by chromosome (as its file spells it where it is none of ours) and reason
# (`genetics.variant_quality.REASONS`).
VARIANT_QUALITY = Schema(
  "gwas_variant_quality",
  1,
  {"chromosome": columns.LABEL, "reason": columns.LABEL, "n": columns.count("int64", "variants")},
)

# LD scores of array variants, in the order of the genome. The metadata's `extra` holds num_reference and source.
LD_SCORES = Schema(
  "gwas_ld_scores",
  1,
  {
    "rsid": columns.LABEL,
    "chromosome": columns.LABEL,
    "position_bp": Column("int32", Kind.LOCUS, "bp"),
    "ld_score": columns.estimate(),
  },
)

# LD-score regression of each trait. intercept: 1 without confounding; ratio: share of the mean chi-square's
# excess over 1 that is confounding. reason: why there is no result.
LD_SCORE_REGRESSION = Schema(
  "gwas_ld_score_regression",
  1,
  {
    "trait": columns.LABEL,
    "h2": columns.estimate(),
    "h2_se": columns.estimate(),
    "intercept": columns.estimate(),
    "intercept_se": columns.estimate(),
    "ratio": columns.estimate(),
    "ratio_se": columns.estimate(),
    "mean_chi2": columns.estimate(),
    "num_variants": columns.count("int64", "variants"),
    "reason": columns.LABEL,
  },
)

# Genetic correlations by LD-score regression. other_kind: `trait`, or `study` for another study (`--study`).
LD_SCORE_CORRELATIONS = Schema(
  "gwas_ld_score_correlations",
  1,
  {
    "trait": columns.LABEL,
    "other": columns.LABEL,
    "other_kind": columns.LABEL,
    "rg": columns.estimate(),
    "rg_se": columns.estimate(),
    "intercept": columns.estimate(),
    "intercept_se": columns.estimate(),
    "num_variants": columns.count("int64", "variants"),
    "num_flipped": columns.count("int64", "variants"),
    "num_ambiguous": columns.count("int64", "variants"),
    "num_other_alleles": columns.count("int64", "variants"),
    "num_not_found": columns.count("int64", "variants"),
    "reason": columns.LABEL,
  },
)
