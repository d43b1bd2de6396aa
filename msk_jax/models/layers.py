"""The layers that the backbones are made of, with Keras' semantics and numbers."""

import dataclasses
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

BATCH_NORM_EPSILON = 1e-3  # Keras' default, with which the ImageNet weights were trained
BATCH_NORM_MOMENTUM = 0.99  # the share kept of the old moving statistics at each step; Keras' default
KERNEL_INIT = nn.initializers.glorot_uniform()  # Keras' default for convolutions and dense layers


@dataclasses.dataclass(frozen=True)
class LayerOptions:
  """What all layers of a backbone share.

  Attributes:
    dtype: of the computation; parameters and moving statistics are float32 whatever it is.
    batch_norm_momentum: share kept of the old moving mean and variance at each training step.
  """

  dtype: Any = jnp.float32
  batch_norm_momentum: float = BATCH_NORM_MOMENTUM


class ConvBatchNorm(nn.Module):
  """Convolution without bias, batch normalisation without scale, ReLU.

  Parameters: `conv/kernel` [rows, columns, in, out], `batch_norm/bias` [out]; statistics `batch_norm/mean`,
    `batch_norm/var`.

  Attributes:
    filters: channels out.
    window: (rows, columns) of the kernel.
    stride: step in rows and in columns.
    padding: `SAME` or `VALID`.
    options: numbers shared by all layers.
  """

  filters: int
  window: tuple[int, int]
  stride: int = 1
  padding: str = "SAME"
  options: LayerOptions = LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, *, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to [b, h', w', filters], in `options.dtype`."""
    x_bhwc = nn.Conv(
      self.filters,
      self.window,
      strides=self.stride,
      padding=self.padding,
      use_bias=False,
      dtype=self.options.dtype,
      kernel_init=KERNEL_INIT,
      name="conv",
    )(x_bhwc)
    # The variance as the mean of squared deviations: E[x^2] - E[x]^2 loses all digits where a channel's
    # mean is large beside its spread, which an image that was not centred brings about in the stem.
    x_bhwc = nn.BatchNorm(
      use_running_average=not train,
      momentum=self.options.batch_norm_momentum,
      epsilon=BATCH_NORM_EPSILON,
      use_scale=False,
      use_fast_variance=False,
      dtype=self.options.dtype,
      name="batch_norm",
    )(x_bhwc)
    return nn.relu(x_bhwc)


def average_pool_3x3(x_bhwc: jax.Array) -> jax.Array:
  """Averages over 3x3 windows, stride 1; at the border over the pixels inside the image, as Keras does.

  Args:
    x_bhwc: [b, h, w, c] floats.

  Returns:
    [b, h, w, c], the same dtype.
  """
  sums = lax.reduce_window(x_bhwc, 0.0, lax.add, (1, 3, 3, 1), (1, 1, 1, 1), "SAME")
  _, rows, columns, _ = x_bhwc.shape
  return sums / (_window_counts(rows)[None, :, None, None] * _window_counts(columns)[None, None, :, None]).astype(
    x_bhwc.dtype
  )


def _window_counts(size: int) -> jax.Array:
  """Returns how many of the 3 places around each of `size` places lie inside: 2 3 ... 3 2."""
  return jnp.asarray([float(min(i + 1, size - 1) - max(i - 1, 0) + 1) for i in range(size)])


def max_pool_3x3(x_bhwc: jax.Array) -> jax.Array:
  """Takes the maximum over 3x3 windows, stride 2, no padding: [b, h, w, c] -> [b, (h-1)//2, (w-1)//2, c]."""
  return nn.max_pool(x_bhwc, (3, 3), strides=(2, 2), padding="VALID")


def check_image_size(image_bhwc: jax.Array, smallest_px: int, network: str) -> None:
  """Refuses images that a network's unpadded layers would shrink to nothing.

  Raises:
    ValueError: rows or columns are fewer than `smallest_px`.
  """
  rows, columns = image_bhwc.shape[1:3]
  if min(rows, columns) < smallest_px:
    raise ValueError(
      f"{network} needs images of at least {smallest_px}x{smallest_px} pixels, got {rows}x{columns}: "
      "use larger images or the backbone simple_cnn."
    )
