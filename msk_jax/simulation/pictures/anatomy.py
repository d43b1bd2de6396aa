"""The one table of what age does to the phantom's anatomy.

A parameter is drawn as

  mean + male_difference * sex + per_year * (age + latent acceleration of the dimension - 60) + person_sd * person

where *person* is standard normal: the person's own shape, constant over the visits and, for paired organs, mostly
shared by the two sides. `person_sd / per_year` is the error in years of whoever knows one parameter only; what all of
a view's parameters tell together is `ceiling_error_years`.

Directions follow the radiology of ageing: bone loss and thinning cortices, narrowing joint spaces and discs,
osteophytes and sclerosis, wedging and kyphosis, vascular calcification, loss of lean and gain of central fat. Sizes
are chosen for the phantom: larger than life, so that few people suffice to learn them.
"""

import dataclasses
import math

from msk_jax.imaging import views
from msk_jax.simulation import people, randomness

REFERENCE_AGE_YEARS = 60.0
_SHARED_BY_SIDES = 0.8  # share of the person's variance that right and left have in common
_MALE_SHARE = 0.5  # sex enters as sex - .5, so that `mean` is that of both sexes


@dataclasses.dataclass(frozen=True)
class AgeEffect:
  """How one drawn parameter of a view changes with age.

  Attributes:
    view: `full_body` (both total-body images) or a view's name.
    parameter: name, with its unit as suffix where it has one.
    mean: at 60 years, over both sexes.
    per_year: change per year of age and of latent acceleration.
    male_difference: men minus women.
    person_sd: standard deviation between people of the same age and sex.
    least: the parameter is never below this.
    why: what it stands for.
  """

  view: str
  parameter: str
  mean: float
  per_year: float
  male_difference: float
  person_sd: float
  least: float
  why: str


_BODY, _SAGITTAL, _CORONAL, _HIP, _KNEE = "full_body", "spine/sagittal", "spine/coronal", "hip", "knee"
_E = AgeEffect

AGE_EFFECTS: tuple[AgeEffect, ...] = (
  # view, parameter, mean at 60, per year, male difference, person SD, least, why
  _E(_KNEE, "medial_joint_space_mm", 4.4, -0.055, 0.4, 0.40, 0.3, "cartilage loss, medial first"),
  _E(_KNEE, "lateral_joint_space_mm", 5.2, -0.045, 0.4, 0.38, 0.3, "cartilage loss"),
  _E(_KNEE, "bone_density", 1.00, -0.0085, 0.06, 0.066, 0.3, "trabecular bone loss; relative"),
  _E(_KNEE, "cortex_mm", 3.6, -0.035, 0.35, 0.26, 0.8, "endosteal resorption thins the cortex of the shafts"),
  _E(_KNEE, "osteophyte_mm", 1.7, 0.090, 0.1, 0.64, 0.0, "marginal osteophytes of tibia and femur"),
  _E(_KNEE, "sclerosis", 0.40, 0.0120, 0.02, 0.090, 0.0, "subchondral sclerosis of the plateau; relative density"),
  _E(_KNEE, "tibial_spine_mm", 3.4, 0.045, 0.1, 0.34, 0.5, "spiking of the intercondylar eminence"),
  _E(_KNEE, "patella_density", 0.42, -0.0050, 0.03, 0.040, 0.08, "bone loss; relative"),
  _E(_HIP, "joint_space_mm", 4.2, -0.045, 0.2, 0.40, 0.4, "cartilage loss, superior"),
  _E(_HIP, "bone_density", 1.00, -0.0090, 0.08, 0.076, 0.3, "trabecular bone loss; relative"),
  _E(_HIP, "cortex_mm", 5.2, -0.050, 0.5, 0.42, 1.2, "cortical thinning of the proximal shaft"),
  _E(_HIP, "ward_triangle", 0.22, 0.0070, -0.02, 0.060, 0.0, "lucency of the neck between the trabecular groups"),
  _E(_HIP, "sclerosis", 0.50, 0.0120, 0.0, 0.105, 0.0, "sclerosis of the acetabular roof; relative density"),
  _E(_HIP, "osteophyte_mm", 1.4, 0.075, 0.2, 0.62, 0.0, "osteophytes at acetabulum and femoral head"),
  _E(_HIP, "neck_width_mm", 33.0, 0.075, 4.0, 0.70, 22.0, "periosteal widening of the femoral neck"),
  _E(_CORONAL, "bone_density", 1.00, -0.0085, 0.05, 0.078, 0.3, "trabecular bone loss; relative"),
  _E(_CORONAL, "disc_space_mm", 9.5, -0.075, 0.4, 0.72, 2.0, "disc degeneration"),
  _E(_CORONAL, "osteophyte_mm", 2.2, 0.095, 0.5, 0.90, 0.0, "lateral osteophytes of the vertebral bodies"),
  _E(_CORONAL, "endplate_sclerosis", 0.35, 0.0090, 0.0, 0.085, 0.0, "sclerosis of the endplates; relative density"),
  _E(_CORONAL, "facet_sclerosis", 0.45, 0.0110, 0.03, 0.110, 0.0, "facet joint arthrosis; relative density"),
  _E(_CORONAL, "scoliosis_deg", 5.0, 0.170, -0.8, 2.10, 0.0, "degenerative scoliosis"),
  _E(_SAGITTAL, "kyphosis_deg", 40.0, 0.42, -1.0, 4.0, 12.0, "thoracic kyphosis"),
  _E(_SAGITTAL, "wedging_percent", 6.0, 0.28, 0.0, 2.6, 0.0, "anterior loss of height of the vertebral bodies"),
  _E(_SAGITTAL, "disc_space_mm", 6.6, -0.055, 0.2, 0.46, 1.2, "disc degeneration"),
  _E(_SAGITTAL, "bone_density", 1.00, -0.0085, 0.05, 0.074, 0.3, "trabecular bone loss; relative"),
  _E(_SAGITTAL, "aortic_calcification", 0.16, 0.0080, 0.02, 0.085, 0.0, "calcified abdominal aorta; relative density"),
  _E(_SAGITTAL, "osteophyte_mm", 1.7, 0.080, 0.4, 0.72, 0.0, "anterior osteophytes"),
  _E(_SAGITTAL, "endplate_sclerosis", 0.40, 0.0085, 0.0, 0.078, 0.0, "sclerosis of the endplates; relative density"),
  _E(_BODY, "bone_density", 1.00, -0.0080, 0.06, 0.052, 0.3, "bone loss; relative"),
  _E(_BODY, "cortex", 1.00, -0.0090, 0.05, 0.062, 0.25, "cortical thinning of the long bones; relative"),
  _E(_BODY, "trunk_length_mm", 520.0, -0.75, 18.0, 5.2, 420.0, "vertebral height loss and kyphosis"),
  _E(_BODY, "waist_mm", 300.0, 1.15, 26.0, 7.6, 200.0, "central fat; breadth at the waist"),
  _E(_BODY, "thigh_mm", 158.0, -0.70, -4.0, 4.8, 95.0, "loss of lean mass; breadth of the thigh"),
  _E(_BODY, "arm_mm", 88.0, -0.40, 8.0, 2.8, 50.0, "loss of lean mass; breadth of the upper arm"),
  _E(_BODY, "muscle_density", 1.00, -0.0065, 0.08, 0.044, 0.4, "fatty replacement of muscle; relative"),
  _E(_BODY, "abdominal_fat", 0.30, 0.0080, 0.02, 0.054, 0.0, "visceral fat; relative attenuation of the abdomen"),
  _E(_BODY, "spine_sclerosis", 0.40, 0.0100, 0.0, 0.070, 0.0, "degeneration of the spine; relative density"),
  _E(_BODY, "knee_gap_mm", 9.0, -0.085, 0.5, 0.62, 1.5, "cartilage loss"),
  _E(_BODY, "hip_sclerosis", 0.40, 0.0095, 0.0, 0.072, 0.0, "arthrosis of the hips; relative density"),
  _E(_BODY, "head_forward_mm", 14.0, 0.55, 0.0, 4.0, 0.0, "forward head: the skull lies deeper between the shoulders"),
)

