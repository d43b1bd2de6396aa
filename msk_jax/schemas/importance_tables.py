"""Importances of features (`tabular.importances`)."""

from msk_jax.io.tables import Schema
from msk_jax.schemas import columns

# value: in the measure's unit, NaN of a feature that is constant.
OF_SPLIT = Schema(
  "split_importances", 2, {"feature": columns.LABEL, "measure": columns.LABEL, "value": columns.estimate()}
)

# num_folds: those where the feature has an importance; mean and SD are over these.
OF_SET = Schema(
  "importances",
  2,
  {
    "algorithm": columns.LABEL,
    "measure": columns.LABEL,
    "feature": columns.LABEL,
    "mean": columns.estimate(),
    "sd_folds": columns.estimate(),
    "num_folds": columns.count("int16", "folds"),
  },
)

# num_left_out: constant features, which have no importance; published_pearson: of the paper's set `all`, NaN for other
# sets and other people.
AGREEMENT = Schema(
  "importance_agreement",
  2,
  {
    "first": columns.LABEL,
    "second": columns.LABEL,
    "pearson": columns.estimate(),
    "spearman": columns.estimate(),
    "num_features": columns.count("int16", "features"),
    "num_left_out": columns.count("int16", "features"),
    "published_pearson": columns.published(),
  },
)
