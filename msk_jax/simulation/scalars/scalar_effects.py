"""The one table of what age does to the phantom's scalar measurements.

A quantity is drawn as

  mean + male_difference * (sex - .5) + per_cm * (height - the sex's mean) + per_bmi * (body mass index - 26.7)
  + per_muscle * muscle + (per_year_female or per_year_male) * older + per_year_squared * older^2
  + person_sd * person + visit_sd * visit

where *older* = age + latent acceleration of the dimension `scalars` - 60; *muscle*, *person* and *visit* are standard
normal: how muscular the person is, which makes the sets tell partly the same; the person's own shape, constant over the
visits, of which a share is common to all quantities of the set; and the visit's own. Slopes that differ by sex and
losses that quicken are what linear models can't see.

Directions follow the literature of ageing: vertebrae lose height, fat moves to the waist and leaves the hips, women's
bone is lost after the menopause, men lose more of their greater strength, muscle (which conducts) is lost from the
limbs. Sizes are chosen so that on the phantom's samples complete cases, with sex and ethnicity, give R2 near those
published for linear models and boosted trees: anthropometry .132 and .151, impedance .020 and .042, heel .035 and .049,
hand grip .117 and .131, all .205 and .252. Found for 20,000 people, in the same order: .133 and .162, .021 and .037,
.038 and .061, .119 and .129, .232 and .277 (least squares; LightGBM as it comes).
"""

import dataclasses
import math

REFERENCE_AGE_YEARS = 60.0
MEAN_BMI_KG_M2 = 26.7
MEAN_HEIGHT_CM = (163.0, 176.0)  # of women and men, as drawn in people.py
# Share of a person's variance that is common to all quantities of the set: limbs conduct alike, hands grip alike.
COMMON_SHARE = {"anthropometry": 0.0, "impedance": 0.8, "heel_densitometry": 0.6, "hand_grip": 0.85}


@dataclasses.dataclass(frozen=True)
class ScalarEffect:
  """How one drawn quantity changes with age; see the file's head for the meaning of the numbers."""

  set: str
  quantity: str
  mean: float
  male_difference: float
  per_cm: float
  per_bmi: float
  per_muscle: float
  per_year_female: float
  per_year_male: float
  per_year_squared: float
  person_sd: float
  visit_sd: float
  why: str


_BODY, _OHM, _HEEL, _GRIP = "anthropometry", "impedance", "heel_densitometry", "hand_grip"
_E = ScalarEffect

EFFECTS: tuple[ScalarEffect, ...] = (
  # set, quantity, mean, male difference, per cm, per BMI, per muscle, women's and men's change a year, a year^2, SDs
  # of person and visit
  _E(_BODY, "height_change_cm", 0.0, 0.0, 0.0, 0.0, 0.0, -0.067, -0.037, -0.00095, 0.0, 0.4, "vertebrae sink"),
  _E(_BODY, "weight_change_percent", 0.0, 0.0, 0.0, 0.0, 0.0, 0.02, -0.04, -0.0057, 0.0, 4.0, "heaviest at about 60"),
  _E(_BODY, "waist_circumference_cm", 90.0, 12.0, 0.15, 2.2, -1.8, 0.11, 0.27, 0.0, 4.0, 1.5, "fat moves to the trunk"),
  _E(_BODY, "hip_circumference_cm", 103.0, 0.0, 0.25, 1.8, 0.0, 0.04, -0.12, 0.0, 3.2, 1.2, "fat leaves the hips"),
  _E(_BODY, "sitting_height_cm", 88.5, 5.5, 0.44, 0.0, 0.0, -0.068, -0.018, -0.00095, 2.1, 0.8, "the spine sinks"),
  _E(_BODY, "seating_box_height_cm", 49.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 6.0, "the room's furniture"),
  _E(_OHM, "whole_body_impedance_ohm", 600.0, -110.0, 1.5, -9.0, -18.0, -0.64, 0.96, 0.0, 48.0, 9.0, "loss of muscle"),
  _E(_OHM, "right_leg_impedance_ohm", 245.0, -22.0, 0.7, -4.0, -6.0, -0.58, 0.42, 0.0, 22.0, 4.0, "oedema; muscle"),
  _E(_OHM, "left_leg_impedance_ohm", 244.0, -22.0, 0.7, -4.0, -6.0, -0.58, 0.42, 0.0, 22.0, 4.0, "oedema; muscle"),
  _E(_OHM, "right_arm_impedance_ohm", 322.0, -75.0, 0.6, -5.0, -11.0, -0.47, 0.73, 0.0, 29.0, 5.0, "loss of muscle"),
  _E(_OHM, "left_arm_impedance_ohm", 330.0, -75.0, 0.6, -5.0, -11.0, -0.47, 0.73, 0.0, 29.0, 5.0, "loss of muscle"),
  _E(_HEEL, "ankle_spacing_width_mm", 37.0, 4.0, 0.1, 0.4, 0.0, 0.02, 0.02, 0.0, 3.2, 1.0, "swelling of the ankles"),
  _E(_HEEL, "heel_speed_of_sound_m_s", 1552.0, 2.0, 0.0, 0.3, 0.0, -0.88, -0.03, 0.0092, 31.0, 7.0, "loss of bone"),
  _E(_HEEL, "heel_ultrasound_attenuation_db_mhz", 77.0, 9.0, 0.1, 0.4, 0.0, -0.4, 0.03, 0.0037, 16.0, 4.0, "bone loss"),
  _E(_GRIP, "left_hand_grip_kg", 29.5, 16.0, 0.35, 0.05, 2.6, -0.15, -0.46, -0.003, 6.1, 1.8, "loss of muscle"),
  _E(_GRIP, "right_hand_grip_kg", 31.5, 16.5, 0.35, 0.05, 2.6, -0.15, -0.46, -0.003, 6.1, 1.8, "loss of muscle"),
)

QUANTITIES = tuple(effect.quantity for effect in EFFECTS)
SETS = tuple(COMMON_SHARE)


def split_sd(effect: ScalarEffect) -> tuple[float, float]:
  """Returns the standard deviations of the set's common part and of the quantity's own part between people."""
  share = COMMON_SHARE[effect.set]
  return effect.person_sd * math.sqrt(share), effect.person_sd * math.sqrt(1.0 - share)
