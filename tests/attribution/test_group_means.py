"""Mean maps: right for those who are shown, and nothing tells of fewer than five people."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.attribution import group_means, methods, whose
from msk_jax.figures import map_grid
from msk_jax.io import tables
from msk_jax.schemas import attention_credibility_tables

_SHAPE = (12, 10)


def _cohort(counts: dict[tuple[str, str, str], int], seed: int = 0) -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
  """Returns maps, labels and people, with the same map for all of a group but for noise."""
  rng = np.random.default_rng(seed)
  keys = [key for key, count in counts.items() for _ in range(count)]
  maps = np.array([len("".join(key)) + 0.1 * rng.standard_normal(_SHAPE) for key in keys], np.float32)
  return maps, pd.DataFrame(keys, columns=list(group_means.LABELS)), np.arange(len(keys))


def _compute(maps: np.ndarray, labels: pd.DataFrame, person: np.ndarray, sample=None, method="saliency"):
  sample = np.arange(len(maps)) if sample is None else sample
  return group_means.compute(maps.__getitem__, labels, whose.Whose(person, sample), methods.MEANINGS[method])


def _find(means: group_means.GroupMeans, **labels: str) -> np.ndarray | None:
  row = means.row_of(labels)
  return None if row is None else means.maps[row]


_COUNTS = {
  ("female", "young", "normal"): 8,
  ("female", "old", "accelerated"): 9,
  ("male", "young", "normal"): 7,
  ("male", "old", "normal"): 10,
}


def test_means_are_those_of_the_groups_and_their_unions():
  maps, labels, person = _cohort(_COUNTS)
  means = _compute(maps, labels, person)
  own = _find(means, sex="female", age_group="old", rate="accelerated")
  np.testing.assert_allclose(own, maps[8:17].mean(axis=0), atol=1e-5)
  np.testing.assert_allclose(_find(means, sex="female"), maps[:17].mean(axis=0), atol=1e-5)
  np.testing.assert_allclose(_find(means), maps.mean(axis=0), atol=1e-5)
  assert means.table.loc[0, "num_people"] == 34 == means.num_people
  assert means.num_hidden_groups == means.num_hidden_people == means.num_left_out == 0


def test_a_small_group_is_in_no_map_and_another_is_left_out_with_it():
  maps, labels, person = _cohort({**_COUNTS, ("male", "middle", "normal"): 3})
  means = _compute(maps, labels, person)
  assert _find(means, sex="male", age_group="middle", rate="normal") is None
  # With the three alone left out, whoever knows the number of people could count them.
  assert means.num_hidden_groups == 2 and means.num_hidden_people == 3 + 7
  assert _find(means, sex="male", age_group="young", rate="normal") is None
  shown = np.r_[0:17, 24:34]
  np.testing.assert_allclose(_find(means), maps[shown].mean(axis=0), atol=1e-5)
  np.testing.assert_allclose(_find(means, sex="male"), maps[24:34].mean(axis=0), atol=1e-5)
  assert (means.table["num_people"] >= 5).all()


def test_unions_are_sums_of_the_groups_that_are_shown():
  maps, labels, person = _cohort({**_COUNTS, ("male", "middle", "normal"): 3})
  table = _compute(maps, labels, person).table
  is_group = (table[list(group_means.LABELS)] != group_means.EVERYBODY).all(axis=1)
  assert table.loc[is_group, "num_people"].sum() == table["num_people"].max()


def test_each_person_counts_once_in_their_first_group():
  maps, labels, person = _cohort(_COUNTS)
  person[8] = person[0]  # seen again when old
  person[1] = person[0]  # seen twice when young
  means = _compute(maps, labels, person)
  assert means.num_left_out == 1
  young = _find(means, sex="female", age_group="young", rate="normal")
  expected = np.concatenate([maps[:2].mean(axis=0, keepdims=True), maps[2:8]]).mean(axis=0)
  np.testing.assert_allclose(young, expected, atol=1e-5)
  row = means.table[(means.table["age_group"] == "young") & (means.table["sex"] == "female")].iloc[-1]
  assert row["num_people"] == 7
  # 8 samples would tell that one was seen twice, and so would everybody's less the other groups'.
  assert means.table["num_samples"].isna().all()


def test_samples_are_counted_and_not_their_pictures():
  maps, labels, person = _cohort(_COUNTS)
  both_sides = np.repeat(np.arange(len(maps)), 2)
  means = _compute(maps[both_sides], labels.iloc[both_sides].reset_index(drop=True), person[both_sides], both_sides)
  assert (means.table["num_samples"] == means.table["num_people"]).all() and means.num_people == 34


def test_the_table_says_unit_and_sign():
  for method, sign in (("saliency", "older"), ("published_saliency", "size")):
    table = _compute(*_cohort(_COUNTS), method=method).table
    assert set(table["sign"]) == {sign} and set(table["unit"]) == {methods.MEANINGS[method].unit}


def test_pixels_that_few_people_have_are_shown_in_no_map():
  maps, labels, person = _cohort(_COUNTS)
  maps[:5, 3, 4] = np.nan  # three of eight are left
  maps[0, 5, 5] = np.nan
  means = _compute(maps, labels, person)
  for mean in means.maps:
    assert np.isnan(mean[3, 4]) and np.isfinite(mean[5, 5])


def test_people_without_a_map_are_not_counted():
  maps, labels, person = _cohort(_COUNTS)
  maps[0] = np.nan
  with pytest.raises(ValueError, match="no pixel"):
    _compute(maps, labels, person)


def test_maps_without_a_pixel_are_not_shown():
  maps, labels, person = _cohort(_COUNTS)
  maps[:8, :6] = np.nan  # the groups have no row in common
  maps[8:, 6:] = np.nan
  means = _compute(maps, labels, person)
  assert means.is_without_pixels and not len(means.table) and not len(means.maps)
  assert means.num_hidden_groups == 4 and means.num_hidden_people == 34


def test_nobody_is_shown_of_few_people(tmp_path):
  maps, labels, person = _cohort({("male", "old", "normal"): 4})
  means = _compute(maps, labels, person)
  assert not len(means.table) and means.num_people == 0 and means.num_hidden_people == 4
  group_means.write(tmp_path, "mean_maps", means, np.zeros(_SHAPE, np.float32), map_grid.Look("", "years"))
  assert sorted(path.name for path in tmp_path.iterdir()) == ["mean_maps.csv", "mean_maps.parquet"]


def test_files_hold_the_maps_in_the_order_of_the_table(tmp_path):
  means = _compute(*_cohort(_COUNTS))
  template = np.full(_SHAPE, 100.0, np.float32)
  group_means.write(tmp_path, "mean_maps", means, template, map_grid.Look("mean", "years"))
  table = tables.read(tmp_path / "mean_maps.parquet", attention_credibility_tables.GROUPS)
  with np.load(tmp_path / "mean_maps.npz") as arrays:
    np.testing.assert_array_equal(arrays["maps"], means.maps)
    np.testing.assert_array_equal(arrays["template"], template)
    assert len(table) == len(arrays["maps"])
  assert (tmp_path / "mean_maps.png").exists() and (tmp_path / "mean_maps.svg").exists()


@pytest.mark.parametrize("order", [np.s_[::-1], np.s_[5:]])
def test_the_table_has_no_group_of_nobody(order):
  maps, labels, person = _cohort(_COUNTS)
  means = _compute(maps[order], labels.iloc[order].reset_index(drop=True), person[order])
  assert not means.table.duplicated(list(group_means.LABELS)).any()
  assert len(means.table) == len(means.maps)


def test_the_template_has_no_pixel_of_fewer_than_five_people():
  maps = np.zeros((6, 2, 3), np.float32)
  maps[2:, 0, 0] = np.nan  # two pictures, of one person
  maps[0, 1, 1] = np.nan  # five pictures, of four people
  person = np.array([0, 0, 1, 2, 3, 4])
  person_of_few = np.array([0, 1, 1, 2, 3, 4])
  masked = group_means.mask_template(np.full((2, 3), 7, np.float32), maps.__getitem__, person)
  assert masked[0, 0] == 0 and masked[1, 1] == 7
  assert group_means.mask_template(np.full((2, 3), 7, np.float32), maps.__getitem__, person_of_few)[1, 1] == 0
