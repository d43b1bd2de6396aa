"""The skeleton image: the figure, in which the flesh around the bones becomes black.

Source: paper, Methods ("Preprocessing", full body): from each border pixel and in every direction one goes to the
first bone pixel; all pixels passed on the way become black. Bone pixels are those with 70 <= value < 250.
"""

from collections.abc import Callable

import cv2
import numpy as np

BONE_FROM = 70  # grey level, inclusive: white enough to be bone
BONE_BELOW = 250  # grey level, exclusive: brighter ones are artefacts


def skeleton(figure: np.ndarray) -> np.ndarray:
  """Returns the figure without what is outside of the outermost bone pixels.

  The four directions are along the rows and columns, each on the original bone mask. Pixels that any of them passes
  before the first bone pixel become black. A row or column without a bone pixel becomes black as a whole: all of it is
  outside of the skeleton. (The paper leaves this case open. To keep such lines would keep a band of flesh where the
  bones end, which the image is meant to remove.)

  Args:
    figure: uint8 [h, w].

  Returns:
    uint8 [h, w], a new array; bone pixels are as they were.
  """
  rows, columns = figure.shape
  # One comparison for both limits: values below 70 wrap round to the top of uint8.
  bone = (figure - np.uint8(BONE_FROM)) < np.uint8(BONE_BELOW - BONE_FROM)
  left, right = _first_and_last(bone)
  top, bottom = _first_and_last(_along_memory(cv2.transpose, bone))
  row = np.arange(rows, dtype=top.dtype)[:, None]
  column = np.arange(columns, dtype=left.dtype)[None, :]
  inside = column >= left[:, None]
  inside &= column <= right[:, None]
  inside &= row >= top[None, :]
  inside &= row <= bottom[None, :]
  return figure * inside


def _first_and_last(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns the first and last true column of each row of bool [h, w], integers [h]; (w, -1) where there is none."""
  width = mask.shape[1]
  small = np.int16 if width <= np.iinfo(np.int16).max else np.int32  # the comparisons are limited by memory bandwidth
  first = mask.argmax(axis=1)  # stops at the first true value if rows are contiguous in memory
  last = width - 1 - _along_memory(lambda m: cv2.flip(m, 1), mask).argmax(axis=1)
  has_any = mask[np.arange(len(mask)), first]
  return np.where(has_any, first, width).astype(small), np.where(has_any, last, -1).astype(small)


def _along_memory(turn: Callable[[np.ndarray], np.ndarray], mask: np.ndarray) -> np.ndarray:
  """Applies an OpenCV function that copies, where NumPy would return a strided view."""
  return turn(mask.view(np.uint8)).view(np.bool_)
