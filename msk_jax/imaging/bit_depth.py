"""The bit depth of a picture: which values become black and white.

A header that says 10 or 12 bits is believed. One of 16 bits may be a mere container: scanners write 12 bits into it,
which would be shown almost black. There the content decides, or the depth that the user names.
"""

from msk_jax.imaging.quality import Doubt

CONTAINER_BITS = 16
_DEPTHS = (8, 10, 12, 14, 16)  # bits that devices have


def of_content(largest: int) -> int:
  """Returns the fewest bits, 8 to 16 in steps of two, that hold an unsigned value."""
  return next(bits for bits in _DEPTHS if largest < 2**bits or bits == _DEPTHS[-1])


def value_range(
  lowest: int, highest: int, bits_stored: int, is_signed: bool, named_bits: int = 0
) -> tuple[tuple[int, int], list[Doubt]]:
  """Returns the values that become black and white, and doubts.

  Args:
    lowest: least value in the image.
    highest: greatest value in the image.
    bits_stored: of the header; `CONTAINER_BITS` leaves the depth open.
    is_signed: whether values may be negative.
    named_bits: the user's depth where it is open: 0 is black, 2^bits - 1 white. With 0 the content decides: each end
      is the nearest power of four, from 2^8 on, beyond the image's values.
  """
  declared = (-(2 ** (bits_stored - 1)), 2 ** (bits_stored - 1) - 1) if is_signed else (0, 2**bits_stored - 1)
  if bits_stored != CONTAINER_BITS:
    return declared, []
  if named_bits:
    named = (0, 2**named_bits - 1)
    return named, [Doubt("beyond_depth")] if lowest < named[0] or highest > named[1] else []
  low = 0 if lowest >= 0 else max(declared[0], -(2 ** of_content(-lowest - 1)))
  high = min(declared[1], 2 ** of_content(max(highest, 0)) - 1)
  if (low, high) == declared:
    return declared, []
  return (low, high), [Doubt("guessed_depth", f"values from {low} to {high}")]
