"""InceptionV3 without its top (Szegedy et al. 2016, arXiv 1512.00567), as Keras builds it.

Modules: `stem_0` ... `stem_4`, then the blocks `mixed0` ... `mixed10`, each with `conv_0`, `conv_1`, ... in the order
of the tables below. Every convolution is a `ConvBatchNorm`.
"""

import flax.linen as nn
import jax

from msk_jax.models import branches, layers
from msk_jax.models.branches import AVERAGE_POOL, MAX_POOL, Branches, Conv, Fork, halve, square

MIN_IMAGE_PX = 75  # rows and columns; smaller images vanish in the unpadded layers

STEM: tuple[Conv | str, ...] = (
  halve(32),
  Conv(32, 3, 3, padding="VALID"),
  square(64, 3),
  MAX_POOL,
  square(80),
  Conv(192, 3, 3, padding="VALID"),
  MAX_POOL,
)


def _fine(pool_filters: int) -> Branches:
  """A block at an eighth of the image's size: 64 + 64 + 96 + `pool_filters` channels."""
  return (
    (square(64),),
    (square(48), square(64, 5)),
    (square(64), square(96, 3), square(96, 3)),
    (AVERAGE_POOL, square(pool_filters)),
  )


def _middle(inner: int) -> Branches:
  """A block at a sixteenth: 4 x 192 channels; 7x7 windows are split in two with `inner` channels between."""
  return (
    (square(192),),
    (square(inner), Conv(inner, 1, 7), Conv(192, 7, 1)),
    (square(inner), Conv(inner, 7, 1), Conv(inner, 1, 7), Conv(inner, 7, 1), Conv(192, 1, 7)),
    (AVERAGE_POOL, square(192)),
  )


_SPREAD = Fork(((Conv(384, 1, 3),), (Conv(384, 3, 1),)))
_COARSE: Branches = (
  (square(320),),
  (square(384), _SPREAD),
  (square(448), square(384, 3), _SPREAD),
  (AVERAGE_POOL, square(192)),
)

BLOCKS: dict[str, Branches] = {
  "mixed0": _fine(32),
  "mixed1": _fine(64),
  "mixed2": _fine(64),
  "mixed3": ((halve(384),), (square(64), square(96, 3), halve(96)), (MAX_POOL,)),
  "mixed4": _middle(128),
  "mixed5": _middle(160),
  "mixed6": _middle(160),
  "mixed7": _middle(192),
  "mixed8": (
    (square(192), halve(320)),
    (square(192), Conv(192, 1, 7), Conv(192, 7, 1), halve(192)),
    (MAX_POOL,),
  ),
  "mixed9": _COARSE,
  "mixed10": _COARSE,
}


class InceptionV3(layers.Backbone):
  """The backbone: 94 convolutions, 21.8 million parameters, 2048 channels at a 32nd of the image's size."""

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the features and the intermediates.

    Args:
      image_bhwc: [b, h, w, 3], scaled to [-1, 1] for ImageNet weights; h and w at least 75.
      train: whether batch statistics are used (and the moving ones updated).

    Returns:
      features [b, h', w', 2048] in `dtype`, and `stem`, `mixed0` ... `mixed10`, of which the last is the
      features.

    Raises:
      ValueError: the image is too small.
    """
    layers.check_image_size(image_bhwc, MIN_IMAGE_PX, "InceptionV3")
    options = self.options
    x_bhwc = branches.apply_stem(STEM, image_bhwc, options, train=train)
    out = {"stem": x_bhwc}
    for name, table in BLOCKS.items():
      x_bhwc = self.block(branches.BranchedBlock)(table, options, name=name)(x_bhwc, train)
      out[name] = x_bhwc
    return x_bhwc, out


def layer_order() -> list[tuple[str, ...]]:
  """Returns the paths of the layers with weights in Keras' order, which is that of its weight files."""
  order = branches.stem_order(STEM)
  for block, table in BLOCKS.items():
    order += [(block, name, kind) for name, kind in branches.names_by_depth(table)]
  return order
