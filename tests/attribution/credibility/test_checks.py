"""The checks on a linear network whose right maps are known."""

import numpy as np
import pytest

from msk_jax.attribution.credibility import checks, randomisation, table
from msk_jax.attribution.credibility.estimates import Estimate
from msk_jax.disclosure import small_counts
from msk_jax.schemas import attention_credibility_tables

_N, _SHAPE = 40, (16, 12)
_KIND = checks.Kind("linear")


@pytest.fixture(scope="module")
def pictures() -> checks.Pictures:
  rng = np.random.default_rng(0)
  image = rng.integers(0, 256, (_N, *_SHAPE, 1)).astype(np.uint8)
  return checks.Pictures(image, np.zeros((_N, 1), np.float32), rng.normal(60, 8, _N), np.arange(_N) // 2)


def _make(variables, image, side, age_years):
  """Maps of age = sum of weights times grey levels: weights times grey levels."""
  assert len(image) == len(side) == len(age_years) == 16  # one size of batches
  return variables * image[..., 0].astype(np.float32)


def _find(rows: list[table.Row], case: str, measure: str) -> Estimate:
  (row,) = [row for row in rows if row.case == case and row.measure == measure]
  assert row.estimate is not None
  return row.estimate


def test_maps_that_show_what_was_learnt_do_not_outlive_it(pictures):
  rng = np.random.default_rng(1)
  weights = rng.normal(size=_SHAPE)
  stages = [
    randomisation.Stage("none", 0.0, weights),
    randomisation.Stage("all", 1.0, rng.permutation(weights.ravel()).reshape(_SHAPE)),
  ]
  rows = checks.compare_randomised(_KIND, _make, pictures, stages, weights, 16)
  assert _find(rows, "none, 0% of the weights", "rank correlation, signed").value == pytest.approx(1.0)
  assert abs(_find(rows, "all, 100% of the weights", "rank correlation, signed").value) < 0.25


def test_an_edge_detector_outlives_all_weights(pictures):
  stages = [randomisation.Stage("all", 1.0, None)]
  rows = checks.compare_randomised(
    _KIND, lambda _variables, image, _side, _ages: image[..., 0].astype(float), pictures, stages, None, 16
  )
  assert _find(rows, "all, 100% of the weights", "rank correlation, signed").value == pytest.approx(1.0)


def test_pairs_stand_beside_other_people():
  rng = np.random.default_rng(2)
  person = np.arange(_N) // 2
  own = rng.normal(size=(_N // 2, *_SHAPE))[person]
  rows = checks.compare_pairs(
    _KIND, table.VISITS, own + 0.1 * rng.normal(size=own.shape), own + 0.1 * rng.normal(size=own.shape), person
  )
  assert _find(rows, "same person", "rank correlation, signed").value > 0.9
  assert abs(_find(rows, "other people", "rank correlation, signed").value) < 0.1


def test_the_right_map_beats_the_baselines_and_its_sum_follows_the_acceleration(pictures):
  rng = np.random.default_rng(3)
  masks = {"all ageing": rng.random((_N, *_SHAPE)) < 0.2}
  acceleration = rng.normal(0, 3, _N)
  maps = np.where(masks["all ageing"], acceleration[:, None, None] + 20, 0.01)
  rows = checks.locate(_KIND, maps, pictures, masks)
  best = _find(rows, "all ageing: maps", "area over prevalence").value
  assert best == pytest.approx(5.0, rel=0.1)
  for name in ("edges", "centre blob", "brightness"):
    assert _find(rows, f"all ageing: {name}", "area over prevalence").value < 1.5
  maps = np.where(masks["all ageing"], acceleration[:, None, None] / 10, 5.0)
  sums = _find(checks.correlate_sums(_KIND, maps, masks, acceleration, pictures), "all ageing", "correlation")
  assert sums.low > 0.8 and sums.num_people == _N // 2


def test_numbers_of_few_people_and_checks_that_are_not_made_are_in_the_table_without_values():
  few = Estimate(0.5, 0.1, 0.3, 0.7, 4, 4, 0)
  enough = Estimate(0.5, 0.1, 0.3, 0.7, 6, 5, 1)
  made = table.make(
    [
      table.Row("a", table.FOLDS, "same person", "m", few),
      table.Row("a", table.VISITS, "same person", "m", enough),
      table.unavailable("a", table.AGEING, "the pictures are real"),
    ]
  )
  assert list(made.columns) == list(attention_credibility_tables.CREDIBILITY.columns)
  assert made["value"].isna().tolist() == [True, False, True]
  assert not small_counts.is_small(made["num_people"].to_numpy()).any()
  assert made["reason"].tolist() == ["fewer than 5 people", "", "the pictures are real"]
  assert made["num_samples"].isna().all()  # six samples of five people would tell that one was seen twice
  table.show(made)
