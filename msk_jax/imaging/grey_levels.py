"""From stored words of a picture to eight bits of grey, by a table of all possible words.

An image has at most 2^16 different words. Rescale, lookup tables and window are computed for these, in floating point.
The image itself is looked up in blocks, so that it takes little memory.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from msk_jax.imaging import bit_depth
from msk_jax.imaging.quality import Doubt

# (value of every word, least and greatest value in the image) -> grey of every word, float [n] from 0 to 255, doubts
ToGrey = Callable[[np.ndarray, int, int], tuple[np.ndarray, list[Doubt]]]

_BLOCK_PIXELS = 2**20
_FEW_LEVELS = 64
_MERGED = 4  # values per grey level from which on few levels are a loss and not the picture's own


@dataclasses.dataclass(frozen=True)
class Coding:
  """Where in a word of 8 or 16 bits the value is.

  Attributes:
    bits_stored: bits of the value.
    shift: bits to its right.
    is_signed: whether its highest bit is the sign.
    padding: word outside of the image, or None.
  """

  bits_stored: int
  shift: int = 0
  is_signed: bool = False
  padding: int | None = None

  def values(self, word_bits: int) -> np.ndarray:
    """Returns the value of every word, int64 [2^word_bits]; other bits do not count."""
    values = (np.arange(2**word_bits, dtype=np.int64) >> self.shift) & (2**self.bits_stored - 1)
    if self.is_signed:
      values -= (values >> (self.bits_stored - 1)) << self.bits_stored
    return values


def to_uint8(words: np.ndarray, coding: Coding, to_grey: ToGrey) -> tuple[np.ndarray, list[Doubt]]:
  """Returns uint8 [h, w] and doubts.

  Args:
    words: [h, w] integers of one or two bytes, as stored.
    coding: where the values are in them.
    to_grey: the grey of values; see `ToGrey`.
  """
  word_bits = 8 * words.dtype.itemsize
  words = words.view(np.uint8 if word_bits == 8 else np.uint16)
  used = np.zeros(2**word_bits, bool)
  blocks = range(0, len(words), max(1, _BLOCK_PIXELS // max(1, words.shape[1])))
  size = blocks.step
  for row in blocks:
    used[words[row : row + size]] = True
  values = coding.values(word_bits)
  shown = used.copy()
  if coding.padding is not None:
    shown[coding.padding % 2**word_bits] = False
  present = values[shown if shown.any() else used]
  grey, doubts = to_grey(values, int(present.min()), int(present.max()))
  table = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
  levels = len(np.unique(table[used]))
  if levels < _FEW_LEVELS and len(np.unique(present)) >= _MERGED * levels:
    doubts = [*doubts, Doubt("few_grey_levels", str(levels))]
  result = np.empty(words.shape, np.uint8)
  for row in blocks:
    result[row : row + size] = table[words[row : row + size]]
  return result, doubts


def linear(coding: Coding, named_bits: int = 0) -> ToGrey:
  """Returns the grey of values without further instructions: `bit_depth.value_range` becomes black to white."""

  def to_grey(values: np.ndarray, lowest: int, highest: int) -> tuple[np.ndarray, list[Doubt]]:
    bounds, doubts = bit_depth.value_range(lowest, highest, coding.bits_stored, coding.is_signed, named_bits)
    return stretched(values, *bounds), doubts

  return to_grey


def stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
  """Returns values as float64 with `low` at 0 and `high` at 255."""
  return (values.astype(np.float64) - low) * (255.0 / (high - low))
