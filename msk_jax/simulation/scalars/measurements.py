"""The phantom's scalar measurements: drawn person by person, computed for all people at once.

The effects of age are in `age_effects.csv`. The other quantities follow from those drawn, as devices compute them: the
body mass index is weight over squared height, seated height is sitting height plus box, and the sonometer (Sahara)
computes index, bone density and T-score from speed and attenuation.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Collection, Sequence

import numpy as np

from msk_jax.cohort import scalar_fields
from msk_jax.simulation import people, randomness
from msk_jax.simulation.scalars import age_effects

NUM_INSTANCES = 4
NUM_UNIFORMS = 16  # of a visit: for missing values and protocols
FEET = ("left", "right")

# Hologic Sahara: index = .41 (speed + attenuation) - 571, bone density = .002592 (speed + attenuation) - 3.687.
_INDEX_SLOPE, _INDEX_OFFSET = 0.41, -571.0
_DENSITY_SLOPE, _DENSITY_OFFSET = 0.002592, -3.687
_YOUNG_DENSITY, _YOUNG_DENSITY_SD = 0.577, 0.112  # g/cm2, of young women, to whom the T-score compares
_FOOT_SD_SHARE = 0.35  # each foot's own part of the person's standard deviation
_MAX_GRIP_KG = 90.0
_FREE_SD = 0.1  # of a feature without effects, as a share of its range of possible values


@dataclasses.dataclass(frozen=True)
class Scalars:
  """All people's measurements at all four instances, whether the visit took place or not.

  Attributes:
    values: feature name to float64 [n, 4], rounded as the device does; the heel's under (foot, feature name).
    uniforms: [n, 4, NUM_UNIFORMS], uniform in [0, 1): for what is missing and how it was measured.
  """

  values: dict[str | tuple[str, str], np.ndarray]
  uniforms: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Draws:
  """Standard normal numbers: of the sets [n, s], the people [n, q], the visits [n, 4, q] and the feet [n, 2, q]."""

  muscle: np.ndarray  # [n, 1]
  sets: np.ndarray
  persons: np.ndarray
  visits: np.ndarray
  feet: np.ndarray


def draw(seed: int, cohort: Sequence[people.Person]) -> Scalars:
  """Returns the measurements of the people; each person's depend on the seed and the person alone."""
  draws, uniforms = _draw(seed, [person.eid for person in cohort])
  sex = np.array([person.sex for person in cohort], np.int64)[:, None]
  height = np.array([person.height_cm for person in cohort])[:, None]
  weight = np.array([person.weight_kg for person in cohort])[:, None]
  quantity = _Bodies(sex, height, _older(cohort), draws).quantity
  usual_bmi = weight / (height / 100.0) ** 2
  values: dict[str | tuple[str, str], np.ndarray] = {}
  values["standing_height_cm"] = np.round(height + quantity("height_change_cm", usual_bmi), 1)
  values["weight_kg"] = np.round(weight * (1.0 + quantity("weight_change_percent", usual_bmi) / 100.0), 1)
  bmi = values["weight_kg"] / (values["standing_height_cm"] / 100.0) ** 2
  values["body_mass_index_kg_m2"] = np.round(bmi, 4)
  for name in ("waist_circumference_cm", "hip_circumference_cm", "sitting_height_cm"):
    values[name] = np.round(quantity(name, bmi), 1)
  values["seating_box_height_cm"] = np.round(np.clip(quantity("seating_box_height_cm", bmi), 30.0, 75.0))
  values["seated_height_cm"] = np.round(values["sitting_height_cm"] + values["seating_box_height_cm"], 1)
  for effect in age_effects.EFFECTS:
    if effect.set == "impedance":
      values[effect.quantity] = np.round(np.maximum(quantity(effect.quantity, bmi), 60.0))
    elif effect.set == "hand_grip":
      values[effect.quantity] = np.round(np.clip(quantity(effect.quantity, bmi), 0.0, _MAX_GRIP_KG))
  for number, foot in enumerate(FEET):
    heel = _heel(functools.partial(quantity, bmi=bmi, foot=number))
    values |= {(foot, name): value for name, value in heel.items()}
  return Scalars(values | _without_effects(seed, cohort, values), uniforms)


def _without_effects(
  seed: int, cohort: Sequence[people.Person], drawn: Collection[str | tuple[str, str]]
) -> dict[str | tuple[str, str], np.ndarray]:
  """Draws features that `age_effects.csv` does not have: about the middle of what is possible, at any age."""
  values: dict[str | tuple[str, str], np.ndarray] = {}
  for set_name, features in scalar_fields.FEATURES.items():
    feet = FEET if set_name == scalar_fields.HEEL_DENSITOMETRY else ("",)
    for feature, foot in itertools.product(features, feet):
      name = (foot, feature.name) if foot else feature.name
      if name not in drawn:
        limits = feature.limits
        noise = np.stack(
          [
            randomness.generator(seed, "scalar", feature.name, foot, person.eid).normal(0.5, _FREE_SD, NUM_INSTANCES)
            for person in cohort
          ]
        )
        values[name] = np.round(limits.low + (limits.high - limits.low) * np.clip(noise, 0.0, 1.0), 1)
  return values


