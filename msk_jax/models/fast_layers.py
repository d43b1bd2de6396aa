"""The layers with derivatives, windows and products written for speed on CPUs.

Values and gradients equal those of the plain forms in `layers` up to rounding (tests/models/test_fast_layers.py).
benchmarks/networks.py measures the gain: `msk_jax` beside `msk_jax, plain layers`.
"""

import jax
import jax.numpy as jnp
from jax import lax


def reachable_window(kernel: jax.Array, map_shape: tuple[int, int]) -> jax.Array:
  """Cuts off the rows and columns of a kernel that only ever meet the padding.

  In a map of n rows, with stride 1 and the same size out, places more than n - 1 rows from a kernel's centre are
  always outside the map. Their gradient is 0 with or without the cut.

  Args:
    kernel: [rows, columns, in, out]; rows and columns odd.
    map_shape: (rows, columns) of the convolution's input.

  Returns:
    [rows', columns', in, out]; rows' and columns' odd.
  """
  cuts = []
  for size, places in zip(kernel.shape[:2], map_shape, strict=True):
    reach = min(size // 2, places - 1)
    cuts.append(slice(size // 2 - reach, size // 2 + reach + 1))
  return kernel[cuts[0], cuts[1]]


def pointwise(x_bhwc: jax.Array, kernel_co: jax.Array) -> jax.Array:
  """Convolves with a 1x1 window, as one matrix product over all places.

  XLA's convolutions on CPUs first copy their operands into another order; its matrix products do not. A training step
  of InceptionResNetV2 at 299x299 takes a quarter less time, and compiles faster.

  Args:
    x_bhwc: [b, h, w, in].
    kernel_co: [in, out].

  Returns:
    [b, h, w, out].
  """
  *places, channels = x_bhwc.shape
  return (x_bhwc.reshape(-1, channels) @ kernel_co).reshape(*places, -1)


@jax.custom_vjp
def batch_norm_relu(x_rc: jax.Array, bias_c: jax.Array, epsilon: float) -> tuple[jax.Array, jax.Array, jax.Array]:
  """Normalises each column by its mean and variance, adds the bias, applies ReLU.

  Sums over rows are XLA's, which adds in a tree. Products with a vector of ones would save 2% of a training step, but
  add row after row. At 299 pixels that gives a relative error of 1.5e-5 instead of 1e-7, and 1.5 times the error of
  the gradients.

  Args:
    x_rc: [rows, channels] floats; computed in float32 at least.
    bias_c: [channels].
    epsilon: added to the variance. Not differentiated.

  Returns:
    y [rows, channels] in the dtype of x; mean [channels] and (biased) variance [channels] of the columns. These are
    for the moving statistics: no gradient flows through them.
  """
  return _batch_norm_relu_forward(x_rc, bias_c, epsilon)[0]


def _batch_norm_relu_forward(x_rc, bias_c, epsilon):
  wide_rc, bias_c = _widen(x_rc), _widen(bias_c)
  mean_c = wide_rc.sum(axis=0) / x_rc.shape[0]
  centred_rc = wide_rc - mean_c[None]
  variance_c = (centred_rc * centred_rc).sum(axis=0) / x_rc.shape[0]
  inverse_c = lax.rsqrt(variance_c + epsilon)
  y_rc = jnp.maximum(centred_rc * inverse_c[None] + bias_c[None], 0).astype(x_rc.dtype)
  return (y_rc, mean_c, variance_c), (x_rc, y_rc, mean_c, inverse_c)


def _batch_norm_relu_backward(saved, cotangents):
  x_rc, y_rc, mean_c, inverse_c = saved
  num_rows = x_rc.shape[0]
  normalised_rc = (_widen(x_rc) - mean_c[None]) * inverse_c[None]
  through_rc = jnp.where(y_rc > 0, _widen(cotangents[0]), 0)
  bias_gradient_c = through_rc.sum(axis=0)
  slope_c = (through_rc * normalised_rc).sum(axis=0) / num_rows
  centred_rc = through_rc - (bias_gradient_c / num_rows)[None] - normalised_rc * slope_c[None]
  return (centred_rc * inverse_c[None]).astype(x_rc.dtype), bias_gradient_c, None


batch_norm_relu.defvjp(_batch_norm_relu_forward, _batch_norm_relu_backward)


def _widen(x: jax.Array) -> jax.Array:
  return x.astype(jnp.promote_types(x.dtype, jnp.float32))


@jax.custom_vjp
def max_pool_3x3(x_bhwc: jax.Array) -> jax.Array:
  """Takes the maximum over 3x3 windows, stride 2, no padding: [b, h, w, c] -> [b, (h-1)//2, (w-1)//2, c].

  The gradient goes to the first maximum of a window, read row by row, as in XLA's own form. After a ReLU many places
  are equal.
  """
  return _max_pool_forward(x_bhwc)[0]


def _max_pool_forward(x_bhwc):
  y_bhwc = lax.reduce_window(x_bhwc, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "VALID")
  return y_bhwc, (x_bhwc, y_bhwc)


def _max_pool_backward(saved, gradient_bhwc):
  x_bhwc, y_bhwc = saved
  rows, columns = y_bhwc.shape[1:3]
  is_taken = jnp.zeros(y_bhwc.shape, bool)
  total_bhwc = jnp.zeros_like(x_bhwc)
  for i in range(3):
    for j in range(3):
      # Place (i, j) of all windows at once.
      place = x_bhwc[:, i : i + 2 * rows - 1 : 2, j : j + 2 * columns - 1 : 2]
      is_first = (place == y_bhwc) & ~is_taken
      is_taken |= is_first
      share = jnp.where(is_first, gradient_bhwc, 0)
      below, right = x_bhwc.shape[1] - i - (2 * rows - 1), x_bhwc.shape[2] - j - (2 * columns - 1)
      spread = ((0, 0, 0), (i, below, 1), (j, right, 1), (0, 0, 0))
      total_bhwc += lax.pad(share, jnp.zeros((), share.dtype), spread)
  return (total_bhwc,)


max_pool_3x3.defvjp(_max_pool_forward, _max_pool_backward)
