"""What was simulated, under `raw/truth/`: phantom cohorts, and predictions of the paper's models."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

_TEXT_OF_PERSON = Column("string", Kind.PERSONAL)
_FILE = Column("string", Kind.IDENTIFIER)  # names of files hold ids

PEOPLE = Schema(
  "phantom_people",
  1,
  {
    "eid": columns.EID,
    "sex": Column("int8", Kind.PERSONAL),
    "ethnicity": Column("int16", Kind.PERSONAL),
    "birth_date": _TEXT_OF_PERSON,
    "height_cm": columns.personal("cm"),
    "weight_kg": columns.personal("kg"),
    "family": Column("string", Kind.IDENTIFIER),
    "kinship": columns.personal(""),
  },
)
VISITS = Schema(
  "phantom_visits",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "date": _TEXT_OF_PERSON,
    "age_years": columns.personal("years"),
    "centre": Column("int32", Kind.PERSONAL),
    "is_imaged": Column("bool", Kind.PERSONAL),
  },
)
ACCELERATIONS = Schema(
  "phantom_accelerations",
  1,
  {
    "eid": columns.EID,
    "dimension": columns.LABEL,
    "genetic_years": columns.personal("years"),
    "environmental_years": columns.personal("years"),
    "acceleration_years": columns.personal("years"),
  },
)
PARAMETERS = Schema(
  "phantom_parameters",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "view": columns.LABEL,
    "side": columns.SIDE,
    "parameter": columns.LABEL,
    "value": columns.personal("see parameter"),
  },
)
FLAWS = Schema(
  "phantom_flaws",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "kind": columns.LABEL,
    "file": _FILE,
    "member": _FILE,
    "protocol": columns.LABEL,
  },
)
AGE_EFFECTS = Schema(
  "phantom_age_effects",
  1,
  {
    "view": columns.LABEL,
    "parameter": columns.LABEL,
    **dict.fromkeys(("mean", "per_year", "male_difference", "person_sd", "least"), columns.estimate("see parameter")),
    "why": columns.LABEL,
  },
)
# Causal variants, a row for each dimension that one changes. variant: chromosome:position:other_allele:effect_allele,
# GRCh37. kind: `lead` (within a gene that the paper names) or `background`. source: `array`, `imputed` or `both`, the
# files that have it. effect_years: of one effect allele on the acceleration. The frequency is that among the British.
VARIANTS = Schema(
  "phantom_variants",
  1,
  {
    "variant": columns.LABEL,
    "rsid": columns.LABEL,
    "chromosome": columns.LABEL,
    "position_bp": Column("int32", Kind.LOCUS, "bp"),
    "effect_allele": columns.LABEL,
    "other_allele": columns.LABEL,
    "effect_allele_frequency": columns.estimate(),
    "gene": columns.LABEL,
    "kind": columns.LABEL,
    "source": columns.LABEL,
    "dimension": columns.LABEL,
    "effect_years": columns.estimate("years"),
  },
)
# X variables, a row for each variable and dimension. variable: the field's number, `_` and the code where each code is
# a variable; `icd10_` and the code for diagnoses. code: the answer or diagnosis, empty for a number. instances: digits,
# the visits at which the field is due. parent: the field whose answer leads to the question, or empty.
# partial_correlation_...: with the latent acceleration, given age, sex and ethnicity, at the visits with images where
# the field is due there: of the liability; of the values of those who are asked; of those of everybody, the others with
# the value of the published cleaning. They are exactly 0 for nulls. reliability: correlation of
# the liability between two visits. share_missing: of the answers due. missing_slope: how the logarithm of the share of
# missing answers depends on the liability.
EXPOSURES = Schema(
  "phantom_exposures",
  1,
  {
    "variable": columns.LABEL,
    "field": columns.LABEL,
    "code": columns.LABEL,
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "kind": columns.LABEL,
    "instances": columns.LABEL,
    "parent": columns.LABEL,
    "dimension": columns.LABEL,
    "partial_correlation_liability": columns.estimate(),
    "partial_correlation_latent": columns.estimate(),
    "partial_correlation_filled": columns.estimate(),
    "reliability": columns.estimate(),
    "age_per_decade": columns.estimate(),
    "male_difference": columns.estimate(),
    "missing_slope": columns.estimate(),
    "share_missing": columns.estimate(),
    "num_asked": columns.NUM_SAMPLES,
    "num_observed": columns.NUM_SAMPLES,
  },
)
_SCALAR_EFFECTS = (
  "mean",
  "male_difference",
  "per_cm",
  "per_bmi",
  "per_muscle",
  "per_year_female",
  "per_year_male",
  "per_year_squared",
  "person_sd",
  "visit_sd",
)
SCALAR_EFFECTS = Schema(
  "phantom_scalar_effects",
  1,
  {
    "set": columns.LABEL,
    "quantity": columns.LABEL,
    **dict.fromkeys(_SCALAR_EFFECTS, columns.estimate("see quantity")),
    "why": columns.LABEL,
  },
)

# What lasts of a dimension's errors: the same at every visit.
SIMULATED_ACCELERATIONS = Schema(
  "simulated_accelerations",
  1,
  {"eid": columns.EID, "dimension": columns.LABEL, "acceleration_years": columns.personal("years")},
)
SIMULATED_PERFORMANCE = Schema("simulated_performance", 1, {"model": columns.LABEL, "r2": columns.estimate()})
# Of accelerations after bias correction.
SIMULATED_CORRELATIONS = Schema(
  "simulated_correlations",
  1,
  {"model": columns.LABEL, "other_model": columns.LABEL, "correlation": columns.estimate()},
)
