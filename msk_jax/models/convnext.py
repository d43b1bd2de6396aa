"""ConvNeXt-Tiny without its top (Liu et al. 2022, arXiv 2201.03545), as Keras builds it.

Modules: `stem_conv`, `stem_norm`, the blocks `stage_0_block_0` ... `stage_3_block_2`, between the stages
`downsample_0_norm`, `downsample_0_conv` ..., and `norm`. Keras' network without top ends in a layer normalisation.
"""

import flax.linen as nn
import jax

from msk_jax.models import depthwise, keras_layer, layers, stochastic_depth

DEPTHS = (3, 3, 9, 3)  # blocks of each stage
CHANNELS = (96, 192, 384, 768)  # of each stage
MIN_IMAGE_PX = 32  # rows and columns: four reductions, by 4, 2, 2 and 2, take whole windows only
_NORM_EPSILON = 1e-6  # of the layer normalisations
_LAYER_SCALE = 1e-6  # initial factor of a block's branch
_EXPANSION = 4  # channels inside a block's branch per channel outside
_WINDOW_PX = 7


class ConvNeXtBlock(nn.Module):
  """Depthwise 7x7 convolution, normalisation, two dense layers with GELU (the exact one) between, added to the input.

  Parameters: `depthwise`, `norm`, `expand`, `project` and `layer_scale/scale` [c].

  Attributes:
    drop_rate: share of images whose branch is left out in training (stochastic depth).
    options: settings shared by all layers.
  """

  drop_rate: float = 0.0
  options: layers.LayerOptions = layers.LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to the same shape."""
    channels, options = x_bhwc.shape[-1], self.options
    y_bhwc = depthwise.DepthwiseConv(_WINDOW_PX, use_bias=True, options=options, name="depthwise")(x_bhwc)
    y_bhwc = _norm(options, "norm")(y_bhwc)
    y_bhwc = _dense(_EXPANSION * channels, options, "expand")(y_bhwc)
    y_bhwc = _dense(channels, options, "project")(nn.gelu(y_bhwc, approximate=False))
    y_bhwc = LayerScale(options, name="layer_scale")(y_bhwc)
    return x_bhwc + stochastic_depth.drop_branch(y_bhwc, self.drop_rate, train=train)


class LayerScale(nn.Module):
  """A learned factor for each channel, almost 0 at first (Touvron et al. 2021, arXiv 2103.17239)."""

  options: layers.LayerOptions = layers.LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array) -> jax.Array:
    """Maps [b, h, w, c] to the same shape."""
    scale_c = self.param("scale", nn.initializers.constant(_LAYER_SCALE), (x_bhwc.shape[-1],))
    return x_bhwc * scale_c.astype(self.options.dtype)[None, None, None]


class ConvNeXtTiny(layers.Backbone):
  """ConvNeXt-Tiny: 768 features at a 32nd of the image's size, 27.8 million parameters; no batch statistics.

  Attributes:
    drop_path_rate: stochastic depth of the last block; the first has none, and it grows evenly between. 0 in Keras'
      network, 0.1 when its authors trained it.
  """

  drop_path_rate: float = 0.0

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the features and the intermediates.

    Args:
      image_bhwc: [b, h, w, 3], in the scale `imagenet` for ImageNet weights; h and w at least 32.
      train: whether stochastic depth acts (it needs `rngs={'dropout': key}`).

    Returns:
      features [b, h', w', 768] in `dtype`, and `stem`, `stage_0_block_0` ... `stage_3_block_2`, `norm`, of which the
      last is the features.

    Raises:
      ValueError: the image is too small.
    """
    layers.check_image_size(image_bhwc, MIN_IMAGE_PX, "ConvNeXtTiny")
    options, drop_rates = self.options, iter(_drop_rates(self.drop_path_rate))
    x_bhwc = _norm(options, "stem_norm")(_reduce(CHANNELS[0], 4, options, "stem_conv")(image_bhwc))
    out = {"stem": x_bhwc}
    for stage, depth in enumerate(DEPTHS):
      if stage > 0:
        x_bhwc = _norm(options, f"downsample_{stage - 1}_norm")(x_bhwc)
        x_bhwc = _reduce(CHANNELS[stage], 2, options, f"downsample_{stage - 1}_conv")(x_bhwc)
      for i in range(depth):
        name = f"stage_{stage}_block_{i}"
        x_bhwc = out[name] = self.block(ConvNeXtBlock)(next(drop_rates), options, name=name)(x_bhwc, train)
    out["norm"] = _norm(options, "norm")(x_bhwc)
    return out["norm"], out


def _drop_rates(last: float) -> list[float]:
  count = sum(DEPTHS)
  return [last * i / (count - 1) for i in range(count)]


def _norm(options: layers.LayerOptions, name: str) -> nn.LayerNorm:
  return nn.LayerNorm(epsilon=_NORM_EPSILON, dtype=options.dtype, use_fast_variance=False, name=name)


def _dense(channels: int, options: layers.LayerOptions, name: str) -> nn.Dense:
  return nn.Dense(channels, dtype=options.dtype, kernel_init=layers.KERNEL_INIT, name=name)


def _reduce(channels: int, window_px: int, options: layers.LayerOptions, name: str) -> nn.Conv:
  """Returns a convolution with windows side by side; rows and columns left over at the end are cut off."""
  window = (window_px, window_px)
  return nn.Conv(channels, window, window, "VALID", dtype=options.dtype, kernel_init=layers.KERNEL_INIT, name=name)


def layer_order() -> list[keras_layer.KerasLayer]:
  """Returns the layers with weights in Keras' order, which is that of its weight files."""
  single = keras_layer.single
  order = [keras_layer.sequential(single("conv2d", "stem_conv"), single("layer_normalization", "stem_norm"))]
  for stage, depth in enumerate(DEPTHS):
    if stage > 0:
      name = f"downsample_{stage - 1}"
      order.append(
        keras_layer.sequential(single("layer_normalization", f"{name}_norm"), single("conv2d", f"{name}_conv"))
      )
    for i in range(depth):
      block = f"stage_{stage}_block_{i}"
      # Keras' depthwise convolution here is a Conv2D with as many groups as channels.
      order += [single("conv2d", block, "depthwise"), single("layer_normalization", block, "norm")]
      order += [
        single("dense", block, "expand"),
        single("dense", block, "project"),
        single("layer_scale", block, "layer_scale"),
      ]
  return [*order, single("layer_normalization", "norm")]
