"""Settings for a folder of radiographs, and its view. Light: configs import it."""

import dataclasses
from collections.abc import Mapping

from msk_jax.imaging import view_augmentation, views
from msk_jax.labels import numerals

VIEW = "folder"


@dataclasses.dataclass(frozen=True)
class FolderSpec:
  """How a folder of radiographs is read.

  Attributes:
    table: the CSV's name within the folder.
    sex_values: the column's values to 0 (female) and 1 (male), texts in any case, numbers as numbers; empty for the
      usual spellings, see `labels.sexes`.
    rows: height of the stored images, pixels.
    columns: width of the stored images, pixels.
    min_age_years: rows with a lower age are refused.
    max_age_years: rows with a higher age are refused: most ages above 100 are typing errors.
    bits: depth of 16-bit pictures whose header names none (PNG, TIFF, DICOM of 16 stored bits without a window): 0 is
      black, 2^bits - 1 white. 0 lets each picture's content decide, with a doubt where that is fewer bits.
    is_paired: whether people have a right and a left image, which the model sees together.
    augmentation: ranges of the random transforms in training.
  """

  table: str = "labels.csv"
  sex_values: Mapping[str, int] = dataclasses.field(default_factory=dict)
  rows: int = 256
  columns: int = 256
  min_age_years: float = 0.0
  max_age_years: float = 100.0
  bits: int = 0
  is_paired: bool = False
  augmentation: view_augmentation.Augmentation = view_augmentation.FOLDER

  def __post_init__(self):
    if self.bits != 0 and not 8 <= self.bits <= 16:
      raise ValueError(
        f"bits is the depth of 16-bit pictures, 8 to 16, or 0 for that of their content; got {self.bits}."
      )
    numerals.check_sex_values("folder.sex_values", self.sex_values)


def folder_view(spec: FolderSpec) -> views.View:
  """Returns the folder as a view named `folder`."""
  shape = (spec.rows, spec.columns)
  return views.View(VIEW, shape, shape, is_paired=spec.is_paired, augmentation=spec.augmentation, bits=spec.bits)
