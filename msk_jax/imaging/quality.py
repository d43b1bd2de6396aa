"""Why an image is refused or doubted: the reason codes, and the checks of sizes and content.

The flaws are those of UK Biobank field 20158 and of radiographs from elsewhere. Every image is stored or reported under
one of these codes.
"""

import dataclasses
import enum
import math
from typing import NamedTuple

import numpy as np

from msk_jax.imaging import views


class Severity(enum.StrEnum):
  """Whether the image is left out, kept with a doubt, or absent."""

  REFUSED = "refused"
  DOUBTFUL = "doubtful"
  ABSENT = "absent"


_R, _D, _A = Severity.REFUSED, Severity.DOUBTFUL, Severity.ABSENT

# Reason code -> (severity, what it means). Codes are part of the QC report's format: add, do not rename.
REASONS: dict[str, tuple[Severity, str]] = {
  # whole archives
  "bad_name": (_R, "The zip's name is not <eid>_20158_<instance>_<array>.zip, so nobody knows whose it is."),
  "corrupt_zip": (_R, "The zip can't be read: damaged, cut off or not a zip."),
  "unreadable_file": (_R, "The file can't be opened or read from its disk."),
  "zip_bomb": (_R, "A zip that claims too many or too large members, or an absurd compression ratio."),
  "encrypted": (_R, "A member of the zip is encrypted."),
  "duplicate_visit": (_R, "A second zip of the same participant and visit; the one of lowest array is kept."),
  "repeated_zip": (_D, "The same zip is in two places, byte for byte; it is read once."),
  "conflicting_zips": (
    _R,
    "Zips of one participant, visit and array that differ. Which is right is unknown: none is read.",
  ),
  "withdrawn": (_R, "The participant has withdrawn; nothing of theirs is kept."),
  # one file
  "not_dicom": (_R, "The file is not DICOM (an error page saved as .dcm, for example)."),
  "truncated": (_R, "The DICOM file ends in the middle."),
  "no_pixels": (_R, "The DICOM file holds no image."),
  "pixel_length": (
    _R,
    "The pixel data are shorter than the header's rows times columns, or longer by more than padding.",
  ),
  "too_large": (_R, "The header claims more pixels, or the file has more bytes, than any radiograph has."),
  "unsupported": (
    _R,
    "A colour, multi-frame or unusually coded image, or a format, that is not read: export it as PNG.",
  ),
  "not_colour": (_R, "A grey image where one of three channels is wanted."),
  "decode_failed": (_R, "The pixels can't be decoded."),
  "decoder_crashed": (_R, "The decoder died or hung on this file."),
  "worker_crashed": (_R, "The worker process died on this file; the run went on without it."),
  "unexpected_error": (_R, "The program failed on this file in a way it does not know; please report it."),
  # which view
  "unknown_protocol": (_R, "The DICOM ProtocolName is not one of the study's."),
  "repeated_member": (_D, "The zip holds the same image twice; it counts once."),
  "surplus_image": (_R, "The zip holds more than one image of this view and side; the first is kept."),
  "unordered_total_body": (_R, "Total Body images whose order is unknown: which is flesh, which figure?"),
  "single_total_body": (_D, "One Total Body image only: it is taken as flesh, and there is no figure."),
  "other_view": (_R, "The DICOM ProtocolName names another view than the one wanted."),
  "missing_view": (_A, "The zip holds no usable image of this view and side."),
  # the image itself
  "blank": (_R, "The image is constant, or almost."),
  "too_small": (_R, "The image has under a quarter of the view's usual rows or columns."),
  "transposed": (_R, "Rows and columns are swapped. Not mended: the size can't tell a turn from a mirroring."),
  "wrong_aspect": (_R, "The shape is so far from the view's that resizing would distort it twofold or more."),
  "odd_aspect": (_D, "The shape is unusual for the view: resizing distorts it by over a third."),
  "guessed_depth": (_D, "A 16-bit container whose content has fewer bits: the content decided what is white."),
  "beyond_depth": (_D, "Values beyond the depth that was named (config.data.folder.bits); they became black or white."),
  "few_grey_levels": (
    _D,
    "Many grey values were merged into few: the header's depth or window is far from the content.",
  ),
  "window_not_applied": (
    _D,
    "The header's window was left out: it makes no sense, or the file is of the study's scanner (8 bits).",
  ),
  "presentation_lut": (_D, "The header contradicts itself about which end of the grey values is white."),
  "padded_pixels": (_D, "More bytes than rows times columns, all alike: cut off as padding."),
  "mostly_padding": (_D, "The shape is so unlike the stored one that over half of the stored image is padding."),
  "white_margin": (_D, "A broad white (saturated) margin, as where the scanner left strips empty."),
  # beside a model's training pictures
  "unlike_grey_levels": (
    _D,
    "Its grey levels, or where they lie, are further from the training pictures' than those of nearly all validation "
    "pictures.",
  ),
  "unlike_pattern": (
    _D,
    "Its grey levels, and where they lie, are combined as in hardly any training picture: another crop or view, say.",
  ),
  "unlike_features": (
    _D,
    "What the network sees in it is further from the training pictures' than in nearly all validation pictures.",
  ),
  # a folder's table
  "no_id": (_R, "The table's row has no id."),
  "no_age": (_R, "The table's row has no age."),
  "implausible_age": (_R, "The table's row has an age outside the limits set, surely a typing error."),
  "no_sex": (_R, "The table's row has no sex, or one that is not understood."),
  "extra_cells": (_R, "The table's row has more cells than its header, so that nobody knows which is which."),
  "missing_file": (_R, "The table's row names a file that does not exist."),
  "outside_root": (_R, "The table's row names a file outside the data folder."),
  "shared_picture": (_D, "The same picture stands under two ids; these people are in one fold."),
  "repeated_picture": (_D, "The same picture stands for two sides, visits or views of one person."),
  "duplicate_row": (_R, "A second row of the same id, visit and side; the first is kept."),
}


