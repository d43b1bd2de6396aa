"""The layers of the backbones, with Keras' semantics and numbers.

Each rule of Keras that is reproduced has a test. In tests/models/test_layers.py:

- Batch normalisation has a bias, but no scale. The variance is the biased one, also in the moving average. Inference
  uses the moving averages alone: `test_conv_batch_norm_relu_is_the_formula`. Means and variances are taken in two
  passes over batch, rows and columns: `test_variance_survives_a_large_mean`.
- `SAME` with stride 2 pads an even size at its end only, an odd one at both ends (no Inception network has it):
  `test_same_padding_with_stride_2`. `VALID` leaves out what does not fill a window:
  `test_max_pool_takes_whole_windows_only`.
- The average pool divides by the number of pixels inside the image:
  `test_average_pool_is_the_mean_of_the_pixels_inside`.
- A residual is scaled after its bias is added, before sum and ReLU: `test_a_residual_is_scaled_with_its_bias`.
- Layers are listed by their distance from the output:
  `test_names_by_depth_puts_the_layers_farthest_from_the_end_first`.

And in tests/models/test_keras_parity.py, against Keras itself:

- Batch normalisation adds 1e-3 to the variance, and its moving averages keep 0.99 of the old at each step:
  `test_keras_normalises_with_our_constants`, `test_batch_statistics_of_a_training_step`.
- Convolutions have no bias, except the last of a residual block: `test_parameter_counts_layer_by_layer`.
- The top is the mean over places, a dense layer, a softmax:
  `test_the_classifier_down_to_its_probabilities_at_299_pixels`.

Keras computes x/s - m/s + b; here it is (x - m)/s + b. They differ by rounding, which in training mode grows from
layer to layer (`test_training_in_float64_leaves_no_difference_but_rounding`).
"""

import dataclasses
import os
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from msk_jax.models import fast_layers

BATCH_NORM_EPSILON = 1e-3  # Keras' default, with which the ImageNet weights were trained
BATCH_NORM_MOMENTUM = 0.99  # the share kept of the old moving statistics at each step; Keras' default
OFF_SWITCH = "MSK_PLAIN_LAYERS"  # set to 1 to compute with the plain forms on CPUs too
KERNEL_INIT = nn.initializers.glorot_uniform()  # Keras' default for convolutions and dense layers


@dataclasses.dataclass(frozen=True)
class LayerOptions:
  """What all layers of a backbone share.

  Attributes:
    dtype: of the computation; parameters and moving statistics are always float32.
    batch_norm_momentum: share kept of the old moving mean and variance at each training step.
    is_fast: whether the forms of `fast_layers` are used; None: on a CPU.
    remat: whether blocks keep only their input for the backward pass and compute the rest again: less memory, a third
      more work, the same numbers.
  """

  dtype: Any = jnp.float32
  batch_norm_momentum: float = BATCH_NORM_MOMENTUM
  is_fast: bool | None = None
  remat: bool = False

  def use_fast(self) -> bool:
    """Returns `is_fast`, or whether this program computes on a CPU and `OFF_SWITCH` is not set."""
    if self.is_fast is not None:
      return self.is_fast
    return jax.default_backend() == "cpu" and os.environ.get(OFF_SWITCH) != "1"


class Backbone(nn.Module):
  """What all backbones take; a subclass's `__call__` maps images to features.

  Attributes:
    dtype: of the computation.
    batch_norm_momentum: share kept of the old moving statistics at each training step.
    is_fast: whether the forms of `fast_layers` are used, with the same results; None: on a CPU.
    remat: whether blocks keep only their input for the backward pass (see `LayerOptions`).
  """

  dtype: Any = jnp.float32
  batch_norm_momentum: float = BATCH_NORM_MOMENTUM
  is_fast: bool | None = None
  remat: bool = False

  @property
  def options(self) -> LayerOptions:
    """The settings of all layers."""
    return LayerOptions(self.dtype, self.batch_norm_momentum, self.is_fast, self.remat)

  def block(self, block_class: type[nn.Module]) -> type[nn.Module]:
    """Returns the class to make a block from: itself, or rematerialised.

    Args:
      block_class: with `__call__(x, train)`, both by position.
    """
    return nn.remat(block_class, static_argnums=(2,)) if self.remat else block_class


