"""The skeleton image: the figure with the body's outline around the bones set to black.

Source: paper, Methods ("Preprocessing", full body): from each border pixel and in every direction one goes to the
first bone pixel; all pixels passed on the way become black. Bone pixels are those with 70 <= value < 250.
"""

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
  left, right = _first_and_last_in_rows(bone)
  top, bottom = _first_and_last_in_columns(bone)
  row = np.arange(rows, dtype=top.dtype)[:, None]
  column = np.arange(columns, dtype=left.dtype)[None, :]
  inside = column >= left[:, None]
  inside &= column <= right[:, None]
  inside &= row >= top[None, :]
  inside &= row <= bottom[None, :]
  return figure * inside


def _first_and_last_in_rows(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """First and last true column of each row as int16 [h]; (w, -1) where there is none."""
  width = mask.shape[1]
  found = mask.any(axis=1)
  first = np.where(found, mask.argmax(axis=1), width)
  last = np.where(found, width - 1 - mask[:, ::-1].argmax(axis=1), -1)
  return first.astype(np.int16), last.astype(np.int16)


def _first_and_last_in_columns(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """First and last true row of each column as int16 [w]; (h, -1) where there is none.

  As maxima over whole rows, which run along memory, where argmax over columns would jump.
  """
  height = mask.shape[0]
  up = np.arange(1, height + 1, dtype=np.int16)[:, None]
  last = (mask * up).max(axis=0) - np.int16(1)
  first = np.int16(height) - (mask * up[::-1]).max(axis=0)
  return first, last
