"""The tables of the stage `xwas`: associations, summaries by category, similarity of dimensions."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

_PEOPLE = Column("Int64", Kind.PEOPLE, "people")
_RARER = Column("Int64", Kind.PEOPLE, "people", whole="num_people")
_VARIABLES = columns.count("int64", "variables")

# A row per dimension and variable. num_samples, num_people: complete cases; missing where they, or how many of the
# dimension's are not in them, would be one to four people. num_people_rarer: people with the rarer of two values, or
# without the commonest one where most have that; missing where small, and for other variables. num_imputed: samples
# filled from other visits. num_covariates: without the constant, those that are not combinations of others among the
# complete cases. r: partial correlation. Effects are positive for faster ageing. neg_log10_p: by errors clustered by
# family (or participant), of rare variables by the wider of these and the classical ones (config.xwas.rare);
# ..._bonferroni_category and ..._bonferroni: times the tests of the category and of all; neg_log10_q: Benjamini and
# Hochberg's; all three over variables that are not circular, and missing for those that are. Effects per SD are of
# the variable's own SD among the complete cases (variable_sd). Where a number of people or samples is hidden, so is
# what it would follow from: errors, the SD of a variable of two values; r of such is rounded. classical_...: by
# errors as if samples were independent. sensitivity_...: with further covariates. circular: how the variable fed the
# dimension's own model; reason: why there is no result. Both empty for the others.
ASSOCIATIONS = Schema(
  "xwas_associations",
  1,
  {
    "dimension": columns.LABEL,
    "variable": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "field": columns.LABEL,
    "label": columns.LABEL,
    "kind": columns.LABEL,
    "num_samples": columns.OPTIONAL_SAMPLES,
    "num_people": _PEOPLE,
    "num_people_rarer": _RARER,
    "num_imputed": columns.OPTIONAL_SAMPLES,
    "num_covariates": columns.count("int64", "covariates"),
    "r": columns.estimate(),
    "variable_sd": columns.estimate(),
    "effect_per_sd_years": columns.estimate("years"),
    "effect_per_sd_se_years": columns.estimate("years"),
    "effect_per_unit_years": columns.estimate("years"),
    "effect_per_unit_se_years": columns.estimate("years"),
    "neg_log10_p": columns.estimate(),
    "neg_log10_p_bonferroni_category": columns.estimate(),
    "neg_log10_p_bonferroni": columns.estimate(),
    "neg_log10_q": columns.estimate(),
    "classical_effect_per_sd_se_years": columns.estimate("years"),
    "classical_neg_log10_p": columns.estimate(),
    "sensitivity_r": columns.estimate(),
    "sensitivity_effect_per_sd_years": columns.estimate("years"),
    "sensitivity_neg_log10_p": columns.estimate(),
    "circular": columns.LABEL,
    "reason": columns.LABEL,
  },
  is_shared=True,
)

# level: `category`, `main_category` or `all`; the names that do not apply are empty. num_tested: variables with a
# result that are not circular; num_significant of these, by Bonferroni over the row's tests; num_significant_fdr by
# Benjamini and Hochberg over all tests of the dimension. Shares are of num_tested, as in the paper.
SUMMARIES = Schema(
  "xwas_summaries",
  1,
  {
    "dimension": columns.LABEL,
    "level": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "num_variables": _VARIABLES,
    "num_tested": _VARIABLES,
    "num_circular": _VARIABLES,
    "num_significant": _VARIABLES,
    "num_accelerating": _VARIABLES,
    "num_decelerating": _VARIABLES,
    "num_significant_fdr": _VARIABLES,
    "share_significant": columns.estimate(),
    "share_accelerating": columns.estimate(),
    "share_decelerating": columns.estimate(),
    "published_share_accelerating": columns.published(),
    "published_share_decelerating": columns.published(),
  },
  is_shared=True,
  keys=("dimension", "level", "main_category", "category"),
)

# The three strongest significant variables of each row of summaries, each way. published_...: of the same rank.
LEADING = Schema(
  "xwas_leading",
  1,
  {
    "dimension": columns.LABEL,
    "level": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "direction": columns.LABEL,
    "rank": columns.count("int64", "variables"),
    "variable": columns.LABEL,
    "label": columns.LABEL,
    "r": columns.estimate(),
    "effect_per_sd_years": columns.estimate("years"),
    "neg_log10_p": columns.estimate(),
    "papers_label": columns.LABEL,
    "published_r": columns.published(),
  },
  is_shared=True,
  keys=("dimension", "level", "main_category", "category", "direction", "rank"),
)

# selection: over `all` variables with a result in both dimensions, the `union` of those significant in either (0 where
# the other has no result) or the `intersection` of those significant in both. Variables that are
# circular in either are left out.
SIMILARITY = Schema(
  "xwas_similarity",
  1,
  {
    "level": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "selection": columns.LABEL,
    "dimension_1": columns.LABEL,
    "dimension_2": columns.LABEL,
    "num_variables": _VARIABLES,
    "pearson": columns.estimate(),
    "spearman": columns.estimate(),
    "is_related": columns.LABEL,  # `yes`: one dimension is part of the other
  },
  is_shared=True,
  keys=("level", "main_category", "category", "selection", "dimension_1", "dimension_2"),
)

# Over pairs of dimensions of which neither is part of the other; sd: between pairs (ddof 1).
SIMILARITY_MEANS = Schema(
  "xwas_similarity_means",
  1,
  {
    "level": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "selection": columns.LABEL,
    "measure": columns.LABEL,
    "num_pairs": columns.count("int64", "pairs"),
    "mean": columns.estimate(),
    "sd": columns.estimate(),
    "published_mean": columns.published(),
    "published_sd": columns.published(),
  },
  is_shared=True,
  keys=("level", "main_category", "category", "selection", "measure"),
)
