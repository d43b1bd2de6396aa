"""Predictions per participant: the published formula by hand, and what it must recover exactly."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.predictions import averaging, bias

_NUM_FOLDS = 3
_COLUMNS = ["eid", "instance", "part", "fold", "age_years", "predicted_age_years"]


def _table(rows):
  return pd.DataFrame(rows, columns=_COLUMNS)


def _visits(rows):
  return pd.DataFrame(rows, columns=["eid", "instance", "age_years"]).assign(centre=-1)


def test_reference_is_instance_0_else_the_first_visit():
  visits = _visits([("b", 3, 66.0), ("a", 2, 60.0), ("b", 2, 63.0), ("a", 0, 51.0)])
  averaged = averaging.reference_visits(visits)
  assert averaged.to_numpy().tolist() == [["a", 0, 51.0], ["b", 2, 63.0]]


def test_formula_by_hand():
  """Bias line through (50, +2), (60, 0), (70, -2): slope -0.2, so a move of 10 years back adds 2 years of bias."""
  of_split_0 = [
    ("a", 2, "validation", 2, 50.0, 52.0),
    ("b", 2, "validation", 2, 60.0, 60.0),
    ("c", 2, "validation", 2, 70.0, 68.0),
    ("d", 2, "test", 0, 66.0, 80.0),
  ]
  reference = averaging.reference_visits(_visits([("a", 0, 45.0), ("b", 0, 50.0), ("c", 0, 60.0), ("d", 0, 61.0)]))
  averaged, num_left_out = averaging.average_visits(_table(of_split_0), reference, _NUM_FOLDS)
  # 52 + (45 - 50) + 3 - 2 = 48;  60 + (50 - 60) + 2 - 0 = 52;  68 + (60 - 70) + 0 - (-2) = 60
  # The test sample, by the same line: 80 + (61 - 66) - .2 - (-1.2) = 76
  np.testing.assert_allclose(averaged["predicted_age_years"], [48.0, 52.0, 60.0, 76.0])
  np.testing.assert_allclose(averaged["age_years"], [45.0, 50.0, 60.0, 61.0])
  assert list(averaged.columns) == _COLUMNS and (averaged["instance"] == 0).all() and num_left_out == 0


def test_equal_to_the_authors_sign_written_out():
  """As in the authors' code: pred + (age0 - age_i) + b(age_i) - b(age0), b the regression of age - predicted on age."""
  rng = np.random.default_rng(0)
  age = rng.uniform(45, 80, 200)
  predicted, age0 = 62 + 0.7 * (age - 62) + rng.normal(0, 3, 200), age - rng.uniform(0, 10, 200)
  slope, intercept = np.polyfit(age, age - predicted, 1)
  wanted = predicted + (age0 - age) + (intercept + slope * age) - (intercept + slope * age0)
  moved = averaging.move_to_age(predicted, age, age0, bias.fit(age, predicted))
  np.testing.assert_allclose(moved, wanted, rtol=1e-10)


def _constant_people(rng, num_people=60):
  """Predictions that are exactly age + the person's constant + a bias line, over one to three visits."""
  visits = pd.DataFrame(
    [
      (str(i), instance, 45.0 + i % 30 + years)
      for i in range(num_people)
      for instance, years in zip((0, 2, 3), (0.0, 8.0, 11.0), strict=True)
      if instance == 0 or rng.random() < 0.6
    ],
    columns=["eid", "instance", "age_years"],
  )
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
  table = visits.assign(part="validation", fold=0, predicted_age_years=predicted)
  reference = averaging.reference_visits(visits)
  averaged, _ = averaging.average_visits(table, reference, _NUM_FOLDS)
  age0 = reference["age_years"].to_numpy()[pd.Index(reference["eid"]).get_indexer(averaged["eid"])]
  number = averaged["eid"].astype(int).to_numpy()
  np.testing.assert_allclose(averaged["predicted_age_years"], age0 + constant[number] + line.bias(age0), atol=1e-9)
  acceleration = bias.fit(averaged["age_years"].to_numpy(), averaged["predicted_age_years"].to_numpy()).apply(
    averaged["predicted_age_years"].to_numpy(), averaged["age_years"].to_numpy()
  )
  assert np.corrcoef(acceleration - age0, constant[number])[0, 1] > 0.99


def test_single_visits_at_the_reference_stay_as_they_are():
  rng = np.random.default_rng(2)
  age = rng.uniform(40, 80, 30)
  eid = [str(i) for i in range(30)]
  table = pd.DataFrame({"eid": eid, "instance": 0, "part": "test", "fold": 1, "age_years": age})
  table = table.assign(predicted_age_years=age + rng.normal(0, 3, 30))
  reference = averaging.reference_visits(table[["eid", "instance", "age_years"]])
  averaged, num_left_out = averaging.average_visits(table, reference, _NUM_FOLDS)
  averaged = averaged.set_index("eid").loc[eid]
  np.testing.assert_array_equal(averaged["predicted_age_years"], table["predicted_age_years"])
  assert num_left_out == 0  # though this split has no validation rows, and so no line


def test_a_split_is_moved_by_its_own_validation_rows_alone():
  """Whatever other splits predict, and whatever a split's test rows hold: no other row moves by it."""
  visits, _, _, predicted = _constant_people(np.random.default_rng(3))
  fold = visits["eid"].astype(int) % _NUM_FOLDS
  table = pd.concat(
    [
      visits.assign(part=part, fold=fold, predicted_age_years=predicted)[
        ["eid", "instance", "part", "fold", "age_years", "predicted_age_years"]
      ]
      for part in ("validation", "test")
    ],
    ignore_index=True,
  )
  reference = averaging.reference_visits(visits)
  split = np.where(table["part"] == "test", table["fold"], (table["fold"] + 1) % _NUM_FOLDS)

  def moved_by(changed: pd.Series) -> pd.DataFrame:
    worse = table["predicted_age_years"].mask(changed, 150 - 2 * table["age_years"])
    both = [
      averaging.average_visits(one, reference, _NUM_FOLDS)[0]
      for one in (table, table.assign(predicted_age_years=worse))
    ]
    return both[0][(both[0]["predicted_age_years"] != both[1]["predicted_age_years"]).to_numpy()]

  test_of_1 = moved_by((split == 1) & (table["part"] == "test"))
  assert set(zip(test_of_1["part"], test_of_1["fold"], strict=True)) == {("test", 1)}
  validation_of_1 = moved_by((split == 1) & (table["part"] == "validation"))
  assert set(zip(validation_of_1["part"], validation_of_1["fold"], strict=True)) == {("test", 1), ("validation", 0)}


def test_what_no_line_can_move_is_left_out():
  """A single validation age: reference visits stay as they are, later ones go."""
  table = _table(
    [("a", 2, "validation", 2, 50.0, 52.0), ("b", 0, "test", 0, 50.0, 60.0), ("b", 2, "test", 0, 58.0, 1.0)]
  )
  reference = averaging.reference_visits(_visits([("a", 0, 45.0), ("b", 0, 50.0)]))
  averaged, num_left_out = averaging.average_visits(table, reference, _NUM_FOLDS)
  assert averaged.to_numpy().tolist() == [["b", 0, "test", 0, 50.0, 60.0]] and num_left_out == 2


def test_strangers_are_refused():
  table = _table([("a", 2, "test", 0, 50.0, 52.0), ("b", 2, "test", 0, 50.0, 60.0)])
  with pytest.raises(errors.InputError, match="1 predictions"):
    averaging.average_visits(table, averaging.reference_visits(_visits([("a", 0, 45.0)])), _NUM_FOLDS)
