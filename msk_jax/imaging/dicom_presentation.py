"""From stored values to the grey that is shown, as a DICOM header says (PS3.3 C.11).

In the standard's order: modality (lookup table or rescale), values of interest (lookup table or window), photometric
interpretation. Runs in the decoder process. The window is pydicom's. Its lookup tables are not used: they wrap modulo
256 where 8-bit entries meet larger values, and do not read modality tables of 12 bits.
"""

import dataclasses
import math
from typing import Any

import numpy as np

from msk_jax.imaging import bit_depth, grey_levels, quality
from msk_jax.imaging.quality import Doubt

GREY = ("MONOCHROME1", "MONOCHROME2")
_USUAL_SHAPE = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}
_WINDOW_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_SIGN_BIT, _WORD = 2**15, 2**16

Bounds = tuple[float, float]  # what becomes black and white


@dataclasses.dataclass(frozen=True)
class Presentation:
  """Turns stored values into grey; see `grey_levels.ToGrey`.

  Attributes:
    header: the data set.
    coding: of its pixels.
    is_little_endian: byte order of its lookup tables.
    named_bits: see `bit_depth.value_range`.
    ignores_window: whether a window is not applied, with a doubt.
  """

  header: Any
  coding: grey_levels.Coding
  is_little_endian: bool
  named_bits: int = 0
  ignores_window: bool = False

  def __call__(self, values: np.ndarray, lowest: int, highest: int) -> tuple[np.ndarray, list[Doubt]]:
    """Returns the grey of every value, float64 [n] from 0 to 255, and doubts."""
    photometric = str(self.header.PhotometricInterpretation)
    outputs, bounds, doubts = self._modality(values, lowest, highest)
    of_interest = self._values_of_interest(outputs)
    if of_interest is None:
      shown, doubts = grey_levels.stretched(outputs, *bounds), doubts + self._unused_window()
    else:
      shown, doubts = of_interest
    shown = np.rint(np.clip(shown, 0, 255))
    return 255 - shown if photometric == "MONOCHROME1" else shown, doubts + contradictions(photometric, self.header)

  def _modality(self, values: np.ndarray, lowest: int, highest: int) -> tuple[np.ndarray, Bounds, list[Doubt]]:
    if item := _first_item(self.header, "ModalityLUTSequence"):
      return _look_up(values, item, self.is_little_endian)
    slope, intercept = rescale(self.header)
    bounds, doubts = bit_depth.value_range(
      lowest, highest, self.coding.bits_stored, self.coding.is_signed, self.named_bits
    )
    black, white = sorted(bound * slope + intercept for bound in bounds)
    return values * slope + intercept, (black, white), doubts

  def _values_of_interest(self, values: np.ndarray) -> tuple[np.ndarray, list[Doubt]] | None:
    if item := _first_item(self.header, "VOILUTSequence"):
      shown, bounds, doubts = _look_up(values, item, self.is_little_endian)
      return grey_levels.stretched(shown, *bounds), doubts
    window = None if self.ignores_window else window_of(self.header)
    return None if window is None else (_windowed(values, *window), [])

  def _unused_window(self) -> list[Doubt]:
    if self.header.get("WindowCenter") is None and self.header.get("WindowWidth") is None:
      return []
    why = "the study's own 8 bits" if self.ignores_window else "its values make no window"
    return [Doubt("window_not_applied", why)]


def rescale(header: Any) -> tuple[float, float]:
  """Returns slope and intercept, 1 and 0 where they are not given.

  Raises:
    Refusal: `unsupported`, where they are not numbers or the slope is zero.
  """
  try:
    slope, intercept = (
      missing if (value := header.get(name)) in (None, "") else float(value)
      for name, missing in (("RescaleSlope", 1.0), ("RescaleIntercept", 0.0))
    )
  except (TypeError, ValueError):
    raise quality.Refusal("unsupported", "rescale") from None
  if not (math.isfinite(slope) and math.isfinite(intercept) and slope != 0):
    raise quality.Refusal("unsupported", "rescale")
  return slope, intercept


