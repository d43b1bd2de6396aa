"""Correlations against pandas, pair by pair and replicate by replicate; SDs against theory; planted ones recovered."""

import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.biological_age import correlation_figure, correlation_tables
from msk_jax.biological_age.acceleration import correct
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.figures import frame, heat_map
from msk_jax.predictions import correlation_comparison
from msk_jax.predictions.pooled_rows import Rows
from msk_jax.published import reader
from msk_jax.scores import correlations


def _values(n: int, seed: int, missing: str) -> np.ndarray:
  """Five correlated columns of different scales; with `blocks` or `scattered` missing values."""
  rng = np.random.default_rng(seed)
  values = rng.normal(size=(n, 5)) @ rng.normal(size=(5, 5)) * [1, 10, 0.1, 1, 1] + [0, 1000, 0, 5, -5]
  if missing == "blocks":
    values[: n // 2, :2] = np.nan
    values[-n // 4 :, 3] = np.nan
    values[::7, 1:] = np.nan  # a single column left: such rows belong to no pair
  elif missing == "scattered":
    values[rng.random(values.shape) < 0.4] = np.nan
  return values


def _pairwise(values: np.ndarray) -> np.ndarray:
  return pd.DataFrame(values).corr(min_periods=2).to_numpy()


@pytest.mark.parametrize("missing", ["none", "blocks", "scattered"])
def test_r_and_n_equal_pandas(missing):
  values = _values(700, 1, missing)
  between = correlations.correlate(values, 2, 0)
  np.testing.assert_allclose(between.r, _pairwise(values), atol=1e-10)
  has = np.isfinite(values).astype(int)
  np.testing.assert_array_equal(between.n, has.T @ has)
  np.testing.assert_array_equal(between.sd, between.sd.T)


@pytest.mark.parametrize("missing", ["none", "blocks", "scattered"])
@pytest.mark.parametrize("is_clustered", [False, True])
def test_sds_equal_a_loop_over_the_same_draws(missing, is_clustered):
  values = _values(200, 2, missing)
  cluster = np.random.default_rng(3).integers(0, 80, 200) if is_clustered else None
  between = correlations.correlate(values, 12, 5, cluster)
  kept = values[np.isfinite(values).sum(axis=1) > 1]
  unit = np.arange(len(kept))
  if cluster is not None:
    unit = np.unique(cluster[np.isfinite(values).sum(axis=1) > 1], return_inverse=True)[1]
  num_units = unit.max() + 1
  rng = np.random.default_rng([5, num_units])
  drawn = []
  for _ in range(12):
    picked = rng.integers(0, num_units, num_units)
    drawn.append(_pairwise(kept[np.concatenate([np.flatnonzero(unit == u) for u in picked])]))
  expected = np.std(drawn, axis=0, ddof=1)
  pairs = np.triu_indices(5, 1)
  np.testing.assert_allclose(between.sd[pairs], expected[pairs], rtol=1e-3)


def test_sd_is_that_of_theory():
  """Normal variables: SD of r is (1 - r^2) / sqrt(n - 1)."""
  rng = np.random.default_rng(0)
  covariance = np.array([[1, 0.6, 0.2], [0.6, 1, 0], [0.2, 0, 1]])
  values = rng.multivariate_normal(np.zeros(3), covariance, 4000)
  between = correlations.correlate(values, 1500, 0)
  expected = (1 - between.r**2) / np.sqrt(3999)
  pairs = np.triu_indices(3, 1)
  np.testing.assert_allclose(between.sd[pairs], expected[pairs], rtol=0.08)


def test_people_with_copies_widen_the_clustered_sd_alone():
  values = np.repeat(_values(400, 4, "none"), 2, axis=0)
  rows = correlations.correlate(values, 600, 0)
  people = correlations.correlate(values, 600, 0, np.repeat(np.arange(400), 2))
  pairs = np.triu_indices(5, 1)
  np.testing.assert_allclose(people.sd[pairs] / rows.sd[pairs], np.sqrt(2), rtol=0.15)


def test_constant_empty_and_disjoint_columns_have_no_correlation():
  rng = np.random.default_rng(0)
  values = np.full((100, 4), np.nan)
  values[:50, 0], values[50:, 1], values[:, 2] = rng.normal(size=50), rng.normal(size=50), 7.1
  between = correlations.correlate(values, 5, 0)
  assert np.isnan(between.r[0, 1:]).all() and np.isnan(between.r[3]).all() and np.isnan(between.sd).all()
  assert (between.n[0, 1], between.n[0, 2], between.n[3, 3]) == (0, 50, 0)


def _ages(planted: np.ndarray, seed: int) -> dict:
  rng = np.random.default_rng(seed)
  n = len(planted)
  age = rng.uniform(45, 80, n)
  rows = [
    Rows(np.arange(n), np.full(n, 2), np.arange(n) % 10, age, 63 + 0.7 * (age - 63) + column) for column in planted.T
  ]
  return {
    name: correct(one, "in_sample", name)
    for name, one in zip(("general", "hip/ensemble", "knee/ensemble"), rows, strict=True)
  }


def test_planted_correlations_are_recovered_within_their_sd():
  covariance = np.array([[9, 5.04, 5.01], [5.04, 9, 3.159], [5.01, 3.159, 9]])  # published: .560, .557, .351
  planted = np.random.default_rng(8).multivariate_normal(np.zeros(3), covariance, 8000)
  between = correlation_tables.correlate(_ages(planted, 1), "sample", AgesSpec(num_bootstraps=300))
  pairs = np.triu_indices(3, 1)
  assert (np.abs(between.r - covariance / 9)[pairs] < 3 * between.sd[pairs]).all()
  table = correlation_tables.tabulate("sample", ["general", "hip/ensemble", "knee/ensemble"], between)
  assert (table["n"] == 8000).all() and table["published_r"].isna().all()  # the paper's are of more models
  mean, _, count = correlation_tables.mean_of_pairs(table)
  assert count == 1 and mean == pytest.approx(0.351, abs=0.03)


def test_samples_meet_by_visit_and_participants_by_person():
  age = np.linspace(50, 70, 30)
  one = Rows(np.arange(30), np.full(30, 2), np.arange(30) % 10, age, age + np.sin(age))
  two = Rows(np.arange(30), np.full(30, 3), np.arange(30) % 10, age, age + np.cos(age))
  ages = {"a/b": correct(one, "in_sample", ""), "a/c": correct(two, "in_sample", "")}
  assert correlation_tables.align(ages, "sample")[0].shape == (60, 2)
  values, person = correlation_tables.align(ages, "participant")
  assert values.shape == (30, 2) and person.tolist() == list(range(30))


def test_pairs_of_few_rows_are_left_out():
  between = correlation_tables.correlate(_ages(np.random.default_rng(0).normal(size=(19, 3)), 1), "sample", AgesSpec())
  assert correlation_tables.tabulate("sample", ["a", "b", "c"], between).empty and (between.n == 0).all()


def test_clustering_puts_alike_models_side_by_side():
  r = np.full((6, 6), 0.1)
  for group in ([0, 3], [1, 4], [2, 5]):
    r[np.ix_(group, group)] = 0.9
  np.fill_diagonal(r, 1)
  order = correlation_tables.cluster_order(r)
  assert sorted(order) == list(range(6)) and all(abs(order.index(i) - order.index(i + 3)) == 1 for i in range(3))
  r[0, 1] = r[1, 0] = np.nan
  assert sorted(correlation_tables.cluster_order(r)) == list(range(6))


def _is_missing(published: reader.Correlation) -> bool:
  return bool(np.isnan([published.r, published.r_sd]).all())


def test_published_pairs():
  """The paper: hip and knee .351; six image pairs .351, SD .072; figure and skeleton .714."""
  published = correlation_comparison.of("knee/ensemble", "hip/ensemble", "sample")
  assert (published.r, published.r_sd) == (0.351, 0.004)
  assert _is_missing(correlation_comparison.of("knee/ensemble", "hip/ensemble", "participant"))
  images = [f"{name}/ensemble" for name in ("full_body", "spine", "hip", "knee")]
  pairs = [correlation_comparison.of(a, b, "sample").r for i, a in enumerate(images) for b in images[i + 1 :]]
  assert np.mean(pairs) == pytest.approx(0.351, abs=0.001) and np.std(pairs, ddof=1) == pytest.approx(0.072, abs=0.001)


def test_a_pair_of_ensembles_stands_beside_the_papers_if_all_models_below_are_there():
  leaves = [f"{name}/{backbone}" for name in ("hip", "knee") for backbone in ("inception_v3", "inception_resnet_v2")]
  pair = ("hip/ensemble", "knee/ensemble", "sample")
  published = correlation_comparison.of_same(*pair, [*leaves, *pair[:2]])
  assert (published.r, published.r_sd) == (0.351, 0.004)
  for absent in leaves:
    assert _is_missing(correlation_comparison.of_same(*pair, [name for name in leaves if name != absent]))


@pytest.mark.parametrize("m", [2, 3, 14])
def test_heat_maps_are_pictures(m, tmp_path):
  between = correlations.correlate(np.random.default_rng(0).normal(size=(40, m)), 5, 0)
  names = [f"knee/m{i}" for i in range(m)]
  correlation_figure.draw(tmp_path / "p.png", "title", names, between, {"spine/m0"})
  assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG") and "†" not in (tmp_path / "p.svg").read_text()


def test_a_model_without_age_signal_is_marked_in_the_heat_map(monkeypatch):
  drawn = []
  monkeypatch.setattr(heat_map, "draw", lambda *arguments: drawn.append(arguments))
  monkeypatch.setattr(frame, "save", lambda *_: None)
  between = correlations.correlate(np.random.default_rng(0).normal(size=(40, 2)), 5, 0)
  correlation_figure.draw(pathlib.Path("p.png"), "title", ["knee/a", "knee/b"], between, {"knee/b"})
  ((title, matrix, _),) = drawn
  assert matrix.labels == ["knee / a", "knee / b †"]
  assert title.endswith("† no age signal, noise")
