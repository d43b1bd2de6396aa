"""The tables of performance: SDs, groups, small cells, the best models, published numbers."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as oracle

from msk_jax.cohort import visit_keys
from msk_jax.disclosure import small_counts
from msk_jax.evaluation import groups, performance
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.predictions import comparison, model_names
from msk_jax.predictions.pooled_rows import Predictions, Rows, by_same_rows
from msk_jax.published import reader
from msk_jax.scores import concordance

_FAST = EvaluateSpec(num_bootstraps=200)


def _rows(n: int, seed: int, noise: float = 4.0, visits: int = 1) -> Rows:
  rng = np.random.default_rng(seed)
  person, instance = np.divmod(np.arange(n), visits)
  age = rng.uniform(45, 80, n)
  return Rows(person, instance, person % 10, age, age + rng.normal(0, noise, n))


def _with(rows: Rows, noise: float, seed: int) -> Rows:
  rng = np.random.default_rng(seed)
  return Rows(rows.person, rows.instance, rows.fold, rows.age_years, rows.age_years + rng.normal(0, noise, len(rows)))


def test_the_table_holds_scores_and_both_sds():
  first = _rows(1000, 0)
  models = {"knee/inception_v3": first, "general": _with(first, 2.0, 1), "hip/inception_v3": _rows(900, 2)}
  table = performance.tabulate("sample", models, _FAST).set_index("model")
  assert list(table.index) == ["general", "hip/inception_v3", "knee/inception_v3"]
  for name, rows in models.items():
    row = table.loc[name]
    assert row["r2"] == pytest.approx(oracle.r2_score(rows.age_years, rows.predicted_years))
    folds = [oracle.r2_score(rows.age_years[rows.fold == f], rows.predicted_years[rows.fold == f]) for f in range(10)]
    assert row["r2_sd_folds"] == pytest.approx(np.std(folds, ddof=1))
    squares = np.square(rows.age_years - rows.predicted_years)
    expected = squares.std() / np.sqrt(len(rows)) / 2 / np.sqrt(squares.mean())
    assert row["rmse_sd_bootstrap"] == pytest.approx(expected, rel=0.2)
    assert (row["n"], row["num_people"], row["num_folds"]) == (len(rows), len(rows), 10)
  assert table.loc["hip/inception_v3", ["published_r2", "published_rmse"]].tolist() == [0.6714, 4.330]
  assert np.isnan(table.loc["general", "published_r2"])  # theirs is of 31 models


def test_a_models_sd_does_not_depend_on_which_others_there_are():
  first, other = _rows(300, 0), _rows(300, 5)
  alone = performance.tabulate("sample", {"a/b": first}, _FAST).set_index("model").loc["a/b"]
  beside = performance.tabulate("sample", {"a/b": first, "a/c": _with(first, 3, 1), "d/e": other}, _FAST)
  pd.testing.assert_series_equal(alone, beside.set_index("model").loc["a/b"])


def test_one_fold_has_no_sd_over_folds():
  rows = _rows(100, 0)
  one_fold = Rows(rows.person, rows.instance, np.zeros(100, int), rows.age_years, rows.predicted_years)
  row = performance.tabulate("sample", {"a/b": one_fold}, _FAST).iloc[0]
  assert row["num_folds"] == 1 and np.isnan(row["r2_sd_folds"]) and row["r2_sd_bootstrap"] > 0


def test_participants_can_be_drawn_whole():
  rows = _rows(1000, 0, visits=2)
  first = np.repeat(np.flatnonzero(rows.instance == 0), 2)  # both visits alike
  twice = Rows(rows.person, rows.instance, rows.fold, rows.age_years[first], rows.predicted_years[first])
  by_row, by_person = (
    performance.tabulate("sample", {"a/b": twice}, EvaluateSpec(1000, unit))["mae_sd_bootstrap"][0]
    for unit in ("row", "participant")
  )
  assert by_person / by_row == pytest.approx(np.sqrt(2), rel=0.1)


def test_models_with_the_same_rows_are_found():
  first = _rows(50, 0)
  shorter = Rows(*(values[:-1] for values in vars(first).values()))
  groups_ = by_same_rows({"a": first, "b": shorter, "c": _with(first, 1, 1), "d": _rows(50, 9)})
  assert groups_ == [["a", "c"], ["b"], ["d"]]


def test_the_best_model_is_chosen_on_validation_not_on_test():
  validation = _rows(400, 0)
  models = {
    "knee/a": Predictions(_with(validation, 2.0, 1), _with(validation, 6.0, 2), "", 0),
    "knee/b": Predictions(_with(validation, 4.0, 3), _with(validation, 1.0, 4), "", 0),
    "hip/c": Predictions(Rows(*(v[:0] for v in vars(validation).values())), validation, "", 0),
  }
  best = performance.choose_best("sample", models)
  assert best["model"].tolist() == ["knee/a"] and best["num_candidates"].tolist() == [2]
  assert best["test_rmse"][0] == pytest.approx(6, rel=0.1) and best["validation_rmse"][0] == pytest.approx(2, rel=0.1)


def _labels(n: int, ethnicity: np.ndarray) -> groups.Labels:
  sex = np.where(np.arange(n) % 2 == 0, "male", "female")
  visit = visit_keys.make(np.arange(n), 0)
  return groups.Labels(sex, groups.ethnicity_groups(ethnicity), visit, groups.centre_names(np.full(n, 11025)))


def test_groups_have_their_own_scores_and_small_ones_are_left_out():
  rows = _rows(400, 3)
  ethnicity = np.full(400, 1001)
  ethnicity[:4], ethnicity[4:14], ethnicity[14:60] = 5, 4001, 3
  table = groups.scores_by_group("sample", "a/b", rows, _labels(400, ethnicity)).set_index(["kind", "group"])
  men = rows.person % 2 == 0
  assert table.loc[("sex", "male"), "r2"] == pytest.approx(
    oracle.r2_score(rows.age_years[men], rows.predicted_years[men])
  )
  error = rows.predicted_years - rows.age_years
  of_men = concordance.c_index(rows.age_years[men], rows.predicted_years[men])
  assert table.loc[("sex", "male"), "c_index"] == pytest.approx(of_men) and 0.5 < of_men < 1
  assert table.loc[("sex", "female"), "mean_error_years"] == pytest.approx(error[~men].mean())
  assert set(table.loc["ethnicity"].index) == {"White", "Asian"}  # 4 are Chinese: the 10 Black hide them
  assert table.loc[("ethnicity", "Asian"), "num_people"] == 46
  assert table.loc["centre", "num_people"].tolist() == [400]
  assert table.loc["age_band", "num_people"].sum() == 400


def test_counts_between_five_and_thirty_come_without_scores():
  ethnicity = np.full(400, 1001)
  ethnicity[:12] = 5
  table = groups.scores_by_group("sample", "a/b", _rows(400, 3), _labels(400, ethnicity)).set_index("group")
  assert (
    table.loc["Chinese", "num_people"] == 12
    and np.isnan(table.loc["Chinese", ["r2", "mae", "mean_error_years"]].astype(float)).all()
  )
  assert np.isfinite(table.loc["White", "r2"])


def test_people_count_once_and_samples_each():
  assert small_counts.count_people(np.array([0, 0, 0, 2]), np.array([7, 7, 1, 7]), 3).tolist() == [2, 0, 1]
  rows = _rows(8, 0, visits=2)  # eight samples of four people
  table = groups.scores_by_group("sample", "a/b", rows, _labels(4, np.full(4, 1)))
  assert table.empty


def test_groups_are_in_the_order_of_their_numbers_not_of_their_letters():
  """Own data have children, and may have twelve folds."""
  names, group = groups.in_order(np.array(["10-14", "5-9", "100-104", "5-9"]))
  assert names.tolist() == ["5-9", "10-14", "100-104"] and group.tolist() == [1, 0, 2, 0]
  assert groups.in_order(np.arange(12).astype(str))[0].tolist() == [str(number) for number in range(12)]
  assert groups.in_order(np.array(["male", "female", "male"]))[1].tolist() == [1, 0, 1]


def test_ethnicity_bands_and_centres():
  codes = np.array([1, 1001, 2004, 3, 4002, 5, 6, -1, -3, -5])
  assert groups.ethnicity_groups(codes).tolist() == [
    "White",
    "White",
    "Mixed",
    "Asian",
    "Black",
    "Chinese",
    "Other",
    "not known",
    "not known",
    "not known",
  ]
  assert groups.age_bands(np.array([44.9, 45.0, 49.99, 80.0])).tolist() == ["40-44", "45-49", "45-49", "80-84"]
  assert groups.centre_names(np.array([11010, 99_999, -1])).tolist() == ["Leeds", "99999", "not known"]


def test_published_numbers():
  table = reader.performance()
  assert len(table) == 45 and sum(product == "sample" for _, product in table) == 39
  single = [name for name, product in table if product == "sample" and not model_names.is_ensemble(name)]
  assert len(single) == 31
  assert comparison.of("full_body/mixed/inception_resnet_v2", "sample") == reader.Performance(
    42164, 0.8097, 0.0016, 3.295, 0.012, "website: clean_aws/feature_importances/tries.ipynb at c2b4f0f"
  )
  assert np.isnan(comparison.of("elbow/inception_v3", "sample").r2)
  for published in table.values():  # RMSE and R2 fit one spread of ages per data set
    if np.isfinite([published.r2, published.rmse_years]).all():
      assert 6.5 < published.rmse_years / np.sqrt(1 - published.r2) < 8.6


def test_an_ensemble_stands_beside_the_papers_if_all_models_below_it_are_there():
  papers = [name for name, product in reader.performance() if product == "sample"]
  leaves = [name for name in papers if not model_names.is_ensemble(name)]
  for name in papers:
    assert comparison.missing_models(name, leaves) == []
    assert comparison.of_same(name, "sample", [*leaves, "elbow/more"]) == comparison.of(name, "sample")
  views = [name for name in leaves if name.startswith("full_body/figure/")]
  assert comparison.missing_models("full_body/figure/ensemble", views) == []
  assert len(comparison.missing_models("full_body/ensemble", views)) == 6
  assert len(comparison.missing_models("general", views)) == 29 and comparison.missing_models("general", leaves) == []
  assert np.isnan(comparison.of_same("full_body/ensemble", "sample", views).r2)
  assert comparison.of_same("full_body/figure/inception_v3", "sample", []).r2 == 0.7897


def test_what_the_comparison_lacks_is_said():
  both = ["knee/inception_v3", "knee/inception_resnet_v2"]
  said = comparison.describe_missing("sample", [*both[:1], "knee/ensemble", "elbow/ensemble"])
  assert said.startswith("No published numbers beside knee/ensemble (per sample)") and both[1] in said
  assert comparison.describe_missing("sample", [*both, "knee/ensemble"]) == ""


def test_models_are_shown_by_dimension_ensembles_first():
  names = [
    "scalars/all/mlp",
    "knee/inception_v3",
    "general",
    "knee/ensemble",
    "spine/sagittal/inception_v3",
    "elbow/x",
    "spine/sagittal/ensemble",
    "scalars/ensemble",
    "spine/ensemble",
    "spine/coronal/ensemble",
  ]
  assert model_names.in_order(names) == [
    "general",
    "spine/ensemble",
    "spine/sagittal/ensemble",
    "spine/sagittal/inception_v3",
    "spine/coronal/ensemble",
    "knee/ensemble",
    "knee/inception_v3",
    "scalars/ensemble",
    "scalars/all/mlp",
    "elbow/x",
  ]
  chosen = model_names.representatives(names, {"elbow": "elbow/x", "knee": "knee/inception_v3"})
  assert chosen == ["general", "spine/ensemble", "knee/ensemble", "scalars/ensemble", "elbow/x"]
