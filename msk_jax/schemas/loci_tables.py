"""Tables of the stage `loci`. All effects: positive ages faster. Sources: `array`, or `imputed`."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns, genetics_tables

_BP = Column("int32", Kind.LOCUS, "bp")
_NUMBER = Column("int64", Kind.COUNT, "number")  # of a thing in its table, from 1
_SWITCH = Column("int8", Kind.COUNT, "1 or 0")
_VARIANTS = columns.count("int64", "variants")
_WHERE = {"trait": columns.LABEL, "source": columns.LABEL}
_PLACE = {"variant": columns.LABEL, "rsid": columns.LABEL, "chromosome": columns.LABEL, "position_bp": _BP}
_GENES = {"genes": columns.LABEL, "relation": columns.LABEL, "distance_bp": _BP}  # see `genome.annotation`

# A row per trait and source. engine_p: which p value `neg_log10_p` of the summary statistics is. num_hits: p < 5e-8;
# num_hits_corrected: p < 5e-8 over the number of dimensions. lambda_gc and mean_chi2: of beta / se of all variants.
# ldsc_*: of LD-score regression, which the stage `gwas` makes of array variants; NaN for imputed ones.
INFLATION = Schema(
  "loci_inflation",
  1,
  {
    **_WHERE,
    "engine_p": columns.LABEL,
    "build": columns.LABEL,
    "num_variants": _VARIANTS,
    "num_hits": _VARIANTS,
    "num_hits_corrected": _VARIANTS,
    "num_loci": columns.count("int64", "loci"),
    "lambda_gc": columns.estimate(),
    "mean_chi2": columns.estimate(),
    "ldsc_intercept": columns.estimate(),
    "ldsc_intercept_se": columns.estimate(),
    "ldsc_ratio": columns.estimate(),
    "n_max": columns.NUM_PEOPLE,
  },
)

# Variants with p < 5e-8. locus: number of their clump in `loci`, for each trait and source. r2_with_lead: with the
# clump's lead variant among the analysed people; NaN without genotypes. is_corrected: p < 5e-8 over the number of
# dimensions. genes: those over the variant, else the nearest; relation: `overlapping`, `nearest` (a label, not a claim)
# or `none`.
HITS = Schema(
  "loci_hits",
  1,
  {
    **_WHERE,
    "engine_p": columns.LABEL,
    "build": columns.LABEL,
    "locus": _NUMBER,
    **genetics_tables.TEST_COLUMNS,
    "n": columns.NUM_PEOPLE,
    "info": columns.estimate(),
    "is_corrected": _SWITCH,
    "r2_with_lead": columns.estimate(),
    **_GENES,
  },
)

# A row per lead variant. locus: from 1 in each trait and source, along the genome. start_bp, end_bp: first and last
# member of the clump, of whatever p. num_variants: members with p < 5e-8. clump_by: `r2`, or `distance` where the lead
# variant's genotypes are not there; clump_reason: why. direction: the effect in words. shared_locus: lead variants of
# several traits and sources with the same number are one locus, at most one of each; also_in: the others, in words.
LOCI = Schema(
  "loci",
  1,
  {
    **_WHERE,
    "dimension": columns.LABEL,
    "stratum": columns.LABEL,
    "unit": columns.LABEL,
    "engine_p": columns.LABEL,
    "build": columns.LABEL,
    "locus": _NUMBER,
    **genetics_tables.TEST_COLUMNS,
    "n": columns.NUM_PEOPLE,
    "info": columns.estimate(),
    "start_bp": _BP,
    "end_bp": _BP,
    "num_variants": _VARIANTS,
    "is_corrected": _SWITCH,
    "clump_by": columns.LABEL,
    "clump_reason": columns.LABEL,
    "direction": columns.LABEL,
    **_GENES,
    "shared_locus": _NUMBER,
    "also_in": columns.LABEL,
  },
)

# Variants of the regional plot around each lead variant, with a result and genotypes. r2: with the lead variant.
LEAD_LD = Schema(
  "loci_lead_ld",
  1,
  {**_WHERE, "locus": _NUMBER, **_PLACE, "r2": columns.estimate()},
)

# Fine-mapping of each locus. start_bp, end_bp: of the variants used. num_left_out: variants with a result that were not
# used, for lack of genotypes or of variation. num_people: whose genotypes give the correlations. n: of the model, the
# median of the variants'. num_elsewhere: credible sets that are nearer to another lead variant, and counted there.
# s: how badly z scores fit the correlations, 0 (well) to 1; misfit: chi-square of s above .005. reason: why there is no
# result, or a doubt about it (`gwas_loci.fine_mapping.REASONS`), empty if there is none.
FINE_MAPPING = Schema(
  "loci_fine_mapping",
  1,
  {
    **_WHERE,
    "locus": _NUMBER,
    "chromosome": columns.LABEL,
    "start_bp": _BP,
    "end_bp": _BP,
    "num_variants": _VARIANTS,
    "num_left_out": _VARIANTS,
    "num_people": columns.NUM_PEOPLE,
    "n": columns.NUM_PEOPLE,
    "num_sets": columns.count("int64", "credible sets"),
    "num_elsewhere": columns.count("int64", "credible sets"),
    "converged": _SWITCH,
    "iterations": columns.count("int64", "iterations"),
    "s": columns.estimate(),
    "misfit": columns.estimate(),
    "reason": columns.LABEL,
    "detail": columns.LABEL,
  },
)

# Members of credible sets. credible_set: from 1 in each locus. pip: posterior inclusion probability of the variant over
# all effects. log_bayes_factor: natural, of the set's effect against none. coverage: summed probability of the set;
# purity: least absolute correlation of two members. num_variants: members. is_lead: whether it is the locus' lead.
# reason: the doubt about the locus' fine-mapping, empty if there is none.
CREDIBLE_SETS = Schema(
  "loci_credible_sets",
  1,
  {
    **_WHERE,
    "locus": _NUMBER,
    "credible_set": _NUMBER,
    **_PLACE,
    "pip": columns.estimate(),
    "probability": columns.estimate(),
    "log_bayes_factor": columns.estimate(),
    "coverage": columns.estimate(),
    "purity": columns.estimate(),
    "num_variants": _VARIANTS,
    "is_lead": _SWITCH,
    "reason": columns.LABEL,
  },
)

# Effects of each lead variant within each sex, per copy of the effect allele; on X men's single copy counts as two.
# difference: of women less that of men. method: `strata` (the summary statistics of the strata), `strata_own_scales`
# (likewise, each sex in SDs of its own: a difference of effects may be one of SDs), or `linear` (linear regression on
# the covariates within each sex). reason: why there is no result.
SEX_DIFFERENCES = Schema(
  "loci_sex_differences",
  1,
  {
    **_WHERE,
    "locus": _NUMBER,
    **_PLACE,
    "effect_allele": columns.LABEL,
    "other_allele": columns.LABEL,
    "beta_female": columns.estimate("trait's unit"),
    "se_female": columns.estimate("trait's unit"),
    "n_female": columns.NUM_PEOPLE,
    "beta_male": columns.estimate("trait's unit"),
    "se_male": columns.estimate("trait's unit"),
    "n_male": columns.NUM_PEOPLE,
    "difference": columns.estimate("trait's unit"),
    "difference_se": columns.estimate("trait's unit"),
    "difference_neg_log10_p": columns.estimate("-log10 p"),
    "method": columns.LABEL,
    "reason": columns.LABEL,
  },
)
