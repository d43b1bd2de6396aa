"""The predicted ages that every model writes."""

from msk_jax.io.tables import Schema
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