class ConvBatchNorm(nn.Module):
  """Convolution without bias, batch normalisation without scale, ReLU.

  Parameters: `conv/kernel` [rows, columns, in, out], `batch_norm/bias` [out]; statistics `batch_norm/mean`,
    `batch_norm/var`.

  Attributes:
    filters: channels out.
    window: (rows, columns) of the kernel.
    stride: step in rows and in columns.
    padding: `SAME` or `VALID`.
    options: settings shared by all layers.
  """

  filters: int
  window: tuple[int, int]
  stride: int = 1
  padding: str = "SAME"
  options: LayerOptions = LayerOptions()

  def setup(self):
    """Makes the two children."""
    self.conv = _Kernel(self.filters, self.window)
    self.batch_norm = _BatchNormRelu(self.options)

  def __call__(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Maps [b, h, w, c] to [b, h', w', filters], in `options.dtype`."""
    kernel = self.kernel(x_bhwc.shape[-1])
    if self.options.use_fast() and self.stride == 1 and self.padding == "SAME":
      kernel = fast_layers.reachable_window(kernel, (x_bhwc.shape[1], x_bhwc.shape[2]))
    return self.normalise(convolve(x_bhwc, kernel, self.stride, self.padding, self.options), train)

  def kernel(self, channels: int) -> jax.Array:
    """Returns the kernel [rows, columns, channels, filters], for callers that convolve several at once."""
    return self.conv(channels)

  def normalise(self, x_bhwc: jax.Array, train: bool) -> jax.Array:
    """Applies what follows the convolution, batch normalisation and ReLU, to [b, h', w', filters]."""
    return self.batch_norm(x_bhwc, train=train)


def convolve(x_bhwc: jax.Array, kernel: jax.Array, stride: int, padding: str, options: LayerOptions) -> jax.Array:
  """Convolves in `options.dtype`, with one stride for rows and columns.

  Args:
    x_bhwc: [b, h, w, c].
    kernel: [rows, columns, c, filters].
    stride: step in rows and in columns.
    padding: `SAME` or `VALID`.
    options: settings shared by all layers.

  Returns:
    [b, h', w', filters].
  """
  x_bhwc, kernel = x_bhwc.astype(options.dtype), kernel.astype(options.dtype)
  if options.use_fast() and kernel.shape[:2] == (1, 1) and stride == 1:
    return fast_layers.pointwise(x_bhwc, kernel[0, 0])
  dimensions = ("NHWC", "HWIO", "NHWC")
  return lax.conv_general_dilated(x_bhwc, kernel, (stride, stride), padding, dimension_numbers=dimensions)


class PointwiseConv(nn.Module):
  """A 1x1 convolution with bias. Parameters: `kernel` [1, 1, in, out], `bias` [out].

  Attributes:
    filters: channels out.
    options: settings shared by all layers.
  """

  filters: int
  options: LayerOptions = LayerOptions()

  @nn.compact
  def __call__(self, x_bhwc: jax.Array) -> jax.Array:
    """Maps [b, h, w, c] to [b, h, w, filters], in `options.dtype`."""
    kernel = self.param("kernel", KERNEL_INIT, (1, 1, x_bhwc.shape[-1], self.filters))
    bias_c = self.param("bias", nn.initializers.zeros, (self.filters,))
    y_bhwc = convolve(x_bhwc, kernel, 1, "SAME", self.options)
    return y_bhwc + bias_c.astype(y_bhwc.dtype)[None, None, None]


class _Kernel(nn.Module):
  filters: int
  window: tuple[int, int]

  @nn.compact
  def __call__(self, channels: int) -> jax.Array:
    return self.param("kernel", KERNEL_INIT, (*self.window, channels, self.filters))


class _BatchNormRelu(nn.Module):
  options: LayerOptions

  @nn.compact
  def __call__(self, x_bhwc: jax.Array, *, train: bool) -> jax.Array:
    channels = x_bhwc.shape[-1]
    bias_c = self.param("bias", nn.initializers.zeros, (channels,))
    mean = self.variable("batch_stats", "mean", jnp.zeros, (channels,))
    var = self.variable("batch_stats", "var", jnp.ones, (channels,))
    x_rc = x_bhwc.reshape(-1, channels)
    if not train:
      return _normalise_relu(x_rc, mean.value, var.value, bias_c).reshape(x_bhwc.shape)
    if self.options.use_fast():
      y_rc, mean_c, var_c = fast_layers.batch_norm_relu(x_rc, bias_c, BATCH_NORM_EPSILON)
    else:
      mean_c, var_c = _moments(x_rc)
      y_rc = _normalise_relu(x_rc, mean_c, var_c, bias_c)
    if not self.is_initializing():
      keep = self.options.batch_norm_momentum
      mean.value = keep * mean.value + (1 - keep) * lax.stop_gradient(mean_c)
      var.value = keep * var.value + (1 - keep) * lax.stop_gradient(var_c)
    return y_rc.reshape(x_bhwc.shape)


def _moments(x_rc: jax.Array) -> tuple[jax.Array, jax.Array]:
  """Returns each column's mean and biased variance, in float32 at least.

  The variance is the mean of squared deviations. E[x^2] - E[x]^2 would save one pass over the data, but loses all
  digits where a channel's mean is large beside its spread, as in images that were not centred.
  """
  x_rc = x_rc.astype(jnp.promote_types(x_rc.dtype, jnp.float32))
  return x_rc.mean(axis=0), x_rc.var(axis=0)


def _normalise_relu(x_rc: jax.Array, mean_c: jax.Array, var_c: jax.Array, bias_c: jax.Array) -> jax.Array:
  y_rc = (x_rc - mean_c[None]) * lax.rsqrt(var_c + BATCH_NORM_EPSILON)[None] + bias_c[None]
  return nn.relu(y_rc).astype(x_rc.dtype)


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
  """Returns how many of the 3 places around each of `size` places are inside: 2 3 ... 3 2."""
  return jnp.asarray([float(min(i + 1, size - 1) - max(i - 1, 0) + 1) for i in range(size)])


def max_pool_3x3(x_bhwc: jax.Array, is_fast: bool = False) -> jax.Array:
  """Takes the maximum over 3x3 windows, stride 2, no padding: [b, h, w, c] -> [b, (h-1)//2, (w-1)//2, c]."""
  if is_fast:
    return fast_layers.max_pool_3x3(x_bhwc)
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
