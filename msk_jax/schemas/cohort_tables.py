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

# fold: 0-9. The metadata's `hash` names the map, `rows` is the hash of its rows (`fold_table`). Ordered by eid.
FOLDS = Schema("folds", 1, {"eid": columns.EID, "fold": columns.FOLD})

# person: keyed hash of an id, of everybody who was ever in the map `name` of the metadata. Ordered by person.
FOLD_MEMORY = Schema("fold_memory", 1, {"person": Column("string", Kind.IDENTIFIER), "fold": columns.FOLD})

NUM_PCS = 40
SEX_MISSING, BATCH_MISSING, FLAG_UNKNOWN = -1, 0, -1
_FLAG = Column("int8", Kind.PERSONAL)

# reported_sex, genetic_sex: fields 31 and 22001, FEMALE or MALE, -1 where missing. batch: code of field 22000, negative
# for the UK BiLEVE array, 0 where missing. missing_call_rate: field 22005. is_outlier: of heterozygosity or missing
# calls (22027); has_aneuploidy: of sex chromosomes (22019); is_white_british: genetic group (22006); 0, 1, or -1 where
# no table has the field. pc_1 to pc_40: field 22009. A row per participant with anything but a sex, ordered by eid.
# The metadata's `num_pcs` says how many of the components the tables have.
GENETICS = Schema(
  "genetics",
  1,
  {
    "eid": columns.EID,
    "reported_sex": Column("int8", Kind.PERSONAL),
    "genetic_sex": Column("int8", Kind.PERSONAL),
    "batch": Column("int16", Kind.PERSONAL),
    "missing_call_rate": columns.personal(""),
    "is_outlier": _FLAG,
    "has_aneuploidy": _FLAG,
    "is_white_british": _FLAG,
    **{f"pc_{number}": columns.personal("") for number in range(1, NUM_PCS + 1)},
  },
)


def scalars(features: Sequence[str]) -> Schema:
  """Returns the schema of a scalar set, ordered by eid and instance.

  Args:
    features: the set's features; each name ends in its unit (`waist_cm`).
  """
  values = dict.fromkeys(features, Column("float64", Kind.PERSONAL))
  return Schema("scalars", 1, {"eid": columns.EID, "instance": columns.INSTANCE, **values})
