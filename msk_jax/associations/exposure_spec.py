"""Settings of the cleaning of variables. Light: configs import it."""

import dataclasses
from typing import Literal

Missing = Literal["observed", "out_of_fold", "paper"]


@dataclasses.dataclass(frozen=True)
class ExposureSpec:
  """Which variables are made, and how.

  Attributes:
    categories: those that are made, by their names in the catalogue; empty: all.
    other_fields: whether fields of the tables that the catalogue lacks are made too, cleaned by their value type.
    missing: `observed` takes values of the visit itself. `out_of_fold` fills visits from the same person's other visits
      with slopes over age (`longitudinal`), which for a fold come from the people of the other folds; `paper` takes
      slopes of everybody, as published.
    diagnoses: `dated` counts a diagnosis at visits after its date; `any_visit`, as published, at all visits.
    diagnosis_characters: length of ICD-10 codes: 3 (`A00`), 4 (`A001`), or 0 for codes as they are.
    max_levels: a variable of more levels is refused: each level becomes a variable.
    cells_per_pass: cells of text in memory at a time, over all rows of a table; a cell takes some 100 bytes.
  """

  categories: tuple[str, ...] = ()
  other_fields: bool = False
  missing: Missing = "observed"
  diagnoses: Literal["dated", "any_visit"] = "dated"
  diagnosis_characters: int = 3
  max_levels: int = 200
  cells_per_pass: int = 16_000_000

  def __post_init__(self):
    if self.diagnosis_characters not in (0, 3, 4):
      raise ValueError(f"diagnosis_characters must be 0, 3 or 4, got {self.diagnosis_characters}.")
    if self.max_levels < 2 or self.cells_per_pass < 1:
      raise ValueError(
        f"max_levels must be 2 or more and cells_per_pass 1 or more, got {self.max_levels} and {self.cells_per_pass}."
      )
