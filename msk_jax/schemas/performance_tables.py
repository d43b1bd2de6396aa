"""The tables of performance: they leave, through `disclosure.door`."""

from msk_jax.io.tables import Column, Schema
from msk_jax.schemas import columns

# The scores, in this order; see `scores.score_sums`.
SCORE_UNITS = {"r2": "", "rmse": "years", "mae": "years", "pearson_r": "", "calibration_slope": ""}
_SCORES: dict[str, Column] = {name: columns.estimate(unit) for name, unit in SCORE_UNITS.items()}

# n: samples, missing where it would give away a few people seen twice. `_sd_folds`: over folds, ddof 1;
# `_sd_bootstrap`: of the replicates.
PERFORMANCE = Schema(
  "performance",
  2,
  {
    "model": columns.LABEL,
    "product": columns.LABEL,
    "dimension": columns.LABEL,
    "n": columns.OPTIONAL_SAMPLES,
    "num_people": columns.NUM_PEOPLE,
    "num_folds": columns.count("int64", "folds"),
    **{f"{name}{suffix}": score for name, score in _SCORES.items() for suffix in ("", "_sd_folds", "_sd_bootstrap")},
    "c_index": columns.estimate(),
    "c_index_sd_folds": columns.estimate(),
    "published_n": columns.published("samples"),
    "published_r2": columns.published(),
    "published_r2_sd": columns.published(),
    "published_rmse": columns.published("years"),
    "published_rmse_sd": columns.published("years"),
  },
  is_shared=True,
)

# No number of samples: beside that of people it would say how many of a group were seen twice.
GROUPS = Schema(
  "performance_groups",
  3,
  {
    "product": columns.LABEL,
    "model": columns.LABEL,
    "kind": columns.LABEL,
    "group": columns.LABEL,
    "num_people": columns.NUM_PEOPLE,
    **_SCORES,
    "c_index": columns.estimate(),
    "mean_error_years": columns.estimate("years"),
  },
  is_shared=True,
)

BEST = Schema(
  "best_models",
  2,
  {
    "product": columns.LABEL,
    "dimension": columns.LABEL,
    "model": columns.LABEL,
    "num_candidates": columns.count("int64", "models"),
    "validation_people": columns.NUM_PEOPLE,
    "validation_r2": columns.estimate(),
    "validation_rmse": columns.estimate("years"),
    "test_people": columns.NUM_PEOPLE,
    "test_r2": columns.estimate(),
    "test_rmse": columns.estimate("years"),
  },
  is_shared=True,
  people="performance",
)