def _heel(quantity: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
  """Returns one foot's six features."""
  speed = np.round(np.clip(quantity("heel_speed_of_sound_m_s"), 1400.0, 1900.0), 1)
  attenuation = np.round(np.clip(quantity("heel_ultrasound_attenuation_db_mhz"), 4.0, 180.0), 1)
  density = np.maximum(_DENSITY_SLOPE * (speed + attenuation) + _DENSITY_OFFSET, 0.01)
  return {
    "ankle_spacing_width_mm": np.round(np.clip(quantity("ankle_spacing_width_mm"), 20.0, 80.0)),
    "heel_speed_of_sound_m_s": speed,
    "heel_ultrasound_attenuation_db_mhz": attenuation,
    "heel_ultrasound_index": np.round(_INDEX_SLOPE * (speed + attenuation) + _INDEX_OFFSET, 1),
    "heel_bone_density_g_cm2": np.round(density, 3),
    "heel_bone_density_t_score": np.round((density - _YOUNG_DENSITY) / _YOUNG_DENSITY_SD, 2),
  }


def _draw(seed: int, eids: Sequence[str]) -> tuple[_Draws, np.ndarray]:
  num_sets, q = len(age_effects.SETS), len(age_effects.QUANTITIES)
  sizes = (1, num_sets, q, NUM_INSTANCES * q, len(FEET) * q)
  normals = np.empty((len(eids), sum(sizes)))
  uniforms = np.empty((len(eids), NUM_INSTANCES * NUM_UNIFORMS))
  for i, eid in enumerate(eids):
    rng = randomness.generator(seed, "scalars", eid)
    rng.standard_normal(out=normals[i])
    rng.random(out=uniforms[i])
  muscle, sets, persons, visits, feet = np.split(normals, np.cumsum(sizes)[:-1], axis=1)
  draws = _Draws(muscle, sets, persons, visits.reshape(-1, NUM_INSTANCES, q), feet.reshape(-1, len(FEET), q))
  return draws, uniforms.reshape(-1, NUM_INSTANCES, NUM_UNIFORMS)


def _older(cohort: Sequence[people.Person]) -> np.ndarray:
  """Returns years beyond the reference age, latent acceleration included, float64 [n, 4]; 0 for a visit not made."""
  older = np.zeros((len(cohort), NUM_INSTANCES))
  for i, person in enumerate(cohort):
    ahead = person.acceleration_years("scalars") - age_effects.REFERENCE_AGE_YEARS
    for visit in person.visits:
      older[i, visit.instance] = person.age_years(visit) + ahead
  return older


@dataclasses.dataclass(frozen=True)
class _Bodies:
  """What the quantities depend on.

  Attributes:
    sex: int64 [n, 1], 0 female, 1 male.
    height: float64 [n, 1], cm.
    older: float64 [n, 4], see `_older`.
    draws: random numbers.
  """

  sex: np.ndarray
  height: np.ndarray
  older: np.ndarray
  draws: _Draws

  def quantity(self, name: str, bmi: np.ndarray, foot: int | None = None) -> np.ndarray:
    """Returns a quantity of the table, float64 [n, 4]; `bmi` is [n, 1] or [n, 4], `foot` a number of FEET."""
    place = age_effects.QUANTITIES.index(name)
    effect, draws, sex = age_effects.EFFECTS[place], self.draws, self.sex
    common_sd, own_sd = age_effects.split_sd(effect)
    person = common_sd * draws.sets[:, [age_effects.SETS.index(effect.set)]] + own_sd * draws.persons[:, [place]]
    if foot is not None:
      person = person + _FOOT_SD_SHARE * effect.person_sd * draws.feet[:, foot, [place]]
    mean_height = np.where(sex == 1, age_effects.MEAN_HEIGHT_CM[1], age_effects.MEAN_HEIGHT_CM[0])
    return (
      effect.mean
      + effect.male_difference * (sex - 0.5)
      + effect.per_cm * (self.height - mean_height)
      + effect.per_bmi * (bmi - age_effects.MEAN_BMI_KG_M2)
      + effect.per_muscle * draws.muscle
      + np.where(sex == 1, effect.per_year_male, effect.per_year_female) * self.older
      + effect.per_year_squared * self.older**2
      + person
      + effect.visit_sd * draws.visits[:, :, place]
    )