ANATOMIES = (_BODY, _SAGITTAL, _CORONAL, _HIP, _KNEE)


def effects_of(view: str) -> tuple[AgeEffect, ...]:
  """Returns the rows of a view (`full_body` for all full-body views).

  Raises:
    KeyError: no such view.
  """
  name = _BODY if view.startswith(_BODY) else view
  if name not in ANATOMIES:
    raise KeyError(view)
  return tuple(effect for effect in AGE_EFFECTS if effect.view == name)


def dimension_of(view: str) -> str:
  """Returns the dimension whose acceleration the view shows: `full_body`, `spine`, `hip` or `knee`."""
  return view.split("/", maxsplit=1)[0]


def sides_of(view: str) -> tuple[str, ...]:
  """Returns (`right`, `left`) for paired organs, (empty,) for the others."""
  return views.SIDES if view in views.VIEWS and views.VIEWS[view].is_paired else ("",)


def draw_parameters(seed: int, person: people.Person, visit: people.Visit, view: str, side: str) -> dict[str, float]:
  """Returns the view's parameters as they are drawn for a person at a visit.

  Args:
    seed: the cohort's seed.
    person: whose.
    visit: when; the person's own shape is the same at all visits.
    view: one of ANATOMIES.
    side: one of `sides_of(view)`.

  Returns:
    parameter name to value, in the table's order.
  """
  effects = effects_of(view)
  common = randomness.generator(seed, "shape", person.eid, view).standard_normal(len(effects))
  if side:
    own = randomness.generator(seed, "shape", person.eid, view, side).standard_normal(len(effects))
    common = math.sqrt(_SHARED_BY_SIDES) * common + math.sqrt(1.0 - _SHARED_BY_SIDES) * own
  older = person.age_years(visit) + person.acceleration_years(dimension_of(view)) - REFERENCE_AGE_YEARS
  return {
    effect.parameter: max(
      effect.least,
      effect.mean
      + effect.male_difference * (person.sex - _MALE_SHARE)
      + effect.per_year * older
      + effect.person_sd * float(shape),
    )
    for effect, shape in zip(effects, common, strict=True)
  }


def ceiling_error_years(view: str) -> float:
  """Returns the error of the best linear guess of age plus acceleration from one image's parameters, years SD."""
  return 1.0 / math.sqrt(sum((effect.per_year / effect.person_sd) ** 2 for effect in effects_of(view)))
