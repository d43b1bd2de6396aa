"""Random rotation, shift and zoom of training images, one affine warp each.

`imaging/view_augmentation.py` has the ranges of each view. The transform is the one of Keras' ImageDataGenerator, with
which the paper's models were trained: rotation, then shift, then zoom, about the image's centre. It maps output to
input coordinates; bilinear, edges repeated.
"""

import cv2
import numpy as np

from msk_jax.imaging import view_augmentation


def draw_matrix(ranges: view_augmentation.Augmentation, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
  """Draws the [3, 3] float64 matrix that maps output (row, column, 1) to input coordinates.

  Args:
    ranges: the view's augmentation ranges.
    shape: (rows, columns) of the image.
    rng: draws rotation, row shift, column shift, row zoom and column zoom, in this order.
  """
  angle = np.deg2rad(rng.uniform(-ranges.rotation_deg, ranges.rotation_deg))
  row_shift = rng.uniform(-ranges.height_shift, ranges.height_shift) * shape[0]
  column_shift = rng.uniform(-ranges.width_shift, ranges.width_shift) * shape[1]
  row_zoom, column_zoom = rng.uniform(1 - ranges.zoom, 1 + ranges.zoom, size=2)
  cos, sin = np.cos(angle), np.sin(angle)
  rotation = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
  shift = np.array([[1.0, 0.0, row_shift], [0.0, 1.0, column_shift], [0.0, 0.0, 1.0]])
  zoom = np.diag([row_zoom, column_zoom, 1.0])
  centre = np.array([(shape[0] - 1) / 2, (shape[1] - 1) / 2])
  to_centre, back = np.eye(3), np.eye(3)
  to_centre[:2, 2], back[:2, 2] = -centre, centre
  return back @ rotation @ shift @ zoom @ to_centre


def warp(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
  """Returns `image` seen through `matrix`.

  Args:
    image: uint8 [rows, columns] or [rows, columns, channels].
    matrix: [3, 3] map from output to input (row, column) coordinates.

  Returns:
    uint8, same shape; bilinear, edge pixels repeated outside.
  """
  swap = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # OpenCV takes (x, y)
  affine = (swap @ matrix @ swap)[:2]
  size = (image.shape[1], image.shape[0])
  flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
  return cv2.warpAffine(image, affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE).reshape(image.shape)


def augment(image: np.ndarray, ranges: view_augmentation.Augmentation, rng: np.random.Generator) -> np.ndarray:
  """Returns a randomly rotated, shifted and zoomed copy of a uint8 image [rows, columns(, channels)]."""
  return warp(image, draw_matrix(ranges, image.shape[:2], rng))
