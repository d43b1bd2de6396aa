"""Drawn parameters follow the table of age effects."""

import numpy as np
import pytest

from msk_jax.simulation import people, spec
from msk_jax.simulation.pictures import anatomy

_SPEC = spec.PhantomSpec(num_participants=600, seed=5)


@pytest.fixture(scope="module")
def visits() -> list[tuple[people.Person, people.Visit]]:
  return [(p, v) for p in people.make_people(_SPEC) for v in p.visits if v.instance == 2]


def _drawn(visits, view: str, side: str) -> np.ndarray:
  return np.array([list(anatomy.draw_parameters(_SPEC.seed, p, v, view, side).values()) for p, v in visits])


@pytest.mark.parametrize("view", anatomy.ANATOMIES)
def test_regression_recovers_every_age_effect(visits, view):
  side = anatomy.sides_of(view)[0]
  dimension = anatomy.dimension_of(view)
  older = np.array([p.age_years(v) + p.acceleration_years(dimension) - 60 for p, v in visits])
  male = np.array([p.sex - 0.5 for p, _ in visits])
  design = np.stack((np.ones_like(older), older, male), axis=1)
  drawn = _drawn(visits, view, side)
  for effect, values in zip(anatomy.effects_of(view), drawn.T, strict=True):
    # Rows in which the floor was met do not follow the line: there are few, they are left out.
    free = values > effect.least
    assert free.mean() > 0.85, effect
    coefficients, *_ = np.linalg.lstsq(design[free], values[free], rcond=None)
    error = effect.person_sd / np.sqrt(free.sum())
    assert abs(coefficients[1] - effect.per_year) < 5 * error / older.std() + 0.06 * abs(effect.per_year), effect
    assert abs(coefficients[2] - effect.male_difference) < 10 * error + 0.1 * abs(effect.male_difference), effect
    assert abs(coefficients[0] - effect.mean) < 5 * error + 0.1 * effect.person_sd, effect


def test_the_ceiling_is_the_error_of_the_best_linear_guess(visits):
  dimension = anatomy.dimension_of("knee")
  older = np.array([p.age_years(v) + p.acceleration_years(dimension) - 60 for p, v in visits])
  shape = {effect.parameter: effect for effect in anatomy.effects_of("knee")}
  male = np.array([p.sex - 0.5 for p, _ in visits])
  guesses, weights = [], []
  for name, values in zip(shape, _drawn(visits, "knee", "right").T, strict=True):
    effect = shape[name]
    guesses.append((values - effect.mean - effect.male_difference * male) / effect.per_year)
    weights.append((effect.per_year / effect.person_sd) ** 2)
  guess = np.average(guesses, axis=0, weights=weights)
  assert np.std(guess - older) == pytest.approx(anatomy.ceiling_error_years("knee"), rel=0.12)


def test_sides_of_a_person_are_alike_but_not_the_same(visits):
  right, left = _drawn(visits, "hip", "right"), _drawn(visits, "hip", "left")
  older = np.array([p.age_years(v) + p.acceleration_years("hip") - 60 for p, v in visits])
  effects = anatomy.effects_of("hip")
  index = next(i for i, effect in enumerate(effects) if effect.parameter == "neck_width_mm")
  male = np.array([p.sex - 0.5 for p, _ in visits])
  fixed = effects[index].per_year * older + effects[index].male_difference * male
  assert np.corrcoef(right[:, index] - fixed, left[:, index] - fixed)[0, 1] == pytest.approx(0.8, abs=0.07)


def test_a_persons_shape_stays_over_the_visits(visits):
  person, visit = visits[0]
  twice = [anatomy.draw_parameters(0, person, visit, "knee", "right") for _ in range(2)]
  assert twice[0] == twice[1]
  assert twice[0] != anatomy.draw_parameters(1, person, visit, "knee", "right")


def test_an_unknown_view_is_refused():
  with pytest.raises(KeyError):
    anatomy.effects_of("elbow")
