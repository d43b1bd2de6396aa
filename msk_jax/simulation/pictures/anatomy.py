"""What age does to the phantom's anatomy, and the anatomy of a person at a visit.

A parameter of a view, a row of `age_effects.csv`, is drawn as

  mean + male_difference * (sex - .5) + per_year * (age + latent acceleration of the dimension - 60)
  + person_sd * person

where *person* is standard normal. It is the person's own shape, the same at all visits, and mostly shared by the two
sides of paired organs. `person_sd / per_year` is the error in years of whoever knows one parameter only. What all
parameters of a view tell together is `ceiling_error_years`.

Directions follow the radiology of ageing: bone loss and thinning cortices, narrowing joint spaces and discs,
osteophytes and sclerosis, wedging and kyphosis, vascular calcification, loss of lean and gain of central fat. Sizes
are chosen for the phantom: larger than life, so that few people suffice to learn them.
"""

import dataclasses
import math
import pathlib

from msk_jax.imaging import views
from msk_jax.simulation import effect_tables, people, randomness

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


@dataclasses.dataclass(frozen=True)
class Ageing:
  """Years by which somebody is drawn older than they are, and what these years change.

  Attributes:
    years: added to the age; negative draws somebody younger.
    parameters: those that change; None for all of the view's.
  """

  years: float
  parameters: frozenset[str] | None = None


AS_THEY_ARE = Ageing(0.0)
AGE_EFFECTS = effect_tables.read(pathlib.Path(__file__).with_name("age_effects.csv"), AgeEffect)
ANATOMIES = ("full_body", "spine/sagittal", "spine/coronal", "hip", "knee")


def effects_of(view: str) -> tuple[AgeEffect, ...]:
  """Returns the rows of a view (`full_body` for all full-body views).

  Raises:
    KeyError: no such view.
  """
  name = "full_body" if view.startswith("full_body") else view
  if name not in ANATOMIES:
    raise KeyError(view)
  return tuple(effect for effect in AGE_EFFECTS if effect.view == name)


def dimension_of(view: str) -> str:
  """Returns the dimension whose acceleration the view shows: `full_body`, `spine`, `hip` or `knee`."""
  return view.split("/", maxsplit=1)[0]


def sides_of(view: str) -> tuple[str, ...]:
  """Returns (`right`, `left`) for paired organs, (empty,) for the others."""
  return views.SIDES if view in views.VIEWS and views.VIEWS[view].is_paired else ("",)


def draw_parameters(
  seed: int, person: people.Person, visit: people.Visit, view: str, side: str, ageing: Ageing = AS_THEY_ARE
) -> dict[str, float]:
  """Returns the view's parameters as they are drawn for a person at a visit.

  Args:
    seed: the cohort's seed.
    person: whose.
    visit: when; the person's own shape is the same at all visits.
    view: one of ANATOMIES.
    side: one of `sides_of(view)`.
    ageing: years to add.

  Returns:
    parameter name to value, in the table's order.
  """
  effects = effects_of(view)
  common = randomness.generator(seed, "shape", person.eid, view).standard_normal(len(effects))
  if side:
    own = randomness.generator(seed, "shape", person.eid, view, side).standard_normal(len(effects))
    common = math.sqrt(_SHARED_BY_SIDES) * common + math.sqrt(1.0 - _SHARED_BY_SIDES) * own
  reached = person.age_years(visit) + person.acceleration_years(dimension_of(view))

  def older(parameter: str) -> float:
    is_moved = ageing.parameters is None or parameter in ageing.parameters
    return reached + (ageing.years if is_moved else 0.0) - REFERENCE_AGE_YEARS

  return {
    effect.parameter: max(
      effect.least,
      effect.mean
      + effect.male_difference * (person.sex - _MALE_SHARE)
      + effect.per_year * older(effect.parameter)
      + effect.person_sd * float(shape),
    )
    for effect, shape in zip(effects, common, strict=True)
  }


def ceiling_error_years(view: str) -> float:
  """Returns the error of the best linear guess of age plus acceleration from one image's parameters, years SD."""
  return 1.0 / math.sqrt(sum((effect.per_year / effect.person_sd) ** 2 for effect in effects_of(view)))
