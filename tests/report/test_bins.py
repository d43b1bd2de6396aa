"""People in bins: no count, and no difference of counts, is of one to four people."""

import itertools

import numpy as np
import pandas as pd
import pytest

from msk_jax.disclosure import small_counts
from msk_jax.report import accelerations, bins, scalar_sets
from tests.report import picture_study


def test_small_bins_join_the_next_one_towards_the_middle():
  edges, counts = bins.join_small(np.arange(7.0), np.array([[1, 9, 20, 30, 2, 3]]))
  assert edges.tolist() == [0, 2, 3, 4, 6] and counts.tolist() == [[10, 20, 30, 5]]


def test_a_bin_is_small_if_it_is_small_in_any_group_and_may_be_empty():
  edges, counts = bins.join_small(np.arange(5.0), np.array([[0, 6, 6, 9], [7, 8, 3, 9]]))
  assert edges.tolist() == [0, 1, 3, 4] and counts.tolist() == [[0, 12, 9], [7, 11, 9]]


def test_outer_bins_without_people_join_the_next_one():
  edges, counts = bins.join_small(np.arange(6.0), np.array([[0, 0, 9, 0, 7]]))
  assert edges.tolist() == [0, 3, 4, 5] and counts.tolist() == [[9, 0, 7]]


def test_too_few_people_have_no_bin():
  edges, counts = bins.join_small(np.arange(3.0), np.array([[2, 1]]))
  assert len(edges) == 1 and counts.shape == (1, 0)


def test_accelerations_are_counted_once_per_person_and_in_sds():
  values = np.linspace(-3, 3, 600)
  ages = pd.DataFrame({"eid": [*map(str, range(600)), "0"], "acceleration_years": [*values, -3.0]})
  counted = accelerations.count("sample", "knee/net", "knee", ages)
  table = counted.table
  spread = values.std(ddof=1)
  assert table["num_people"].sum() == 600 and table["num_people"].min() >= 5
  fast = table[table["low_sd"] >= 1]
  assert fast["num_people"].sum() == (values >= spread).sum() > 100
  assert fast["low_years"].iloc[0] == pytest.approx(spread)
  assert counted.sd_years == pytest.approx(spread)
  few = accelerations.count("sample", "knee/net", "knee", ages[:9])
  assert few.table.empty and few.sd_years is None


def test_accelerations_are_counted_around_the_mean_of_the_people():
  values = np.linspace(-3, 3, 600)
  ages = pd.DataFrame({"eid": [*map(str, range(600))], "acceleration_years": values + 2.0})
  table = accelerations.count("sample", "knee/net", "knee", ages).table
  counts = [table.loc[chosen, "num_people"].sum() for chosen in (table["low_sd"] >= 1, table["high_sd"] <= -1)]
  assert counts[0] == counts[1] > 100
  assert table.loc[table["low_sd"] == 0, "low_years"].tolist() == pytest.approx([2.0])


def _people(num: int, rng) -> pd.DataFrame:
  sex = np.where(rng.random(num) < 0.2, "male", "female")
  values = {"size_cm": rng.normal(0, 1, num) + 2 * (sex == "male"), "age_years": rng.normal(60, 9, num)}
  return pd.DataFrame({"eid": [str(number) for number in range(num)], "sex": sex, **values})


@pytest.mark.parametrize("seed", range(5))
def test_no_difference_between_everybody_and_a_sex_is_of_few_people(seed):
  people = _people(80, np.random.default_rng(seed))
  summary = scalar_sets.summarise({"own": (people, ["size_cm"])})
  histograms = summary.histograms.pivot(index="low", columns="sex", values="num_people")
  assert histograms.isna().sum().sum() == 0 and (histograms["all"] == histograms["female"] + histograms["male"]).all()
  assert not small_counts.is_small(histograms.to_numpy()).any()
  assert histograms.sum().tolist() == summary.features.set_index("sex")["num_people"][list(histograms)].tolist()
  trends = summary.trends.pivot(index="age_band", columns="sex", values="num_people").reindex(
    columns=["all", "female", "male"]
  )
  total = summary.features.set_index("sex")["num_people"]
  for name in trends:
    assert not small_counts.is_small(int(total[name]) - int(trends[name].sum()))
  for first, second in itertools.combinations(trends, 2):
    both = trends[[first, second]].dropna()
    assert not small_counts.is_small((both[first] - both[second]).abs().to_numpy()).any() or first != "all"


def test_a_sex_of_few_people_is_not_shown():
  people = _people(60, np.random.default_rng(0))
  people["sex"] = np.where(np.arange(60) < 4, "male", "female")
  summary = scalar_sets.summarise({"own": (people, ["size_cm"])})
  assert {*summary.features["sex"], *summary.histograms["sex"], *summary.trends["sex"]} == {"all"}
  assert scalar_sets.summarise({"own": (people[:9], ["size_cm"])}).features.empty


