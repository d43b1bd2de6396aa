"""The index of an image store."""

from msk_jax.io.tables import Column, Kind, Schema
from msk_jax.schemas import columns

# shard, row: where the image is; sha256: of its pixels.
IMAGE_INDEX = Schema(
  "image_index",
  1,
  {
    "eid": columns.EID,
    "instance": columns.INSTANCE,
    "side": columns.SIDE,
    "shard": Column("int32", Kind.POSITION),
    "row": Column("int32", Kind.POSITION),
    "sha256": Column("string", Kind.IDENTIFIER),
  },
)
