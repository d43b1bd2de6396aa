"""One numbering of people, whatever the order and the type of their ids."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import people

_EIDS = ["9000003", "9000001", "9000002", "9000001"]


@pytest.mark.parametrize("kind", [list, np.array, lambda eids: pd.Series(eids, dtype="string"), pd.Series])
def test_numbers_go_with_sorted_ids(kind):
  numbered = people.People(kind(_EIDS))
  assert numbered.eid.tolist() == ["9000001", "9000002", "9000003"] and len(numbered) == 3
  numbers = numbered.number_of(kind([*_EIDS, "9000009", "900000"]))
  assert numbers.tolist() == [2, 0, 1, 0, -1, -1] and numbers.dtype == np.int64


def test_nobody_is_known_among_nobody():
  assert people.People([]).number_of(_EIDS).tolist() == [-1] * 4
  assert people.People(_EIDS).number_of(np.array([], str)).shape == (0,)
