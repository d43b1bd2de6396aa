"""Similarity of dimensions: over which variables, and of which pairs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from msk_jax.associations import similarity


def _associations():
  rng = np.random.default_rng(0)
  r = rng.normal(size=(2, 30)) * 0.1
  p = rng.uniform(0, 8, size=(2, 30))
  p[0, :3], r[0, :3] = np.nan, np.nan  # without a result
  parts = []
  for k, dimension in enumerate(("hip", "knee")):
    parts.append(
      pd.DataFrame(
        {
          "dimension": dimension,
          "variable": [f"v{j}" for j in range(30)],
          "main_category": "biomarkers",
          "category": "blood",
          "r": r[k],
          "neg_log10_p": p[k],
          "circular": ["" if j != 5 else "a feature" for j in range(30)],
        }
      )
    )
  return pd.concat(parts, ignore_index=True), r, p


def test_selections():
  table, r, p = _associations()
  models = {"hip": "hip/ensemble", "knee": "knee/ensemble"}
  rows = similarity.tabulate(table, ("hip", "knee"), models, 0.05)
  rows = rows[rows["level"] == "category"].set_index("selection")
  counted = np.arange(30) != 5
  has = counted & ~np.isnan(p)
  limits = -np.log10(0.05 / has.sum(axis=1))
  significant = has & (p > limits[:, None])
  expected = {
    "all": r[:, has.all(axis=0)],
    "union": np.nan_to_num(r)[:, significant.any(axis=0)],
    "intersection": r[:, significant.all(axis=0)],
  }
  for selection, values in expected.items():
    assert rows.loc[selection, "num_variables"] == values.shape[1]
    np.testing.assert_allclose(rows.loc[selection, "pearson"], stats.pearsonr(*values)[0])
    np.testing.assert_allclose(rows.loc[selection, "spearman"], stats.spearmanr(*values)[0])


def test_variables_circular_in_one_dimension_do_not_count():
  table, r, _ = _associations()
  table.loc[table["dimension"] == "hip", "circular"] = ""
  table.loc[(table["dimension"] == "knee") & (table["variable"] == "v7"), "circular"] = "a feature"
  table["neg_log10_p"] = table["neg_log10_p"] + 100
  rows = similarity.tabulate(table, ("hip", "knee"), {}, 0.05).set_index(["level", "selection"])
  assert rows.loc[("category", "union"), "num_variables"] == 28
  kept = ~np.isin(np.arange(30), (5, 7))
  expected = stats.pearsonr(*np.nan_to_num(r)[:, kept])[0]
  np.testing.assert_allclose(rows.loc[("category", "union"), "pearson"], expected)


@pytest.mark.parametrize(
  ("first", "second", "related"),
  [
    ("general", "knee/ensemble", True),
    ("hip/ensemble", "knee/ensemble", False),
    ("spine/ensemble", "spine/sagittal/ensemble", True),
    ("spine/coronal/ensemble", "spine/sagittal/ensemble", False),
    ("", "general", False),
  ],
)
def test_parents_and_children_are_related(first, second, related):
  assert similarity.is_related(first, second) == related
  assert similarity.is_related(second, first) == related


def test_averages_leave_out_related_pairs():
  table = pd.DataFrame(
    {
      "level": "main_category",
      "main_category": "biomarkers",
      "category": "",
      "selection": "all",
      "dimension_1": ["general", "hip", "hip"],
      "dimension_2": ["hip", "knee", "spine"],
      "num_variables": 10,
      "pearson": [0.9, 0.2, 0.4],
      "spearman": [0.9, 0.1, np.nan],
      "is_related": ["yes", "no", "no"],
    }
  )
  means = similarity.average(table).set_index("measure")
  assert means.loc["pearson", "mean"] == pytest.approx(0.3)
  assert means.loc["pearson", "published_mean"] == pytest.approx(0.461)
  assert means.loc["spearman", ["num_pairs", "mean"]].tolist() == [1, 0.1]


def test_two_variables_have_no_correlation():
  assert np.isnan(similarity.correlate(np.array([[1.0, 2.0], [2.0, 1.0]]), "pearson"))
