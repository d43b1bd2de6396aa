"""How pixels become a network's input: each set of published weights expects its own scale."""

import jax
import jax.numpy as jnp

# name -> (offset, divisor) per colour: input = (pixel - offset) / divisor, pixels 0 to 255.
INPUT_SCALES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
  "zero_to_one": ((0.0,), (255.0,)),  # the paper's image generators: rescale=1/255
  "minus_one_to_one": ((127.5,), (127.5,)),  # Keras' ImageNet weights of the Inception networks
  "efficientnet_v2": ((128.0,), (128.0,)),  # Keras' ImageNet weights of EfficientNetV2-S: x / 128 - 1
  # The mean and standard deviation of ImageNet's red, green and blue: Keras' ConvNeXt, most PyTorch weights.
  "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
PUBLISHED = "zero_to_one"
DEFAULT = PUBLISHED


def scale_pixels(image: jax.Array, input_scale: str) -> jax.Array:
  """Returns pixels in a network's input scale.

  Args:
    image: [..., 1] or [..., 3], uint8 or floats, 0 to 255.
    input_scale: a key of `INPUT_SCALES`.

  Returns:
    float32 (float64 stays), [..., 3] if the scale differs by colour, else with the channels of `image`.

  Raises:
    ValueError: there is no such scale.
  """
  if input_scale not in INPUT_SCALES:
    raise ValueError(f"no input scale {input_scale!r}; known are {', '.join(INPUT_SCALES)} ({__name__}).")
  offset, divisor = (jnp.asarray(values, jnp.float32) for values in INPUT_SCALES[input_scale])
  leading = (1,) * (image.ndim - 1)
  wide = image.astype(jnp.promote_types(image.dtype, jnp.float32))
  return (wide - offset.reshape(*leading, -1)) / divisor.reshape(*leading, -1)
