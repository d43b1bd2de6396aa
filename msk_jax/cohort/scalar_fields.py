"""The scalar measurements of UK Biobank: which fields make up which set, and what values are physically possible.

Source: paper, Methods ("Scalar data"); fields as in the published system: anthropometry 8 features (category 100010),
bioelectrical impedance 5 (100008), heel bone densitometry 6 (100018), hand grip 2 (100019).

The limits are those of the possible, not of the healthy: beyond them a value is a slip of the keyboard or of a device.
They are wide, so that no rare but real person is lost.
"""

import dataclasses

ANTHROPOMETRY, IMPEDANCE, HEEL_DENSITOMETRY, HAND_GRIP = "anthropometry", "impedance", "heel_densitometry", "hand_grip"
SETS = (ANTHROPOMETRY, IMPEDANCE, HEEL_DENSITOMETRY, HAND_GRIP)
INSTANCES = (0, 1, 2, 3)


@dataclasses.dataclass(frozen=True)
class Limits:
  """The least and the greatest possible value, both included, in the feature's unit, and why."""

  low: float
  high: float
  why: str


@dataclasses.dataclass(frozen=True)
class Feature:
  """One feature of a set.

  Attributes:
    name: with its unit as suffix where it has one.
    limits: of possible values.
    field: UK Biobank's field; 0 for the heel, where each protocol has fields of its own.
  """

  name: str
  limits: Limits
  field: int = 0


_SEGMENT = Limits(50.0, 1200.0, "the analyser (Tanita BC418MA) measures up to 1,200 ohm; a limb is above 50")
_GRIP = Limits(0.0, 90.0, "the dynamometer's scale (Jamar J00105) ends at 90 kg; 0 is who can't grip")

FEATURES: dict[str, tuple[Feature, ...]] = {
  ANTHROPOMETRY: (
    Feature("waist_circumference_cm", Limits(40.0, 220.0, "no adult is slimmer than a neck; the tape is 2 m long"), 48),
    Feature("weight_kg", Limits(25.0, 300.0, "the scales (Tanita BC418MA) end at 200 kg, others at 300 kg"), 21002),
    Feature("body_mass_index_kg_m2", Limits(10.0, 100.0, "below 10 nobody lives; above 100 is beyond 300 kg"), 21001),
    Feature("hip_circumference_cm", Limits(50.0, 230.0, "a child's hips; the tape is 2 m long"), 49),
    Feature("standing_height_cm", Limits(100.0, 230.0, "short stature of bone disease to the stadiometer's end"), 50),
    Feature("sitting_height_cm", Limits(40.0, 130.0, "trunk and head are half of the standing height"), 20015),
    Feature("seated_height_cm", Limits(40.0, 230.0, "sitting height and the box; the stadiometer's end"), 51),
    Feature("seating_box_height_cm", Limits(0.0, 110.0, "no box at all, to one too high to sit on"), 3077),
  ),
  IMPEDANCE: (
    Feature("whole_body_impedance_ohm", Limits(150.0, 1200.0, "measuring range of the Tanita BC418MA"), 23106),
    Feature("right_leg_impedance_ohm", _SEGMENT, 23107),
    Feature("left_leg_impedance_ohm", _SEGMENT, 23108),
    Feature("right_arm_impedance_ohm", _SEGMENT, 23109),
    Feature("left_arm_impedance_ohm", _SEGMENT, 23110),
  ),
  HEEL_DENSITOMETRY: (
    Feature("ankle_spacing_width_mm", Limits(10.0, 100.0, "distance of the two transducers with a heel in between")),
    Feature("heel_speed_of_sound_m_s", Limits(1300.0, 2000.0, "fat is at 1,440, compact bone near 3,000")),
    Feature("heel_ultrasound_attenuation_db_mhz", Limits(0.0, 200.0, "range of the sonometer (Sahara)")),
    Feature("heel_ultrasound_index", Limits(-50.0, 300.0, "0.41 (speed + attenuation) - 571, within their limits")),
    Feature("heel_bone_density_g_cm2", Limits(0.0, 2.0, "0.002592 (speed + attenuation) - 3.687, positive")),
    Feature("heel_bone_density_t_score", Limits(-8.0, 12.0, "standard deviations from a young adult's mean")),
  ),
  HAND_GRIP: (Feature("left_hand_grip_kg", _GRIP, 46), Feature("right_hand_grip_kg", _GRIP, 47)),
}


@dataclasses.dataclass(frozen=True)
class HeelFields:
  """Fields of one foot; in the single-foot protocol, of the foot that was measured.

  Attributes:
    method: how the values were entered: see DIRECT and MANUAL; other codes say why there are none.
    spacing: ankle spacing width, entered either way.
    direct: fields of the other five features, in FEATURES' order, as the device sent them.
    manual: the same as typed in.
  """

  method: int
  spacing: int
  direct: tuple[int, ...]
  manual: tuple[int, ...]

  def __post_init__(self):
    expected = len(FEATURES[HEEL_DENSITOMETRY]) - 1
    if not len(self.direct) == len(self.manual) == expected:
      raise ValueError(
        f"the heel has {expected} features beside its spacing: name a field of each for values sent and for values "
        f"typed in (got {len(self.direct)} and {len(self.manual)})."
      )


DIRECT, MANUAL = 1, 2  # codes of fields 19, 4092 and 4095
METHODS = {"direct entry": DIRECT, "manual entry": MANUAL}
SINGLE_FOOT = HeelFields(19, 3143, (3146, 3144, 3147, 3148, 78), (3086, 3085, 3083, 3084, 77))
LEFT_FOOT = HeelFields(4092, 4100, (4103, 4101, 4104, 4105, 4106), (4142, 4141, 4139, 4140, 4138))
RIGHT_FOOT = HeelFields(4095, 4119, (4122, 4120, 4123, 4124, 4125), (4147, 4146, 4144, 4145, 4143))
