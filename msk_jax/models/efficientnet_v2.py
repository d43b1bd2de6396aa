"""EfficientNetV2-S without its top (Tan & Le 2021, arXiv 2104.00298), as Keras builds it.

Modules: `stem_conv`, `stem_norm`, the blocks `block1a`, `block1b`, ... `block6o`, `top_conv`, `top_norm`.
"""

import dataclasses
import string

import flax.linen as nn
import jax

from msk_jax.models import depthwise, keras_layer, layers, stochastic_depth

BATCH_NORM_MOMENTUM = 0.9  # Keras' for this network
MIN_IMAGE_PX = 32  # rows and columns: five halvings
STEM_CHANNELS, TOP_CHANNELS = 24, 1280
_SQUEEZE_RATIO = 0.25  # channels of the squeeze per channel of the block's input
_WINDOW_PX = 3


@dataclasses.dataclass(frozen=True)
class Stage:
  """A row of the network's table.

  Attributes:
    repeats: blocks; only the first changes channels and size.
    channels_in: of the first block.
    channels: out of each block.
    expansion: channels inside a block per channel of its input.
    stride: of the first block.
    is_fused: whether one convolution replaces a 1x1 and a depthwise one with squeeze and excitation.
  """

  repeats: int
  channels_in: int
  channels: int
  expansion: int
  stride: int
  is_fused: bool


@dataclasses.dataclass(frozen=True)
class Block:
  """One block: the settings of its `Stage`, and its number in the network."""

  name: str
  channels_in: int
  channels: int
  expansion: int
  stride: int
  is_fused: bool
  number: int

  @property
  def has_shortcut(self) -> bool:
    """Whether the input is added to the output."""
    return self.stride == 1 and self.channels_in == self.channels


STAGES = (
  Stage(2, 24, 24, expansion=1, stride=1, is_fused=True),
  Stage(4, 24, 48, expansion=4, stride=2, is_fused=True),
  Stage(4, 48, 64, expansion=4, stride=2, is_fused=True),
  Stage(6, 64, 128, expansion=4, stride=2, is_fused=False),
  Stage(9, 128, 160, expansion=6, stride=1, is_fused=False),
  Stage(15, 160, 256, expansion=6, stride=2, is_fused=False),
)


def blocks() -> list[Block]:
  """Returns the network's 40 blocks in order, with Keras' names."""
  network: list[Block] = []
  for number, stage in enumerate(STAGES, start=1):
    for letter in string.ascii_lowercase[: stage.repeats]:
      is_first = letter == "a"
      channels_in, stride = (stage.channels_in, stage.stride) if is_first else (stage.channels, 1)
      network.append(
        Block(
          f"block{number}{letter}", channels_in, stage.channels, stage.expansion, stride, stage.is_fused, len(network)
        )
      )
  return network


class FusedMBConv(nn.Module):
  """3x3 convolution to more channels, 1x1 convolution back; with an expansion of 1, one 3x3 convolution.

  Parameters: `expand_conv`, `expand_norm` (not with an expansion of 1), `project_conv`, `project_norm`.

  Attributes:
    table: the block's row.
    drop_rate: share of images whose branch is left out in training (stochastic depth).
    options: settings shared by all layers.
  """

  table: Block
  drop_rate: float = 0.0
  options: layers.LayerOptions = layers.LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to [b, h', w', channels]."""
    table, options = self.table, self.options
    if table.expansion == 1:
      y_bhwc = _conv(table.channels, _WINDOW_PX, table.stride, options, "project_conv")(x_bhwc)
      y_bhwc = nn.silu(_norm(options, "project_norm", train)(y_bhwc))
    else:
      y_bhwc = _conv(table.channels_in * table.expansion, _WINDOW_PX, table.stride, options, "expand_conv")(x_bhwc)
      y_bhwc = nn.silu(_norm(options, "expand_norm", train)(y_bhwc))
      y_bhwc = _conv(table.channels, 1, 1, options, "project_conv")(y_bhwc)
      y_bhwc = _norm(options, "project_norm", train)(y_bhwc)
    return _add_shortcut(table, x_bhwc, y_bhwc, self.drop_rate, train)


class MBConv(nn.Module):
  """1x1 convolution to more channels, depthwise 3x3, squeeze and excitation, 1x1 convolution back.

  Parameters: `expand_conv`, `expand_norm`, `depthwise`, `depthwise_norm`, `squeeze`, `excite`, `project_conv`,
    `project_norm`.

  Attributes:
    table: the block's row.
    drop_rate: share of images whose branch is left out in training (stochastic depth).
    options: settings shared by all layers.
  """

  table: Block
  drop_rate: float = 0.0
  options: layers.LayerOptions = layers.LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to [b, h', w', channels]."""
    table, options = self.table, self.options
    inner = table.channels_in * table.expansion
    y_bhwc = _conv(inner, 1, 1, options, "expand_conv")(x_bhwc)
    y_bhwc = nn.silu(_norm(options, "expand_norm", train)(y_bhwc))
    y_bhwc = depthwise.DepthwiseConv(_WINDOW_PX, table.stride, options=options, name="depthwise")(y_bhwc)
    y_bhwc = nn.silu(_norm(options, "depthwise_norm", train)(y_bhwc))
    gate_bhwc = y_bhwc.mean(axis=(1, 2), keepdims=True)
    num_squeezed = max(1, int(table.channels_in * _SQUEEZE_RATIO))
    gate_bhwc = nn.silu(_conv(num_squeezed, 1, 1, options, "squeeze", use_bias=True)(gate_bhwc))
    y_bhwc = y_bhwc * nn.sigmoid(_conv(inner, 1, 1, options, "excite", use_bias=True)(gate_bhwc))
    y_bhwc = _conv(table.channels, 1, 1, options, "project_conv")(y_bhwc)
    y_bhwc = _norm(options, "project_norm", train)(y_bhwc)
    return _add_shortcut(table, x_bhwc, y_bhwc, self.drop_rate, train)


