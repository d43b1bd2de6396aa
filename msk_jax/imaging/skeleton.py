"""The skeleton image: the figure with the body's outline around the bones set to black.

Source: paper, Methods ("Preprocessing", full body): from each border pixel and in every direction one goes to the
first bone pixel; all pixels passed on the way become black. Bone pixels are those with 70 <= value < 250.
"""

from collections.abc import Callable

import cv2
import numpy as np

BONE_FROM = 70  # grey level, inclusive: white enough to be bone
BONE_BELOW = 250  # grey level, exclusive: brighter ones are artefacts


def skeleton(figure: np.ndarray) -> np.ndarray:
  """Returns the figure without what can be seen from outside before the first bone pixel.

  The four directions are along the rows and columns, each from the original bone mask; what any of them passes is
  black. A row or column without a bone pixel becomes black altogether: the way from its border meets no bone before
  the other side, so all of it lies outside the skeleton. (The paper's sentence leaves this case open. Leaving such
  lines alone would keep a band of flesh wherever the bones end, which is what the image is meant to remove.)

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
  """First and last true column of each row of bool [h, w], as integers [h]; (w, -1) where there is none."""
  width = mask.shape[1]
  small = np.int16 if width <= np.iinfo(np.int16).max else np.int32  # the comparisons are bound by memory
  first = mask.argmax(axis=1)  # stops at the first true value, as long as it runs along memory
  last = width - 1 - _along_memory(lambda m: cv2.flip(m, 1), mask).argmax(axis=1)
  found = mask[np.arange(len(mask)), first]
  return np.where(found, first, width).astype(small), np.where(found, last, -1).astype(small)


def _along_memory(turn: Callable[[np.ndarray], np.ndarray], mask: np.ndarray) -> np.ndarray:
  """Applies an OpenCV function that copies, where NumPy would give a view with jumps."""
  return turn(mask.view(np.uint8)).view(np.bool_)
