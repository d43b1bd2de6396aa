"""The predicted ages that every model writes."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

# part: `validation` or `test`. The metadata's `fold_map_hash` lets later stages refuse mixed fold maps.
PREDICTIONS = Schema(
  "predictions",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "part": columns.LABEL,
    "fold": columns.FOLD,
    "age_years": columns.personal("years"),
    "predicted_age_years": columns.personal("years"),
  },
)

# sha256: of all that a training has of a sample: fold, age, sides, demographics, pictures.
TRAINED_SAMPLES = Schema(
  "trained_samples",
  1,
  {"eid": columns.EID, "instance": columns.INSTANCE, "sha256": Column("string", Kind.IDENTIFIER)},
)
