"""Mean maps of groups of people, and how far maps can be believed."""

from msk_jax.io.tables import Schema
from msk_jax.schemas import columns

# Mean maps, in the order of the arrays beside the table. sex, age_group, rate: `all` where it does not matter.
GROUPS = Schema(
  "attention_groups",
  1,
  {
    "sex": columns.LABEL,
    "age_group": columns.LABEL,
    "rate": columns.LABEL,
    "num_people": columns.NUM_PEOPLE,
    "num_samples": columns.OPTIONAL_SAMPLES,
    "lowest": columns.estimate("see unit"),
    "highest": columns.estimate("see unit"),
    "mean": columns.estimate("see unit"),
  },
  is_shared=True,
)

# check: `randomised weights`, `two folds`, `two visits`, `drawn ageing`, `signed sum`. case: the layers that are
# randomised, the map or the baseline. measure: what value is. se, low, high: over bootstraps of people, interval of
# 95%. num_left_out: samples without a value, such as maps with one value everywhere. reason: why there is no value.
CREDIBILITY = Schema(
  "attention_credibility",
  1,
  {
    "method": columns.LABEL,
    "check": columns.LABEL,
    "case": columns.LABEL,
    "measure": columns.LABEL,
    "value": columns.estimate(),
    "se": columns.estimate(),
    "low": columns.estimate(),
    "high": columns.estimate(),
    "num_people": columns.NUM_PEOPLE,
    "num_samples": columns.OPTIONAL_SAMPLES,
    "num_left_out": columns.count("int64", "maps"),
    "reason": columns.LABEL,
  },
  is_shared=True,
)