class Refusal(Exception):  # noqa: N818 - not an error: a flawed file is normal
  """Ends the reading of one file with a reason code; `detail` holds no id, no path and no value of a header."""

  def __init__(self, reason: str, detail: str = ""):
    if reason not in REASONS:
      raise ValueError(f"unknown reason code {reason!r}")
    super().__init__(reason)
    self.reason = reason
    self.detail = detail


class Doubt(NamedTuple):
  """Why a picture that was read may be wrong: a reason code of `REASONS`, and a detail without ids."""

  reason: str
  detail: str = ""


@dataclasses.dataclass(frozen=True)
class Note:
  """One line of the QC report: what happened to a file or an image of a source (a zip, a table's row)."""

  source: str
  view: str
  reason: str
  detail: str = ""


# Limits. The published examples of field 20158 have .66 to 1.17 times the native rows and columns.
_SMALLEST_FRACTION = 0.25
_LEAST_RANGE = 8  # grey levels between the 1st and 99th percentile; with less nothing can be seen
_LEAST_SPREAD = 2.0  # grey levels, standard deviation
_WRONG_DISTORTION = math.log(2.0)
_ODD_DISTORTION = math.log(1.35)
_SQUARE_LOG = 0.15  # views nearer to square than this can't be seen to be transposed
_SATURATED = 252  # the scanner's white
_MARGIN_WIDTH = 3  # pixels
_MARGIN_EDGE_FRACTION = 0.5  # of one edge of the image
_MARGIN_AREA_FRACTION = 0.02  # of the image


def check_shape(shape: tuple[int, int], view: views.View) -> str:
  """Judges (rows, columns) of a raw image against the view's native size.

  Returns:
    `odd_aspect`, or an empty string where the shape is usual.

  Raises:
    Refusal: `too_small`, `transposed` or `wrong_aspect`.
  """
  aspect = math.log(shape[0] / shape[1])
  native = math.log(view.native_shape[0] / view.native_shape[1])
  distortion, swapped = abs(aspect - native), abs(aspect + native)
  detail = f"{shape[0]}x{shape[1]}"
  is_across = abs(native) > _SQUARE_LOG and aspect * native < 0
  if is_across and swapped < _ODD_DISTORTION < distortion:
    raise Refusal("transposed", detail)
  if any(size < _SMALLEST_FRACTION * usual for size, usual in zip(shape, view.native_shape, strict=True)):
    raise Refusal("too_small", detail)
  if distortion > _WRONG_DISTORTION:
    raise Refusal("wrong_aspect", detail)
  return "odd_aspect" if distortion > _ODD_DISTORTION else ""


def check_not_blank(pixels: np.ndarray) -> None:
  """Raises Refusal `blank` for a uint8 [h, w] image in which nothing can be seen."""
  sample = pixels[::8, ::8]  # enough to judge, and 64 times cheaper
  low, high = np.percentile(sample, (1, 99))
  if high - low < _LEAST_RANGE and sample.std() < _LEAST_SPREAD:
    raise Refusal("blank")


def has_white_margin(pixels: np.ndarray) -> bool:
  """Returns whether a good part of an edge of a uint8 [h, w] image is saturated, as in a saw-tooth margin."""
  m = _MARGIN_WIDTH
  edges = (pixels[:m], pixels[-m:], pixels[:, :m], pixels[:, -m:])
  if all(np.count_nonzero(edge >= _SATURATED) < _MARGIN_EDGE_FRACTION * edge.size for edge in edges):
    return False
  return float((pixels >= _SATURATED).mean()) > _MARGIN_AREA_FRACTION