class EfficientNetV2S(layers.Backbone):
  """EfficientNetV2-S: 1280 features at a 32nd of the image's size, 20.2 million parameters.

  Attributes:
    batch_norm_momentum: share kept of the old moving statistics at each training step.
    drop_path_rate: block i of 40 leaves out its branch at the rate `drop_path_rate` i / 40 (stochastic depth).
  """

  batch_norm_momentum: float = BATCH_NORM_MOMENTUM
  drop_path_rate: float = 0.2  # Keras' drop_connect_rate

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the features and the intermediates.

    Args:
      image_bhwc: [b, h, w, 3], in the scale `efficientnet_v2` for ImageNet weights; h and w at least 32.
      train: whether stochastic depth acts (it needs `rngs={'dropout': key}`) and batch statistics are used (and the
        moving ones updated).

    Returns:
      features [b, h', w', 1280] in `dtype`, and `stem`, `block1a` ... `block6o`, `top`, of which the last is the
      features.

    Raises:
      ValueError: the image is too small.
    """
    layers.check_image_size(image_bhwc, MIN_IMAGE_PX, "EfficientNetV2S")
    options, tables = self.options, blocks()
    x_bhwc = _conv(STEM_CHANNELS, _WINDOW_PX, 2, options, "stem_conv")(image_bhwc)
    x_bhwc = nn.silu(_norm(options, "stem_norm", train)(x_bhwc))
    out = {"stem": x_bhwc}
    for table in tables:
      block_class = self.block(FusedMBConv if table.is_fused else MBConv)
      drop_rate = self.drop_path_rate * table.number / len(tables)
      x_bhwc = out[table.name] = block_class(table, drop_rate, options, name=table.name)(x_bhwc, train)
    x_bhwc = _conv(TOP_CHANNELS, 1, 1, options, "top_conv")(x_bhwc)
    out["top"] = nn.silu(_norm(options, "top_norm", train)(x_bhwc))
    return out["top"], out


def _conv(
  channels: int, window_px: int, stride: int, options: layers.LayerOptions, name: str, use_bias: bool = False
) -> nn.Conv:
  return nn.Conv(
    channels,
    (window_px, window_px),
    stride,
    "SAME",
    use_bias=use_bias,
    dtype=options.dtype,
    kernel_init=layers.KERNEL_INIT,
    name=name,
  )


def _norm(options: layers.LayerOptions, name: str, train: bool) -> nn.BatchNorm:
  return nn.BatchNorm(
    use_running_average=not train,
    momentum=options.batch_norm_momentum,
    epsilon=layers.BATCH_NORM_EPSILON,
    dtype=options.dtype,
    use_fast_variance=False,
    name=name,
  )


def _add_shortcut(table: Block, x_bhwc: jax.Array, y_bhwc: jax.Array, drop_rate: float, train: bool) -> jax.Array:
  if not table.has_shortcut:
    return y_bhwc
  return stochastic_depth.drop_branch(y_bhwc, drop_rate, train=train) + x_bhwc


def layer_order() -> list[keras_layer.KerasLayer]:
  """Returns the layers with weights in Keras' order, which is that of its weight files."""
  order = _pair("stem")
  for table in blocks():
    order += _pair(table.name, "expand") if table.expansion > 1 else []
    if not table.is_fused:
      order += [
        keras_layer.single("depthwise_conv2d", table.name, "depthwise"),
        keras_layer.single("batch_normalization", table.name, "depthwise_norm"),
        keras_layer.single("conv2d", table.name, "squeeze"),
        keras_layer.single("conv2d", table.name, "excite"),
      ]
    order += _pair(table.name, "project")
  return order + _pair("top")


def _pair(*path: str) -> list[keras_layer.KerasLayer]:
  *block, name = path
  return [
    keras_layer.single("conv2d", *block, f"{name}_conv"),
    keras_layer.single("batch_normalization", *block, f"{name}_norm"),
  ]
