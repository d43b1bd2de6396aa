"""Biological age: signs, no correlation with age left, both modes, the file."""

import numpy as np
import pytest

from msk_jax.biological_age import acceleration, summaries
from msk_jax.io import errors
from msk_jax.predictions import bias
from msk_jax.predictions.pooled_rows import Rows
from msk_jax.schemas import age_tables


def _rows(n: int = 3000, seed: int = 0) -> tuple[Rows, np.ndarray]:
  """Predictions drawn to the mean, and the acceleration planted in them."""
  rng = np.random.default_rng(seed)
  age, planted = rng.uniform(45, 80, n), rng.normal(0, 3, n)
  return Rows(np.arange(n), np.full(n, 2), np.arange(n) % 10, age, 63 + 0.7 * (age - 63) + planted), planted


def test_paper_mode_leaves_nothing_of_age():
  rows, planted = _rows()
  ages = acceleration.correct(rows, "in_sample", "knee")
  assert abs(np.corrcoef(ages.acceleration_years, rows.age_years)[0, 1]) < 1e-10
  assert abs(ages.acceleration_years.mean()) < 1e-9
  assert ages.whole.slope == pytest.approx(-0.3, abs=0.02) and ages.by_fold == {}
  assert np.corrcoef(ages.acceleration_years, planted)[0, 1] > 0.999  # who ages faster is positive
  np.testing.assert_allclose(ages.biological_years - rows.age_years, ages.acceleration_years)


def test_the_authors_formula_with_the_sign_turned():
  """Theirs: residual = age - predicted, corrected residual = residual - fit, biological age = age - corrected."""
  rows, _ = _rows(200)
  residual = rows.age_years - rows.predicted_years
  corrected = residual - np.polyval(np.polyfit(rows.age_years, residual, 1), rows.age_years)
  ages = acceleration.correct(rows, "in_sample", "knee")
  np.testing.assert_allclose(ages.acceleration_years, -corrected, atol=1e-9)
  np.testing.assert_allclose(ages.biological_years, rows.age_years - corrected, atol=1e-9)


def test_out_of_fold_uses_no_row_of_the_fold():
  rows, planted = _rows()
  ages = acceleration.correct(rows, "out_of_fold", "knee")
  assert abs(np.corrcoef(ages.acceleration_years, rows.age_years)[0, 1]) < 0.01
  assert np.corrcoef(ages.acceleration_years, planted)[0, 1] > 0.999
  assert set(ages.by_fold) == set(range(10)) and ages.by_fold[0].n == 2700 and ages.whole.n == 3000
  moved = rows.predicted_years + np.where(rows.fold == 3, rows.age_years**2, 0.0)
  other = acceleration.correct(Rows(rows.person, rows.instance, rows.fold, rows.age_years, moved), "out_of_fold", "k")
  assert other.by_fold[3] == ages.by_fold[3] and other.by_fold[4] != ages.by_fold[4]
  in_3 = rows.fold == 3
  expected = moved[in_3] - ages.by_fold[3].bias(rows.age_years[in_3])
  np.testing.assert_allclose(other.biological_years[in_3], expected)


def test_both_modes_agree_on_many_rows():
  rows, _ = _rows()
  one, two = (acceleration.correct(rows, mode, "knee").acceleration_years for mode in ("in_sample", "out_of_fold"))
  assert 0 < np.abs(one - two).max() < 0.2


@pytest.mark.parametrize("mode", ["in_sample", "out_of_fold"])
def test_too_little_to_fit_names_the_model(mode):
  rows, _ = _rows(1)
  with pytest.raises(errors.InputError, match=r"bias of knee can't be fitted on 1 test"):
    acceleration.correct(rows, mode, "knee")


def test_one_fold_cannot_be_corrected_by_others():
  rows, _ = _rows(50)
  one = Rows(rows.person, rows.instance, np.zeros(50, int), rows.age_years, rows.predicted_years)
  assert acceleration.correct(one, "in_sample", "knee").whole.n == 50
  with pytest.raises(errors.InputError, match="two folds or more"):
    acceleration.correct(one, "out_of_fold", "knee")


def test_the_table(tmp_path):
  rows, _ = _rows(20)
  ages = acceleration.correct(rows, "in_sample", "knee")
  eid = np.array([str(9_000_001 + i) for i in range(20)])
  acceleration.write(tmp_path / "ages", "sample", "knee/ensemble", ages, eid, "h")
  table = acceleration.read(tmp_path, "sample", "knee/ensemble")
  assert list(table) == list(age_tables.AGES.columns) and table["eid"].tolist() == eid.tolist()
  np.testing.assert_allclose(
    table["acceleration_years"], table["biological_age_years"] - table["age_years"], atol=1e-12
  )


def test_lines_of_the_bias_table():
  rows, _ = _rows(100)
  lines = summaries.bias_lines("sample", "knee", acceleration.correct(rows, "out_of_fold", "knee"))
  assert [line["fold"] for line in lines] == ["all", *map(str, range(10))]
  whole = bias.fit(rows.age_years, rows.predicted_years)
  assert (lines[0]["slope"], lines[0]["intercept_years"]) == (whole.slope, whole.intercept)
  assert [line["mode"] for line in lines] == ["in_sample", *["out_of_fold"] * 10]
