"""The phantom's scalars: consistent with each other and the person, with planted effects, protocols and gaps."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn import linear_model

from msk_jax.cohort import ethnicity, scalar_fields
from msk_jax.simulation import people, spec
from msk_jax.simulation.files import flaws, scalar_columns
from msk_jax.simulation.scalars import age_effects, measurements

_SPEC = spec.PhantomSpec(num_participants=3000, seed=1, has_images=False)
# As published, test R2 of elastic nets.
_PUBLISHED_R2 = {"anthropometry": 0.132, "impedance": 0.020, "heel_densitometry": 0.035, "hand_grip": 0.117}
_PUBLISHED_R2_OF_ALL = 0.205


@pytest.fixture(scope="module")
def cohort() -> list[people.Person]:
  return people.make_people(_SPEC)


@pytest.fixture(scope="module")
def drawn(cohort) -> measurements.Scalars:
  return measurements.draw(_SPEC.seed, cohort)


@pytest.fixture(scope="module")
def columns(cohort) -> pd.DataFrame:
  return scalar_columns.main_table_columns(_SPEC, cohort, [])


@pytest.fixture(scope="module")
def samples(cohort, drawn) -> dict[str, np.ndarray]:
  """Of all visits made: age, sex, ethnicity columns, and the features of each set."""
  rows = [(i, v.instance, p.age_years(v)) for i, p in enumerate(cohort) for v in p.visits]
  person, instance, age = (np.array(values) for values in zip(*rows, strict=True))
  result = {"age": age, "sex": np.array([p.sex for p in cohort])[person]}
  result["ethnicity"] = ethnicity.one_hot(np.array([p.ethnicity for p in cohort]))[person]
  for name, features in scalar_fields.FEATURES.items():
    values = [_feature(drawn, feature.name)[person, instance] for feature in features]
    result[name] = np.stack(values, axis=1)
  return result


def _feature(drawn, name):
  if name in drawn.values:
    return drawn.values[name]
  return (drawn.values["left", name] + drawn.values["right", name]) / 2


def _r2(samples, names, model) -> float:
  """Cross-validated, two halves."""
  inputs = np.concatenate([*(samples[name] for name in names), samples["sex"][:, None], samples["ethnicity"]], axis=1)
  age, half = samples["age"], np.arange(len(inputs)) < len(inputs) // 2  # ordered by person: no person in both
  predicted = np.zeros(len(age))
  for rows in (half, ~half):
    predicted[~rows] = model().fit(inputs[rows], age[rows]).predict(inputs[~rows])
  return 1 - np.mean((predicted - age) ** 2) / age.var()


def test_a_persons_scalars_depend_on_the_seed_and_the_person_alone(cohort, drawn):
  few = measurements.draw(_SPEC.seed, cohort[40:45][::-1])
  for name, values in few.values.items():
    np.testing.assert_array_equal(values, drawn.values[name][40:45][::-1])
  other = measurements.draw(2, cohort[:5])
  assert not np.allclose(other.values["weight_kg"], drawn.values["weight_kg"][:5])


def test_body_sizes_fit_together_and_the_person(cohort, drawn):
  value = drawn.values
  height = np.array([person.height_cm for person in cohort])[:, None]
  assert np.abs(value["standing_height_cm"] - height).max() < 6
  weight = np.array([person.weight_kg for person in cohort])[:, None]
  assert np.abs(value["weight_kg"] / weight - 1).max() < 0.25
  index = value["weight_kg"] / (value["standing_height_cm"] / 100) ** 2
  np.testing.assert_allclose(value["body_mass_index_kg_m2"], index, atol=1e-4)
  sitting = value["seated_height_cm"] - value["seating_box_height_cm"]
  np.testing.assert_allclose(sitting, value["sitting_height_cm"], atol=1e-9)


def test_all_values_are_possible(samples):
  for name, features in scalar_fields.FEATURES.items():
    for values, feature in zip(samples[name].T, features, strict=True):
      assert feature.limits.low <= values.min() and values.max() <= feature.limits.high, feature.name


def test_linear_models_find_about_the_published_accuracy(samples):
  result = {name: _r2(samples, [name], linear_model.LinearRegression) for name in _PUBLISHED_R2}
  for name, published in _PUBLISHED_R2.items():
    assert abs(result[name] - published) < 0.04, (name, result[name])
  together = _r2(samples, list(_PUBLISHED_R2), linear_model.LinearRegression)
  assert abs(together - _PUBLISHED_R2_OF_ALL) < 0.04
  assert together > max(result.values())


def test_impedance_falls_in_women_and_rises_in_men(samples):
  """What a linear model with one slope for both can't use, and trees can."""
  whole_body = samples["impedance"][:, 0]
  women, men = (
    np.corrcoef(whole_body[rows], samples["age"][rows])[0, 1] for rows in (samples["sex"] == 0, samples["sex"] == 1)
  )
  assert women < -0.02 and men > 0.05