def window_of(header: Any) -> tuple[float, float, str] | None:
  """Returns centre, width and function of a header's first window, or None where there is no usable one.

  Raises:
    Refusal: `unsupported`, where the function is not one of the standard's.
  """
  pair = []
  for name in ("WindowCenter", "WindowWidth"):
    value = header.get(name)
    try:
      pair.append(float(value[0] if hasattr(value, "__getitem__") and not isinstance(value, str) else value))
    except (TypeError, ValueError, IndexError):
      return None
  function = str(header.get("VOILUTFunction") or "LINEAR").strip().upper()
  if function not in _WINDOW_FUNCTIONS:
    raise quality.Refusal("unsupported", "VOI LUT function")
  is_usable = all(map(math.isfinite, pair)) and (pair[1] > 1 if function == "LINEAR" else pair[1] > 0)
  return (pair[0], pair[1], function) if is_usable else None


def contradictions(photometric: str, header: Any) -> list[Doubt]:
  """Returns a doubt where photometric interpretation and presentation LUT disagree about what is white."""
  shape = str(header.get("PresentationLUTShape") or "").strip().upper()
  if header.get("PresentationLUTSequence"):
    return [Doubt("presentation_lut", "a table, not applied")]
  return [Doubt("presentation_lut", f"{photometric} {shape}")] if shape not in ("", _USUAL_SHAPE[photometric]) else []


def _windowed(values: np.ndarray, centre: float, width: float, function: str) -> np.ndarray:
  from pydicom import Dataset, pixels

  window = Dataset()
  window.PhotometricInterpretation, window.BitsStored, window.PixelRepresentation = "MONOCHROME2", 8, 0
  window.WindowCenter, window.WindowWidth, window.VOILUTFunction = centre, width, function
  with np.errstate(over="ignore"):  # far from a sigmoid's centre
    return pixels.apply_windowing(values, window)


def _first_item(header: Any, name: str) -> Any | None:
  """Returns the first of a sequence's tables; further ones are other ways to show the picture."""
  return items[0] if (items := header.get(name)) else None


def _look_up(values: np.ndarray, item: Any, is_little_endian: bool) -> tuple[np.ndarray, Bounds, list[Doubt]]:
  """Returns values after a lookup table (PS3.3 C.11.1.1, C.11.2.1.1), the bounds of its outputs, and doubts."""
  try:
    num_entries, first, bits = map(int, item.LUTDescriptor)
    entries = _lut_entries(item, num_entries % _WORD or _WORD, is_little_endian)
  except (AttributeError, TypeError, ValueError):
    raise quality.Refusal("unsupported", "lookup table") from None
  if first >= _SIGN_BIT and values.min() < 0:  # written as if unsigned
    first -= _WORD
  places = np.clip(np.rint(values).astype(np.int64) - first, 0, len(entries) - 1)
  needed = bit_depth.of_content(int(entries.max()))
  is_open = not 8 <= bits < bit_depth.CONTAINER_BITS or needed > bits
  used = needed if is_open else bits
  doubts = [Doubt("guessed_depth", f"lookup table of {used} bits")] if used != bits else []
  return entries[places], (0.0, 2.0**used - 1), doubts


def _lut_entries(item: Any, num_entries: int, is_little_endian: bool) -> np.ndarray:
  """Returns entries as int64 [num_entries]; ValueError where there are fewer."""
  data = item.LUTData
  if isinstance(data, bytes):
    if len(data) < 2 * num_entries:
      entries = np.frombuffer(data, np.uint8, num_entries)
    else:
      entries = np.frombuffer(data, "<u2" if is_little_endian else ">u2", num_entries)
  else:
    entries = np.atleast_1d(np.asarray(data, np.int64))[:num_entries] % _WORD
  if len(entries) < num_entries:
    raise ValueError("entries are missing")
  return entries.astype(np.int64)
