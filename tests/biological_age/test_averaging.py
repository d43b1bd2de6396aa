"""Predictions per participant: the published formula by hand, and what it must recover exactly."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.biological_age import averaging, bias
from msk_jax.io import errors

_COLUMNS = ["eid", "instance", "part", "fold", "age_years", "predicted_age_years"]


def _table(rows):
  return pd.DataFrame(rows, columns=_COLUMNS)


def _visits(rows):
  return pd.DataFrame(rows, columns=["eid", "instance", "age_years"]).assign(centre=-1)


def test_reference_is_instance_0_else_the_first_visit():
  visits = _visits([("b", 3, 66.0), ("a", 2, 60.0), ("b", 2, 63.0), ("a", 0, 51.0)])
  found = averaging.reference_visits(visits)
  assert found.to_numpy().tolist() == [["a", 0, 51.0], ["b", 2, 63.0]]


def test_formula_by_hand():
  """Bias line through (50, +2), (60, 0), (70, -2): slope -0.2, so a move of 10 years back adds 2 years of bias."""
  table = _table([("a", 2, "test", 0, 50.0, 52.0), ("b", 2, "test", 0, 60.0, 60.0), ("c", 2, "test", 0, 70.0, 68.0)])
  reference = averaging.reference_visits(_visits([("a", 0, 45.0), ("b", 0, 50.0), ("c", 0, 60.0)]))
  found = averaging.average_visits(table, reference)
  # 52 + (45 - 50) + 3 - 2 = 48;  60 + (50 - 60) + 2 - 0 = 52;  68 + (60 - 70) + 0 - (-2) = 60
  np.testing.assert_allclose(found["predicted_age_years"], [48.0, 52.0, 60.0])
  np.testing.assert_allclose(found["age_years"], [45.0, 50.0, 60.0])
  assert list(found.columns) == _COLUMNS and (found["instance"] == 0).all()


def test_equal_to_the_authors_sign_written_out():
  """Facts, section 9: pred + (age0 - age_i) + b(age_i) - b(age0), b the regression of age - predicted on age."""
  rng = np.random.default_rng(0)
  age = rng.uniform(45, 80, 200)
  predicted, age0 = 62 + 0.7 * (age - 62) + rng.normal(0, 3, 200), age - rng.uniform(0, 10, 200)
  slope, intercept = np.polyfit(age, age - predicted, 1)
  wanted = predicted + (age0 - age) + (intercept + slope * age) - (intercept + slope * age0)
  np.testing.assert_allclose(averaging.move_to_age(predicted, age, age0), wanted, rtol=1e-10)


def _constant_people(rng, num_people=60):
  """Predictions that are exactly age + the person's constant + a bias line, over one to three visits."""
  visits = pd.DataFrame([
    (str(i), instance, 45.0 + i % 30 + years)
    for i in range(num_people)
    for instance, years in zip((0, 2, 3), (0.0, 8.0, 11.0), strict=True)
    if instance == 0 or rng.random() < 0.6
  ], columns=["eid", "instance", "age_years"])  # fmt: skip
  number = visits["eid"].astype(int).to_numpy()
  age = visits["age_years"].to_numpy()
  # Constants that leave the line alone: over all rows, no mean and no slope on age.
  people = np.eye(num_people)[number]
  design = people.T @ np.stack([np.ones(len(age)), age], 1)
  draw = rng.normal(0, 4, num_people)
  constant = draw - design @ np.linalg.lstsq(design, draw, rcond=None)[0]
  line = bias.BiasCorrection(slope=-0.25, intercept=15.0, n=0)
  predicted = age + constant[number] + line.bias(age)
  return visits, constant, line, predicted


def test_recovers_a_persons_constant_exactly():
  visits, constant, line, predicted = _constant_people(np.random.default_rng(1))
  table = visits.assign(part="test", fold=0, predicted_age_years=predicted)
  reference = averaging.reference_visits(visits)
  found = averaging.average_visits(table, reference)
  age0 = reference["age_years"].to_numpy()[pd.Index(reference["eid"]).get_indexer(found["eid"])]
  number = found["eid"].astype(int).to_numpy()
  np.testing.assert_allclose(found["predicted_age_years"], age0 + constant[number] + line.bias(age0), atol=1e-9)
  acceleration = bias.fit(found["age_years"].to_numpy(), found["predicted_age_years"].to_numpy()).apply(
    found["predicted_age_years"].to_numpy(), found["age_years"].to_numpy()
  )  # fmt: skip
  assert np.corrcoef(acceleration - age0, constant[number])[0, 1] > 0.99


def test_single_visits_at_the_reference_stay_as_they_are():
  rng = np.random.default_rng(2)
  age = rng.uniform(40, 80, 30)
  eid = [str(i) for i in range(30)]
  table = pd.DataFrame({"eid": eid, "instance": 0, "part": "test", "fold": 1, "age_years": age})
  table = table.assign(predicted_age_years=age + rng.normal(0, 3, 30))
  reference = averaging.reference_visits(table[["eid", "instance", "age_years"]])
  found = averaging.average_visits(table, reference).set_index("eid").loc[eid]
  np.testing.assert_array_equal(found["predicted_age_years"], table["predicted_age_years"])


def test_parts_have_lines_and_means_of_their_own():
  visits, _, _, predicted = _constant_people(np.random.default_rng(3))
  test = visits.assign(part="test", fold=2, predicted_age_years=predicted)
  validation = visits.assign(part="validation", fold=2, predicted_age_years=80.0 - predicted)
  reference = averaging.reference_visits(visits)
  both = averaging.average_visits(pd.concat([test, validation], ignore_index=True), reference)
  for part, alone in (("test", test), ("validation", validation)):
    wanted = averaging.average_visits(alone, reference).sort_values("eid", ignore_index=True)
    pd.testing.assert_frame_equal(both[both["part"] == part].sort_values("eid", ignore_index=True), wanted)


def test_strangers_and_single_ages_are_refused():
  table = _table([("a", 2, "test", 0, 50.0, 52.0), ("b", 2, "test", 0, 50.0, 60.0)])
  reference = averaging.reference_visits(_visits([("a", 0, 45.0), ("b", 0, 45.0)]))
  with pytest.raises(errors.InputError, match="bias line"):
    averaging.average_visits(table, reference)
  with pytest.raises(errors.InputError, match="1 predictions"):
    averaging.average_visits(table, reference[:1])
