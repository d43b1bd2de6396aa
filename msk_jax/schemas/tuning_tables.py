"""The table of trials of a search for a network's settings."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

# Best first. state: finished, paused, not begun, diverged, failed or too large. Scores are of validation samples, which
# chose each trial's best epoch too. difference: RMSE minus that of trial 0; its bounds hold for all trials at once.
# share_best: of bootstrap draws in which the trial is the best. minutes: of calls that were not killed.
TRIALS = Schema(
  "tuning_trials",
  1,
  {
    "trial": columns.count("int64", "trials"),
    "role": columns.LABEL,
    "state": columns.LABEL,
    "reason": columns.LABEL,
    "validation_rmse_years": columns.estimate("years"),
    "validation_r2": columns.estimate(),
    "difference_years": columns.estimate("years"),
    "difference_low_years": columns.estimate("years"),
    "difference_high_years": columns.estimate("years"),
    "share_best": columns.estimate(),
    "num_people": Column("Int64", Kind.PEOPLE, "people"),
    "num_samples": columns.OPTIONAL_SAMPLES,
    "epochs": columns.count("Int64", "epochs"),
    "best_epoch": columns.count("Int64", "epochs"),
    "ending": columns.LABEL,
    "minutes": columns.estimate("minutes"),
    "learning_rate": columns.estimate(),
    "optimizer": columns.LABEL,
    "batch_size": columns.count("int64", "images"),
    "num_dense_layers": columns.count("int64", "layers"),
    "num_dense_nodes": columns.count("int64", "nodes"),
    "dropout": columns.estimate(),
    "l2": columns.estimate(),
    "augment": columns.LABEL,
    "folder": columns.LABEL,
  },
)
