"""The cohort's tables as written under `<workdir>/cohort/` (formats: WORKSPACE.md)."""

from msk_jax.io import tables

FEMALE, MALE = 0, 1  # as in UK Biobank fields 31 and 22001
CENTRE_MISSING = -1
FOLDER = "cohort"

# sex: FEMALE or MALE; ethnicity: code of field 21000, -5 where missing. One row per participant, ordered by eid.
PARTICIPANTS = tables.Schema("participants", 1, {"eid": "string", "sex": "int8", "ethnicity": "int16"})

# instance: 0-3; age_years: days / 365.25; centre: code of field 54, -1 where missing. Ordered by eid, instance.
VISITS = tables.Schema("visits", 1, {"eid": "string", "instance": "int8", "age_years": "float64", "centre": "int32"})

# fold: the participant's data fold, 0-9. The metadata's `hash` is `folds.fold_map_hash`. Ordered by eid.
FOLDS = tables.Schema("folds", 1, {"eid": "string", "fold": "int8"})
