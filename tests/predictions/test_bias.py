"""The bias correction: what it removes, its sign, and its file."""

import json

import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.predictions import bias


@pytest.fixture
def ages() -> tuple[np.ndarray, np.ndarray]:
  """Chronological ages, and predictions drawn towards the mean."""
  rng = np.random.default_rng(3)
  age = rng.uniform(45, 82, 400)
  return age, 64 + 0.6 * (age - 64) + rng.normal(0, 3, 400)


def test_the_corrected_residual_has_nothing_to_do_with_age(ages):
  age, predicted = ages
  assert np.corrcoef(predicted - age, age)[0, 1] < -0.5
  corrected = bias.fit(age, predicted).apply(predicted, age)
  assert abs(np.corrcoef(corrected - age, age)[0, 1]) < 1e-10
  assert abs((corrected - age).mean()) < 1e-10


def test_the_old_are_corrected_upwards_and_who_ages_fast_stays_positive(ages):
  age, predicted = ages
  correction = bias.fit(age, predicted)
  assert correction.slope == pytest.approx(-0.4, abs=0.05) and correction.n == 400
  assert correction.apply(70.0, 80.0) > 70.0 and correction.apply(60.0, 48.0) < 60.0
  assert correction.apply(75.0, 64.0) - 64.0 > 0  # eleven years older than most at 64


def test_the_authors_sign_gives_the_same_corrected_age(ages):
  """Their residual is age - predicted; corrected age = age - (residual - fitted residual)."""
  age, predicted = ages
  theirs = age - predicted
  slope, intercept = np.polyfit(age, theirs, 1)
  expected = age - (theirs - (intercept + slope * age))
  np.testing.assert_allclose(bias.fit(age, predicted).apply(predicted, age), expected, rtol=1e-12)


def test_the_mean_of_corrections_corrects_the_mean_prediction():
  first = bias.BiasCorrection(-0.3, 19.0, 10)
  second = bias.BiasCorrection(-0.1, 5.0, 12)
  mean = bias.mean_of([first, second])
  each = (first.apply(60.0, 70.0) + second.apply(66.0, 70.0)) / 2
  assert mean.apply(63.0, 70.0) == pytest.approx(each) and mean.n == 22


def test_without_an_age_there_is_no_correction():
  assert np.isnan(bias.BiasCorrection(-0.3, 19.0, 10).apply([60.0], [np.nan])).all()


@pytest.mark.parametrize(("age", "predicted"), [([60], [61]), ([60, 60], [61, 62]), ([60, np.nan], [61, 62])])
def test_too_little_to_fit(age, predicted):
  with pytest.raises(ValueError, match="different, finite"):
    bias.fit(np.array(age), np.array(predicted))


def test_the_file(tmp_path):
  assert bias.read(tmp_path) is None
  correction = bias.BiasCorrection(-0.31, 19.25, 4321, "out_of_fold")
  bias.write(tmp_path, correction)
  assert bias.read(tmp_path) == correction
  path = tmp_path / bias.FILE_NAME
  assert json.loads(path.read_text()) == {
    "schema": "bias_correction",
    "version": 1,
    "slope": -0.31,
    "intercept": 19.25,
    "n": 4321,
    "mode": "out_of_fold",
  }
  for change, message in (({"version": 2}, "version 2"), ({"slope": None}, "can't be read"), ({"mode": "x"}, "read")):
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 1, **change}))
    with pytest.raises(errors.InputError, match=message):
      bias.read(tmp_path)
    bias.write(tmp_path, correction)


def test_out_of_fold_lines_are_those_of_the_other_folds(ages):
  age, predicted = ages
  fold = np.arange(400) % 4
  lines = bias.fit_out_of_fold(age, predicted, fold)
  for f in range(4):
    expected = bias.fit(age[fold != f], predicted[fold != f], "out_of_fold")
    assert lines[f] == expected and expected.n == 300
  with pytest.raises(ValueError, match="different, finite"):
    bias.fit_out_of_fold(age, predicted, np.zeros(400))