def test_scalars_show_the_latent_acceleration(cohort, drawn):
  """Grip falls with the acceleration by the table's slope, at given age."""
  effect = next(e for e in age_effects.EFFECTS if e.quantity == "left_hand_grip_kg")
  men = [i for i, person in enumerate(cohort) if person.sex == 1]
  ahead = np.array([cohort[i].acceleration_years("scalars") for i in men])
  age = np.array([cohort[i].age_years(cohort[i].visits[0]) for i in men])
  grip = drawn.values["left_hand_grip_kg"][men, 0]
  slopes = linear_model.LinearRegression().fit(np.stack([ahead, age], axis=1), grip).coef_
  np.testing.assert_allclose(slopes, effect.per_year_male, atol=0.15)


def test_missing_values_are_about_as_frequent_as_in_uk_biobank(cohort, columns):
  visits = sum(len(person.visits) for person in cohort)
  share = lambda field: (columns.filter(regex=rf"^{field}-") != "").to_numpy().sum() / visits  # noqa: E731
  for field, published in ((48, 0.997), (21002, 0.995), (51, 0.989), (23106, 0.980), (46, 0.994)):
    assert share(field) == pytest.approx(published, abs=0.006), field
  assert share(3148) + share(3084) + share(4105) + share(4140) == pytest.approx(0.95, abs=0.02)
  assert share(3143) + share(4100) == pytest.approx(0.87, abs=0.02)
  assert not (columns == "nan").to_numpy().any()


def test_no_value_is_missing_where_none_is_wanted(cohort):
  complete = dataclasses.replace(_SPEC, missing_value_fraction=0.0)
  columns = scalar_columns.main_table_columns(complete, cohort[:50], [])
  assert (columns[["48-0.0", "23106-0.0", "46-0.0"]] != "").to_numpy().all()
  assert ((columns["3143-0.0"] != "") | (columns["4100-0.0"] != "")).all()


def test_each_heel_has_one_protocol_and_each_foot_one_method(columns):
  single, left, right = (columns[f"{field}-0.0"] != "" for field in (19, 4092, 4095))
  assert (single ^ left).all() and (left == right).all() and 0.5 < single.mean() < 0.6
  direct, manual = columns["3148-0.0"] != "", columns["3084-0.0"] != ""
  assert not (direct & manual).any() and 0.03 < manual.sum() / (direct | manual).sum() < 0.1
  assert (columns.loc[manual, "19-0.0"] == "2").all() and (columns.loc[direct, "19-0.0"] == "1").all()
  assert (columns.filter(regex=r"^(19|3143)-").shape[1]) == 2  # the single foot is of baseline only


def test_flaws_of_scalars_overwrite_one_cell_each(cohort, columns):
  planned = flaws.plan(_SPEC, cohort)
  flawed = scalar_columns.main_table_columns(_SPEC, cohort, planned)
  of_scalars = [flaw for flaw in planned if flaw.kind in flaws.SCALAR_TEXTS]
  assert len(of_scalars) == 6
  assert (flawed != columns).to_numpy().sum() == 6


@pytest.mark.parametrize("set_name", ["hand_grip", "anthropometry"])
def test_a_feature_without_effects_is_drawn_and_changes_no_other(cohort, columns, monkeypatch, set_name):
  added = scalar_fields.Feature("pinch_kg", scalar_fields.Limits(2.0, 12.0, "a pinch gauge"), 48_000)
  monkeypatch.setitem(scalar_fields.FEATURES, set_name, (*scalar_fields.FEATURES[set_name], added))
  result = scalar_columns.main_table_columns(_SPEC, cohort, [])
  pd.testing.assert_frame_equal(result[columns.columns], columns)
  new = [name for name in result if name not in columns]
  assert new == [f"48000-{i}.0" for i in range(4)]
  values = pd.to_numeric(result[new[0]]).dropna()
  assert len(values) > 1000 and values.between(2, 12).all() and values.std() > 0.5


def test_heel_fields_that_do_not_match_its_features_are_named():
  with pytest.raises(ValueError, match="the heel has 5 features beside its spacing"):
    scalar_fields.HeelFields(19, 3143, (3146, 3144), (3086, 3085))
