"""No count of one to four people is in the table of associations, neither itself nor as a difference."""

import numpy as np
import pandas as pd

from msk_jax.associations import testing


def test_small_counts_and_differences_are_hidden():
  table = pd.DataFrame(
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
