"""With X variables off nothing of a phantom changes; with them on every setting counts."""

import dataclasses

import pytest

from configs import phantom as phantom_config
from configs import simulated as simulated_config
from msk_jax.io import specs
from msk_jax.simulated_predictions.spec import SimulatedPredictionsSpec
from msk_jax.simulation import cohort
from msk_jax.simulation.exposures import fields, items
from msk_jax.simulation.spec import EXPOSURES_VERSION, ExposuresSpec, PhantomSpec
from tests.reruns import perturb


def _phantom(argument: str) -> PhantomSpec:
  return specs.from_mapping(PhantomSpec, phantom_config.get_config(argument).phantom.to_dict())


def test_records_of_phantoms_without_x_variables_stay_current():
  plain = cohort.settings_of(PhantomSpec())
  assert cohort.settings_of(PhantomSpec(exposures=ExposuresSpec.small())) == plain
  assert "exposures" not in plain and "has_exposures" not in plain


@pytest.mark.parametrize("name", perturb.leaves(ExposuresSpec()))
def test_every_setting_of_x_variables_makes_another_phantom(name):
  spec = PhantomSpec(has_exposures=True)
  other = perturb.changed(spec, f"exposures.{name}")
  assert other is not None
  assert cohort.settings_of(other) != cohort.settings_of(spec)


def test_the_version_is_among_the_settings():
  assert cohort.settings_of(PhantomSpec(has_exposures=True))["exposures"]["version"] == EXPOSURES_VERSION


def test_arguments_of_the_configs():
  assert _phantom("images=false,exposures") == PhantomSpec(has_images=False, has_exposures=True)
  small = _phantom("exposures,small,flaws=false")
  assert small.exposures == ExposuresSpec.small().without_flaws() and small.exposures.num_text_cells == 0
  config = simulated_config.get_config("exposures=true,small=true").simulate_predictions
  joint = specs.from_mapping(SimulatedPredictionsSpec, config.to_dict())
  assert joint.phantom is not None and joint.num_participants == joint.phantom.num_participants == 6_000
  assert joint.phantom.has_exposures and joint.phantom.exposures == ExposuresSpec.small()
  assert not joint.phantom.has_genotypes


@pytest.mark.parametrize(
  ("values", "message"),
  [
    ({"num_variables": 59}, "num_variables"),
    ({"share_planted": 1.1}, "share_planted"),
    ({"smallest_correlation": 0.0}, "smallest_correlation"),
    ({"smallest_correlation": 0.1, "largest_correlation": 0.05}, "largest_correlation"),
    ({"missingness": -1.0}, "missingness"),
    ({"num_single_value_variables": 3}, "num_single_value_variables"),
    ({"num_text_cells": -1}, "num_text_cells"),
  ],
)
def test_impossible_settings_are_refused(values, message):
  with pytest.raises(ValueError, match=message):
    ExposuresSpec(**values)


def test_fields_are_once_in_the_list_and_come_after_the_questions_that_lead_to_them():
  listed = fields.read()
  numbers = [field.number for field in listed]
  assert len(set(numbers)) == len(numbers) > 600
  by_number = {field.number: field for field in listed}
  for num_variables in (60, 120, 600, 2_200):
    chosen, codes = fields.choose(num_variables)
    before = [field.number for field in chosen]
    for place, field in enumerate(chosen):
      if field.parent is not None:
        assert field.parent.field in before[:place]
        assert by_number[field.parent.field].category == field.category
        assert set(field.parent.codes) <= set(
          items.options(by_number[field.parent.field]) or by_number[field.parent.field].codes
        )
    assert len(set(codes)) == len(codes)
    assert sum(field.num_variables for field in chosen) + len(codes) == pytest.approx(num_variables, abs=10)
    assert {field.main_category for field in chosen} == set(fields.MAIN_CATEGORIES) - {fields.DISEASES}


def test_a_smaller_phantom_has_variables_of_a_larger_one():
  small, large = (items.plan(3, ExposuresSpec(num_variables=n)) for n in (120, 600))
  for number, of_field in small.items.items():
    for one, other in zip(of_field, large.items[number], strict=True):
      assert one.correlations.tolist() == other.correlations.tolist() and one.cuts.tolist() == other.cuts.tolist()
  assert {item.code for item in small.diagnoses} <= {item.code for item in large.diagnoses}


def test_most_variables_are_null_and_planted_ones_are_of_published_size():
  plan = items.plan(0, ExposuresSpec())
  every = [item for of_field in plan.items.values() for item in of_field] + list(plan.diagnoses)
  planted = [item for item in every if item.correlations.any()]
  assert len(planted) / len(every) == pytest.approx(0.3, abs=0.06)
  sizes = [abs(r) for item in planted for r in item.correlations if r]
  assert min(sizes) >= 0.02 and max(sizes) <= 0.15
  assert {int((item.correlations != 0).sum()) for item in planted} == {1, 2, 3, 5}
  nulls = [item for item in every if not item.correlations.any()]
  assert all(not item.loadings.any() for item in nulls)
  assert sum(abs(item.age_per_decade) > 0.1 for item in nulls) > 0.6 * len(nulls)
  none = items.plan(0, dataclasses.replace(ExposuresSpec(), share_planted=0.0))
  assert not any(item.correlations.any() for of_field in none.items.values() for item in of_field)
