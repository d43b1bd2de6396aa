"""Augmentation against SciPy's affine transform and Keras' parameters."""

import numpy as np
import pytest
from scipy import ndimage

from msk_jax.imaging import view_augmentation, views
from msk_jax.input import augmentation

_RANGES = view_augmentation.Augmentation(rotation_deg=10.0, width_shift=0.1, height_shift=0.05, zoom=0.1)


def _image(channels: int, seed: int = 0) -> np.ndarray:
  noise = np.random.default_rng(seed).uniform(0, 255, (61, 47, channels))
  smooth = ndimage.gaussian_filter(noise, (3, 3, 0)) * 3 - 255
  return np.clip(smooth, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_warp_equals_scipy(channels, seed):
  """Oracle: scipy.ndimage.affine_transform, order 1, mode nearest. OpenCV rounds weights to 1/32 pixel, values to 1."""
  image = _image(channels, seed)
  matrix = augmentation.draw_matrix(_RANGES, image.shape[:2], np.random.default_rng(seed))
  found = augmentation.warp(image, matrix)
  for channel in range(channels):
    plane = image[..., channel].astype(np.float64)
    wanted = ndimage.affine_transform(plane, matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest")
    assert np.abs(found[..., channel] - wanted).max() < 2.0


def test_no_ranges_no_change():
  image = _image(3)
  still = view_augmentation.Augmentation(rotation_deg=0.0)
  np.testing.assert_array_equal(augmentation.augment(image, still, np.random.default_rng(1)), image)


@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # Keras reaches into old SciPy names
def test_keras_transform_with_the_same_draws():
  """Oracle: Keras' ImageDataGenerator, given the parameters that our generator drew.

  Today's Keras takes x for the first axis and then swaps the axes, so its angle runs the other way and its x and y
  are columns and rows; and its centre is right for square images only, hence a square one here.
  """
  from keras.src.legacy.preprocessing import image as keras_image

  image = _image(1)[:47]
  rng = np.random.default_rng(3)
  angle = rng.uniform(-10, 10)
  row_shift, column_shift = rng.uniform(-0.05, 0.05) * 47, rng.uniform(-0.1, 0.1) * 47
  row_zoom, column_zoom = rng.uniform(0.9, 1.1, size=2)
  wanted = keras_image.apply_affine_transform(
    image.astype(np.float64),
    theta=-angle,
    tx=column_shift,
    ty=row_shift,
    zx=column_zoom,
    zy=row_zoom,
    row_axis=0,
    col_axis=1,
    channel_axis=2,
    fill_mode="nearest",
    order=1,
  )
  found = augmentation.augment(image, _RANGES, np.random.default_rng(3))
  assert np.abs(found - wanted).max() < 2.0


@pytest.mark.parametrize("name", sorted(views.VIEWS))
def test_draws_stay_in_the_published_ranges(name):
  view = views.VIEWS[name]
  rng = np.random.default_rng(0)
  rows, columns = view.network_shape
  centre = np.array([(rows - 1) / 2, (columns - 1) / 2, 1.0])
  for _ in range(200):
    matrix = augmentation.draw_matrix(view.augmentation, view.network_shape, rng)
    shift = (matrix @ centre - centre)[:2]
    limit = np.hypot(view.augmentation.height_shift * rows, view.augmentation.width_shift * columns)
    assert np.hypot(*shift) <= limit + 1e-9
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    assert abs(scale - 1) <= view.augmentation.zoom + 1e-9
    angle = np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0]))
    assert abs(angle) <= view.augmentation.rotation_deg * (1 + 1e-9)
