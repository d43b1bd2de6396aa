"""The cohort's tables under `<workdir>/cohort/`, and the codes in them."""

from collections.abc import Sequence

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

FEMALE, MALE = 0, 1  # as in UK Biobank fields 31 and 22001
CENTRE_MISSING = -1
FOLDER = "cohort"

# sex: FEMALE or MALE; ethnicity: code of field 21000, -5 where missing. One row per participant, ordered by eid.
PARTICIPANTS = Schema(
  "participants",
  1,
  {"eid": columns.EID, "sex": Column("int8", Kind.PERSONAL), "ethnicity": Column("int16", Kind.PERSONAL)},
)

# age_years: days / 365.25; centre: code of field 54, -1 where missing. Ordered by eid, instance.
VISITS = Schema(
  "visits",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "age_years": columns.personal("years"),
    "centre": Column("int32", Kind.PERSONAL),
  },
)

# fold: 0-9. The metadata's `hash` is `folds.fold_map_hash`. Ordered by eid.
FOLDS = Schema("folds", 1, {"eid": columns.EID, "fold": columns.FOLD})


def scalars(features: Sequence[str]) -> Schema:
  """Returns the schema of a scalar set, ordered by eid and instance.

  Args:
    features: the set's features; each name ends in its unit (`waist_cm`).
  """
  values = dict.fromkeys(features, Column("float64", Kind.PERSONAL))
  return Schema("scalars", 1, {"eid": columns.EID, "instance": columns.INSTANCE, **values})