def _with_gout(per_band: dict[tuple[str, int], tuple[int, int]]) -> pd.DataFrame:
  """Returns people with a feature of 0 and 1, by sex and age: how many, and how many of them have a 1."""
  rows = [(sex, age + 1.0, float(n < ones)) for (sex, age), (num, ones) in per_band.items() for n in range(num)]
  return pd.DataFrame(rows, columns=["sex", "age_years", "gout"]).assign(eid=[str(n) for n in range(len(rows))])


def test_means_that_count_one_to_four_people_are_not_shown():
  bands = {("female", 45): (11, 1), ("female", 50): (30, 9), ("female", 55): (20, 5), ("male", 45): (40, 10)}
  bands |= {("male", 50): (30, 6), ("male", 55): (20, 8)}
  summary = scalar_sets.summarise({"own": (_with_gout(bands), ["gout"])})
  assert summary.features["mean"].notna().all()
  shown = summary.trends.groupby("sex")["age_band"].apply(list).to_dict()
  # One woman of 45 to 49 could be counted as the rest of 50 to 59, so the smallest of these is left out too.
  assert shown["female"] == ["50-54"] == shown["all"] and shown["male"] == ["45-49", "50-54", "55-59"]


def test_a_sex_with_a_rare_value_hides_the_other():
  bands = {("female", 45): (40, 20), ("female", 50): (40, 20), ("male", 45): (40, 3), ("male", 50): (40, 0)}
  summary = scalar_sets.summarise({"own": (_with_gout(bands), ["gout"])})
  means = summary.features.set_index("sex")[["mean", "sd", "age_r", "per_year"]].isna()
  assert not means.loc["all"].any() and means.loc[["female", "male"]].all().all()
  assert set(summary.trends["sex"]) == {"all"}
  assert summary.features["num_people"].tolist() == [160, 80, 80]


def test_a_rare_value_beside_a_usual_one_hides_the_means():
  people = _with_gout({("female", 45): (60, 0), ("male", 45): (60, 0)})
  people["gout"] = people["gout"].where(people.index > 2, 7.0)
  summary = scalar_sets.summarise({"own": (people, ["gout"])})
  assert summary.features["mean"].isna().all() and summary.trends.empty
  falls = np.zeros(60)
  falls[:12] = np.arange(12)  # twelve values, most people have 0
  assert set(scalar_sets._categories(falls)) == {0, 1}
  assert set(scalar_sets._categories(np.arange(60.0))) == {0}


def test_edges_of_bins_are_round_numbers_and_no_values():
  people = _people(201, np.random.default_rng(0))
  people["size_cm"] = people["size_cm"] * 3 + 170.123456
  low = scalar_sets.summarise({"own": (people, ["size_cm"])}).histograms["low"]
  edges = low[np.isfinite(low)].to_numpy()
  assert len(edges) and np.allclose(edges * 10, np.round(edges * 10), atol=1e-9)
  for bounds in ((0.0, 1.0), (-0.031, 0.055), (1e-9, 3e-9), (40_000.0, 90_000.0)):
    edges = scalar_sets._round_edges(*bounds)
    assert 10 < len(edges) <= 31 and edges[0] <= bounds[0] and edges[-1] >= bounds[1]
    assert [float(f"{edge:.3g}") for edge in edges] == pytest.approx(edges.tolist(), rel=1e-12)


def test_people_are_taken_at_their_first_complete_visit():
  visits = pd.DataFrame({"eid": ["1", "1", "2"], "instance": [0, 2, 0], "age_years": [50.0, 60.0, 70.0]})
  measured = pd.DataFrame({"eid": ["1", "1", "2"], "instance": [0, 2, 0], "a": [np.nan, 2.0, 3.0]})
  participants = pd.DataFrame({"eid": ["1", "2"], "sex": [0, 1]})
  joined = scalar_sets.join(measured, ["a"], participants, visits)
  assert joined[["eid", "age_years", "sex"]].to_numpy().tolist() == [["1", 60.0, "female"], ["2", 70.0, "male"]]


def test_height_falls_with_age_and_men_are_taller(tmp_path):
  from msk_jax.cohort import scalar_tables
  from msk_jax.io import tables
  from msk_jax.schemas import cohort_tables

  picture_study.write_cohort(tmp_path)
  read = {
    "participants": tables.read(tmp_path / "participants.parquet", cohort_tables.PARTICIPANTS),
    "visits": tables.read(tmp_path / "visits.parquet", cohort_tables.VISITS),
  }
  features = ["standing_height_cm", "weight_kg"]
  people = scalar_sets.join(scalar_tables.read(tmp_path, "anthropometry"), features, **read)
  summary = scalar_sets.summarise({"anthropometry": (people, features)})
  height = summary.features[summary.features["feature"] == features[0]].set_index("sex")
  assert height.loc["male", "mean"] - height.loc["female", "mean"] == pytest.approx(12, abs=1)
  assert height.loc["female", "per_year"] == pytest.approx(-0.1, abs=0.04)
