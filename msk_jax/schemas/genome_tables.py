"""Tables of the genome itself, which are about nobody."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

# Genes in order of chromosome, start, end, name; both ends inclusive, counted from 1. A name may occur more than once.
# The metadata's `extra` holds build and source.
GENES = Schema(
  "genes",
  1,
  {
    "name": columns.LABEL,
    "type": columns.LABEL,
    "chromosome": columns.LABEL,
    "start_bp": Column("int32", Kind.LOCUS, "bp"),
    "end_bp": Column("int32", Kind.LOCUS, "bp"),
  },
)
