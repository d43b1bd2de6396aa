"""InceptionResNetV2 without its top (Szegedy et al. 2017, arXiv 1602.07261), as Keras builds it.

Modules: `stem_0` ... `stem_4`, `mixed_5b`, `block35_1` ... `block35_10`, `mixed_6a`, `block17_1` ... `block17_20`,
`mixed_7a`, `block8_1` ... `block8_10`, `conv_7b`. The convolutions of a block are `conv_0`, `conv_1`, ... in the order
of the tables below. A residual block ends with `up`, a plain 1x1 convolution with bias.
"""

import dataclasses

import flax.linen as nn
import jax

from msk_jax.models import branches, inception_v3, layers
from msk_jax.models.branches import AVERAGE_POOL, MAX_POOL, Branches, Conv, halve, square

MIN_IMAGE_PX = inception_v3.MIN_IMAGE_PX
STEM = inception_v3.STEM  # the two networks begin alike
LAST_FILTERS = 1536


@dataclasses.dataclass(frozen=True)
class Residual:
  """A residual block: input + `scale` x (1x1 convolution of the joined branches), then ReLU if `relu`."""

  branches: Branches
  scale: float
  relu: bool = True


_BLOCK35: Branches = (
  (square(32),),
  (square(32), square(32, 3)),
  (square(32), square(48, 3), square(64, 3)),
)
_BLOCK17: Branches = ((square(192),), (square(128), Conv(160, 1, 7), Conv(192, 7, 1)))
_BLOCK8: Branches = ((square(192),), (square(192), Conv(224, 1, 3), Conv(256, 3, 1)))

BLOCKS: dict[str, Branches | Residual] = {
  "mixed_5b": (
    (square(96),),
    (square(48), square(64, 5)),
    (square(64), square(96, 3), square(96, 3)),
    (AVERAGE_POOL, square(64)),
  ),
  **{f"block35_{i}": Residual(_BLOCK35, 0.17) for i in range(1, 11)},
  "mixed_6a": ((halve(384),), (square(256), square(256, 3), halve(384)), (MAX_POOL,)),
  **{f"block17_{i}": Residual(_BLOCK17, 0.1) for i in range(1, 21)},
  "mixed_7a": (
    (square(256), halve(384)),
    (square(256), halve(288)),
    (square(256), square(288, 3), halve(320)),
    (MAX_POOL,),
  ),
  **{f"block8_{i}": Residual(_BLOCK8, 0.2) for i in range(1, 10)},
  "block8_10": Residual(_BLOCK8, 1.0, relu=False),
}


class ResidualBlock(nn.Module):
  """Applies one `Residual`.

  Attributes:
    residual: the block's table.
    options: settings shared by all layers.
  """

  residual: Residual
  options: layers.LayerOptions = layers.LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to the same shape."""
    y_bhwc = branches.apply_branches(self.residual.branches, x_bhwc, self.options, train=train)
    y_bhwc = layers.PointwiseConv(x_bhwc.shape[-1], self.options, name="up")(y_bhwc)
    x_bhwc = x_bhwc + y_bhwc * self.residual.scale
    return nn.relu(x_bhwc) if self.residual.relu else x_bhwc


class InceptionResNetV2(layers.Backbone):
  """The backbone: 244 convolutions, 54.3 million parameters, 1536 channels at a 32nd of the image's size."""

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the features and the intermediates.

    Args:
      image_bhwc: [b, h, w, 3], scaled to [-1, 1] for ImageNet weights; h and w at least 75.
      train: whether batch statistics are used (and the moving ones updated).

    Returns:
      features [b, h', w', 1536] in `dtype`, and the intermediates under the names of Keras' layers: `stem`,
      `mixed_5b`, `block35_1_ac` ..., `block8_10` (which has no activation), `conv_7b_ac`, of which the last
      is the features.

    Raises:
      ValueError: the image is too small.
    """
    layers.check_image_size(image_bhwc, MIN_IMAGE_PX, "InceptionResNetV2")
    options = self.options
    x_bhwc = branches.apply_stem(STEM, image_bhwc, options, train=train)
    out = {"stem": x_bhwc}
    for name, table in BLOCKS.items():
      if isinstance(table, Residual):
        x_bhwc = self.block(ResidualBlock)(table, options, name=name)(x_bhwc, train)
        out[f"{name}_ac" if table.relu else name] = x_bhwc
      else:
        x_bhwc = self.block(branches.BranchedBlock)(table, options, name=name)(x_bhwc, train)
        out[name] = x_bhwc
    x_bhwc = branches.apply_conv(square(LAST_FILTERS), x_bhwc, options, train=train, name="conv_7b")
    out["conv_7b_ac"] = x_bhwc
    return x_bhwc, out


def layer_order() -> list[tuple[str, ...]]:
  """Returns the paths of the layers with weights in Keras' order, which is that of its weight files."""
  order = branches.stem_order(STEM)
  for block, table in BLOCKS.items():
    rows = table.branches if isinstance(table, Residual) else table
    order += [(block, name, kind) for name, kind in branches.names_by_depth(rows)]
    if isinstance(table, Residual):
      order.append((block, "up"))
  return [*order, ("conv_7b", "conv"), ("conv_7b", "batch_norm")]
