"""The checks on a linear network whose right maps are known."""

import numpy as np
import pytest

from msk_jax.attribution import whose
from msk_jax.attribution.credibility import checks, localisation, randomisation, table
from msk_jax.attribution.credibility.estimates import Estimate
from msk_jax.disclosure import small_counts
from msk_jax.schemas import attention_credibility_tables

_N, _SHAPE = 40, (16, 12)
_KIND = checks.Kind("linear")


def _whose(person: np.ndarray) -> whose.Whose:
  return whose.Whose(person, np.arange(len(person)))


@pytest.fixture(scope="module")
def pictures() -> checks.Pictures:
  rng = np.random.default_rng(0)
  image = rng.integers(0, 256, (_N, *_SHAPE, 1)).astype(np.uint8)
  return checks.Pictures(image, np.zeros((_N, 1), np.float32), rng.normal(60, 8, _N), _whose(np.arange(_N) // 2))


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
  cascades = [
    [
      randomisation.Stage("none", 0.0, weights),
      randomisation.Stage("all", 1.0, rng.permutation(weights.ravel()).reshape(_SHAPE)),
    ]
    for _ in range(8)
  ]
  rows = checks.compare_randomised(_KIND, checks.Maker(_make, 16), pictures, cascades, weights)
  assert _find(rows, "none, 0% of the weights", "rank correlation, signed").value == pytest.approx(1.0)
  shuffled = _find(rows, "all, 100% of the weights", "rank correlation, signed")
  assert abs(shuffled.value) < 0.1 and shuffled.low < 0 < shuffled.high and shuffled.num_shuffles == 8


def test_shuffles_that_differ_are_in_the_interval(pictures):
  """Single shuffles may give the map or its opposite: people agree, shuffles do not, and their mean is not a result."""
  weights = np.random.default_rng(1).normal(size=_SHAPE)
  cascades = [[randomisation.Stage("all", 1.0, sign * weights)] for sign in (1, -1) * 4]
  rows = checks.compare_randomised(_KIND, checks.Maker(_make, 16), pictures, cascades, weights)
  estimate = _find(rows, "all, 100% of the weights", "rank correlation, signed")
  assert estimate.value == pytest.approx(0.0, abs=1e-9) and estimate.low < -0.9 and estimate.high > 0.9


def test_an_edge_detector_outlives_all_weights(pictures):
  cascades = [[randomisation.Stage("all", 1.0, None)]] * 2
  maker = checks.Maker(lambda _variables, image, _side, _ages: image[..., 0].astype(float), 16)
  rows = checks.compare_randomised(_KIND, maker, pictures, cascades, None)
  assert _find(rows, "all, 100% of the weights", "rank correlation, signed").value == pytest.approx(1.0)


def test_maps_without_a_value_are_said(pictures):
  maker = checks.Maker(lambda variables, image, _side, _ages: variables * image[..., 0].astype(float), 16)
  cascades = [[randomisation.Stage("head", 0.1, np.float64(number % 2))] for number in range(4)]
  (row,) = checks.compare_randomised(checks.Kind("a", ("signed",)), maker, pictures, cascades, np.float64(1))
  assert row.estimate is not None and row.estimate.num_shuffles == 2
  assert row.remark == "interval over 4 shuffles; 50% of the maps of head have no value"


def test_progress_counts_each_map_once(pictures):
  numbers = []
  checks.Maker(_make, 16, lambda count, *_: numbers.append(count)).maps(np.ones(_SHAPE), pictures)
  assert sum(numbers) == _N


def test_pairs_stand_beside_other_people():
  rng = np.random.default_rng(2)
  person = np.arange(_N) // 2
  own = rng.normal(size=(_N // 2, *_SHAPE))[person]
  rows = checks.compare_pairs(
    _KIND, table.VISITS, own + 0.1 * rng.normal(size=own.shape), own + 0.1 * rng.normal(size=own.shape), _whose(person)
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
  ratios = {
    name: localisation.precision_over_prevalence(values, masks["all ageing"]).mean()
    for name, values in localisation.baselines(pictures.image).items()
  }
  strongest = max(ratios, key=ratios.__getitem__)
  paired = _find(rows, f"all ageing: maps less {strongest}", "difference of area over prevalence")
  assert paired.value == pytest.approx(best - ratios[strongest]) and paired.low > 3
  chance = _find(rows, "all ageing: chance", "area over prevalence")
  gain = _find(rows, "all ageing: maps less chance", "difference of area over prevalence")
  assert chance.value < 1.5 and gain.value == pytest.approx(best - chance.value)
  maps = np.where(masks["all ageing"], acceleration[:, None, None] / 10, 5.0)
  sums = _find(checks.correlate_sums(_KIND, maps, masks, acceleration, pictures), "all ageing", "correlation")
  assert sums.low > 0.8 and sums.num_people == _N // 2


def test_maps_with_a_flaw_are_in_no_overlap_and_no_sum(pictures):
  maps = np.random.default_rng(4).normal(size=(_N, *_SHAPE)).astype(np.float32)
  maps[:10] = np.nan  # five people
  masks = {"all ageing": np.random.default_rng(5).random((_N, *_SHAPE)) < 0.2}
  rows = checks.locate(_KIND, maps, pictures, masks)
  rows += checks.correlate_sums(_KIND, maps, masks, np.arange(_N, dtype=float), pictures)
  for row in rows:
    if "maps" in row.case or row.check == table.SUMS:
      assert row.estimate is not None and row.estimate.num_left_out == 10 and row.estimate.num_people == 15


def test_numbers_of_samples_that_other_rows_would_tell_are_in_no_row():
  of_all, of_some = Estimate(0.5, 0.1, 0.3, 0.7, 48, 40, 0), Estimate(0.5, 0.1, 0.3, 0.7, 43, 40, 5)
  rows = [table.Row("a", table.FOLDS, str(number), "m", each) for number, each in enumerate((of_all, of_some))]
  assert table.make(rows)["num_samples"].isna().all()  # 43 + 5 = 48: the first row's number would give the second's
  assert table.make(rows[:1])["num_samples"].tolist() == [48]
  few_missing = table.make([table.Row("a", table.FOLDS, "", "m", Estimate(0.5, 0.1, 0.3, 0.7, 50, 40, 3))])
  assert few_missing["num_left_out"].isna().all()


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
