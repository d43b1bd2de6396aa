"""The phantom's scalar measurements as columns of the main table: protocols, missing values, flaws.

Values are missing about as often as in UK Biobank: of some 573,000 visits 570,953 have a waist, 561,460 an impedance,
544,900 a heel and 496,105 an ankle spacing. Over half of the people were measured on one foot at baseline, the others
on both.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.cohort import scalar_fields
from msk_jax.cohort.column_names import Column
from msk_jax.cohort.scalar_fields import HeelFields
from msk_jax.simulation import people
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.files import flaws
from msk_jax.simulation.scalars import measurements

# Share of visits at which all of these are missing, at the spec's default `missing_value_fraction`.
_MISSING: tuple[tuple[float, tuple[str, ...]], ...] = (
  (0.002, tuple(feature.name for feature in scalar_fields.FEATURES[scalar_fields.ANTHROPOMETRY])),
  (0.001, ("waist_circumference_cm",)),
  (0.001, ("hip_circumference_cm",)),
  (0.002, ("weight_kg", "body_mass_index_kg_m2")),
  (0.002, ("standing_height_cm", "body_mass_index_kg_m2")),
  (0.007, ("sitting_height_cm", "seated_height_cm", "seating_box_height_cm")),
  (0.020, tuple(feature.name for feature in scalar_fields.FEATURES[scalar_fields.IMPEDANCE])),
  (0.004, tuple(feature.name for feature in scalar_fields.FEATURES[scalar_fields.HAND_GRIP])),
  (0.001, ("left_hand_grip_kg",)),
  (0.001, ("right_hand_grip_kg",)),
)
_USUAL_FRACTION = spec_lib.PhantomSpec().missing_value_fraction
_NO_HEEL, _NO_SPACING = 0.05, 0.09  # the same, for these
_SINGLE_FOOT, _MANUAL = 0.55, 0.06  # shares of people with that protocol at baseline, of feet that were typed in
_NOT_PERFORMED = "3"  # a code of the method that says why there are no values
# Uniform numbers of a visit, after those of _MISSING.
_HEEL, _SPACING, _PROTOCOL, _METHODS = 10, 11, 12, (13, 14)
_TEXTS = {  # formats of values that do not have one decimal
  "body_mass_index_kg_m2": "%.4f",
  "seating_box_height_cm": "%.0f",
  "ankle_spacing_width_mm": "%.0f",
  "heel_bone_density_g_cm2": "%.3f",
  "heel_bone_density_t_score": "%.2f",
  **{f.name: "%.0f" for s in ("impedance", "hand_grip") for f in scalar_fields.FEATURES[s]},
}


def main_table_columns(
  spec: spec_lib.PhantomSpec, cohort: Sequence[people.Person], planned: Sequence[flaws.Flaw]
) -> pd.DataFrame:
  """Returns the scalar columns of the main table, text cells, one row per person in the cohort's order."""
  drawn = measurements.draw(spec.seed, cohort)
  was_there = np.zeros((len(cohort), measurements.NUM_INSTANCES), bool)
  for i, person in enumerate(cohort):
    was_there[i, [visit.instance for visit in person.visits]] = True
  scale = spec.missing_value_fraction / _USUAL_FRACTION
  columns = _plain_columns(drawn, was_there, scale) | _heel_columns(drawn, was_there, scale)
  table = pd.DataFrame({str(column): cells for column, cells in columns.items()})
  _plant(table, [person.eid for person in cohort], planned)
  return table


def _plain_columns(drawn: measurements.Scalars, was_there: np.ndarray, scale: float) -> dict[Column, np.ndarray]:
  missing: dict[str, np.ndarray] = {}
  for number, (share, names) in enumerate(_MISSING):
    is_missing = drawn.uniforms[:, :, number] < scale * share
    for name in names:
      missing[name] = missing.get(name, ~was_there) | is_missing
  return {
    Column(feature.field, i): _text(drawn.values[feature.name], feature.name, missing.get(feature.name, ~was_there))[
      :, i
    ]
    for name in scalar_fields.SETS
    if name != scalar_fields.HEEL_DENSITOMETRY
    for i in scalar_fields.INSTANCES
    for feature in scalar_fields.FEATURES[name]
  }


