"""Biological ages, and the tables beside them."""

from msk_jax.io.tables import Schema
from msk_jax.schemas import columns

AGES = Schema(
  "ages",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "fold": columns.FOLD,
    "age_years": columns.personal("years"),
    "predicted_age_years": columns.personal("years"),
    "biological_age_years": columns.personal("years"),
    "acceleration_years": columns.personal("years"),
  },
)

# fold: the data fold whose samples the line corrects; `all`: the line through all test samples, which corrects new
# samples and, without others, these. mode: what it was fitted on, as in `predictions.bias`.
BIAS = Schema(
  "ages_bias",
  1,
  {
    "product": columns.LABEL,
    "model": columns.LABEL,
    "fold": columns.LABEL,
    "slope": columns.estimate("years per year"),
    "intercept_years": columns.estimate("years"),
    "n": columns.NUM_SAMPLES,
    "mode": columns.LABEL,
  },
)

# refused: why a model has no ages (then its numbers are NaN), empty for the others.
SUMMARY = Schema(
  "ages_summary",
  2,
  {
    "product": columns.LABEL,
    "model": columns.LABEL,
    "n": columns.NUM_SAMPLES,
    "bias_slope": columns.estimate("years per year"),
    "bias_at_60_years": columns.estimate("years"),
    "acceleration_sd_years": columns.estimate("years"),
    "warning": columns.LABEL,  # what to know about the ages before they are used; empty if there is nothing
    "refused": columns.LABEL,
  },
)

DIMENSIONS = Schema(
  "ages_dimensions", 1, {"product": columns.LABEL, "dimension": columns.LABEL, "model": columns.LABEL}
)

# Pearson's r of accelerated ageing; sd: by bootstrap.
CORRELATIONS = Schema(
  "acceleration_correlations",
  1,
  {
    "product": columns.LABEL,
    "model_1": columns.LABEL,
    "model_2": columns.LABEL,
    "r": columns.estimate(),
    "sd": columns.estimate(),
    "n": columns.NUM_SAMPLES,
    "published_r": columns.published(),
    "published_r_sd": columns.published(),
  },
)
