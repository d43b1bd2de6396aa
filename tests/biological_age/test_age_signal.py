"""Models that know nothing of age are named; those that know something are not."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import outcomes
from msk_jax.biological_age import acceleration, age_signal, run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.genetics import phenotypes
from msk_jax.io import tables
from msk_jax.predictions import pooled_table
from msk_jax.predictions.pooled_rows import Rows
from msk_jax.schemas import age_tables
from tests.predictions import pooled_cohort as cohort

_ONE_GROUP = np.zeros(300, np.int64)
_FAST = AgesSpec(num_bootstraps=10, has_figures=False)


def _visits(num_people: int, visits: int, slope: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Ages, predictions and people; a person's error is the same at all visits."""
  rng = np.random.default_rng(seed)
  person = np.repeat(np.arange(num_people), visits)
  age = np.repeat(rng.uniform(45, 80, num_people), visits) + np.tile(2.5 * np.arange(visits), num_people)
  return age, 62 + slope * (age - 62) + np.repeat(rng.normal(0, 4, num_people), visits), person


def _fit(age: np.ndarray, predicted: np.ndarray, person: np.ndarray) -> age_signal.Slope:
  return age_signal.fit_slope(age, predicted, person, 0 * person)


def test_one_visit_each_gives_the_textbook_error():
  age, predicted, person = _visits(4000, 1, 0.1, 0)
  slope = age_signal.fit_slope(age, predicted, person, 0 * person)
  (value, _), covariance = np.polyfit(age, predicted, 1, cov=True)
  assert slope.value == pytest.approx(value) and slope.standard_error == pytest.approx(
    np.sqrt(covariance[0, 0]), rel=0.03
  )


def test_copies_of_people_add_nothing():
  age, predicted, person = _visits(300, 1, 0.0, 1)
  slope = age_signal.fit_slope(age, predicted, person, 0 * person)
  copies = age_signal.fit_slope(*(np.repeat(each, 4) for each in (age, predicted, person, 0 * person)))
  assert copies.value == pytest.approx(slope.value) and copies.standard_error == pytest.approx(slope.standard_error)


def test_noise_exceeds_the_bound_as_often_as_two_standard_errors_say():
  exceeded = [_fit(*_visits(200, 3, 0.0, seed)).is_above_chance for seed in range(400)]
  assert np.mean(exceeded) == pytest.approx(0.0228, abs=0.02)


@pytest.mark.parametrize("slope", [0.0, -0.5])
def test_noise_and_the_wrong_direction_are_described(slope):
  age, predicted, person = _visits(300, 2, slope, 3)
  assert "do not rise with age" in age_signal.describe_lack(
    Rows(person, person * 0, person * 0, age, predicted), _ONE_GROUP
  )


