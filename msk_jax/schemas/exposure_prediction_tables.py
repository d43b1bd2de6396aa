"""The tables of predictions of accelerated ageing from categories of variables (`associations.prediction`)."""

from msk_jax.io.tables import APART, Column, Kind, Schema
from msk_jax.schemas import columns

_PEOPLE = Column("Int64", Kind.PEOPLE, "people")
_VARIABLES = columns.count("int64", "variables")
_SPLIT = columns.count("int8", "split")

# A row per split of a model. num_people and num_samples are of the test fold, as are the sums of squared errors, of the
# outcome and of its squares. r2 is of the test fold, search_r2 of the best setting's inner
# folds. num_rare: variables of the best cluster that are constant or rare in the training folds.
SPLITS = Schema(
  "xwas_prediction_splits",
  1,
  {
    "split": _SPLIT,
    "num_variables": _VARIABLES,
    "num_rare": _VARIABLES,
    "num_training_people": columns.NUM_PEOPLE,
    "num_people": columns.NUM_PEOPLE,
    "num_samples": columns.NUM_SAMPLES,
    "squared_errors": columns.estimate(),
    "sum_outcome_years": columns.estimate("years"),
    "sum_outcome_squares": columns.estimate(),
    "r2": columns.estimate(),
    "search_r2": columns.estimate(),
  },
)

# role: `variable`, or `covariate` for age, sex and ethnicity.
SPLIT_IMPORTANCES = Schema(
  "xwas_prediction_split_importances",
  1,
  {
    "split": _SPLIT,
    "role": columns.LABEL,
    "feature": columns.LABEL,
    "measure": columns.LABEL,
    "value": columns.estimate(),
  },
)

# A row per category (empty: the whole main category), dimension and algorithm. num_listed: usable variables;
# num_variables_least, _most: of a split's best cluster. r2, rmse: of all test folds together; sd_folds: SD over test
# folds. covariates_...: elastic net of age, sex and ethnicity alone, of the same samples; gain_r2: what the variables
# add; gain_r2_low and _high: its 95% interval (`associations.prediction.scores`); says: whether that is above zero.
# num_circular: variables that fed the dimension's own model. reason: why there is no result; empty otherwise.
SCORES = Schema(
  "xwas_prediction_scores",
  2,
  {
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "dimension": columns.LABEL,
    "algorithm": columns.LABEL,
    "num_people": _PEOPLE,
    "num_samples": columns.OPTIONAL_SAMPLES,
    "num_listed": _VARIABLES,
    "num_variables_least": _VARIABLES,
    "num_variables_most": _VARIABLES,
    "num_circular": _VARIABLES,
    "values": columns.LABEL,  # `observed`, or how they were filled
    "r2": columns.estimate(),
    "r2_sd_folds": columns.estimate(),
    "rmse_years": columns.estimate("years"),
    "rmse_sd_folds_years": columns.estimate("years"),
    "covariates_r2": columns.estimate(),
    "covariates_r2_sd_folds": columns.estimate(),
    "covariates_rmse_years": columns.estimate("years"),
    "gain_r2": columns.estimate(),
    "gain_r2_low": columns.estimate(),
    "gain_r2_high": columns.estimate(),
    "says": columns.LABEL,  # `better than age, sex and ethnicity`, `no better than ...`
    "published_r2": columns.published(),
    "published_num_samples": columns.published("samples"),
    "reason": columns.LABEL,
  },
  is_shared=True,
  people=APART,
)

# num_splits: those whose model has the feature, and where it is not constant; mean and SD are over these.
IMPORTANCES = Schema(
  "xwas_prediction_importances",
  1,
  {
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "dimension": columns.LABEL,
    "algorithm": columns.LABEL,
    "measure": columns.LABEL,
    "role": columns.LABEL,
    "feature": columns.LABEL,
    "is_circular": columns.LABEL,
    "mean": columns.estimate(),
    "sd_folds": columns.estimate(),
    "num_splits": columns.count("int64", "splits"),
  },
  is_shared=True,
  keys=("main_category", "category", "dimension", "algorithm", "measure", "role", "feature"),
)

# Correlation of two dimensions' importances over variables that have one in both and are circular in neither.
SIMILARITY = Schema(
  "xwas_prediction_similarity",
  1,
  {
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "algorithm": columns.LABEL,
    "measure": columns.LABEL,
    "dimension_1": columns.LABEL,
    "dimension_2": columns.LABEL,
    "num_variables": _VARIABLES,
    "pearson": columns.estimate(),
    "spearman": columns.estimate(),
    "is_related": columns.LABEL,  # `yes`: one dimension is part of the other
  },
  is_shared=True,
  keys=("main_category", "category", "algorithm", "measure", "dimension_1", "dimension_2"),
)

# Means over pairs of dimensions of which neither is part of the other; sd: between pairs (ddof 1).
SIMILARITY_MEANS = Schema(
  "xwas_prediction_similarity_means",
  1,
  {
    "main_category": columns.LABEL,
    "category": columns.LABEL,
    "algorithm": columns.LABEL,
    "num_pairs": columns.count("int64", "pairs"),
    "pearson_mean": columns.estimate(),
    "pearson_sd": columns.estimate(),
    "spearman_mean": columns.estimate(),
    "spearman_sd": columns.estimate(),
  },
  is_shared=True,
  keys=("main_category", "category", "algorithm"),
)
