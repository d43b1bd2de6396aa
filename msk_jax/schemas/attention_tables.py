"""Which pictures have maps of attention, and how they were chosen."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

_TEXT = Column("string", Kind.PERSONAL)

# A row per picture, in the order of the maps. rank: 0 for the sample that stands for its group best (the fastest, the
# slowest, the most normal). picture_age_years: predicted from this picture alone; predicted_age_years: that of the
# sample, over both sides. flaws: `<method>:<flaw>` joined by `;`, empty for none.
PICTURES = Schema(
  "attention_pictures",
  1,
  {
    "map": Column("int32", Kind.POSITION),
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "side": columns.SIDE,
    "pseudonym": Column("string", Kind.IDENTIFIER),
    "fold": columns.FOLD,
    "sex": _TEXT,
    "age_group": _TEXT,
    "rate": _TEXT,
    "rank": Column("int32", Kind.PERSONAL),
    "age_years": columns.personal("years"),
    "predicted_age_years": columns.personal("years"),
    "picture_age_years": columns.personal("years"),
    "acceleration_years": columns.personal("years"),
    "flaws": _TEXT,
  },
)

# A row per sex, age group and rate. available: samples of that sex and age group; wanted: samples per rate; chosen: of
# this rate.
CELLS = Schema(
  "attention_cells",
  1,
  {
    "sex": columns.LABEL,
    "age_group": columns.LABEL,
    "rate": columns.LABEL,
    "available": columns.NUM_SAMPLES,
    "wanted": columns.NUM_SAMPLES,
    "chosen": columns.NUM_SAMPLES,
  },
)