def _sexes(seed: int, num_people: int = 4000, num_folds: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Ages, of which men are 1.4 years older; the mean age of one's sex in the other folds; and the sex."""
  rng = np.random.default_rng(seed)
  sex, fold = rng.integers(0, 2, num_people), rng.integers(0, num_folds, num_people)
  age = rng.normal(63, 7.5, num_people) + 1.4 * sex
  predicted = np.empty(num_people)
  for k in range(num_folds):
    for s in (0, 1):
      predicted[(fold == k) & (sex == s)] = age[(fold != k) & (sex == s)].mean()
  return age, predicted, sex


def test_a_model_that_sees_sex_alone_has_no_age_signal_where_men_are_older():
  person, exceeded = np.arange(4000), []
  for seed in range(100):
    age, predicted, sex = _sexes(seed)
    assert _fit(age, predicted, person).is_above_chance  # what is to be told apart
    exceeded.append(age_signal.fit_slope(age, predicted, person, sex).is_above_chance)
  assert np.mean(exceeded) <= 0.08  # 2.3% are expected; the standard error of 100 seeds is 1.5%
  noticed = age_signal.fit_slope(age, predicted + 0.05 * age + np.random.default_rng(0).normal(0, 2, 4000), person, sex)
  assert noticed.is_above_chance and noticed.value == pytest.approx(0.05, abs=4 * noticed.standard_error)


def test_groups_are_of_sex_and_ethnicity_and_equal_dummy_variables():
  people = pd.DataFrame({"eid": list("abcdef"), "sex": [0, 0, 1, 1, 0, 0], "ethnicity": [1, 2, 1, 1, 1, 2]})
  group = age_signal.group_people(people)
  assert len(set(group)) == 3 and group[0] == group[4] and group[1] == group[5] and group[2] == group[3]
  rng = np.random.default_rng(1)
  age, predicted = rng.normal(60, 8, 6), rng.normal(60, 3, 6)
  design = np.column_stack([age, np.eye(3)[group]])
  expected = np.linalg.lstsq(design, predicted, rcond=None)[0][0]
  assert age_signal.fit_slope(age, predicted, np.arange(6), group).value == pytest.approx(expected)


def test_what_has_no_slope_is_described():
  age, person = np.array([50.0, 60.0, 70.0]), np.arange(3)
  for predicted, people in ((np.full(3, 61.3), person), (age, np.zeros(3, int))):
    assert age_signal.describe_lack(Rows(people, person * 0, person * 0, age, predicted), _ONE_GROUP)
  assert age_signal.describe_lack(Rows(person, person, person, np.full(3, 60.0), age), _ONE_GROUP)
  assert not age_signal.describe_lack(Rows(person, person, person, age, 0.1 * age + 55), _ONE_GROUP)


def _overwrite_with_noise(workdir, model, rng):
  for product in pooled_table.PRODUCTS:
    table, fold_map_hash = pooled_table.read(workdir, product, model)
    noise = table.assign(predicted_age_years=62 + rng.normal(0, 3, len(table)))
    pooled_table.write(workdir, product, model, noise, fold_map_hash)


def test_the_stage_warns_of_noise_alone(tmp_path, capsys, caplog):
  cohort.write_workdir(tmp_path, {"knee/inception_v3": 4.0, "knee/noise": 3.0}, n=300)
  _overwrite_with_noise(tmp_path, "knee/noise", np.random.default_rng(5))
  cohort.write_record(tmp_path)
  folder = run.make_ages(tmp_path, _FAST)
  summary = tables.read(folder / "summary.parquet", age_tables.SUMMARY).set_index("model")
  assert summary.loc["knee/noise", "warning"].str.contains("do not rise with age").all()
  assert (summary.loc["knee/inception_v3", "warning"] == "").all() and (summary["refused"] == "").all()
  assert "knee/noise (sample): its predictions" in caplog.text and "knee/inception_v3 (" not in caplog.text
  shown = capsys.readouterr().out
  assert shown.count("no age signal") == 2 and "knee/noise: its predictions do not rise" in shown


def test_correlations_with_noise_say_so_and_so_do_stages_that_take_such_ages(tmp_path, capsys, caplog):
  cohort.write_workdir(tmp_path, {"knee/inception_v3": 4.0, "spine/inception_v3": 3.0, "hip/inception_v3": 3.0}, n=300)
  rng = np.random.default_rng(5)
  _overwrite_with_noise(tmp_path, "spine/inception_v3", rng)
  cohort.write_record(tmp_path)
  run.make_ages(tmp_path, _FAST)
  shown = " ".join(capsys.readouterr().out.split())
  assert shown.count("one has no age signal") == 2 * 2  # with knee and with hip, per sample and per participant
  assert shown.count("has no age signal says nothing of ageing") == 2 and "neither" not in shown
  for dimensions, is_warned in (([], True), (["knee", "hip"], False), (["spine"], True)):
    caplog.clear()
    chosen, _ = acceleration.choose_models(tmp_path, "participant", dimensions, "config.gwas.dimensions")
    doubted = acceleration.warn_of_noise(tmp_path, "participant", chosen)
    assert doubted == ({"spine"} if is_warned else set())
    assert outcomes.read(tmp_path, "participant", dimensions).doubted == doubted
    phenotypes.read(tmp_path, dimensions)
    assert caplog.text.count("spine (spine/inception_v3): its predictions") == 3 * is_warned
    assert ("spine (spine/inception_v3): its predictions do not rise" in caplog.text) == is_warned
  assert "noise, and so is whatever goes with it" in caplog.text and "knee (" not in caplog.text
