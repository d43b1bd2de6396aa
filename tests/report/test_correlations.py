"""The page of correlations: small numbers hidden, three orders."""

import pandas as pd

from msk_jax.report.pages import correlations
from tests.report import study


def test_numbers_of_samples_are_rounded_down_and_small_ones_hidden():
  table = correlations.publishable(study.correlations())
  few = (table["model_1"] == study.MODELS[-2]) & (table["model_2"] == study.MODELS[-1])
  assert few.sum() == 2 and table.loc[few, ["r", "sd", "num_samples"]].isna().all(axis=None)
  assert set(table.loc[~few, "num_samples"]) == {1_505}
  assert table.loc[~few, "r"].notna().all()


def test_orders():
  pairs = correlations.publishable(study.correlations())
  table = correlations.order(pairs, study.performance())
  rows = table[table["product"] == "sample"].set_index("model")
  assert rows["hierarchy"].tolist() == [1, 2, 3, 4, 5, 6]
  assert rows["r2"].sort_values().index.tolist() == list(study.MODELS)
  places = rows["clustering"]
  assert sorted(places) == [1, 2, 3, 4, 5, 6]
  neighbours = zip(study.MODELS, study.MODELS[1:], strict=False)
  assert all(abs(places[first] - places[second]) <= 2 for first, second in neighbours)
  assert correlations.order(pairs, None)["r2"].isna().all()


def test_clusters_stand_side_by_side():
  rows = [("a", "c", 0.9), ("b", "d", 0.9), ("a", "b", 0.1), ("c", "d", 0.1), ("a", "d", 0.1), ("b", "c", 0.1)]
  pairs = pd.DataFrame(rows, columns=["model_1", "model_2", "r"]).assign(product="sample")
  table = correlations.order(pairs, None).sort_values("clustering")
  order = "".join(table["model"])
  assert "ac" in order or "ca" in order
  assert "bd" in order or "db" in order


def test_one_model_has_no_pairs_and_no_order():
  nothing = correlations.publishable(study.correlations().iloc[:0])
  assert correlations.order(nothing, study.performance()).empty
