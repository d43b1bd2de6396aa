"""Oracles: scikit-learn's permutation importance, NumPy's correlation; planted effects have the largest importances."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import inspection

from msk_jax.published import reader
from msk_jax.scalar_models import importance_figure
from msk_jax.schemas import importance_tables
from msk_jax.tabular import algorithm, boosting, importances, linear, measures
from msk_jax.tabular.mlp import regressor
from tests.tabular import scalar_cohort


class _SumModel:
  """Predicts 70 - grip, and looks at nothing else."""

  def __init__(self):
    self.calls = 0

  def fit(self, x, y):
    return self

  def predict(self, features_np):
    self.calls += 1
    return 70.0 - features_np[:, 1]

  def score(self, x, y):
    return 1 - np.sum((self.predict(x) - y) ** 2) / np.sum((y - y.mean()) ** 2)

  def to_file(self, path):
    raise NotImplementedError


def test_permutation_is_scikit_learns_on_average_and_leaves_features_alone():
  samples = scalar_cohort.samples(2000)
  before = samples.features_np.copy()
  drops = importances.permutation(_SumModel(), samples.features_np, samples.target, 20, np.random.default_rng(0))
  oracle = inspection.permutation_importance(
    _SumModel(), samples.features_np, samples.target, n_repeats=20, random_state=1
  )
  np.testing.assert_allclose(drops[1], oracle.importances_mean[1], rtol=0.03)
  assert not drops[[0, 2, 3, 4]].any()  # features it doesn't look at
  assert np.array_equal(samples.features_np, before)


def test_features_that_do_not_move_cost_no_predictions():
  samples = scalar_cohort.samples(50)
  features = samples.features_np.copy()
  features[:, 2:] = 1.0
  model = _SumModel()
  drops = importances.permutation(model, features, samples.target, 3, np.random.default_rng(0))
  assert model.calls == 1 + 2 * 3
  assert np.isnan(drops).tolist() == [False, False, True, True, True]


def test_correlation_is_numpys():
  samples = scalar_cohort.samples()
  features = np.column_stack([samples.features_np, np.full(len(samples.target), 0.1)])
  r = importances.correlation(features, samples.target)
  expected = [np.corrcoef(column, samples.target)[0, 1] for column in samples.features_np.T]
  np.testing.assert_allclose(r, [*expected, np.nan], atol=1e-12)


def _models():
  samples = scalar_cohort.samples(600)
  folds = (0, 1, 2)
  net = linear.ElasticNet().fit(samples, [algorithm.Trial(folds, {"alpha": 0.05, "l1_ratio": 0.5}, 0)])[0]
  trees = boosting.LightGbm().fit(
    samples, [algorithm.Trial(folds, {"n_estimators": 30, "min_child_samples": 20, "colsample_bytree": 0.5}, 0)]
  )[0]
  return samples, net, trees


def test_planted_features_stand_out_by_every_measure():
  samples, net, trees = _models()
  fitted, rows = np.flatnonzero(samples.fold != 3), np.flatnonzero(samples.fold == 3)
  for kind, model, own in (
    (linear.ElasticNet, net, {"coefficient"}),
    (boosting.LightGbm, trees, {"gain", "splits"}),
  ):
    table = importances.of_split(kind(), model, samples, fitted, rows, importances.Shuffles(5, 100, seed=0))
    assert set(table["measure"]) == own | {"permutation", "correlation"}
    for measure, values in table.groupby("measure"):
      by_feature = values.set_index("feature")["value"].abs()
      assert by_feature["grip_kg"] > 3 * by_feature["noise_cm"] or measure == "splits"
      assert by_feature["grip_kg"] > by_feature["noise_cm"]
      if measure in ("gain", "splits"):
        np.testing.assert_allclose(by_feature.sum(), 1.0)


def test_a_feature_that_is_constant_where_the_model_was_fitted_has_no_importance():
  samples = scalar_cohort.samples(400)
  features = np.column_stack([samples.features_np, np.zeros(400), samples.fold == 3, np.full(400, 3.0)])
  features[:, 7] = np.where(samples.fold == 3, 3.0, features[:, 0])
  wider = dataclasses.replace(
    samples, features_np=features, names=(*samples.names, "empty", "new", "stops")
  )  # `new` varies between fit and test alone; `stops` is constant in the test fold
  fitted, rows = np.flatnonzero(samples.fold != 3), np.flatnonzero(samples.fold == 3)
  trial = algorithm.Trial((0, 1, 2), {"alpha": 0.05, "l1_ratio": 0.5}, 0)
  model = linear.ElasticNet().fit(wider, [trial])[0]
  table = importances.of_split(linear.ElasticNet(), model, wider, fitted, rows, importances.Shuffles(2, 100, seed=0))
  missing = table[table["value"].isna()].groupby("measure")["feature"].apply(list).to_dict()
  assert missing == {
    "coefficient": ["empty", "new"],
    "permutation": ["empty", "new", "stops"],
    "correlation": ["empty", "new", "stops"],
  }


def test_coefficients_do_not_depend_on_units():
  samples, net, _ = _models()
  shares = dict(zip(samples.names, linear.COEFFICIENT.of_model(net), strict=True))
  np.testing.assert_allclose(shares["waist_cm"], shares["twin_cm"], atol=1e-4)  # the same in other units


def test_summary_has_mean_and_sd_over_folds_and_correlations_once():
  def split(value):
    rows = [("a", "coefficient", value), ("a", "correlation", 0.5)]
    return pd.DataFrame(rows, columns=["feature", "measure", "value"])

  net = [split(1.0), split(2.0), split(6.0)]
  trees = [part.replace({"measure": {"coefficient": "gain"}}) for part in net]
  table = importances.summarise({"elastic_net": net, "lightgbm": trees})
  rows = {(r.algorithm, r.measure): r for r in table.itertuples()}
  assert set(rows) == {("elastic_net", "coefficient"), ("lightgbm", "gain"), ("univariate", "correlation")}
  assert rows["elastic_net", "coefficient"].mean == 3.0 and rows["elastic_net", "coefficient"].num_folds == 3
  np.testing.assert_allclose(rows["lightgbm", "gain"].sd_folds, np.std([1, 2, 6], ddof=1))


_MAIN = {
  "elastic_net": linear.COEFFICIENT,
  "lightgbm": boosting.SPLITS,
  "mlp": measures.PERMUTATION,
  importances.UNIVARIATE: measures.CORRELATION,
}


def _summary(**values):
  rows = [
    (name, _MAIN[name].name, f"f{i}", value, 0.0, 10)
    for name, column in values.items()
    for i, value in enumerate(column)
  ]
  return pd.DataFrame(rows, columns=list(importance_tables.OF_SET.columns))


@pytest.mark.parametrize("is_published", [True, False])
def test_agreement_compares_sizes_not_signs(is_published):
  table = importances.agreement(
    _summary(elastic_net=[1.0, -2.0, 3.0, 0.0], lightgbm=[0.1, 0.2, 0.3, 0.0], univariate=[-0.4, 0.1, 0.2, -0.3]),
    _MAIN,
    reader.importance_agreement() if is_published else None,
  ).set_index(["first", "second"])
  np.testing.assert_allclose(table.loc[("elastic_net", "lightgbm"), ["pearson", "spearman"]].astype(float), 1.0)
  expected = np.corrcoef([1, 2, 3, 0], [0.4, 0.1, 0.2, 0.3])[0, 1]
  np.testing.assert_allclose(table.loc[("elastic_net", "univariate"), "pearson"], expected)
  assert table["num_features"].eq(4).all() and len(table) == 3
  published = table.loc[("elastic_net", "lightgbm"), "published_pearson"]
  assert published == 0.566 if is_published else np.isnan(published)


def test_agreement_leaves_out_constant_features_and_counts_them():
  """A table without ethnicity has 24 constant columns: as zeros they would agree perfectly with each other."""
  rng = np.random.default_rng(0)
  net, trees = rng.uniform(size=(2, 22))
  constant = np.full(24, np.nan)
  summary = _summary(elastic_net=np.concatenate([net, constant]), lightgbm=np.concatenate([trees, constant]))
  row = importances.agreement(summary, _MAIN).iloc[0]
  assert (row["num_features"], row["num_left_out"]) == (22, 24)
  assert row["spearman"] == pytest.approx(stats.spearmanr(net, trees).statistic)
  assert stats.spearmanr(np.nan_to_num(summary["mean"][:46]), np.nan_to_num(summary["mean"][46:])).statistic > 0.8
  two = importances.agreement(_summary(elastic_net=[1.0, 2.0], lightgbm=[3.0, 9.0]), _MAIN).iloc[0]
  assert two["num_features"] == 2 and np.isnan(two["pearson"]) and np.isnan(two["spearman"])  # always in line
  nothing = importances.agreement(_summary(elastic_net=constant, lightgbm=constant), _MAIN).iloc[0]
  assert nothing["num_features"] == 0 and np.isnan(nothing["pearson"]) and np.isnan(nothing["spearman"])


class _Forest(algorithm.Algorithm):
  name = "forest"

  def fit(self, samples, trials):
    raise NotImplementedError

  def from_file(self, path):
    raise NotImplementedError


def test_an_algorithm_that_is_not_the_papers_goes_by_permutation(tmp_path):
  rows = [("forest", "permutation", f"f{i}", 0.1 * i, 0.01, 10) for i in range(4)]
  own = pd.DataFrame(rows, columns=list(importance_tables.OF_SET.columns))
  summary = pd.concat([_summary(univariate=[0.0, 0.1, 0.2, 0.4], mlp=[0.0, 1.0, 2.0, 3.0]), own], ignore_index=True)
  main = importances.main_measures([regressor.Mlp(), _Forest()])
  assert list(main) == ["forest", "mlp", "univariate"] and main["forest"].name == "permutation"
  table = importances.agreement(summary, main, reader.importance_agreement()).set_index(["first", "second"])
  assert table.loc[("forest", "mlp"), "pearson"] == pytest.approx(1.0)
  assert np.isnan(table.loc[("forest", "mlp"), "published_pearson"]) and len(table) == 3
  importance_figure.draw(tmp_path / "i.png", "three panels", summary, main, scalar_cohort.AGE)
  assert (tmp_path / "i.png").stat().st_size > 0