def _heel_columns(drawn: measurements.Scalars, was_there: np.ndarray, scale: float) -> dict[Column, np.ndarray]:
  """Returns the single foot at baseline for some, both feet for the others and at later visits."""
  uniforms = drawn.uniforms
  is_single = np.zeros_like(was_there)
  is_single[:, 0] = uniforms[:, 0, _PROTOCOL] < _SINGLE_FOOT
  feet = (
    (scalar_fields.SINGLE_FOOT, "right", 1),
    (scalar_fields.LEFT_FOOT, "left", 0),
    (scalar_fields.RIGHT_FOOT, "right", 1),
  )
  columns: dict[Column, np.ndarray] = {}
  for foot, side, number in feet:
    is_single_foot = foot is scalar_fields.SINGLE_FOOT
    visits = _FootVisits(
      is_measured=was_there & (is_single if is_single_foot else ~is_single),
      has_no_heel=uniforms[:, :, _HEEL] < scale * _NO_HEEL,
      has_no_spacing=uniforms[:, :, _SPACING] < scale * _NO_SPACING,
      is_manual=uniforms[:, :, _METHODS[number]] < _MANUAL,
    )
    values = {name[1]: values for name, values in drawn.values.items() if name[0] == side}
    columns |= _foot(foot, values, visits, (0,) if is_single_foot else scalar_fields.INSTANCES)
  return columns


@dataclasses.dataclass(frozen=True)
class _FootVisits:
  """What happened to a foot at each visit, bool [n, 4].

  Attributes:
    is_measured: whether the foot was due.
    has_no_heel: whether the measurement was not performed.
    has_no_spacing: whether the ankle spacing is missing.
    is_manual: whether values were typed in.
  """

  is_measured: np.ndarray
  has_no_heel: np.ndarray
  has_no_spacing: np.ndarray
  is_manual: np.ndarray


def _foot(
  foot: HeelFields, values: Mapping[str, np.ndarray], visits: _FootVisits, instances: Sequence[int]
) -> dict[Column, np.ndarray]:
  """Returns the columns of one foot: method, spacing, then the others as sent or as typed in."""
  is_manual, has_no_value = visits.is_manual, ~visits.is_measured | visits.has_no_heel
  entry = np.where(is_manual, scalar_fields.MANUAL, scalar_fields.DIRECT).astype(str)
  method = np.where(visits.has_no_heel, _NOT_PERFORMED, entry)
  spacing, *others = (feature.name for feature in scalar_fields.FEATURES[scalar_fields.HEEL_DENSITOMETRY])
  by_field = {
    foot.method: np.where(visits.is_measured, method, ""),
    foot.spacing: _text(values[spacing], spacing, has_no_value | visits.has_no_spacing),
  }
  for name, direct, manual in zip(others, foot.direct, foot.manual, strict=True):
    by_field[direct] = _text(values[name], name, has_no_value | is_manual)
    by_field[manual] = _text(values[name], name, has_no_value | ~is_manual)
  return {Column(field, i): cells[:, i] for field, cells in by_field.items() for i in instances}


def _text(values: np.ndarray, name: str, is_missing: np.ndarray) -> np.ndarray:
  """Returns numbers as text [n, 4], empty where missing."""
  cells = np.full(values.shape, "", dtype="<U10")
  cells[~is_missing] = np.char.mod(_TEXTS.get(name, "%.1f"), values[~is_missing])
  return cells


def _plant(table: pd.DataFrame, eids: Sequence[str], planned: Sequence[flaws.Flaw]) -> None:
  """Overwrites one cell for each flaw of a scalar."""
  rows = {eid: row for row, eid in enumerate(eids)}
  for flaw in planned:
    if flaw.kind in flaws.SCALAR_TEXTS:
      table.loc[rows[flaw.eid], flaw.member] = flaws.SCALAR_TEXTS[flaw.kind]
