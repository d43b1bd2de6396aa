"""What age does to the phantom's scalar measurements.

A quantity, a row of `age_effects.csv`, is drawn as

  mean + male_difference * (sex - .5) + per_cm * (height - the sex's mean) + per_bmi * (body mass index - 26.7)
  + per_muscle * muscle + (per_year_female or per_year_male) * older + per_year_squared * older^2
  + person_sd * person + visit_sd * visit

where *older* = age + latent acceleration of the dimension `scalars` - 60. *muscle*, *person* and *visit* are standard
normal. *muscle* is how muscular the person is, which lets the sets tell partly the same. *person* is the person's own
shape, the same at all visits; a share of it is common to all quantities of the set. *visit* is the visit's own. Slopes
that differ by sex, and losses that quicken, are what linear models can't see.

Directions follow the literature of ageing. Vertebrae lose height. Fat moves to the waist and leaves the hips. Women
lose bone after the menopause. Men lose more of their greater strength. Muscle, which conducts, is lost from the limbs.

Sizes are chosen so that complete cases, with sex and ethnicity, give R2 near the published ones (linear models,
boosted trees): anthropometry .132 and .151, impedance .020 and .042, heel .035 and .049, hand grip .117 and .131, all
.205 and .252. With 20,000 people the phantom gives, in the same order: .133 and .162, .021 and .037, .038 and .061,
.119 and .129, .232 and .277 (least squares; LightGBM with its defaults).
"""

import dataclasses
import math
import pathlib

from msk_jax.simulation import effect_tables

REFERENCE_AGE_YEARS = 60.0
MEAN_BMI_KG_M2 = 26.7
MEAN_HEIGHT_CM = (163.0, 176.0)  # of women and men, as drawn in people.py
# Share of a person's variance that is common to all quantities of the set: limbs conduct alike, hands grip alike.
COMMON_SHARE = {"anthropometry": 0.0, "impedance": 0.8, "heel_densitometry": 0.6, "hand_grip": 0.85}


@dataclasses.dataclass(frozen=True)
class ScalarEffect:
  """How one drawn quantity changes with age; the module says what the numbers mean."""

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


EFFECTS = effect_tables.read(pathlib.Path(__file__).with_name("age_effects.csv"), ScalarEffect)
QUANTITIES = tuple(effect.quantity for effect in EFFECTS)
SETS = tuple(COMMON_SHARE)


def split_sd(effect: ScalarEffect) -> tuple[float, float]:
  """Returns the standard deviations of the set's common part and of the quantity's own part between people."""
  share = COMMON_SHARE[effect.set]
  return effect.person_sd * math.sqrt(share), effect.person_sd * math.sqrt(1.0 - share)
