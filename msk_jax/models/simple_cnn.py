"""A small backbone for tests, demonstrations and laptops: it learns from scratch within minutes on a CPU."""

import flax.linen as nn
import jax

from msk_jax.models import layers

FILTERS = (16, 32, 64, 96, 128)
MIN_IMAGE_PX = 32


class SimpleCNN(layers.Backbone):
  """Five 3x3 convolutions, 190,000 parameters; the features are 128 channels at a 32nd of the image's size.

  Modules: `conv_0` ... `conv_4`. Each but the last is followed by a 2x2 max-pool; the first has stride 2.
  """

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the features and the intermediates.

    Args:
      image_bhwc: [b, h, w, 3]; h and w at least 32.
      train: whether batch statistics are used (and the moving ones updated).

    Returns:
      features [b, h', w', 128] in `dtype`, and `conv_0` ... `conv_4`, of which the last is the features.

    Raises:
      ValueError: the image is too small.
    """
    layers.check_image_size(image_bhwc, MIN_IMAGE_PX, "SimpleCNN")
    options = self.options
    x_bhwc, out = image_bhwc, {}
    for i, filters in enumerate(FILTERS):
      if i > 0:
        x_bhwc = nn.max_pool(x_bhwc, (2, 2), strides=(2, 2))
      conv = self.block(layers.ConvBatchNorm)(
        filters, (3, 3), stride=2 if i == 0 else 1, options=options, name=f"conv_{i}"
      )
      x_bhwc = out[f"conv_{i}"] = conv(x_bhwc, train)
    return x_bhwc, out
