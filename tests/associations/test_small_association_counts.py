"""No count of one to four people is in the table of associations, neither itself nor as a difference."""

import numpy as np
import pandas as pd

from msk_jax.associations import testing


def _with_estimates(counts):
  names = ["r", "sensitivity_r", *testing._TELL_COMPLETE_CASES, *testing._TELL_RARER]
  return pd.DataFrame({**counts, **dict.fromkeys(names, 0.1234)})


def test_small_counts_and_differences_are_hidden():
  table = _with_estimates(
    {
      "variable": ["a", "b", "c_1", "c_2", "d"],
      "field": ["1", "2", "3", "3", ""],
      "num_people": [97, 80, 100, 100, 3],
      "num_samples": [120, 82, 150, 150, 3],
      "num_people_rarer": [-1, 20, 3, 40, -1],
      "num_imputed": [0, 2, 30, 0, 0],
    }
  )
  shown = testing._hide_small(table, num_samples=160, num_people=100)
  assert shown["num_people"].isna().tolist() == [True, False, False, False, True]
  assert shown["num_samples"].isna().tolist() == [True, True, False, False, True]
  assert shown["num_people_rarer"].isna().tolist() == [True, False, True, True, True]
  assert shown["num_imputed"].isna().tolist() == [False, True, False, False, True]
  assert shown["num_people"].dtype == "Int64" and np.array_equal(shown["num_people"].dropna(), [80, 100, 100])


def test_hidden_numbers_do_not_follow_from_the_estimates():
  counts = {
    "variable": ["a", "b", "c_1", "c_2", "d"],
    "field": ["1", "2", "3", "3", "4"],
    "num_people": [97, 80, 100, 100, 98],
    "num_samples": [120, 90, 160, 160, 150],
    "num_people_rarer": [-1, 20, 3, 40, 30],
    "num_imputed": 0,
  }
  shown = testing._hide_small(_with_estimates(counts), num_samples=160, num_people=100)
  assert shown["num_samples"].isna().tolist() == [True, False, False, False, True]
  for name in ("classical_effect_per_sd_se_years", "effect_per_unit_se_years", "classical_neg_log10_p"):
    assert shown.loc[[0, 4], name].isna().all() and pd.notna(shown.loc[1, name])
  for name in ("variable_sd", "effect_per_sd_years", "effect_per_sd_se_years"):
    assert shown.loc[[2, 3, 4], name].isna().all() and pd.notna(shown.loc[1, name])
  assert shown["r"].tolist() == [0.1234, 0.1234, 0.1234, 0.1234, 0.12]


def test_circular_variables_are_not_among_the_corrected_tests():
  table = pd.DataFrame(
    {
      "main_category": "m",
      "category": ["a", "a", "b", "b"],
      "circular": ["", "fed", "fed", ""],
      "neg_log10_p": [1.5, 50.0, 50.0, 0.5],
    }
  )
  testing._correct(table)
  assert table.loc[[1, 2], "neg_log10_q"].isna().all() and table.loc[[1, 2], "neg_log10_p_bonferroni"].isna().all()
  np.testing.assert_allclose(table.loc[[0, 3], "neg_log10_q"], [1.5 - np.log10(2), 0.5])
  np.testing.assert_allclose(table.loc[0, "neg_log10_p_bonferroni"], 1.5 - np.log10(2))
  np.testing.assert_allclose(table.loc[0, "neg_log10_p_bonferroni_category"], 1.5)
