"""Mean maps of groups of people, and how far maps can be believed."""

from msk_jax.io.tables import APART, Schema
from msk_jax.schemas import columns

# Mean maps, in the order of the arrays beside the table. sex, age_group, rate: `all` where it does not matter.
# num_samples: people's visits. unit: of lowest, highest, mean and the maps. sign: what a value above 0 says, `older`,
# or `size` of maps that have none.
GROUPS = Schema(
  "attention_groups",
  2,
  {
    "sex": columns.LABEL,
    "age_group": columns.LABEL,
    "rate": columns.LABEL,
    "num_people": columns.NUM_PEOPLE,
    "num_samples": columns.OPTIONAL_SAMPLES,
    "lowest": columns.estimate("see column unit"),
    "highest": columns.estimate("see column unit"),
    "mean": columns.estimate("see column unit"),
    "unit": columns.LABEL,
    "sign": columns.LABEL,
  },
  is_shared=True,
)

# Each row is of pictures chosen for its check, those with a value: no groups of the study that lie in one another.
# check: `randomised weights`, `two folds`, `two visits`, `drawn ageing`, `signed sum`. case: the layers that are
# randomised, the map or the baseline. measure: what value is. se, low, high: over bootstraps of people, interval of
# 95%; of randomised weights over num_shuffles networks. num_samples: people's visits with a value, missing in all rows
# if one would tell of few people. num_left_out: those without, such as maps with one value everywhere; missing for one
# to four. reason: why there is no value. remark: what to know about it.
CREDIBILITY = Schema(
  "attention_credibility",
  2,
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
    "num_left_out": columns.OPTIONAL_SAMPLES,
    "num_shuffles": columns.count("Int64", "networks"),
    "reason": columns.LABEL,
    "remark": columns.LABEL,
  },
  is_shared=True,
  people=APART,
)
